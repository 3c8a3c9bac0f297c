"""Every reason for a no, one at a time, and the yes that is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.fusion import Track
from camaware_ros.localization.policy import PolicyConfig, decide
from camaware_ros.types import Localization

NOW = 100.0


def track(**changes: object) -> Track:
    thing = Localization(
        label="red chair",
        presence=0.9,
        score=0.8,
        frame_id="map",
        box=Box3.from_yaw(np.array([3.0, 0.0, 0.5]), np.array([0.5, 0.5, 1.0]), 0.0),
        covariance=0.04 * np.eye(3),
        pixel=(float("nan"), float("nan")),
    )
    of_thing = {
        name: changes.pop(name) for name in ("presence", "score", "covariance") if name in changes
    }
    record = Track(
        localization=replace(thing, **of_thing), count=5, evidence=3.0, stamp_s=99.5, as_of_s=99.5
    )
    return replace(record, **changes)


def test_a_good_track_is_allowed_and_returned() -> None:
    good = track()
    decision = decide((track(evidence=0.2), good), [0.0, 0.0], NOW)
    assert decision.allowed and decision.track is good and decision.code == "OK"


@pytest.mark.parametrize(
    ("changes", "code", "number"),
    [
        ({"presence": 0.49}, "LOW_PRESENCE", "0.49"),
        ({"presence": float("nan")}, "LOW_PRESENCE", "nan"),
        ({"score": 0.1}, "LOW_SCORE", "0.10"),
        ({"count": 2}, "FEW_LOOKS", "2 looks"),
        ({"stamp_s": 90.0}, "STALE", "10.0 s"),
        ({"covariance": 0.5 * np.eye(3)}, "UNCERTAIN", "0.71 m"),
        ({"covariance": np.diag([0.01, 0.5, 0.01])}, "UNCERTAIN", "0.71 m"),
    ],
)
def test_each_doubt_has_its_code_and_its_number(
    changes: dict[str, object], code: str, number: str
) -> None:
    decision = decide((track(**changes),), [0.0, 0.0], NOW)
    assert (decision.allowed, decision.track, decision.code) == (False, None, code)
    assert number in decision.reason


def test_doubt_about_height_does_not_matter_on_the_floor() -> None:
    assert decide((track(covariance=np.diag([0.01, 0.01, 4.0])),), [0, 0], NOW).allowed


@pytest.mark.parametrize("robot_x", [-8.0, 2.8])
def test_things_too_far_or_too_near_for_the_training_are_refused(robot_x: float) -> None:
    assert decide((track(),), [robot_x, 0.0], NOW).code == "OUT_OF_RANGE"


def test_two_equal_places_are_ambiguous() -> None:
    assert decide((track(), track(evidence=2.5)), [0.0, 0.0], NOW).code == "AMBIGUOUS"


def test_nothing_seen() -> None:
    assert decide((), [0.0, 0.0], NOW).code == "NOT_SEEN"


def test_an_unknown_place_of_the_robot_is_no_yes() -> None:
    assert not decide((track(),), [float("nan"), 0.0], NOW).allowed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_presence", 1.5),
        ("min_score", -0.1),
        ("max_rival_share", 2.0),
        ("min_count", 0),
        ("max_sigma_m", 0.0),
        ("max_look_age_s", float("nan")),
        ("min_distance_m", 20.0),
    ],
)
def test_bad_settings_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        PolicyConfig(**{name: value})
