"""Oriented boxes in space, and how much two of them share. Knows no labels and no frames' names."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.geometry.arrays import BoolArray, FloatArray, finite_array, last_axis
from camaware_ros.geometry.polyhedra import Edge, Polyhedron
from camaware_ros.geometry.transforms import Rigid3, check_rotation

_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_LOOPS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
_FACES: tuple[tuple[Edge, ...], ...] = tuple(
    tuple(zip(loop, (*loop[1:], loop[0]), strict=True)) for loop in _LOOPS
)


@dataclass(frozen=True, slots=True, eq=False)
class Box3:
    """A box in metres.

    Attributes:
        center: shape (3,).
        size: full lengths along its own axes, shape (3,), > 0.
        rotation: its own axes as columns, shape (3, 3).

    Raises:
        ValueError: not finite, a size that is not positive, or axes that are no rotation.
    """

    center: FloatArray
    size: FloatArray
    rotation: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "center", finite_array("center", self.center, (3,)))
        size = finite_array("size", self.size, (3,))
        if np.any(size <= 0):
            raise ValueError(f"size: expected positive lengths, got {size.tolist()}")
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "rotation", check_rotation("rotation", self.rotation))

    @classmethod
    def from_yaw(cls, center: ArrayLike, size: ArrayLike, yaw_rad: float) -> Box3:
        """An upright box (z up) turned by ``yaw_rad`` about z."""
        return cls(
            finite_array("center", center, (3,)),
            finite_array("size", size, (3,)),
            Rigid3.from_yaw(yaw_rad).rotation,
        )

    @property
    def volume(self) -> float:
        """Cubic metres."""
        return float(np.prod(self.size))

    @property
    def yaw_rad(self) -> float:
        """Heading of the box's x axis in the frame's x-y plane."""
        return math.atan2(self.rotation[1, 0], self.rotation[0, 0])

    def corners(self) -> FloatArray:
        """The corners (8, 3): x slowest, z fastest, minus before plus along each own axis."""
        corners: FloatArray = self.center + (_SIGNS * self.size / 2) @ self.rotation.T
        return corners

    def transformed(self, target_from_source: Rigid3) -> Box3:
        """The same box in another frame; its size stays with its own axes."""
        return Box3(
            target_from_source.apply(self.center),
            self.size,
            target_from_source.rotation @ self.rotation,
        )

    def contains(self, points: ArrayLike) -> BoolArray:
        """Which points (..., 3) lie inside or on the box, to within rounding."""
        local = np.abs((last_axis("points", points, 3) - self.center) @ self.rotation)
        inside = local <= self.size / 2 + 1e-12
        return inside[..., 0] & inside[..., 1] & inside[..., 2]


def intersection_volume(a: Box3, b: Box3) -> float:
    """Volume that two boxes share, exact: ``a`` is cut by the six planes of ``b``."""
    if np.linalg.norm(a.center - b.center) > 0.5 * (
        np.linalg.norm(a.size) + np.linalg.norm(b.size)
    ):
        return 0.0
    # around b's centre and in units of a's size, so that tiny and far boxes lose no digits
    unit = float(a.size.max())
    solid = Polyhedron((a.corners() - b.center) @ b.rotation / unit, _FACES)
    for normal in np.concatenate([np.eye(3), -np.eye(3)]):
        solid = solid.cut(normal, float(b.size @ np.abs(normal)) / 2 / unit)
    return max(solid.volume(), 0.0) * unit**3


def iou(a: Box3, b: Box3) -> float:
    """Intersection over union of two oriented boxes, in [0, 1], exact."""
    shared = min(intersection_volume(a, b), a.volume, b.volume)
    return shared / (a.volume + b.volume - shared)
