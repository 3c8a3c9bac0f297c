"""Oriented boxes in space, and how much two of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camaware_ros.geometry.transforms import Rigid3, check_rotation, finite_array

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
# corners of the six faces, counter-clockwise seen from outside
_FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Box3:
    """A box: centre (3,), full size (3,) along its own axes, and the axes as columns (3, 3). Metres.

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
        """Which points (..., 3) lie inside or on the box."""
        local = (np.asarray(points, dtype=np.float64) - self.center) @ self.rotation
        inside: BoolArray = (np.abs(local) <= self.size / 2 + 1e-12).all(-1)
        return inside


def intersection_volume(a: Box3, b: Box3) -> float:
    """Volume that two boxes share, exact: a's faces are clipped by b's six half-spaces.

    In b's frame, scaled to its half size, the faces of the shared solid are a's faces cut by the
    cube and the cube's faces cut by a; the divergence theorem sums them up.
    """
    reach = 0.5 * (np.linalg.norm(a.size) + np.linalg.norm(b.size))
    if np.linalg.norm(a.center - b.center) > reach:
        return 0.0
    middle = 0.5 * (a.center + b.center)
    volume = 0.0
    for inner, outer in ((a, b), (b, a)):
        first = inner is a
        corners = inner.corners()
        for axis, face in zip(_outward(inner), _FACES, strict=True):
            polygon = _clip(corners[list(face)], outer, keep_shared=first, normal=axis)
            if len(polygon) >= 3:
                area = _polygon_area(polygon, axis)
                volume += area * float(axis @ (polygon[0] - middle)) / 3
    return max(volume, 0.0)


def iou(a: Box3, b: Box3) -> float:
    """Intersection over union of two oriented boxes, in [0, 1], exact."""
    shared = min(intersection_volume(a, b), a.volume, b.volume)
    return shared / (a.volume + b.volume - shared)


def _outward(box: Box3) -> FloatArray:
    """Outward normals of the faces in the order of ``_FACES``, shape (6, 3)."""
    x, y, z = box.rotation.T
    return np.stack([-x, x, -y, y, -z, z])


def _clip(polygon: FloatArray, box: Box3, *, keep_shared: bool, normal: FloatArray) -> FloatArray:
    """The part of a planar polygon (n, 3) inside a box (Sutherland-Hodgman).

    A polygon that lies in a face of the box with the same outward normal belongs to both solids;
    it is kept once, by the caller that passes ``keep_shared``.
    """
    scale = float(box.size.max())
    for axis, half in zip(_outward(box), np.repeat(box.size / 2, 2), strict=True):
        distance = (polygon - box.center) @ axis - half
        if np.all(np.abs(distance) <= 1e-10 * scale):
            if axis @ normal > 0 and keep_shared:
                continue
            return polygon[:0]
        polygon = _cut(polygon, distance)
        if len(polygon) < 3:
            return polygon[:0]
    return polygon


def _cut(polygon: FloatArray, distance: FloatArray) -> FloatArray:
    """Keep the side of a polygon (n, 3) where ``distance`` (n,) is not positive."""
    kept = []
    for i in range(len(polygon)):
        j = (i + 1) % len(polygon)
        if distance[i] <= 0:
            kept.append(polygon[i])
        if (distance[i] < 0 < distance[j]) or (distance[j] < 0 < distance[i]):
            t = distance[i] / (distance[i] - distance[j])
            kept.append(polygon[i] + t * (polygon[j] - polygon[i]))
    return np.array(kept).reshape(-1, 3)


def _polygon_area(polygon: FloatArray, normal: FloatArray) -> float:
    """Signed area of a planar polygon (n, 3) seen against its normal."""
    spokes = polygon[1:] - polygon[0]
    return 0.5 * float(np.cross(spokes[:-1], spokes[1:]).sum(0) @ normal)
