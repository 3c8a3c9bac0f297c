"""Rigid motions between named frames.

A value is called ``target_from_source`` and takes points of the source frame to the target frame,
in the order of ``lookup_transform(target, source)``; products cancel by eye. Knows no frame's name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.geometry.arrays import FloatArray, cross, finite_array, last_axis

ROTATION_TOLERANCE = 1e-6
_UNIT = np.eye(3)


def check_rotation(name: str, value: ArrayLike) -> FloatArray:
    """``value`` as a proper 3 x 3 rotation; ValueError otherwise."""
    rotation = finite_array(name, value, (3, 3))
    if np.abs(rotation @ rotation.T - _UNIT).max() > ROTATION_TOLERANCE:
        raise ValueError(f"{name}: expected an orthonormal matrix, got {value!r}")
    if cross(rotation[0], rotation[1]) @ rotation[2] < 0:
        raise ValueError(f"{name}: expected determinant +1, got a reflection {value!r}")
    return rotation


@dataclass(frozen=True, slots=True, eq=False)
class Rigid3:
    """A rotation (3, 3) and a translation (3,) in metres.

    Raises:
        ValueError: wrong shape, not finite, or not a rotation within 1e-6.
    """

    rotation: FloatArray
    translation: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "rotation", check_rotation("rotation", self.rotation))
        translation = finite_array("translation", self.translation, (3,))
        object.__setattr__(self, "translation", translation)

    @classmethod
    def identity(cls) -> Rigid3:
        """No motion."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def from_quaternion_xyzw(cls, quaternion: ArrayLike, translation: ArrayLike) -> Rigid3:
        """From a quaternion in ROS order (x, y, z, w), shape (4,), of norm 1 within 1e-3."""
        q = finite_array("quaternion", quaternion, (4,))
        norm = float(np.linalg.norm(q))
        if abs(norm - 1.0) > 1e-3:
            raise ValueError(f"quaternion: expected norm 1, got {norm} from {quaternion!r}")
        x, y, z, w = q / norm
        rotation = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return cls(rotation, finite_array("translation", translation, (3,)))

    @classmethod
    def from_yaw(cls, yaw_rad: float, translation: ArrayLike = (0.0, 0.0, 0.0)) -> Rigid3:
        """A turn about z (counter-clockwise seen from above), then a shift."""
        if not math.isfinite(yaw_rad):
            raise ValueError(f"yaw_rad: expected a finite angle, got {yaw_rad}")
        c, s = math.cos(yaw_rad), math.sin(yaw_rad)
        rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        return cls(rotation, finite_array("translation", translation, (3,)))

    @property
    def quaternion_xyzw(self) -> FloatArray:
        """Unit quaternion (x, y, z, w) with w >= 0, shape (4,)."""
        m = self.rotation
        squares = np.array(
            [
                1 + m[0, 0] - m[1, 1] - m[2, 2],
                1 - m[0, 0] + m[1, 1] - m[2, 2],
                1 - m[0, 0] - m[1, 1] + m[2, 2],
                1 + m[0, 0] + m[1, 1] + m[2, 2],
            ]
        )
        x_row = [squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]]
        y_row = [m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]]
        z_row = [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1]]
        w_row = [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]]
        q = np.array((x_row, y_row, z_row, w_row)[int(np.argmax(squares))])
        q /= np.linalg.norm(q)
        return -q if q[3] < 0 else q

    @property
    def yaw_rad(self) -> float:
        """Heading of the turned x axis in the target's x-y plane."""
        return math.atan2(self.rotation[1, 0], self.rotation[0, 0])

    def inverse(self) -> Rigid3:
        """``source_from_target``."""
        return Rigid3(self.rotation.T, -self.rotation.T @ self.translation)

    def __matmul__(self, other: Rigid3) -> Rigid3:
        """``a_from_b @ b_from_c`` is ``a_from_c``."""
        return Rigid3(
            self.rotation @ other.rotation, self.rotation @ other.translation + self.translation
        )

    def apply(self, points: ArrayLike) -> FloatArray:
        """Points (..., 3) of the source frame in the target frame."""
        return self.rotate(points) + self.translation

    def rotate(self, vectors: ArrayLike) -> FloatArray:
        """Directions (..., 3): turned, not shifted."""
        turned: FloatArray = last_axis("vectors", vectors, 3) @ self.rotation.T
        return turned
