"""Where a robot ended up, against where the named thing truly stands. numpy only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.goals import footprint_distance


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What counts as having arrived; by default what benchmarks count."""

    distance_m: float = 0.3
    facing_rad: float = math.radians(20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How a drive ended.

    Attributes:
        distance_m: from the robot's middle to the nearest point of the thing's footprint.
        facing_rad: between the robot's heading and the direction to the thing's centre, [0, pi].
        right_distance: within the tolerance of the stand-off.
        right_facing: within the tolerance of looking at it.
    """

    distance_m: float
    facing_rad: float
    right_distance: bool
    right_facing: bool

    @property
    def good(self) -> bool:
        """At the right distance and looking at the thing."""
        return self.right_distance and self.right_facing


def judge_arrival(
    pose: tuple[float, float, float],
    truth: Box3,
    stand_off_m: float,
    tolerance: Tolerance | None = None,
) -> Arrival:
    """Judge a final pose.

    Args:
        pose: x, y (metres) and yaw (radians) of the robot in the map.
        truth: box of the named thing in the map.
        stand_off_m: wanted distance from the robot's middle to the footprint.
        tolerance: how far off is still good.
    """
    allowed = tolerance or Tolerance()
    x_m, y_m, yaw_rad = pose
    distance = float(footprint_distance(truth, np.array([x_m, y_m])))
    bearing = math.atan2(truth.center[1] - y_m, truth.center[0] - x_m)
    facing = abs(math.remainder(bearing - yaw_rad, 2 * math.pi))
    return Arrival(
        distance_m=distance,
        facing_rad=facing,
        right_distance=abs(distance - stand_off_m) <= allowed.distance_m,
        right_facing=facing <= allowed.facing_rad,
    )
