"""The room around the things: floor, walls, lights, pictures, inner walls and clutter.

Knows the arrays of ``render``; does not know named things or pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from camaware_ros.training.parts import BOX, FRUSTUM
from camaware_ros.training.render_paint import ROOM

FloatArray = NDArray[np.float64]
Prim = tuple[float, ...]
NOTHING = -1


def _muted(rng: np.random.Generator, low: float = 0.25, high: float = 0.95) -> FloatArray:
    """A wall or floor colour: mostly grey or pale, sometimes strong."""
    grey = rng.uniform(low, high)
    tint = rng.normal(0, 0.05 if rng.random() < 0.75 else 0.2, 3)
    return np.clip(grey + tint, 0.03, 1.0)


def sample_room(
    rng: np.random.Generator, extent: FloatArray, eye_height_m: float
) -> tuple[FloatArray, FloatArray]:
    """A room at a random heading that holds circles ``extent`` (x, y, radius), and its patches."""
    room = np.zeros(len(ROOM))
    yaw = rng.uniform(-math.pi, math.pi)
    co, si = math.cos(yaw), math.sin(yaw)
    room[:2] = co, si
    u, v = co * extent[:, 0] + si * extent[:, 1], co * extent[:, 1] - si * extent[:, 0]
    margin = rng.uniform(0.05, 2.2, 4)
    reach = extent[:, 2]
    room[2] = (u - reach).min() - margin[0] - 0.4
    room[3] = (u + reach).max() + margin[1] + 0.4
    room[4] = (v - reach).min() - margin[2] - 0.4
    room[5] = (v + reach).max() + margin[3] + 0.4
    room[6] = max(rng.uniform(2.2, 3.4), eye_height_m + 0.3)
    light_u, light_v = rng.uniform(room[2], room[3]), rng.uniform(room[4], room[5])
    ambient = rng.uniform(0.3, 0.8)
    room[ROOM["light_x"] : ROOM["light_z"] + 1] = (
        co * light_u - si * light_v, si * light_u + co * light_v, rng.uniform(0.6, 0.97) * room[6],
    )  # fmt: skip
    shadow = rng.uniform(0.3, 1.0) if rng.random() < 0.7 else 0.0
    room[ROOM["ambient"] : ROOM["shadow"] + 1] = ambient, rng.uniform(0.3, 0.9), shadow
    room[ROOM["floor_mode"] : ROOM["floor_scale"] + 1] = rng.integers(0, 4), rng.uniform(0.2, 1.0)
    floor, wall = _muted(rng), _muted(rng, 0.4, 1.0)
    contrast = rng.uniform(0.02, 0.35)
    room[ROOM["fr"] : ROOM["gb"] + 1] = *floor, *np.clip(floor + rng.normal(0, contrast, 3), 0, 1)
    room[ROOM["wall_mode"] : ROOM["wall_scale"] + 1] = (
        rng.choice([0, 0, 0, 3, 4]),
        rng.uniform(0.3, 1.5),
    )
    room[ROOM["wr"] : ROOM["vb"] + 1] = *wall, *np.clip(wall + rng.normal(0, 0.06, 3), 0, 1)
    room[ROOM["skirting"]] = rng.uniform(0.04, 0.14) if rng.random() < 0.6 else 0.0
    room[ROOM["sr"] : ROOM["sb"] + 1] = _muted(rng, 0.1, 1.0)
    room[ROOM["cr"] : ROOM["cb"] + 1] = _muted(rng, 0.7, 1.0)
    return room, _sample_patches(rng, room)


def _sample_patches(rng: np.random.Generator, room: FloatArray) -> FloatArray:
    """Pictures, windows and doors on the walls, rugs on the floor; columns as in ``render``."""
    rows = []
    for _ in range(int(rng.integers(0, 5))):
        wall = int(rng.integers(2, 6))
        low, high = (room[4], room[5]) if wall < 4 else (room[2], room[3])
        door = rng.random() < 0.3
        half_height = 1.02 if door else rng.uniform(0.15, 0.6)
        middle = half_height if door else rng.uniform(1.0, 1.9)
        half_width = rng.uniform(0.38, 0.5) if door else rng.uniform(0.15, 0.9)
        inner, frame = rng.uniform(0, 1, 3), _muted(rng, 0.1, 1.0)
        rows.append(
            [wall, rng.uniform(low, high), middle, half_width, half_height, 0, 0, 0, *inner, *frame]
        )
    if rng.random() < 0.35:
        u, v = rng.uniform(room[2], room[3]), rng.uniform(room[4], room[5])
        colours = rng.uniform(0.1, 0.9, 6)
        rows.append([0, u, v, *rng.uniform(0.5, 1.6, 2), rng.integers(2), 0, 0, *colours])
    return np.array(rows, dtype=np.float64).reshape(-1, 14)


def wall(
    rng: np.random.Generator,
    centre: tuple[float, float, float],
    yaw_rad: float,
    opening: tuple[float, float, float],
    room: FloatArray,
) -> list[Prim]:
    """An inner wall with an opening (width, thickness, height) at ``centre``, as primitives."""
    a, b, lintel, thick = rng.uniform((0.2, 0.2, 0.0, 0.04), (2.0, 2.0, 0.1, 0.09))
    paint = room[ROOM["wr"] : ROOM["wb"] + 1] if rng.random() < 0.7 else _muted(rng, 0.4, 1.0)
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
            0.5 * (high - low), thick + 0.2 * lintel, 0.5 * (ceiling - floor),
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
    for _ in range(int(rng.choice((0, 0, 0, 1, 1, 2)))):
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
