"""Places to stand, on hand-made maps, with distances measured by sampling and by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.goals import (
    GoalError,
    StandOff,
    footprint_distance,
    stand_off_goal,
)
from camaware_ros.localization.grid import GridMap
from camaware_ros.types import Goal

RESOLUTION = 0.05


def room(width_m: float = 6.0, height_m: float = 6.0) -> np.ndarray:
    """An empty room around the origin, walls one cell thick."""
    data = np.zeros((round(height_m / RESOLUTION), round(width_m / RESOLUTION)), np.int8)
    data[[0, -1], :] = 100
    data[:, [0, -1]] = 100
    return data


def as_grid(data: np.ndarray) -> GridMap:
    size = np.array(data.shape[::-1]) * RESOLUTION
    return GridMap(data=data, resolution_m=RESOLUTION, origin_xy=-size / 2, frame_id="map")


def filled(data: np.ndarray, x: tuple[float, float], y: tuple[float, float], value: int = 100):
    """The map with a rectangle (metres) of one value."""
    centres = as_grid(data).centres()
    inside = (centres[..., 0] > x[0]) & (centres[..., 0] < x[1])
    inside &= (centres[..., 1] > y[0]) & (centres[..., 1] < y[1])
    return np.where(inside, np.int8(value), data)


def a_box(x: float = 1.5, y: float = 0.0, size=(0.5, 0.5, 0.9), yaw: float = 0.0) -> Box3:
    return Box3.from_yaw(np.array([x, y, size[2] / 2]), np.array(size), yaw)


def distance_by_sampling(box: Box3, point: np.ndarray) -> float:
    """From a point to the densely sampled surface of the footprint."""
    share = np.stack(np.meshgrid(*[np.linspace(-0.5, 0.5, 401)] * 2), axis=-1).reshape(-1, 2)
    local = np.concatenate([share * box.size[:2], np.zeros((len(share), 1))], axis=1)
    inside = box.center + local @ box.rotation.T
    return float(np.linalg.norm(inside[:, :2] - point, axis=1).min())


def check(goal: Goal, box: Box3, data: np.ndarray, stand_off: StandOff) -> None:
    """What every goal must keep, whatever the map."""
    place = np.array([goal.x_m, goal.y_m])
    off = abs(distance_by_sampling(box, place) - stand_off.distance_m)
    assert off <= stand_off.tolerance_m + 0.005
    towards = np.array([np.cos(goal.yaw_rad), np.sin(goal.yaw_rad)])
    away = box.center[:2] - place
    assert towards @ away == pytest.approx(np.linalg.norm(away))
    grid = as_grid(data)
    (row, column), inside = grid.cells(place)
    assert inside and 0 <= data[row, column] < stand_off.occupied_from
    free = (data != -1) & (data < stand_off.lethal_from)
    distance = ndimage.distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1] * RESOLUTION
    assert distance[row, column] >= stand_off.robot_radius_m


def test_in_an_empty_room_the_goal_lies_on_the_near_side() -> None:
    box = a_box()
    goal = stand_off_goal(box, [-1.5, 0.0], as_grid(room()), label="red chair")
    assert (goal.x_m, goal.y_m) == pytest.approx((1.25 - 0.8, 0.0), abs=0.12)
    assert goal.yaw_rad == pytest.approx(0.0, abs=0.1)
    assert (goal.frame_id, goal.label) == ("map", "red chair")
    check(goal, box, room(), StandOff())


@pytest.mark.parametrize("yaw", [0.0, 0.4, np.pi / 4, 1.2, -2.5])
@pytest.mark.parametrize("robot", [(-2.0, -2.0), (0.0, 2.5), (2.5, -2.0)])
def test_a_turned_long_box_is_approached_at_its_footprint(yaw: float, robot) -> None:
    box = a_box(0.3, 0.2, (1.8, 0.8, 0.8), yaw)
    wanted = StandOff(distance_m=0.7, tolerance_m=0.1)
    goal = stand_off_goal(box, robot, as_grid(room()), wanted)
    check(goal, box, room(), wanted)


def test_footprint_distance_agrees_with_sampling() -> None:
    source = np.random.default_rng(3)
    box = a_box(0.3, -0.2, (1.4, 0.6, 0.8), 0.7)
    for point in source.uniform(-2, 2, (40, 2)):
        assert float(footprint_distance(box, point)) == pytest.approx(
            distance_by_sampling(box, point), abs=0.005
        )


def test_an_occupied_near_side_moves_the_goal_to_free_floor() -> None:
    box = a_box()
    data = filled(room(), (-0.3, 1.2), (-0.6, 0.6))
    goal = stand_off_goal(box, [-1.5, 0.0], as_grid(data))
    check(goal, box, data, StandOff())
    assert abs(goal.y_m) > 0.6 or goal.x_m > 1.2


def test_unknown_floor_is_no_place_to_stand() -> None:
    box = a_box()
    data = filled(room(), (-0.3, 1.2), (-0.6, 0.6), value=-1)
    check(stand_off_goal(box, [-1.5, 0.0], as_grid(data)), box, data, StandOff())
    unknown = filled(room(), (0.2, 2.9), (-1.5, 1.5), value=-1)
    with pytest.raises(GoalError) as caught:
        stand_off_goal(box, [-1.5, 0.0], as_grid(unknown))
    assert caught.value.code == "NO_FREE_SPACE"


def test_inflated_costs_are_passable_but_inscribed_ones_are_not() -> None:
    box = a_box()
    goal = stand_off_goal(box, [-1.5, 0.0], as_grid(filled(room(), (0, 1.2), (-1, 1), value=98)))
    assert goal.x_m == pytest.approx(0.45, abs=0.12)
    data = filled(room(), (0, 1.2), (-1, 1), value=99)
    moved = stand_off_goal(box, [-1.5, 0.0], as_grid(data))
    check(moved, box, data, StandOff())


def test_a_goal_behind_a_closed_wall_is_unreachable() -> None:
    data = filled(room(), (-0.5, -0.4), (-3, 3))
    with pytest.raises(GoalError, match="no way leads there") as caught:
        stand_off_goal(a_box(), [-1.5, 0.0], as_grid(data))
    assert caught.value.code == "UNREACHABLE"


@pytest.mark.parametrize(("gap_m", "passable"), [(0.45, False), (0.65, True)])
def test_a_gap_must_be_wider_than_the_robot(gap_m: float, passable: bool) -> None:
    data = filled(room(), (-0.5, -0.4), (gap_m / 2, 3))
    data = filled(data, (-0.5, -0.4), (-3, -gap_m / 2))
    if passable:
        check(stand_off_goal(a_box(), [-1.5, 0], as_grid(data)), a_box(), data, StandOff())
    else:
        with pytest.raises(GoalError) as caught:
            stand_off_goal(a_box(), [-1.5, 0], as_grid(data))
        assert caught.value.code == "UNREACHABLE"


def test_a_screen_before_the_thing_makes_the_robot_go_around_it() -> None:
    box = a_box()
    data = filled(room(), (0.85, 0.9), (-0.7, 0.7))
    wanted = StandOff(robot_radius_m=0.2)
    goal = stand_off_goal(box, [-1.5, 0.0], as_grid(data), wanted)
    check(goal, box, data, wanted)
    line = np.linspace([goal.x_m, goal.y_m], box.center[:2], 200)[:120]
    cells, _ = as_grid(data).cells(line)
    assert (data[cells[:, 0], cells[:, 1]] < 100).all()
    blind = stand_off_goal(
        box, [-1.5, 0.0], as_grid(data), StandOff(robot_radius_m=0.2, hidden_penalty_m=0.0)
    )
    assert blind.x_m < goal.x_m


@pytest.mark.parametrize(
    ("x", "robot", "code"),
    [
        (9.0, (-1.5, 0.0), "OUTSIDE_MAP"),
        (1.5, (-9.0, 0.0), "ROBOT_OUTSIDE_MAP"),
        (1.5, (float("nan"), 0.0), "ROBOT_OUTSIDE_MAP"),
    ],
)
def test_outside_the_map(x: float, robot: tuple[float, float], code: str) -> None:
    with pytest.raises(GoalError, match="expected|map") as caught:
        stand_off_goal(a_box(x), robot, as_grid(room()))
    assert caught.value.code == code


def test_a_robot_inside_an_obstacle_is_named() -> None:
    data = filled(room(), (-3, -0.5), (-3, 3))
    with pytest.raises(GoalError) as caught:
        stand_off_goal(a_box(), [-1.9, 0.0], as_grid(data))
    assert caught.value.code == "ROBOT_BLOCKED"


def test_a_robot_close_to_a_wall_may_still_leave() -> None:
    goal = stand_off_goal(a_box(), [-2.9, 0.0], as_grid(room()))
    check(goal, a_box(), room(), StandOff())


def test_a_turned_map_gives_the_same_place() -> None:
    plain = stand_off_goal(a_box(), [-1.5, 0.3], as_grid(room()))
    turn = 0.6
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    grid = GridMap(
        data=room(),
        resolution_m=RESOLUTION,
        origin_xy=rotation @ np.array([-3.0, -3.0]),
        origin_yaw_rad=turn,
    )
    center = rotation @ np.array([1.5, 0.0])
    goal = stand_off_goal(
        a_box(center[0], center[1], yaw=turn), rotation @ np.array([-1.5, 0.3]), grid
    )
    assert (goal.x_m, goal.y_m) == pytest.approx(tuple(rotation @ [plain.x_m, plain.y_m]), abs=1e-6)
    assert goal.yaw_rad == pytest.approx(plain.yaw_rad + turn, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_cluttered_rooms_give_a_good_goal_or_a_reason(seed: int) -> None:
    source = np.random.default_rng(seed)
    data = room()
    for x, y, size in zip(
        *source.uniform(-2.5, 2.5, (2, 9)), source.uniform(0.1, 0.9, 9), strict=True
    ):
        value = int(source.choice([100, 100, -1]))
        data = filled(data, (x - size / 2, x + size / 2), (y - size / 2, y + size / 2), value)
    data = filled(data, (-2.8, -2.0), (-2.8, -2.0), value=0)
    box = a_box(*source.uniform(-1.5, 2.5, 2), yaw=source.uniform(-3, 3))
    try:
        goal = stand_off_goal(box, [-2.4, -2.4], as_grid(data))
    except GoalError as error:
        assert error.code in ("NO_FREE_SPACE", "UNREACHABLE")
        return
    check(goal, box, data, StandOff())
    free = (data != -1) & (data < 100)
    wide = ndimage.distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1] * RESOLUTION >= 0.25
    regions, _ = ndimage.label(wide, np.ones((3, 3)))
    (start, end), _ = as_grid(data).cells([[-2.4, -2.4], [goal.x_m, goal.y_m]])
    assert regions[tuple(start)] == regions[tuple(end)] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("distance_m", 0.0),
        ("distance_m", float("nan")),
        ("tolerance_m", 0.0),
        ("tolerance_m", 0.9),
        ("robot_radius_m", -1.0),
        ("occupied_from", 0),
        ("lethal_from", 101),
        ("hidden_penalty_m", -1.0),
        ("sight_slack_m", float("inf")),
    ],
)
def test_bad_settings_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        StandOff(**{name: value})
