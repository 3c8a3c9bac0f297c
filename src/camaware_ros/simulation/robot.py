"""A round differential-drive robot: how it moves, and what stops it. numpy only.

Pure functions on a frozen state; the map frame, SI units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M

FloatArray = NDArray[np.float64]
Clearance = Callable[[FloatArray], FloatArray]
_LONGEST_STEP_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the drive can do; accelerations are also the brakes."""

    speed_mps: float = 0.6
    turn_rps: float = 1.5
    acceleration_mps2: float = 1.2
    turn_acceleration_rps2: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Twist:
    """Forward speed (m/s) and turn rate (rad/s, anticlockwise)."""

    forward_mps: float = 0.0
    turn_rps: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not (math.isfinite(self.forward_mps) and math.isfinite(self.turn_rps)):
            raise ValueError(
                f"twist: expected finite speeds, got {self.forward_mps!r}, {self.turn_rps!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotState:
    """Where the robot is and how it moves.

    Attributes:
        x_m, y_m, yaw_rad: pose of its middle in the map.
        twist: its present speeds.
        blocked: whether something stopped it during the last step.
    """

    x_m: float
    y_m: float
    yaw_rad: float
    twist: Twist = Twist()
    blocked: bool = False

    @property
    def map_from_base(self) -> Rigid3:
        """Pose of ``base_footprint`` in the map."""
        return Rigid3.from_yaw(self.yaw_rad, np.array([self.x_m, self.y_m, 0.0]))


def step_robot(
    state: RobotState, command: Twist, dt_s: float, clearance: Clearance,
    limits: Limits | None = None,
) -> RobotState:  # fmt: skip
    """Drive for ``dt_s`` seconds towards the commanded speeds.

    Args:
        state: where it is.
        command: wanted speeds; clipped to ``limits``.
        dt_s: how long, >= 0.
        clearance: distance from map points (..., 2) to the nearest obstacle (...).
        limits: what the drive can do.

    Returns:
        The new state. A move that would bring an obstacle inside the robot's radius is not made:
        it stands still, turns if told to, and is ``blocked``.
    """
    if not (math.isfinite(dt_s) and dt_s >= 0):
        raise ValueError(f"dt_s: expected a finite time >= 0, got {dt_s!r}")
    limits = limits or Limits()
    count = max(1, math.ceil(dt_s / _LONGEST_STEP_S - 1e-9))
    state = replace(state, blocked=False)
    for _ in range(count):
        state = _small_step(state, command, dt_s / count, clearance, limits)
    return state


def _small_step(
    state: RobotState, command: Twist, dt_s: float, clearance: Clearance, limits: Limits
) -> RobotState:
    twist = _approach(state.twist, command, dt_s, limits)
    moved = _integrate(state, twist, dt_s)
    before, after = clearance(np.array([[state.x_m, state.y_m], [moved.x_m, moved.y_m]]))
    if after >= ROBOT_RADIUS_M or after >= before:
        return moved
    return replace(
        state, yaw_rad=moved.yaw_rad, blocked=True,
        twist=Twist(forward_mps=0.0, turn_rps=twist.turn_rps),
    )  # fmt: skip


def _approach(now: Twist, wanted: Twist, dt_s: float, limits: Limits) -> Twist:
    """Speeds after ``dt_s`` of limited acceleration."""
    forward = float(np.clip(wanted.forward_mps, -limits.speed_mps, limits.speed_mps))
    turn = float(np.clip(wanted.turn_rps, -limits.turn_rps, limits.turn_rps))
    most, most_turn = limits.acceleration_mps2 * dt_s, limits.turn_acceleration_rps2 * dt_s
    return Twist(
        forward_mps=now.forward_mps + float(np.clip(forward - now.forward_mps, -most, most)),
        turn_rps=now.turn_rps + float(np.clip(turn - now.turn_rps, -most_turn, most_turn)),
    )


def _integrate(state: RobotState, twist: Twist, dt_s: float) -> RobotState:
    """Exact unicycle motion along an arc (the chord is the arc's sinc)."""
    half = twist.turn_rps * dt_s / 2
    chord = twist.forward_mps * dt_s * float(np.sinc(half / math.pi))
    return replace(
        state,
        x_m=state.x_m + chord * math.cos(state.yaw_rad + half),
        y_m=state.y_m + chord * math.sin(state.yaw_rad + half),
        yaw_rad=wrap_angle(state.yaw_rad + 2 * half),
        twist=twist,
    )


def wrap_angle(angle_rad: float) -> float:
    """The same angle within [-pi, pi]."""
    return math.remainder(angle_rad, 2 * math.pi)
