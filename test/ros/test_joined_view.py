"""Views of several cameras: one thing is one thing, two are two, and the robot may move between."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.joined_view import Rounds, View, joined
from camaware_ros.types import Localization

S = 1_000_000_000


def thing(x: float, y: float, sigma: float = 0.2) -> Localization:
    return Localization(
        label="red chair",
        presence=0.9,
        score=0.8,
        frame_id="base",
        box=Box3.from_yaw(np.array([x, y, 0.5]), np.array([0.5, 0.5, 1.0]), 0.0),
        covariance=sigma**2 * np.eye(3),
        pixel=(float("nan"), float("nan")),
    )


def view(
    camera: str, *found: Localization, stamp_ns: int = 10 * S, world: Rigid3 | None = None
) -> View:
    return View(camera=camera, stamp_ns=stamp_ns, found=found, doubts=(), world_from_base=world)


def test_a_thing_seen_twice_is_one_and_surer_than_either() -> None:
    (only,) = joined([view("front", thing(2.0, 0.1)), view("rear", thing(2.2, -0.1))])
    np.testing.assert_allclose(only.box.center, (2.1, 0.0, 0.5), atol=1e-9)
    assert np.linalg.eigvalsh(only.covariance)[-1] < 0.2**2


def test_two_things_stay_two() -> None:
    found = joined([view("front", thing(2.0, 0.0)), view("rear", thing(-2.0, 0.0))])
    assert sorted(round(one.box.center[0], 6) for one in found) == [-2.0, 2.0]


def test_nothing_seen_is_nothing() -> None:
    assert joined([view("front"), view("rear")]) == ()


def test_the_motion_of_the_robot_between_two_views_is_taken_out() -> None:
    """One chair at (3, 1) in the world; the robot turned a quarter and moved between the views."""
    before = Rigid3.from_yaw(0.0, (1.0, 0.0, 0.0))
    after = Rigid3.from_yaw(np.pi / 2, (2.0, -1.0, 0.0))
    chair = np.array([3.0, 1.0, 0.5])
    then, now = before.inverse().apply(chair), after.inverse().apply(chair)
    views = [
        view("front", thing(*then[:2]), world=before),
        view("rear", thing(*now[:2]), stamp_ns=10 * S + S // 2, world=after),
    ]
    (only,) = joined(views)
    np.testing.assert_allclose(only.box.center, now, atol=1e-9)
    unmoved = [view(v.camera, *v.found, stamp_ns=v.stamp_ns) for v in views]
    assert len(joined(unmoved)) == 2, "without the motion they are two things"


def test_a_view_of_before_the_clock_was_set_is_left_out() -> None:
    views = [view("front", thing(2.0, 0.0), stamp_ns=90 * S), view("rear", thing(2.0, 0.0))]
    (only,) = joined(views)
    assert only.covariance[0, 0] == pytest.approx(0.2**2 + 0.1**2)


def test_a_round_ends_with_the_last_camera_and_no_view_counts_twice() -> None:
    rounds = Rounds(["front", "rear"])
    assert rounds.add(view("front", stamp_ns=1)) == ()
    assert [v.stamp_ns for v in rounds.add(view("rear", stamp_ns=2))] == [1, 2]
    assert rounds.add(view("rear", stamp_ns=3)) == ()
    assert [v.stamp_ns for v in rounds.add(view("rear", stamp_ns=4))] == [3], "front is silent"
    assert [v.stamp_ns for v in rounds.add(view("front", stamp_ns=5))] == [4, 5]
    rounds.add(view("front", stamp_ns=6))
    rounds.forget()
    assert rounds.add(view("rear", stamp_ns=7)) == ()
