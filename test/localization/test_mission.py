"""From looks to goals: what is sent, what is corrected, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.goals import footprint_distance
from camaware_ros.localization.grid import GridMap
from camaware_ros.localization.mission import Mission, MissionConfig, planned
from camaware_ros.types import Localization

NEW = Mission(target="red chair", since_s=10.0)


def grid() -> GridMap:
    return GridMap(data=np.zeros((160, 160), np.int8), resolution_m=0.05, origin_xy=-4 * np.ones(2))


def look(x: float = 2.0, y: float = 0.0, label: str = "red chair", score: float = 0.9):
    return Localization(
        label=label,
        presence=score,
        score=score,
        frame_id="map",
        box=Box3.from_yaw(np.array([x, y, 0.5]), np.array([0.5, 0.5, 1.0]), 0.0),
        covariance=0.02 * np.eye(3),
        pixel=(float("nan"), float("nan")),
    )


def seen(mission: Mission, x: float, times: int, since_s: float) -> Mission:
    for number in range(times):
        mission = mission.with_look(look(x), since_s + 0.1 * number)
    return mission


def test_the_third_agreeing_look_makes_a_goal_and_the_fourth_does_not() -> None:
    mission, codes = NEW, []
    for number in range(4):
        now_s = 10.1 + 0.1 * number
        mission = mission.with_look(look(), now_s)
        plan = planned(mission, [0.0, 0.0], now_s, grid())
        mission = plan.mission
        codes.append((plan.code, plan.goal is not None))
    assert codes == [
        ("FEW_LOOKS", False),
        ("FEW_LOOKS", False),
        ("OK", True),
        ("ON_COURSE", False),
    ]


def test_looks_from_before_the_order_and_other_things_do_not_count() -> None:
    assert NEW.with_look(look(), 10.0) is NEW
    assert NEW.with_look(look(label="blue chair"), 11.0) is NEW


def test_a_moved_thing_gets_a_new_goal_until_the_robot_is_near() -> None:
    mission = planned(seen(NEW, 2.0, 5, 10.1), [0, 0], 10.5, grid()).mission
    moved = seen(mission, 3.2, 40, 10.6)
    plan = planned(moved, [0.0, 0.0], 14.6, grid())
    assert plan.code == "OK"
    place = np.array([plan.goal.x_m, plan.goal.y_m])
    assert float(footprint_distance(look(3.2).box, place)) == pytest.approx(0.8, abs=0.25)
    near = planned(moved, [2.0, 0.0], 14.6, grid())
    assert (near.code, near.goal) == ("ON_COURSE", None)


def test_a_small_change_of_the_estimate_keeps_the_goal() -> None:
    mission = planned(seen(NEW, 2.0, 5, 10.1), [0, 0], 10.5, grid()).mission
    plan = planned(seen(mission, 2.2, 40, 10.6), [0.0, 0.0], 14.6, grid())
    assert (plan.code, plan.goal) == ("ON_COURSE", None)


def test_a_refusal_keeps_the_mission_as_it_was() -> None:
    mission = seen(NEW, 9.0, 5, 10.1)
    plan = planned(mission, [0.0, 0.0], 10.5, grid())
    assert plan.code == "OUTSIDE_MAP" and plan.mission is mission and plan.goal is None
    stale = planned(mission, [0.0, 0.0], 60.0, grid())
    assert stale.code == "STALE" and stale.goal is None


def test_distance_is_to_the_footprint() -> None:
    assert NEW.distance_m([0.0, 0.0]) is None
    assert seen(NEW, 2.0, 1, 10.1).distance_m([0.0, 0.0]) == pytest.approx(1.75)


@pytest.mark.parametrize("name", ["refine_moved_m", "refine_until_m"])
def test_bad_settings_are_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        MissionConfig(**{name: 0.0})
