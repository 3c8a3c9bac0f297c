"""The command grammar against sentences people type, and against what they should not."""

from __future__ import annotations

import random
import string

import pytest

from camaware_ros.language.commands import (
    MAX_COMMAND_LENGTH,
    Command,
    CommandError,
    normalise_phrase,
    parse_command,
)


@pytest.mark.parametrize(
    ("text", "verb", "target"),
    [
        ("go to the red chair", "go", "red chair"),
        ("  Go   to the\tRED chair.\n", "go", "red chair"),
        ("Drive to a couch!", "go", "sofa"),
        ("navigate to the nearest crate", "go", "closest box"),
        ("please go over to the blue desk, please", "go", "blue table"),
        ("Could you drive to the lamp now", "go", "lamp"),
        ("approach the furthest sphere", "go", "farthest ball"),
        ("find the yellow cone", "find", "yellow cone"),
        ("where is the chair to the left of the blue desk?", "find", "chair left of blue table"),
        ("Where's the sofa", "find", "sofa"),
        ("look for a left-most box", "find", "leftmost box"),
        ("find me the unicorn", "find", "unicorn"),
        ("stop", "stop", None),
        ("STOP!!!", "stop", None),
        ("please cancel", "stop", None),
        ("stop going to the red chair", "stop", None),
        ("halt", "stop", None),
    ],
)
def test_sentences_are_understood(text: str, verb: str, target: str | None) -> None:
    assert parse_command(text) == Command(verb, target)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY"),
        ("   \n\t ", "EMPTY"),
        ("?!...", "EMPTY"),
        ("please", "EMPTY"),
        ("go to", "NO_TARGET"),
        ("go to the", "NO_TARGET"),
        ("find, please", "NO_TARGET"),
        ("red chair", "NO_VERB"),
        ("do not go to the red chair", "NO_VERB"),
        ("don't go to the red chair", "NO_VERB"),
        ("going to the red chair", "NO_VERB"),
        ("go to the red chair " * 500, "TOO_LONG"),
        ("go to the red\x00 chair", "NOT_PRINTABLE"),
        ("go to the \x1b[31mred chair", "NOT_PRINTABLE"),
        ("go to the \u202ered chair", "NOT_PRINTABLE"),
    ],
)
def test_bad_commands_are_refused_with_a_code_and_a_reason(text: str, code: str) -> None:
    with pytest.raises(CommandError, match="expected .* got ") as caught:
        parse_command(text)
    assert caught.value.code == code
    assert len(str(caught.value)) < 200


def test_length_limit_is_exact() -> None:
    text = "go to the chair".ljust(MAX_COMMAND_LENGTH)
    assert parse_command(text).target == "chair"
    with pytest.raises(CommandError, match=str(MAX_COMMAND_LENGTH + 1)):
        parse_command(text + " ")


def test_something_that_is_not_text_is_refused() -> None:
    with pytest.raises(CommandError, match="bytes"):
        parse_command(b"go to the chair")  # type: ignore[arg-type]


def test_random_text_never_fails_otherwise_and_never_yields_an_empty_target() -> None:
    source = random.Random(4)
    alphabet = string.printable + "äß\u2019\u3000漢\u0301"
    openings = ("", "go to ", "find ", "stop ", "where is the ")
    for _ in range(2000):
        noise = "".join(source.choices(alphabet, k=source.randrange(40)))
        try:
            command = parse_command(source.choice(openings) + noise)
        except CommandError:
            continue
        assert command.target is None or command.target == normalise_phrase(command.target) != ""


@pytest.mark.parametrize(
    ("verb", "target"), [("go", None), ("go", ""), ("stop", "chair"), ("fly", "x")]
)
def test_a_command_cannot_be_half_filled(verb: str, target: str | None) -> None:
    with pytest.raises(ValueError, match="expected"):
        Command(verb, target)  # type: ignore[arg-type]
