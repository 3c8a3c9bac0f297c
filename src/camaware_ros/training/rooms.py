"""The room around the things: floor, walls, lights, pictures, inner walls and clutter.

Knows the arrays of ``render``; does not know named things or pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from camaware_ros.training.parts import BOX, FRUSTUM
from camaware_ros.training.render_paint import ROOM

FloatArray = NDArray[np.float32]
Prim = tuple[float, ...]
NOTHING = -1
ROOM_HEIGHT_M = (2.2, 3.4)
"""Of the ceiling; higher where the camera would touch it."""


Colour = tuple[float, float, float]


def _muted(rng: np.random.Generator, low: float = 0.25, high: float = 0.95) -> Colour:
    """A wall or floor colour: mostly grey or pale, sometimes strong."""
    a, b = rng.random(2).tolist()
    grey = low + a * (high - low)
    return _near(rng, (grey, grey, grey), 0.05 if b < 0.75 else 0.2)


def _near(rng: np.random.Generator, colour: Colour, deviation: float) -> Colour:
    """A colour that differs a little from another."""
    (r, g, b), (x, y, z) = colour, (deviation * rng.standard_normal(3)).tolist()
    return _within(r + x), _within(g + y), _within(b + z)


def _within(value: float) -> float:
    return min(max(value, 0.03), 1.0)


def sample_room(
    rng: np.random.Generator, extent: list[tuple[float, float, float]], eye_height_m: float
) -> tuple[FloatArray, FloatArray]:
    """A room at a random heading that holds circles ``extent`` (x, y, radius), and its patches."""
    yaw = rng.uniform(-math.pi, math.pi)
    co, si = math.cos(yaw), math.sin(yaw)
    x0, x1, y0, y1 = _walls(rng, extent, co, si)
    a, b, c, d, e, f, g, h, i, j, k, m, n, o = rng.random(14).tolist()
    low, high = ROOM_HEIGHT_M
    height = max(low + (high - low) * a, eye_height_m + 0.3)
    lamp_u, lamp_v = x0 + b * (x1 - x0), y0 + c * (y1 - y0)
    floor, wall = _muted(rng), _muted(rng, 0.4, 1.0)
    room = [
        co, si, x0, x1, y0, y1, height,
        co * lamp_u - si * lamp_v, si * lamp_u + co * lamp_v, (0.6 + 0.37 * d) * height,
        0.3 + 0.5 * e, 0.3 + 0.6 * f, 0.3 + 0.7 * g if h < 0.7 else 0.0,
        int(4 * i), 0.2 + 0.8 * j, *floor, *_near(rng, floor, 0.02 + 0.33 * k),
        (0, 0, 0, 3, 4)[int(5 * m)], 0.3 + 1.2 * n, *wall, *_near(rng, wall, 0.06),
        0.04 + 0.1 * o / 0.6 if o < 0.6 else 0.0, *_muted(rng, 0.1, 1.0), *_muted(rng, 0.7, 1.0),
    ]  # fmt: skip
    return np.array(room, dtype=np.float32), _sample_patches(rng, (x0, x1, y0, y1))


def _walls(
    rng: np.random.Generator, extent: list[tuple[float, float, float]], co: float, si: float
) -> tuple[float, float, float, float]:
    """From where to where the room reaches along its own axes, clear of the circles, m."""
    along = [(co * x + si * y, r) for x, y, r in extent]
    across = [(co * y - si * x, r) for x, y, r in extent]
    a, b, c, d = (0.45 + 2.15 * draw for draw in rng.random(4).tolist())
    return (
        min(u - r for u, r in along) - a, max(u + r for u, r in along) + b,
        min(v - r for v, r in across) - c, max(v + r for v, r in across) + d,
    )  # fmt: skip


def _sample_patches(
    rng: np.random.Generator, walls: tuple[float, float, float, float]
) -> FloatArray:
    """Pictures, windows and doors on the walls, rugs on the floor; columns as in ``render``."""
    x0, x1, y0, y1 = walls
    rows: list[tuple[float, ...]] = []
    for _ in range(int(5 * rng.random())):
        a, b, c, d, e, f, *inner = rng.random(9).tolist()
        wall = 2 + int(4 * a)
        low, high = (y0, y1) if wall < 4 else (x0, x1)
        half_height, middle, half_width = 0.15 + 0.45 * c, 1.0 + 0.9 * d, 0.15 + 0.75 * e
        if b < 0.3:
            half_height, middle, half_width = 1.02, 1.02, 0.38 + 0.12 * e
        where = low + f * (high - low)
        frame = _muted(rng, 0.1, 1.0)
        rows.append((wall, where, middle, half_width, half_height, 0, 0, 0, *inner, *frame))
    if rng.random() < 0.35:
        a, b, c, d, e, *colours = rng.random(11).tolist()
        u, v = x0 + a * (x1 - x0), y0 + b * (y1 - y0)
        paint = (0.1 + 0.8 * colour for colour in colours)
        rows.append((0, u, v, 0.5 + 1.1 * c, 0.5 + 1.1 * d, int(2 * e), 0, 0, *paint))
    return np.array(rows, dtype=np.float32).reshape(-1, 14)


def wall(
    rng: np.random.Generator,
    centre: tuple[float, float, float],
    yaw_rad: float,
    opening: tuple[float, float, float],
    room: FloatArray,
) -> list[Prim]:
    """An inner wall with an opening (width, thickness, height) at ``centre``, as primitives."""
    a, b, thick = (rng.uniform(*limits) for limits in ((0.2, 2.0), (0.2, 2.0), (0.04, 0.11)))
    own = rng.random() < 0.3
    paint = _muted(rng, 0.4, 1.0) if own else room[ROOM["wr"] : ROOM["wb"] + 1].tolist()
    half, top, tall = opening[0] / 2 + 0.005, opening[2] + 0.005, float(room[6])
    co, si = math.cos(yaw_rad), math.sin(yaw_rad)
    spans = [(-half - a, -half, 0.0, tall), (half, half + b, 0.0, tall)]
    if tall - top > 0.05:
        spans.append((-half, half, top, tall))
    prims = []
    for low, high, floor, ceiling in spans:
        middle = 0.5 * (low + high)
        prims.append((
            BOX, centre[0] + co * middle, centre[1] + si * middle, 0.5 * (floor + ceiling),
            0.5 * (high - low), thick, 0.5 * (ceiling - floor),
            co, si, *paint, NOTHING, 0.0,
        ))  # fmt: skip
    return prims


def clutter(
    rng: np.random.Generator,
    bearing_rad: tuple[float, float],
    taken: list[tuple[float, float, float]],
) -> list[list[Prim]]:
    """Pillars, mats and beams: what has no name, clear of the circles ``taken`` (x, y, radius)."""
    groups: list[list[Prim]] = []
    for _ in range((0, 0, 0, 1, 1, 2)[int(6 * rng.random())]):
        bearing, distance = rng.uniform(*bearing_rad), rng.uniform(1.2, 6.0)
        x, y = distance * math.cos(bearing), distance * math.sin(bearing)
        draw, turn, wide = rng.random(), rng.uniform(-math.pi, math.pi), rng.uniform(0.06, 0.16)
        shape, half, z = BOX, (wide, wide * rng.uniform(0.6, 1.0), 2.0), 2.0
        if draw < 0.25:
            shape, half = FRUSTUM, (wide, wide, 2.0)
        elif draw < 0.55:
            half, z = (rng.uniform(0.15, 0.5), rng.uniform(0.1, 0.3), 0.006), 0.006
        elif draw < 0.75:
            half, z = (rng.uniform(1.0, 3.0), wide, 0.08), rng.uniform(2.1, 2.6)
        reach = 0.0 if z > 2.05 else math.hypot(half[0], half[1])
        if z <= 2.05 and any(math.hypot(x - u, y - v) < r + reach for u, v, r in taken):
            continue
        paint = _muted(rng, 0.1, 0.95)
        groups.append(
            [(shape, x, y, z, *half, math.cos(turn), math.sin(turn), *paint, NOTHING, 0.03)]
        )
    return groups
