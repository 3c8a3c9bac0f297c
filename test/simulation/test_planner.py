"""Paths: as cheap as scipy's, free of obstacles, and driven to the end."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from camaware_ros.simulation.costmap import TOUCHING, Costmap, costmap_of
from camaware_ros.simulation.planner import (
    GOAL_TOLERANCE_M,
    Path,
    _a_star,
    follow_path,
    goal_problem,
    plan_path,
)
from camaware_ros.simulation.robot import RobotState, Twist, step_robot, wrap_angle
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room, demo_room, random_room

ROOM = demo_room()
COSTMAP = costmap_of(ROOM)


def dijkstra_cost(cost: np.ndarray, start: tuple[int, int], goal: tuple[int, int]) -> float:
    """Cheapest cost by scipy: entering a cell costs length times 1 + 0.06 cost."""
    rows, columns = cost.shape
    index = np.arange(cost.size).reshape(cost.shape)
    sources, targets, weights = [], [], []
    for dr, dc in [(0, 1), (1, 0), (1, 1), (1, -1), (0, -1), (-1, 0), (-1, -1), (-1, 1)]:
        here = index[max(0, -dr) : rows - max(0, dr), max(0, -dc) : columns - max(0, dc)]
        there = index[max(0, dr) : rows - max(0, -dr), max(0, dc) : columns - max(0, -dc)]
        free = cost.flat[there.ravel()] < TOUCHING
        sources.append(here.ravel()[free])
        targets.append(there.ravel()[free])
        price = 1 + 0.06 * cost.flat[there.ravel()[free]].astype(float)
        weights.append(math.hypot(dr, dc) * price)
    graph = coo_matrix(
        (np.concatenate(weights), (np.concatenate(sources), np.concatenate(targets))),
        shape=(cost.size, cost.size),
    ).tocsr()
    return float(dijkstra(graph, indices=index[start])[index[goal]])


def path_cost(cost: np.ndarray, cells: list[tuple[int, int]]) -> float:
    return sum(
        math.hypot(b[0] - a[0], b[1] - a[1]) * (1 + 0.06 * float(cost[b]))
        for a, b in zip(cells, cells[1:], strict=False)
    )


def drive_to(room: Room, costmap: Costmap, goal: tuple, seconds: float = 90.0):
    state = RobotState(x_m=room.start[0], y_m=room.start[1], yaw_rad=room.start[2])
    path = plan_path(costmap, room.start[:2], goal)
    assert path is not None
    for step in range(round(seconds / 0.05)):
        twist = follow_path(path, state)
        if twist is None:
            return state, step * 0.05
        state = step_robot(state, twist, 0.05, room.clearance)
        assert not state.blocked, f"touched something at ({state.x_m:.2f}, {state.y_m:.2f})"
    raise AssertionError(f"not there after {seconds} s: {state}")


@pytest.mark.parametrize("goal", [(2.2, 0.3), (2.0, -2.3), (-2.9, 2.4), (0.2, 0.4)])
def test_a_star_is_as_cheap_as_dijkstra(goal: tuple[float, float]):
    start, end = COSTMAP.cell(*ROOM.start[:2]), COSTMAP.cell(*goal)
    cells = _a_star(COSTMAP.cost, start, end)
    assert cells[0] == start and cells[-1] == end
    expected = dijkstra_cost(COSTMAP.cost, start, end)
    assert path_cost(COSTMAP.cost, cells) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_paths_keep_the_robot_clear_and_lead_there(seed: int):
    room = random_room(seed)
    costmap, rng = costmap_of(room), np.random.default_rng(seed)
    half = np.array([room.length_m, room.width_m]) / 2
    driven = 0
    while driven < 2:
        x_m, y_m = (float(value) for value in rng.uniform(-half, half))
        goal = (x_m, y_m, float(rng.uniform(-3, 3)))
        if goal_problem(room, costmap, goal) or plan_path(costmap, room.start[:2], goal) is None:
            continue
        state, _ = drive_to(room, costmap, goal)
        assert math.hypot(state.x_m - goal[0], state.y_m - goal[1]) <= 2 * GOAL_TOLERANCE_M
        assert abs(wrap_angle(state.yaw_rad - goal[2])) <= 0.05
        driven += 1


def test_a_goal_in_every_object_is_refused_by_name():
    for thing in ROOM.objects:
        problem = goal_problem(ROOM, COSTMAP, (thing.x_m, thing.y_m, 0.0))
        assert problem is not None and f"occupied by the {thing.label}" in problem


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        ((9.0, 0.0, 0.0), "outside the room"),
        ((-3.4, 0.0, 0.0), "0.10 m from an obstacle"),
        ((math.nan, 0.0, 0.0), "not finite"),
        ((0.0, 0.0, math.inf), "not finite"),
    ],
)
def test_goals_where_the_robot_cannot_stand_are_refused(goal, reason: str):
    assert reason in goal_problem(ROOM, COSTMAP, goal)


def test_no_way_is_none():
    cost = np.zeros((40, 40), dtype=np.int8)
    cost[:, 20] = 100
    walled = Costmap(cost=cost, resolution_m=0.1, origin_m=(0.0, 0.0))
    assert plan_path(walled, (0.5, 0.5), (3.5, 0.5, 0.0)) is None


def test_a_start_that_touches_something_still_finds_a_way_out():
    sofa = next(thing for thing in ROOM.objects if thing.kind == "sofa")
    start = (sofa.x_m, sofa.y_m - sofa.size_m[1] / 2 - ROBOT_RADIUS_M + 0.03)
    assert COSTMAP.cost[COSTMAP.cell(*start)] >= TOUCHING
    path = plan_path(COSTMAP, start, (-2.0, 0.0, 0.0))
    assert path is not None and tuple(path.points[0]) == start


def test_remaining_way_by_hand():
    path = Path(points=np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0]]), yaw_rad=0.0)
    assert path.remaining_m(0.0, 0.0) == pytest.approx(3.0)
    assert path.remaining_m(1.0, 0.0) == pytest.approx(2.0)
    assert path.remaining_m(1.0, -0.5) == pytest.approx(2.5)
    assert path.remaining_m(2.0, 1.0) == pytest.approx(0.0)


def test_at_the_goal_only_the_yaw_is_left():
    path = Path(points=np.array([[0.0, 0.0]]), yaw_rad=1.0)
    twist = follow_path(path, RobotState(x_m=0.0, y_m=0.0, yaw_rad=0.0))
    assert twist.forward_mps == 0.0 and twist.turn_rps > 0.1
    assert follow_path(path, RobotState(x_m=0.0, y_m=0.0, yaw_rad=1.0)) is None
    rolling = RobotState(x_m=0.0, y_m=0.0, yaw_rad=1.0, twist=Twist(forward_mps=0.4))
    braking = follow_path(path, rolling)
    assert braking is not None and braking.forward_mps == 0.0
