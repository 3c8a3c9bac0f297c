"""From what a person typed to the one spelling of a phrase that all layers compare.

Knows spelling, articles and synonyms. Does not know verbs (``commands``) or ids (``tokenizer``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from camaware_ros.language.vocabulary import ARTICLES, KINDS, SYNONYMS

_GROUPS = {tuple(spoken.split()): tuple(meant.split()) for spoken, meant in SYNONYMS.items()}
_LONGEST_GROUP = max(len(group) for group in _GROUPS)


def split_words(text: str) -> tuple[str, ...]:
    """Lower-case words of ``text``; anything but letters and digits separates words.

    An apostrophe inside a word vanishes ("where's" is "wheres"), so that it never splits one.
    """
    lowered = text.lower().replace("'", "").replace("\u2019", "")
    return tuple(word for word in re.split(r"[\W_]+", lowered) if word)


def normalise_phrase(text: str) -> str:
    """The canonical spelling: lower case, no punctuation, no articles, synonyms replaced.

    ``"The CRATE, to the left of a blue desk!"`` becomes ``"box left of blue table"``. Words that
    are not known stay as they are. Normalising twice changes nothing.
    """
    words = tuple(word for word in split_words(text) if word not in ARTICLES)
    meant: list[str] = []
    position = 0
    while position < len(words):
        used, replacement = _longest_synonym(words[position:])
        meant.extend(replacement)
        position += used
    return " ".join(meant)


def kinds_in(phrase: str) -> tuple[str, ...]:
    """The object kinds a phrase names, "thing" included, in reading order; empty for none."""
    return tuple(word for word in normalise_phrase(phrase).split() if word in (*KINDS, "thing"))


def _longest_synonym(words: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """How many leading words are replaced, and by what; (1, the word itself) when none is."""
    for count in range(min(_LONGEST_GROUP, len(words)), 0, -1):
        replacement = _GROUPS.get(tuple(words[:count]))
        if replacement is not None:
            return count, replacement
    return 1, (words[0],)
