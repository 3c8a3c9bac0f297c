"""Rooms as data: walls, furniture, where the robot starts. Knows nothing of rendering or driving.

The map frame has its origin in the middle of the floor, x and y along the walls, z up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3

FloatArray = NDArray[np.float64]

KINDS = ("box", "ball", "cylinder", "cone", "chair", "table", "sofa", "lamp")
COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "white", "black")
ROUND_KINDS = ("ball", "cylinder", "cone", "lamp")
ROBOT_RADIUS_M = 0.22

# Least and most length, width, height in metres; round kinds take their diameter from the first.
SIZE_RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "box": ((0.25, 0.7), (0.25, 0.7), (0.25, 0.7)),
    "ball": ((0.2, 0.6), (0.2, 0.6), (0.2, 0.6)),
    "cylinder": ((0.2, 0.5), (0.2, 0.5), (0.3, 0.9)),
    "cone": ((0.25, 0.6), (0.25, 0.6), (0.35, 0.9)),
    "chair": ((0.4, 0.55), (0.4, 0.55), (0.75, 1.05)),
    "table": ((0.7, 1.4), (0.5, 0.9), (0.45, 0.8)),
    "sofa": ((1.2, 2.0), (0.7, 0.95), (0.6, 0.9)),
    "lamp": ((0.25, 0.45), (0.25, 0.45), (1.2, 1.7)),
}
_WALL_GAP_M = 0.12
_OBJECT_GAP_M = 0.55
_START_CLEARANCE_M = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """One thing that stands on the floor.

    Attributes:
        kind: one of ``KINDS``.
        colour: one of ``COLOURS``, its dominant colour.
        x_m, y_m, yaw_rad: where its middle stands in the map, and how it is turned. A chair looks
            along its own +x; the long side of a table or a sofa is its x, a sofa looks along +y.
        size_m: length (x), width (y), height (z).
    """

    kind: str
    colour: str
    x_m: float
    y_m: float
    yaw_rad: float
    size_m: tuple[float, float, float]

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {self.kind!r}")
        if self.colour not in COLOURS:
            raise ValueError(f"colour: expected one of {COLOURS}, got {self.colour!r}")
        numbers = (self.x_m, self.y_m, self.yaw_rad, *self.size_m)
        if len(self.size_m) != 3 or not np.all(np.isfinite(numbers)) or min(self.size_m) <= 0:
            raise ValueError(
                f"{self.label}: expected a finite pose and 3 positive sizes, got {numbers}"
            )
        if self.is_round and self.size_m[0] != self.size_m[1]:
            raise ValueError(f"{self.label}: expected length equal to width, got {self.size_m}")

    @property
    def label(self) -> str:
        """What a person calls it, such as ``red chair``."""
        return f"{self.colour} {self.kind}"

    @property
    def is_round(self) -> bool:
        """Whether its footprint is a disc."""
        return self.kind in ROUND_KINDS

    @property
    def box(self) -> Box3:
        """Its tight box in the map frame."""
        centre = np.array([self.x_m, self.y_m, self.size_m[2] / 2])
        return Box3.from_yaw(centre, np.array(self.size_m), self.yaw_rad)

    def distance(self, points_map: FloatArray) -> FloatArray:
        """Horizontal distance from its footprint, (..., 2) -> (...); zero inside."""
        offset = np.asarray(points_map, dtype=np.float64) - (self.x_m, self.y_m)
        if self.is_round:
            return np.maximum(np.linalg.norm(offset, axis=-1) - self.size_m[0] / 2, 0.0)
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        own = offset @ np.array([[cos, -sin], [sin, cos]])
        beyond = np.maximum(np.abs(own) - np.array(self.size_m[:2]) / 2, 0.0)
        return np.linalg.norm(beyond, axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A closed rectangular room.

    Attributes:
        name: ``demo`` or ``seed:N``.
        length_m, width_m, height_m: inner size along x, y, z.
        objects: what stands in it.
        start: free pose (x, y, yaw) for the robot.
        style_seed: picks paint, floor and wall pictures; does not move anything.
    """

    name: str
    length_m: float
    width_m: float
    height_m: float
    objects: tuple[Furniture, ...]
    start: tuple[float, float, float]
    style_seed: int = 0

    def wall_distance(self, points_map: FloatArray) -> FloatArray:
        """Horizontal distance to the nearest wall, (..., 2) -> (...); negative outside."""
        half = np.array([self.length_m, self.width_m]) / 2
        return np.min(half - np.abs(np.asarray(points_map, dtype=np.float64)), axis=-1)

    def clearance(self, points_map: FloatArray) -> FloatArray:
        """Distance to the nearest wall or object, (..., 2) -> (...); not positive inside one."""
        distances = [self.wall_distance(points_map)]
        distances += [thing.distance(points_map) for thing in self.objects]
        return np.min(distances, axis=0)


def room_from_name(name: str) -> Room:
    """The room called ``demo`` or ``seed:N``."""
    if name == "demo":
        return demo_room()
    prefix, _, number = name.partition(":")
    if prefix != "seed" or not number.isascii() or not number.isdigit():
        raise ValueError(f"room: expected 'demo' or 'seed:N' with N >= 0, got {name!r}")
    return random_room(int(number))


