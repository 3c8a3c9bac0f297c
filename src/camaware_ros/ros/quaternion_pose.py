"""Poses as plain tuples: compose, invert, interpolate. Knows no numpy, no ROS and no frame names.

Tuples because a TF lookup composes a handful of edges thousands of times per second, where the
overhead of small arrays would be most of the time. Quaternions are (x, y, z, w).
"""

from __future__ import annotations

import math
from typing import NamedTuple

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

_NORM_TOLERANCE = 1e-2


class QuaternionPose(NamedTuple):
    """``target_from_source`` as translation (metres) and unit quaternion (x, y, z, w)."""

    translation: Vector
    quaternion_xyzw: Quaternion


IDENTITY = QuaternionPose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


def checked_pose(translation: Vector, quaternion_xyzw: Quaternion) -> QuaternionPose:
    """A pose with a quaternion of unit length.

    Raises:
        ValueError: on numbers that are not finite, or a quaternion whose length is not near 1.
    """
    if not all(math.isfinite(value) for value in (*translation, *quaternion_xyzw)):
        raise ValueError(
            f"transform: expected finite numbers, got translation {tuple(translation)}, "
            f"quaternion {tuple(quaternion_xyzw)}"
        )
    length = math.hypot(*quaternion_xyzw)
    if abs(length - 1.0) > _NORM_TOLERANCE:
        raise ValueError(
            f"transform: expected a unit quaternion, got {tuple(quaternion_xyzw)} "
            f"of length {length:.4g}"
        )
    x, y, z, w = quaternion_xyzw
    px, py, pz = translation
    return QuaternionPose(
        (float(px), float(py), float(pz)), (x / length, y / length, z / length, w / length)
    )


def rotate(quaternion_xyzw: Quaternion, vector: Vector) -> Vector:
    """The vector turned by a unit quaternion."""
    x, y, z, w = quaternion_xyzw
    a, b, c = vector
    tx, ty, tz = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    return (
        a + w * tx + y * tz - z * ty,
        b + w * ty + z * tx - x * tz,
        c + w * tz + x * ty - y * tx,
    )


def multiply(left: Quaternion, right: Quaternion) -> Quaternion:
    """Hamilton product: first ``right`` turns, then ``left``."""
    ax, ay, az, aw = left
    bx, by, bz, bw = right
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def compose(a_from_b: QuaternionPose, b_from_c: QuaternionPose) -> QuaternionPose:
    """``a_from_c``."""
    x, y, z = rotate(a_from_b.quaternion_xyzw, b_from_c.translation)
    p, q, r = a_from_b.translation
    return QuaternionPose(
        (x + p, y + q, z + r), multiply(a_from_b.quaternion_xyzw, b_from_c.quaternion_xyzw)
    )


def invert(a_from_b: QuaternionPose) -> QuaternionPose:
    """``b_from_a``."""
    x, y, z, w = a_from_b.quaternion_xyzw
    back = (-x, -y, -z, w)
    p, q, r = rotate(back, a_from_b.translation)
    return QuaternionPose((-p, -q, -r), back)


def interpolate(start: QuaternionPose, end: QuaternionPose, fraction: float) -> QuaternionPose:
    """Between two poses: straight line for the translation, shortest great arc for the rotation."""
    keep = 1.0 - fraction
    (ax, ay, az), (bx, by, bz) = start.translation, end.translation
    return QuaternionPose(
        (ax * keep + bx * fraction, ay * keep + by * fraction, az * keep + bz * fraction),
        _slerp(start.quaternion_xyzw, end.quaternion_xyzw, fraction),
    )


def _slerp(start: Quaternion, end: Quaternion, fraction: float) -> Quaternion:
    if sum(a * b for a, b in zip(start, end, strict=True)) < 0:
        x, y, z, w = end
        end = (-x, -y, -z, -w)
    # The half-angle form keeps its precision where the two rotations nearly agree.
    apart = math.hypot(*(b - a for a, b in zip(start, end, strict=True)))
    together = math.hypot(*(b + a for a, b in zip(start, end, strict=True)))
    angle = 2 * math.atan2(apart, together)
    sine = math.sin(angle)
    if sine < 1e-12:
        return start
    keep, take = math.sin((1 - fraction) * angle) / sine, math.sin(fraction * angle) / sine
    x, y, z, w = (keep * a + take * b for a, b in zip(start, end, strict=True))
    return (x, y, z, w)
