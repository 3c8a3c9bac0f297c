"""Newton's method for maps of the plane that are gradients of a convex potential. Knows no lens."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from camaware_ros.geometry.arrays import BoolArray, FloatArray

RESIDUAL = 1e-10  # before the last step, which about squares it
_QUICK_STEPS = 5
_CAREFUL_STEPS = 60
_PATIENCE = 8


class Stretch(NamedTuple):
    """A map of the plane at n points: its values and its symmetric Jacobian, each (n,)."""

    x: FloatArray
    y: FloatArray
    dx_dx: FloatArray
    dx_dy: FloatArray
    dy_dy: FloatArray


PlaneMap = Callable[[FloatArray, FloatArray], Stretch]


def invert_plane_map(
    plane_map: PlaneMap, goal: FloatArray, guess: FloatArray, limit: float
) -> tuple[FloatArray, BoolArray]:
    """Where a map reaches each goal on the open disc of radius ``limit``.

    Args:
        plane_map: one-to-one on the disc, its Jacobian positive definite there.
        goal: values to be reached, shape (2, n).
        guess: where to begin, shape (2, n).
        limit: radius of the disc.

    Returns:
        Points (2, n), and which of them reach their goal from inside the disc (n,).
    """
    points, found = _quick(plane_map, goal, guess, limit)
    left = np.flatnonzero(~found)
    if len(left):
        points[:, left], found[left] = _careful(plane_map, goal[:, left], guess[:, left], limit)
    return points, found


def _quick(
    plane_map: PlaneMap, goal: FloatArray, guess: FloatArray, limit: float
) -> tuple[FloatArray, BoolArray]:
    """Plain steps of all points at once, until nearly all are done."""
    points, close = guess, np.zeros(goal.shape[1], dtype=bool)
    for _ in range(_QUICK_STEPS):
        close, step = _close_and_step(plane_map, goal, points)
        points = points - np.clip(step, -0.5 * limit, 0.5 * limit)
        if np.count_nonzero(close) >= 0.9 * len(close):
            break
    return points, close & (points[0] ** 2 + points[1] ** 2 < limit**2)


def _careful(
    plane_map: PlaneMap, goal: FloatArray, guess: FloatArray, limit: float
) -> tuple[FloatArray, BoolArray]:
    """Short steps that never leave the disc; a point that stays pressed to its rim is given up."""
    points, close = _onto_disc(guess, limit), np.zeros(goal.shape[1], dtype=bool)
    pressed = np.zeros(goal.shape[1], dtype=np.int64)
    for _ in range(_CAREFUL_STEPS):
        close, step = _close_and_step(plane_map, goal, points)
        length = np.maximum(np.hypot(step[0], step[1]), 1e-300)
        free = points - step * np.minimum(1.0, 0.25 * limit / length)
        points = _onto_disc(free, limit)
        pressed = np.where((free == points).all(axis=0), 0, pressed + 1)
        if (close | (pressed >= _PATIENCE)).all():
            break
    return points, close


def _close_and_step(
    plane_map: PlaneMap, goal: FloatArray, points: FloatArray
) -> tuple[BoolArray, FloatArray]:
    """Which points (2, n) reach their goals already (n,), and their Newton steps (2, n)."""
    at = plane_map(points[0], points[1])
    error_x, error_y = at.x - goal[0], at.y - goal[1]
    size = np.maximum(1.0, goal[0] * goal[0] + goal[1] * goal[1])
    close: BoolArray = error_x * error_x + error_y * error_y <= RESIDUAL**2 * size
    per_determinant = 1.0 / np.maximum(at.dx_dx * at.dy_dy - at.dx_dy * at.dx_dy, 1e-9)
    step = np.empty_like(points)
    step[0] = (at.dy_dy * error_x - at.dx_dy * error_y) * per_determinant
    step[1] = (at.dx_dx * error_y - at.dx_dy * error_x) * per_determinant
    return close, step


def _onto_disc(points: FloatArray, limit: float) -> FloatArray:
    inside = limit * (1 - 1e-12)
    length = np.hypot(points[0], points[1])
    pulled: FloatArray = points * np.where(
        length > inside, inside / np.maximum(length, 1e-300), 1.0
    )
    return pulled