def demo_room() -> Room:
    """A hand-made living room, 7 x 6 m, with one thing of every kind in every colour."""

    def thing(label: str, x_m: float, y_m: float, yaw_deg: float, *size_m: float) -> Furniture:
        colour, kind = label.split()
        length, width, height = size_m
        return Furniture(
            kind=kind, colour=colour, x_m=x_m, y_m=y_m, yaw_rad=math.radians(yaw_deg),
            size_m=(length, width, height),
        )  # fmt: skip

    objects = (
        thing("red chair", 1.15, 0.95, -150, 0.48, 0.46, 0.92),
        thing("blue table", 0.95, -1.25, 35, 1.10, 0.70, 0.62),
        thing("green sofa", 1.35, 2.42, 180, 1.75, 0.85, 0.78),
        thing("yellow lamp", 2.90, 2.30, 0, 0.38, 0.38, 1.50),
        thing("orange cone", 2.60, -0.35, 0, 0.42, 0.42, 0.66),
        thing("purple ball", -0.35, 1.85, 0, 0.44, 0.44, 0.44),
        thing("white box", 2.75, 0.50, 20, 0.55, 0.45, 0.50),
        thing("black cylinder", -0.55, -2.05, 0, 0.36, 0.36, 0.70),
    )
    return Room(
        name="demo", length_m=7.0, width_m=6.0, height_m=2.6, objects=objects,
        start=(-2.5, 0.0, 0.0), style_seed=0,
    )  # fmt: skip


def random_room(seed: int) -> Room:
    """A room of 6 x 5 to 8 x 6 m with 5 to 8 objects of different names, drawn from ``seed``.

    Objects keep room for the robot to pass between them, and the start looks at the most of them.
    """
    rng = np.random.default_rng(seed)
    while True:
        length, width = rng.uniform(6.0, 8.0), rng.uniform(5.0, 6.0)
        objects = _random_objects(rng, length, width, count=int(rng.integers(5, 9)))
        room = Room(
            name=f"seed:{seed}", length_m=length, width_m=width,
            height_m=float(rng.uniform(2.4, 2.9)), objects=objects, start=(0.0, 0.0, 0.0),
            style_seed=int(rng.integers(1, 2**31)),
        )  # fmt: skip
        start = _random_start(rng, room)
        if len(objects) >= 5 and start is not None:
            return Room(**{**{f: getattr(room, f) for f in Room.__slots__}, "start": start})


def _random_objects(
    rng: np.random.Generator, length_m: float, width_m: float, count: int
) -> tuple[Furniture, ...]:
    labels: set[str] = set()
    placed: tuple[Furniture, ...] = ()
    for _ in range(60 * count):
        if len(placed) == count:
            break
        thing = _random_furniture(rng, length_m, width_m)
        if thing.label in labels or not _fits(thing, placed, length_m, width_m):
            continue
        labels.add(thing.label)
        placed = (*placed, thing)
    return placed


def _random_furniture(rng: np.random.Generator, length_m: float, width_m: float) -> Furniture:
    kind = str(rng.choice(KINDS))
    size = [float(rng.uniform(low, high)) for low, high in SIZE_RANGES[kind]]
    if kind in ROUND_KINDS:
        size[1] = size[0]
    if kind == "ball":
        size[2] = size[0]
    size[:2] = sorted(size[:2], reverse=True)
    return Furniture(
        kind=kind, colour=str(rng.choice(COLOURS)),
        x_m=float(rng.uniform(-length_m / 2, length_m / 2)),
        y_m=float(rng.uniform(-width_m / 2, width_m / 2)),
        yaw_rad=float(rng.uniform(-math.pi, math.pi)), size_m=(size[0], size[1], size[2]),
    )  # fmt: skip


def _fits(thing: Furniture, placed: tuple[Furniture, ...], length_m: float, width_m: float) -> bool:
    corners = thing.box.corners()[:, :2]
    half = np.array([length_m, width_m]) / 2 - _WALL_GAP_M
    if np.any(np.abs(corners) > half):
        return False
    outline = _outline(thing)
    return all(
        min(other.distance(outline).min(), thing.distance(_outline(other)).min()) >= _OBJECT_GAP_M
        for other in placed
    )


def _outline(thing: Furniture) -> FloatArray:
    """Points along the edge of the (boxed) footprint, at most 0.1 m apart or so, (n, 2)."""
    turn = np.linspace(-1, 1, 21)
    one = np.ones_like(turn)
    square = np.concatenate([
        np.stack([turn, one], -1), np.stack([turn, -one], -1),
        np.stack([one, turn], -1), np.stack([-one, turn], -1),
    ])  # fmt: skip
    own = square * np.array(thing.size_m[:2]) / 2
    cos, sin = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    return own @ np.array([[cos, sin], [-sin, cos]]) + (thing.x_m, thing.y_m)


def _random_start(rng: np.random.Generator, room: Room) -> tuple[float, float, float] | None:
    """Free pose with the most objects within 40 degrees ahead and 1 to 5 m away; None if none."""
    half = np.array([room.length_m, room.width_m]) / 2
    points = rng.uniform(-half, half, size=(64, 2))
    yaws = rng.uniform(-math.pi, math.pi, size=64)
    free = room.clearance(points) >= _START_CLEARANCE_M
    if not free.any():
        return None
    middles = np.array([(thing.x_m, thing.y_m) for thing in room.objects]).reshape(-1, 2)
    offset = middles[None] - points[:, None]
    away = np.linalg.norm(offset, axis=-1)
    turn = np.angle(np.exp(1j * (np.arctan2(offset[..., 1], offset[..., 0]) - yaws[:, None])))
    seen = ((np.abs(turn) < math.radians(40)) & (away > 1.0) & (away < 5.0)).sum(axis=1)
    best = int(np.argmax(np.where(free, seen, -1)))
    return float(points[best, 0]), float(points[best, 1]), float(yaws[best])
