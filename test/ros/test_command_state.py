"""What a command leads to."""

from __future__ import annotations

import pytest

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.ros.command_state import NO_COMMAND, state_after
from camaware_ros.ros.health import Reason

known = WordTokenizer().unknown_words


def test_a_thing_to_go_to_is_looked_for() -> None:
    state = state_after("Go to the crate left of a blue desk!", known, 6)
    assert (state.phrase, state.reason) == ("box left of blue table", None)


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("", Reason.COMMAND_INVALID, "EMPTY"),
        ("x" * 10_000, Reason.COMMAND_INVALID, "10000"),
        ("sing a song", Reason.COMMAND_INVALID, "NO_VERB"),
        ("go to the fluffy zebra", Reason.UNKNOWN_WORD, "'fluffy', 'zebra'"),
        ("go to the closest", Reason.UNKNOWN_WORD, "'closest'"),
        ("stop", Reason.NO_COMMAND, "stopped"),
        (
            "go to the red chair left of the red chair left of the box",
            Reason.COMMAND_INVALID,
            "at most 6",
        ),
    ],
)
def test_nothing_is_looked_for_and_the_reason_is_told(text, reason, words) -> None:
    state = state_after(text, known, 6)
    assert state.phrase is None and state.reason is reason
    assert words in state.text


def test_at_first_there_is_no_command() -> None:
    assert NO_COMMAND.phrase is None and NO_COMMAND.reason is Reason.NO_COMMAND
