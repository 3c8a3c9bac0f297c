"""Judging answers: perfect ones are perfect, and each kind of mistake is counted as what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camaware_ros.evaluation.dialogues import Asked, judge, questions, summarise
from camaware_ros.geometry.boxes import Box3
from camaware_ros.language.dialogue_text import answer_text
from camaware_ros.runtime.answering import measures
from camaware_ros.types import Answer, Localization


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return list(questions("trained range", 60, (160, 128)))


def thing(centre: np.ndarray) -> Localization:
    return Localization(
        label="thing", presence=1.0, score=1.0, frame_id="",
        box=Box3(centre, np.array([0.5, 0.4, 0.3]), np.eye(3)), covariance=np.eye(3),
        pixel=(0.0, 0.0),
    )  # fmt: skip


def perfect(one: Asked) -> Answer:
    found = tuple(thing(one.centres[target]) for target in one.dialogue.targets)
    text = answer_text(one.dialogue.answer, [measures(thing.box, one.up_camera) for thing in found])
    return Answer(
        question="", text=text, localizations=found, spelled=tuple(t.box for t in found),
        warnings=(), network_seconds=0.0,
    )  # fmt: skip


def test_perfect_answers_are_perfect(asked: list[Asked]) -> None:
    summary = summarise([judge(one, perfect(one)) for one in asked])
    assert summary["answers"] == 60
    assert summary["same_words"] == summary["pointed"] == summary["numbers_agree"] == 1.0
    assert summary["same_things"] == 1.0
    assert summary["range_error_median"] < 1e-9 and summary["spelled_apart_median"] < 1e-9


def test_right_words_about_the_wrong_places(asked: list[Asked]) -> None:
    """Boxes 30 % too far: words and numbers still agree with one another, ranges do not."""
    for one in asked:
        answer = perfect(one)
        boxes = [replace(t.box, center=1.3 * t.box.center) for t in answer.localizations]
        text = answer_text(one.dialogue.answer, [measures(box, one.up_camera) for box in boxes])
        far = tuple(replace(t, box=b) for t, b in zip(answer.localizations, boxes, strict=True))
        verdict = judge(one, replace(answer, text=text, localizations=far))
        assert verdict.same_words and verdict.numbers_agree
        assert all(abs(error - 0.3) < 1e-6 for error in verdict.range_errors)
        assert all(abs(apart - 0.3) < 1e-6 for apart in verdict.spelled_apart)


def test_the_right_things_in_another_order(asked: list[Asked]) -> None:
    lists = [one for one in asked if len(one.dialogue.targets) > 1]
    assert len(lists) > 5
    for one in lists:
        answer = perfect(one)
        turned = tuple(reversed(answer.localizations))
        verdict = judge(one, replace(answer, localizations=turned))
        assert verdict.same_things == 1.0 and not verdict.pointed[0]
        count, fewer = len(turned), answer.localizations[:-1]
        verdict = judge(one, replace(answer, localizations=fewer, spelled=answer.spelled[:-1]))
        assert verdict.same_things == pytest.approx((2 * count - 2) / (2 * count - 1))


def test_wrong_words_and_wrong_numbers(asked: list[Asked]) -> None:
    measured = 0
    for one in asked:
        answer = perfect(one)
        assert not judge(one, replace(answer, text="I see a dragon.")).same_words
        if " m away" in answer.text:
            wrong = answer.text.replace(" m away", "9 m away")
            doubled = [2 * t.box.center for t in answer.localizations]
            moved = tuple(thing(centre) for centre in doubled)
            assert not judge(one, replace(answer, text=wrong, localizations=moved)).numbers_agree
            measured += 1
        if answer.localizations:
            none = replace(answer, localizations=(), spelled=())
            assert not any(judge(one, none).pointed)
    assert measured > 5
