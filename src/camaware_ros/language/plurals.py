"""One thing or several: English plurals of the nouns a person uses for things."""

from __future__ import annotations

from camaware_ros.language.vocabulary import KINDS, SYNONYMS

_NOUNS = frozenset({*KINDS, "thing"} | {word for spoken in SYNONYMS for word in spoken.split()})
_IRREGULAR = {"person": "people", "man": "men", "woman": "women"}
_SINGULAR = {many: one for one, many in _IRREGULAR.items()}


def plural(noun: str) -> str:
    """``"shelf"`` becomes ``"shelves"``."""
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("f"):
        return noun[:-1] + "ves"
    return noun + ("es" if noun.endswith(("x", "s", "ch", "sh")) else "s")


def singular(word: str) -> str:
    """The noun of which ``word`` is the plural; the word itself where none is known."""
    if word in _SINGULAR:
        return _SINGULAR[word]
    if not word.endswith("s"):
        return word
    stems = (word[:-1], word[:-2], word[:-3] + "f")
    return next((stem for stem in stems if stem in _NOUNS and plural(stem) == word), word)
