"""What the robot was told last. Pure: text in, the phrase to look for or the reason why none out.

A command that cannot be obeyed leaves nothing to look for: a robot that was told something it does
not understand waits, it does not go on with what it was told before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from camaware_ros.language.commands import CommandError, parse_command
from camaware_ros.language.phrases import kinds_in
from camaware_ros.ros.health import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandState:
    """The state after a command.

    Attributes:
        phrase: what to look for; None where there is nothing to look for.
        reason: why not; None exactly when there is a phrase.
        text: a sentence for people that says the same.
    """

    phrase: str | None
    reason: Reason | None
    text: str


NO_COMMAND = CommandState(
    phrase=None, reason=Reason.NO_COMMAND, text="no command has come yet, so nothing is looked for"
)


def state_after(
    command: str, unknown_words: Callable[[str], tuple[str, ...]], max_words: int
) -> CommandState:
    """The state that a command leads to.

    Args:
        command: as a person wrote it.
        unknown_words: the words of a phrase that the model has never seen.
        max_words: how many words of a phrase the model can take.
    """
    try:
        parsed = parse_command(command)
    except CommandError as error:
        return _refused(Reason.COMMAND_INVALID, str(error))
    if parsed.target is None:
        return CommandState(
            phrase=None, reason=Reason.NO_COMMAND, text="stopped, so nothing is looked for"
        )
    unknown = unknown_words(parsed.target)
    if unknown:
        words = ", ".join(repr(word) for word in unknown)
        return _refused(Reason.UNKNOWN_WORD, f"the model does not know {words}")
    count = len(parsed.target.split())
    if count > max_words:
        return _refused(
            Reason.COMMAND_INVALID, f"expected at most {max_words} words for a thing, got {count}"
        )
    if not kinds_in(parsed.target):
        return _refused(
            Reason.UNKNOWN_WORD, f"expected a thing the model knows, got {parsed.target!r}"
        )
    return CommandState(phrase=parsed.target, reason=None, text=f"looking for: {parsed.target}")


def _refused(reason: Reason, text: str) -> CommandState:
    return CommandState(phrase=None, reason=reason, text=text)
