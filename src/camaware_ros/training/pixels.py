"""Sums over the pixels of a picture, compiled by numba because numpy would need many passes."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

TOKEN = 16


@njit(cache=True)
def things_on_tokens(thing_of, things):
    """How many pixels of each thing fall on each visual token.

    Args:
        thing_of: thing index per pixel, negative for none, shape (h, w), multiples of ``TOKEN``.
        things: how many rows the result has.

    Returns:
        float32 (things, h / 16 * w / 16).
    """
    height, width = thing_of.shape
    columns = width // TOKEN
    counts = np.zeros((things, (height // TOKEN) * columns), np.float32)
    for i in range(height):
        first = (i // TOKEN) * columns
        for j in range(width):
            if thing_of[i, j] >= 0:
                counts[thing_of[i, j], first + j // TOKEN] += np.float32(1)
    return counts


@njit(cache=True, fastmath=True)
def pinhole_rays(x, y):
    """Unit rays float32 (h, w, 3) of the slopes of columns (w,) and rows (h,), float32."""
    rays = np.empty((len(y), len(x), 3), np.float32)
    one = np.float32(1)
    for i in range(len(y)):
        for j in range(len(x)):
            z = one / math.sqrt(one + x[j] * x[j] + y[i] * y[i])
            rays[i, j, 0], rays[i, j, 1], rays[i, j, 2] = x[j] * z, y[i] * z, z
    return rays


@njit(cache=True)
def spans(rays, valid, turn, row, column):
    """Least and largest bearing along a row, and least and largest elevation along a column.

    Args:
        rays: unit rays in the optical frame, shape (h, w, 3); valid: which exist, shape (h, w).
        turn: gravity_from_camera rotation, shape (3, 3).

    Returns:
        Four angles, radians; left and up are positive.
    """
    right, left, low, high = math.inf, -math.inf, math.inf, -math.inf
    for j in range(valid.shape[1]):
        if valid[row, j]:
            x, y, _ = _turned(turn, rays[row, j])
            bearing = math.atan2(y, x)
            right, left = min(right, bearing), max(left, bearing)
    for i in range(valid.shape[0]):
        if valid[i, column]:
            x, y, z = _turned(turn, rays[i, column])
            elevation = math.atan2(z, math.hypot(x, y))
            low, high = min(low, elevation), max(high, elevation)
    return right, left, low, high


@njit(cache=True)
def _turned(turn, ray):
    return (
        turn[0, 0] * ray[0] + turn[0, 1] * ray[1] + turn[0, 2] * ray[2],
        turn[1, 0] * ray[0] + turn[1, 1] * ray[1] + turn[1, 2] * ray[2],
        turn[2, 0] * ray[0] + turn[2, 1] * ray[1] + turn[2, 2] * ray[2],
    )
