"""Where to stand in front of a thing: near enough, facing it, on floor that is known to be free.

Pure: a box, a grid and the robot's place in; a pose or a reason out. It does not plan the way, it
only makes sure that there is one; and it never falls back to the thing's own place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.grid import UNKNOWN, BoolArray, GridMap, clearance, steps_from
from camaware_ros.types import Goal

FloatArray = NDArray[np.float64]


class GoalError(ValueError):
    """No place to stand.

    Attributes:
        code: OUTSIDE_MAP, ROBOT_OUTSIDE_MAP, ROBOT_BLOCKED, NO_FREE_SPACE, UNREACHABLE, BAD_BOX.
        reason: one line.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StandOff:
    """How near to stand, and what counts as floor.

    Attributes:
        distance_m: from the robot's centre to the nearest point of the box's footprint.
        tolerance_m: how much nearer or farther is still good.
        robot_radius_m: clearance needed at the goal and on the way.
        occupied_from: cells of this value or more cannot be stood on (99: Nav2's inscribed).
        lethal_from: cells of this value or more are obstacles to keep the radius from
            (100: Nav2's lethal). For a plain map, which is not inflated, set both to 65.
        sight_slack_m: cells this near to the box do not block the view of it, because they are
            mostly the thing itself.
        hidden_penalty_m: how much longer a way is worth for a free view of the thing.
    """

    distance_m: float = 0.8
    tolerance_m: float = 0.2
    robot_radius_m: float = 0.25
    occupied_from: int = 99
    lethal_from: int = 100
    sight_slack_m: float = 0.3
    hidden_penalty_m: float = 3.0

    def __post_init__(self) -> None:
        for name in ("distance_m", "robot_radius_m"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name}: expected > 0 and finite, got {value!r}")
        for name in ("sight_slack_m", "hidden_penalty_m"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: expected >= 0 and finite, got {value!r}")
        if not 0 < self.tolerance_m < self.distance_m:
            raise ValueError(
                f"tolerance_m: expected between 0 and distance_m, got {self.tolerance_m!r}"
            )
        for name in ("occupied_from", "lethal_from"):
            if not 1 <= getattr(self, name) <= 100:
                raise ValueError(f"{name}: expected 1 to 100, got {getattr(self, name)!r}")


def stand_off_goal(
    box: Box3,
    robot_xy: ArrayLike,
    grid: GridMap,
    stand_off: StandOff | None = None,
    *,
    label: str = "",
) -> Goal:
    """The best place to stand in front of ``box``, looking at its centre.

    Every free cell whose distance to the box's footprint is right is a candidate. A short way, a
    clear view, room around and an exact distance count for it.

    Args:
        box: the thing, in ``grid.frame_id``; its z axis is up.
        robot_xy: where the robot is, in ``grid.frame_id``, metres.
        grid: the costmap.
        stand_off: distances and thresholds.
        label: copied to the goal.

    Raises:
        GoalError: with a code and a one-line reason.
    """
    wanted = stand_off or StandOff()
    centre = np.asarray(box.center[:2], dtype=np.float64)
    if not (np.all(np.isfinite(box.center)) and np.all(np.isfinite(box.size))):
        raise GoalError("BAD_BOX", f"expected a finite box, got centre {box.center}")
    robot = np.asarray(robot_xy, dtype=np.float64)
    room = _room(grid, wanted)
    ring = _ring(box, grid, wanted)
    standable = ring & (room >= wanted.robot_radius_m)
    if not standable.any():
        raise GoalError(
            "NO_FREE_SPACE",
            f"no free known floor {wanted.distance_m} +- {wanted.tolerance_m} m from the thing",
        )
    way = _way_lengths(robot, grid, room, wanted)
    standable &= np.isfinite(way)
    if not standable.any():
        raise GoalError("UNREACHABLE", "free floor near the thing, but no way leads there")
    points = grid.centres()[standable]
    off = np.abs(footprint_distance(box, points) - wanted.distance_m)
    penalty = (
        way[standable]
        + wanted.hidden_penalty_m * ~_in_sight(points, box, grid, wanted)
        + 2.0 * (2 * wanted.robot_radius_m - room[standable]).clip(0.0)
        + 3.0 * (off - grid.resolution_m).clip(0.0)
    )
    place = points[int(np.argmin(penalty))]
    away = centre - place
    return Goal(
        x_m=float(place[0]),
        y_m=float(place[1]),
        yaw_rad=float(np.arctan2(away[1], away[0])),
        frame_id=grid.frame_id,
        label=label,
    )


def footprint_distance(box: Box3, points_xy: ArrayLike) -> FloatArray:
    """Distance on the floor from points to the box's footprint; 0 inside it.

    Args:
        box: seen from above as the rectangle of its yaw, length and width.
        points_xy: shape (..., 2), same frame.
    """
    points = np.asarray(points_xy, dtype=np.float64)
    return np.linalg.norm(points - nearest_footprint_point(box, points), axis=-1)


def nearest_footprint_point(box: Box3, points_xy: ArrayLike) -> FloatArray:
    """The point of the box's footprint that is nearest to each point, shape (..., 2)."""
    cosine, sine = np.cos(box.yaw_rad), np.sin(box.yaw_rad)
    frame_from_box = np.array([[cosine, -sine], [sine, cosine]])
    local = (np.asarray(points_xy, dtype=np.float64) - box.center[:2]) @ frame_from_box
    half = np.asarray(box.size[:2]) / 2
    return box.center[:2] + np.clip(local, -half, half) @ frame_from_box.T


def _room(grid: GridMap, wanted: StandOff) -> FloatArray:
    """Clearance of every cell, metres; 0 on cells that cannot be stood on."""
    lethal = (grid.data >= wanted.lethal_from) | (grid.data == UNKNOWN)
    room = clearance(lethal, grid.resolution_m, 2 * wanted.robot_radius_m)
    return np.where(grid.data >= wanted.occupied_from, 0.0, room)


def _ring(box: Box3, grid: GridMap, wanted: StandOff) -> BoolArray:
    """Cells at the right distance from the box."""
    off = np.abs(footprint_distance(box, grid.centres()) - wanted.distance_m)
    ring = off <= wanted.tolerance_m
    if not ring.any():
        raise GoalError(
            "OUTSIDE_MAP",
            f"the thing at ({box.center[0]:.2f}, {box.center[1]:.2f}) m has no cell of the map "
            f"{wanted.distance_m} m from it",
        )
    return ring


def _way_lengths(
    robot_xy: FloatArray, grid: GridMap, room: FloatArray, wanted: StandOff
) -> FloatArray:
    """How far each cell is, metres: mean of way and straight line; inf where cut off."""
    start, inside = grid.cells(robot_xy)
    if not inside:
        raise GoalError("ROBOT_OUTSIDE_MAP", f"the robot at {robot_xy.round(2)} is not on the map")
    free = room >= wanted.robot_radius_m
    # A robot may stand nearer to an obstacle than it would plan to: leave from the next free cell.
    straight = np.linalg.norm(grid.centres() - robot_xy, axis=-1)
    distance = np.where(free, straight, np.inf)
    nearest = np.unravel_index(int(np.argmin(distance)), grid.shape)
    if not distance[nearest] <= 2 * wanted.robot_radius_m + grid.resolution_m:
        raise GoalError("ROBOT_BLOCKED", "no free known floor around the robot")
    departure = (int(nearest[0]), int(nearest[1]))
    way = steps_from(departure, free) * grid.resolution_m + float(distance[nearest])
    # Steps cannot tell a straight way from a slightly slanted one; the straight line can.
    return (np.maximum(way, straight) + straight) / 2


def _in_sight(points: FloatArray, box: Box3, grid: GridMap, wanted: StandOff) -> BoolArray:
    """Whether nothing lethal lies between each point and the box, shape (n,)."""
    targets = nearest_footprint_point(box, points)
    length = np.linalg.norm(targets - points, axis=-1)
    share = np.clip(1.0 - wanted.sight_slack_m / np.maximum(length, 1e-9), 0.0, 1.0)
    count = max(2, int(np.ceil(2 * length.max(initial=0.0) / grid.resolution_m)))
    along = np.linspace(0.0, 1.0, count)[:, None, None] * share[:, None]
    cells, inside = grid.cells(points + along * (targets - points))
    rows, columns = np.where(inside[..., None], cells, 0).transpose(2, 0, 1)
    blocked = inside & (grid.data[rows, columns] >= wanted.lethal_from)
    return ~blocked.any(axis=0)
