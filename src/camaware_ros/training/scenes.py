"""Random rooms with named things in them, in the gravity frame below the camera.

Frame: x level and forward, y left, z up, origin on the floor under the optical centre. Knows where
things stand; how the room looks is in ``rooms``; does not know pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.training import furniture
from camaware_ros.training.rooms import Prim, clutter, sample_room, wall

FloatArray = NDArray[np.float32]

VISIBLE_PIXELS = 45
MAX_THINGS = 8
ATTEMPTS = 6
FLOOR = -1
TABLETOP = ("mug", "bottle", "monitor")
"""Kinds that mostly stand on others."""
FACING = ("shelf", "cabinet", "monitor")
"""Kinds whose front, on the -y side, usually looks towards the camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a camera can see of a scene.

    Attributes:
        bearing_rad: from right to left, left positive.
        elevation_rad: from low to high, up positive.
        pixel_rad: angle that a pixel spans in the middle of the image.
        eye_height_m: optical centre above the floor.
    """

    bearing_rad: tuple[float, float]
    elevation_rad: tuple[float, float]
    pixel_rad: float
    eye_height_m: float

    def distances(self, size: tuple[float, float, float], base: float) -> tuple[float, float]:
        """From where to where a thing is in view and large enough to be told apart, m."""
        level = base + size[2] / 2 - self.eye_height_m
        limit = self.elevation_rad[0] if level < 0 else self.elevation_rad[1]
        near = abs(level) / math.tan(abs(limit)) if level * limit > 0 else 20.0 * abs(level)
        side = math.sqrt(0.8 * math.sqrt(size[0] * size[1]) * size[2] / VISIBLE_PIXELS)
        reach = 0.5 * math.hypot(size[0], size[1])
        far = math.sqrt(max((side / self.pixel_rad) ** 2 - level**2, 0.0))
        return max(near, reach + 0.4), min(far, reach + 6.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One named thing: where it stands (m), its yaw (rad) and size (length >= width, height; m).

    ``on`` is the index of the thing that it stands on, or ``FLOOR``.
    """

    kind: str
    colour: str
    centre: tuple[float, float, float]
    yaw_rad: float
    size: tuple[float, float, float]
    on: int = FLOOR

    @property
    def reach(self) -> float:
        """Half the diagonal of its footprint, m."""
        return 0.5 * math.hypot(self.size[0], self.size[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Things, and the arrays that ``render.cast`` takes (see there)."""

    things: tuple[Thing, ...]
    spheres: FloatArray
    prims: FloatArray
    room: FloatArray
    patches: FloatArray


def sample_scene(rng: np.random.Generator, sight: Sight, known: Sequence[str] = KINDS) -> Scene:
    """A room with up to 8 things, of kinds that are known, that the camera can see."""
    things: list[Thing] = []
    count = 4 + int((MAX_THINGS - 3) * rng.random())
    for kind in _draw_kinds(rng, count, known):
        for _ in range(ATTEMPTS):
            thing = _place(rng, kind, things, sight)
            if thing is not None:
                things.append(thing)
                break
    room, patches = sample_room(rng, _extent(things), sight.eye_height_m)
    prims, spheres = _build(rng, things, room, sight)
    return Scene(things=tuple(things), spheres=spheres, prims=prims, room=room, patches=patches)


def _draw_kinds(rng: np.random.Generator, count: int, known: Sequence[str]) -> list[str]:
    """Kinds in the order in which they are placed: what others stand on comes first."""
    a, b, c, d, e, f, *draws = rng.random(6 + count).tolist()
    kinds = [known[int(len(known) * draw)] for draw in draws]
    tabletop = [kind for kind in TABLETOP if kind in known]
    supports = [kind for kind in furniture.SUPPORTS[:5] if kind in known]
    if a < 0.5:
        kinds[-1] = kinds[0]
    if b < 0.3:
        kinds[-2] = kinds[0]
    small = [kind in tabletop for kind in kinds]
    if tabletop and c < 0.55 and not any(small):
        small[1], kinds[1] = True, tabletop[int(len(tabletop) * d)]
    if supports and any(small) and e < 0.8 and not all(small):
        kinds[small.index(False)] = supports[int(len(supports) * f)]
    return sorted(kinds, key=_later)


def _later(kind: str) -> int:
    if kind in furniture.SUPPORTS and kind != "box":
        return 0
    return 2 if kind in furniture.TABLETOP_SIZES_M else 1


def _place(rng: np.random.Generator, kind: str, things: list[Thing], sight: Sight) -> Thing | None:
    """One attempt to stand a thing somewhere; None where there is no room or it would be lost."""
    paint, again, lift, a, b, c, d, near_by, how_near = rng.random(9).tolist()
    colour = COLOURS[int(len(COLOURS) * paint)]
    if again < 0.8 and any(t.kind == kind and t.colour == colour for t in things):
        return None
    if kind in furniture.TABLETOP_SIZES_M and lift < 0.8:
        supports = [i for i, t in enumerate(things) if t.kind in furniture.SUPPORTS]
        if supports:
            on = supports[int(len(supports) * a)]
            thing = _place_on(rng, kind, colour, things, on)
            return thing if thing is not None and _visible(thing, sight) else None
    size = furniture.sample_size(rng, kind)
    near, far = sight.distances(size, 0.0)
    if near >= far:
        return None
    if kind in furniture.SUPPORTS and near_by < 0.6:
        far = min(far, near + max(0.4, (1.0 + 1.2 * how_near) / (100 * sight.pixel_rad)))
    distance = near + (far - near) * (1 - math.sqrt(1 - a)) ** 0.8
    bearing = sight.bearing_rad[0] + b * (sight.bearing_rad[1] - sight.bearing_rad[0])
    yaw = math.pi * (2 * c - 1)
    if kind in FACING and d < 0.85:
        yaw = bearing - math.pi / 2 + 2.4 * (c - 0.5)
    if kind == "door":
        yaw = bearing + math.pi / 2 + 2.2 * (c - 0.5)
        distance = near + (far - near) * (0.2 + 0.8 * a)
    centre = (distance * math.cos(bearing), distance * math.sin(bearing), size[2] / 2)
    thing = Thing(kind=kind, colour=colour, centre=centre, yaw_rad=_wrapped(yaw), size=size)
    return thing if all(_apart(thing, other) for other in things if other.on == FLOOR) else None


def _wrapped(angle: float) -> float:
    return math.remainder(angle, 2 * math.pi)


def _visible(thing: Thing, sight: Sight) -> bool:
    near, far = sight.distances(thing.size, thing.centre[2] - thing.size[2] / 2)
    return near <= math.hypot(thing.centre[0], thing.centre[1]) <= far


def _place_on(
    rng: np.random.Generator, kind: str, colour: str, things: list[Thing], on: int
) -> Thing | None:
    """A small thing on the surface of another, clear of its edges and of what stands there."""
    size, below = furniture.sample_size(rng, kind, tabletop=True), things[on]
    reach = 0.5 * math.hypot(size[0], size[1])
    a, b = below.size[0] / 2 - reach, below.size[1] / 2 - reach
    u, v, turn = (2 * draw - 1 for draw in rng.random(3).tolist())
    if min(a, b) <= 0 or (below.kind == "box" and below.on != FLOOR):
        return None
    if below.kind == "cart":
        u = abs(u)
    co, si = math.cos(below.yaw_rad), math.sin(below.yaw_rad)
    top = below.centre[2] - below.size[2] / 2 + furniture.support_height(below.kind, below.size)
    centre = (
        below.centre[0] + co * a * u - si * b * v,
        below.centre[1] + si * a * u + co * b * v,
        top + size[2] / 2,
    )
    yaw = math.pi * turn
    if kind in FACING:
        yaw = _wrapped(math.atan2(centre[1], centre[0]) - math.pi / 2 + 1.2 * turn)
    thing = Thing(kind=kind, colour=colour, centre=centre, yaw_rad=yaw, size=size, on=on)
    return thing if all(_apart(thing, other) for other in things if other.on == on) else None


def _apart(thing: Thing, other: Thing) -> bool:
    gap = 0.85 * (thing.reach + other.reach)
    dx, dy = thing.centre[0] - other.centre[0], thing.centre[1] - other.centre[1]
    return dx * dx + dy * dy > gap * gap


def _extent(things: list[Thing]) -> list[tuple[float, float, float]]:
    """Level positions and reaches that the room must hold, the camera included."""
    return [(0.0, 0.0, 0.5), *((t.centre[0], t.centre[1], t.reach) for t in things)]


def _build(
    rng: np.random.Generator, things: list[Thing], room: FloatArray, sight: Sight
) -> tuple[FloatArray, FloatArray]:
    """Primitives and bounding spheres of all things, then of walls and clutter (thing -1)."""
    prims: list[Prim] = []
    spheres: list[tuple[float, ...]] = []
    grains = rng.random((len(things), 2)).tolist()
    for index, thing in enumerate(things):
        paint = furniture.paint_roles(rng, thing.colour)
        grain = 0.06 * grains[index][0] if grains[index][1] < 0.5 else 0.0
        first = len(prims)
        co, si = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
        cx, cy, cz = thing.centre
        base = cz - thing.size[2] / 2
        for shape, (x, y, z), half, role in furniture.parts_of(rng, thing.kind, thing.size):
            px, py = cx + co * x - si * y, cy + si * x + co * y
            prims.append((shape, px, py, base + z, *half, co, si, *paint[role], index, grain))
        radius = 0.5 * math.sqrt(sum(s * s for s in thing.size)) + 0.01
        spheres.append((cx, cy, cz, radius, first, len(prims)))
    groups = clutter(rng, sight.bearing_rad, [(*t.centre[:2], t.reach) for t in things])
    doors = [t for t in things if t.kind == "door"]
    groups += [wall(rng, t.centre, t.yaw_rad, t.size, room) for t in doors if rng.random() < 0.75]
    if not doors and rng.random() < 0.12:
        bearing, distance = rng.uniform(*sight.bearing_rad), rng.uniform(3.0, 6.0)
        centre = (distance * math.cos(bearing), distance * math.sin(bearing), 1.0)
        yaw = bearing + math.pi / 2 + rng.uniform(-0.8, 0.8)
        groups.append(wall(rng, centre, yaw, (rng.uniform(0.8, 1.3), 0.12, 2.05), room))
    for group in groups:
        first = len(prims)
        prims += group
        spheres.append((*_ball_around(group), first, len(prims)))
    return (
        np.array(prims, dtype=np.float32).reshape(-1, 14),
        np.array(spheres, dtype=np.float32).reshape(-1, 6),
    )


def _ball_around(group: list[Prim]) -> tuple[float, float, float, float]:
    """A sphere around primitives: centre and radius, m."""
    x, y, z = (0.5 * (min(p[k] for p in group) + max(p[k] for p in group)) for k in (1, 2, 3))
    radius = max(
        math.dist((x, y, z), p[1:4]) + math.sqrt(2 * max(p[4], p[5]) ** 2 + p[6] ** 2)
        for p in group
    )
    return x, y, z, radius
