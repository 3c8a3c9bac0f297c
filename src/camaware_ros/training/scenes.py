"""Random rooms with named things in them, in the gravity frame below the camera.

Frame: x level and forward, y left, z up, origin on the floor under the optical centre. Knows where
things stand and how the room is painted; does not know pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.training import furniture
from camaware_ros.training.render import ROOM

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One named thing: where it stands (m), its yaw (rad) and size (length >= width, height; m)."""

    kind: str
    colour: str
    centre: tuple[float, float, float]
    yaw_rad: float
    size: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Things, and the arrays that ``render.cast`` takes (see there)."""

    things: tuple[Thing, ...]
    spheres: FloatArray
    prims: FloatArray
    room: FloatArray
    patches: FloatArray


def sample_scene(
    rng: np.random.Generator, bearing_rad: tuple[float, float], eye_height_m: float
) -> Scene:
    """A room with 2 to 7 things between the bearings (left positive) that the camera can see."""
    things = _place_things(rng, bearing_rad)
    prims, spheres = _build(rng, things)
    room, patches = _sample_room(rng, things, eye_height_m)
    return Scene(things=things, spheres=spheres, prims=prims, room=room, patches=patches)


def _place_things(rng: np.random.Generator, bearing_rad: tuple[float, float]) -> tuple[Thing, ...]:
    count = int(rng.integers(2, 8))
    favourite = KINDS[rng.integers(len(KINDS))]
    things: list[Thing] = []
    for _ in range(4 * count):
        if len(things) == count:
            break
        kind = favourite if rng.random() < 0.25 else KINDS[rng.integers(len(KINDS))]
        colour = COLOURS[rng.integers(len(COLOURS))]
        if any(t.kind == kind and t.colour == colour for t in things) and rng.random() < 0.7:
            continue
        size = furniture.sample_size(rng, kind)
        reach = 0.5 * math.hypot(size[0], size[1])
        distance = reach + 0.45 + 6.0 * rng.beta(1.3, 1.6)
        bearing = rng.uniform(*bearing_rad)
        x, y = distance * math.cos(bearing), distance * math.sin(bearing)
        if all(_apart(x, y, reach, other) for other in things):
            yaw = rng.uniform(-math.pi, math.pi)
            centre = (x, y, size[2] / 2)
            things.append(Thing(kind=kind, colour=colour, centre=centre, yaw_rad=yaw, size=size))
    return tuple(things)


def _apart(x: float, y: float, reach: float, other: Thing) -> bool:
    gap = 0.8 * (reach + 0.5 * math.hypot(other.size[0], other.size[1]))
    return math.hypot(x - other.centre[0], y - other.centre[1]) > gap


def _build(rng: np.random.Generator, things: tuple[Thing, ...]) -> tuple[FloatArray, FloatArray]:
    """Primitives and bounding spheres of all things."""
    prims: list[list[float]] = []
    spheres = np.zeros((len(things), 6))
    for index, thing in enumerate(things):
        paint = furniture.paint_roles(rng, thing.colour)
        grain = rng.uniform(0, 0.06) if rng.random() < 0.5 else 0.0
        first = len(prims)
        co, si = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
        for shape, (x, y, z), half, role in furniture.parts_of(rng, thing.kind, thing.size):
            px = thing.centre[0] + co * x - si * y
            py = thing.centre[1] + si * x + co * y
            prims.append([shape, px, py, z, *half, co, si, *paint[role], index, grain])
        radius = 0.5 * math.sqrt(sum(s * s for s in thing.size)) + 0.01
        spheres[index] = (*thing.centre, radius, first, len(prims))
    return np.array(prims, dtype=np.float64).reshape(-1, 14), spheres


def _muted(rng: np.random.Generator, low: float = 0.25, high: float = 0.95) -> FloatArray:
    """A wall or floor colour: mostly grey or pale, sometimes strong."""
    grey = rng.uniform(low, high)
    tint = rng.normal(0, 0.05 if rng.random() < 0.75 else 0.2, 3)
    return np.clip(grey + tint, 0.03, 1.0)


def _sample_room(
    rng: np.random.Generator, things: tuple[Thing, ...], eye_height_m: float
) -> tuple[FloatArray, FloatArray]:
    room = np.zeros(len(ROOM))
    yaw = rng.uniform(-math.pi, math.pi)
    co, si = math.cos(yaw), math.sin(yaw)
    room[:2] = co, si
    x_span, y_span = [(0.0, 0.0, 0.5)], [(0.0, 0.0, 0.5)]
    for t in things:
        reach = 0.5 * math.hypot(t.size[0], t.size[1])
        u, v = co * t.centre[0] + si * t.centre[1], co * t.centre[1] - si * t.centre[0]
        x_span.append((u - reach, u + reach, reach))
        y_span.append((v - reach, v + reach, reach))
    margin = rng.uniform(0.05, 2.2, 4)
    room[2] = min(s[0] for s in x_span) - margin[0] - 0.4
    room[3] = max(s[1] for s in x_span) + margin[1] + 0.4
    room[4] = min(s[0] for s in y_span) - margin[2] - 0.4
    room[5] = max(s[1] for s in y_span) + margin[3] + 0.4
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
