"""The command grammar: a verb, and for two of the three verbs a thing.

Knows how people phrase an order to a robot. Does not judge whether the model can find the thing:
ask ``WordTokenizer.unknown_words`` and ``phrases.kinds_in``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from camaware_ros.language.phrases import normalise_phrase, split_words

__all__ = [
    "MAX_COMMAND_LENGTH",
    "Command",
    "CommandError",
    "check_text",
    "normalise_phrase",
    "parse_command",
]

MAX_COMMAND_LENGTH = 500

Verb = Literal["go", "find", "stop"]

_POLITE = ("please", "now", "robot", "hey", "ok", "okay", "can you", "could you", "would you")
_SPOKEN: dict[Verb, tuple[str, ...]] = {
    "stop": ("stop", "cancel", "halt", "abort", "freeze"),
    "go": (
        "go to",
        "go over to",
        "go towards",
        "drive to",
        "drive over to",
        "drive towards",
        "navigate to",
        "move to",
        "move over to",
        "head to",
        "head over to",
        "head for",
        "come to",
        "walk to",
        "travel to",
        "approach",
    ),
    "find": (
        "find",
        "find me",
        "where is",
        "wheres",
        "look for",
        "search for",
        "locate",
        "point to",
        "point at",
        "show me",
    ),
}


class CommandError(ValueError):
    """A command that cannot be obeyed.

    Attributes:
        code: NOT_TEXT, EMPTY, TOO_LONG, NOT_PRINTABLE, NO_VERB or NO_TARGET.
        reason: what was expected and what came, one line.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Command:
    """What a person asked for.

    Attributes:
        verb: drive there, only look, or stop.
        target: the normalised phrase; None exactly when the verb is "stop".
    """

    verb: Verb
    target: str | None = None

    def __post_init__(self) -> None:
        if self.verb not in _SPOKEN:
            raise ValueError(f"verb: expected one of {sorted(_SPOKEN)}, got {self.verb!r}")
        if (self.target is None) != (self.verb == "stop") or self.target == "":
            raise ValueError(
                f"target: expected a phrase unless the verb is stop, got {self.target!r} "
                f"for {self.verb!r}"
            )


def parse_command(text: str) -> Command:
    """Read one order, for example "Go to the red chair." or "stop".

    Anything that begins with a word for stopping stops, whatever follows: of two readings of an
    order to halt, the one that halts is the safe one.

    Raises:
        CommandError: with a code and a one-line reason.
    """
    check_text(text)
    words = _without_politeness(split_words(text))
    if not words:
        raise CommandError("EMPTY", f"expected a command, got {_shown(text)}")
    verb, rest = _split_verb(words)
    if verb is None:
        raise CommandError(
            "NO_VERB", f'expected "go to ...", "find ..." or "stop", got {_shown(text)}'
        )
    if verb == "stop":
        return Command("stop")
    target = normalise_phrase(" ".join(_without_politeness_at_end(rest)))
    if not target:
        raise CommandError("NO_TARGET", f"expected a thing after the verb, got {_shown(text)}")
    return Command(verb, target)


def check_text(text: object) -> None:
    """Refuse what no person could have typed, with CommandError."""
    if not isinstance(text, str):
        raise CommandError("NOT_TEXT", f"expected a string, got {type(text).__name__}")
    if len(text) > MAX_COMMAND_LENGTH:
        raise CommandError(
            "TOO_LONG", f"expected at most {MAX_COMMAND_LENGTH} characters, got {len(text)}"
        )
    strange = [
        character for character in text if not (character.isprintable() or character in "\t\r\n")
    ]
    if strange:
        raise CommandError("NOT_PRINTABLE", f"expected printable text, got {strange[0]!r}")


def _split_verb(words: tuple[str, ...]) -> tuple[Verb | None, tuple[str, ...]]:
    """The verb with the longest match, and what follows it."""
    matches = [
        (len(spoken.split()), verb)
        for verb, group in _SPOKEN.items()
        for spoken in group
        if words[: len(spoken.split())] == tuple(spoken.split())
    ]
    if not matches:
        return None, words
    count, verb = max(matches)
    return verb, words[count:]


def _without_politeness(words: tuple[str, ...]) -> tuple[str, ...]:
    for spoken in _POLITE:
        group = tuple(spoken.split())
        if words[: len(group)] == group:
            return _without_politeness(words[len(group) :])
    return words


def _without_politeness_at_end(words: tuple[str, ...]) -> tuple[str, ...]:
    while words and words[-1] in ("please", "now"):
        words = words[:-1]
    return words


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
