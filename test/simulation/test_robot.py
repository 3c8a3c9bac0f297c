"""The drive: exact arcs, limits, and what an obstacle does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from camaware_ros.simulation.robot import (
    Limits,
    RobotState,
    Twist,
    step_robot,
    wrap_angle,
)
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, demo_room

START = RobotState(x_m=0.0, y_m=0.0, yaw_rad=0.0)


def open_space(points: np.ndarray) -> np.ndarray:
    return np.full(points.shape[:-1], 10.0)


def wall_at_one_metre(points: np.ndarray) -> np.ndarray:
    return 1.0 - points[..., 0]


def drive(state: RobotState, command: Twist, seconds: float, clearance=open_space) -> RobotState:
    for _ in range(round(seconds / 0.05)):
        state = step_robot(state, command, 0.05, clearance)
    return state


def test_arc_agrees_with_a_differential_equation_solver():
    limits = Limits(acceleration_mps2=1e6, turn_acceleration_rps2=1e6)
    command = Twist(forward_mps=0.5, turn_rps=0.8)
    state = START
    for _ in range(60):
        state = step_robot(state, command, 0.05, open_space, limits)
    truth = solve_ivp(
        lambda _, s: [0.5 * math.cos(s[2]), 0.5 * math.sin(s[2]), 0.8],
        (0, 3), [0, 0, 0], rtol=1e-10, atol=1e-12,
    ).y[:, -1]  # fmt: skip
    np.testing.assert_allclose([state.x_m, state.y_m], truth[:2], atol=1e-8)
    assert state.yaw_rad == pytest.approx(wrap_angle(truth[2]), abs=1e-8)


def test_speed_grows_no_faster_than_the_acceleration_and_not_beyond_the_limit():
    limits = Limits()
    speeds = []
    state = START
    for _ in range(30):
        state = step_robot(state, Twist(forward_mps=5.0), 0.05, open_space)
        speeds.append(state.twist.forward_mps)
    assert np.max(np.diff(speeds)) <= limits.acceleration_mps2 * 0.05 + 1e-9
    assert speeds[-1] == pytest.approx(limits.speed_mps)


def test_it_stops_before_the_wall_and_says_so():
    state = drive(START, Twist(forward_mps=0.6), 4.0, wall_at_one_metre)
    assert state.blocked
    assert state.x_m <= 1.0 - ROBOT_RADIUS_M
    assert state.x_m > 1.0 - ROBOT_RADIUS_M - 0.02
    assert state.twist.forward_mps == 0.0


def test_it_can_turn_and_leave_after_touching():
    state = drive(START, Twist(forward_mps=0.6), 4.0, wall_at_one_metre)
    state = drive(state, Twist(turn_rps=1.0), 3.0, wall_at_one_metre)
    assert abs(state.yaw_rad) > 2.0 and not state.blocked
    state = drive(state, Twist(forward_mps=0.4), 2.0, wall_at_one_metre)
    assert state.x_m < 0.5


def test_one_big_step_equals_many_small_ones():
    command = Twist(forward_mps=0.4, turn_rps=0.5)
    once = step_robot(START, command, 2.0, open_space)
    many = START
    for _ in range(100):
        many = step_robot(many, command, 0.02, open_space)
    np.testing.assert_allclose(
        [once.x_m, once.y_m, once.yaw_rad], [many.x_m, many.y_m, many.yaw_rad], atol=1e-9
    )


def test_it_never_enters_furniture_however_it_is_driven():
    room, rng = demo_room(), np.random.default_rng(0)
    state = RobotState(x_m=room.start[0], y_m=room.start[1], yaw_rad=room.start[2])
    for _ in range(300):
        command = Twist(forward_mps=float(rng.uniform(-0.2, 0.6)), turn_rps=float(rng.normal()))
        state = step_robot(state, command, 0.3, room.clearance)
        assert room.clearance(np.array([state.x_m, state.y_m])) >= ROBOT_RADIUS_M - 1e-9


def test_map_from_base_is_its_pose():
    state = RobotState(x_m=1.0, y_m=2.0, yaw_rad=math.pi / 2)
    np.testing.assert_allclose(
        state.map_from_base.apply(np.array([1.0, 0.0, 0.0])), [1, 3, 0], atol=1e-12
    )


@pytest.mark.parametrize("dt_s", [-0.1, math.nan, math.inf])
def test_impossible_times_are_refused(dt_s: float):
    with pytest.raises(ValueError, match="dt_s: expected a finite time"):
        step_robot(START, Twist(), dt_s, open_space)


def test_speeds_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="twist: expected finite speeds"):
        Twist(forward_mps=math.nan)
