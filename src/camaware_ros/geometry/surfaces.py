"""Where rays meet planes, boxes and the floor. Ranges are along unit rays, metres.

Rays that are not finite, such as those of pixels without a ray, meet nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.geometry.arrays import BoolArray, FloatArray, finite_array, last_axis
from camaware_ros.geometry.boxes import Box3


def ray_plane(
    origin: ArrayLike, rays: ArrayLike, normal: ArrayLike, offset: float
) -> tuple[FloatArray, BoolArray]:
    """Range (...) from ``origin`` (3,) along ``rays`` (..., 3) to the plane normal . p = offset.

    Not valid (NaN) where the plane is behind, never met, or the ray is not finite.
    """
    n = finite_array("normal", normal, (3,))
    along = last_axis("rays", rays, 3) @ n
    height = offset - float(finite_array("origin", origin, (3,)) @ n)
    meets = np.isfinite(along) & (np.abs(along) > 1e-12)
    distance = height / np.where(meets, along, 1.0)
    valid = meets & (distance >= 0)
    return np.where(valid, distance, np.nan), valid


def ray_box(origin: ArrayLike, rays: ArrayLike, box: Box3) -> tuple[FloatArray, BoolArray]:
    """Range (...) at which rays (..., 3) from ``origin`` (3,) enter a box; 0 from inside it."""
    start = (finite_array("origin", origin, (3,)) - box.center) @ box.rotation
    direction = last_axis("rays", rays, 3) @ box.rotation
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (-box.size / 2 - start) / direction
        two = (box.size / 2 - start) / direction
    parallel_inside = (direction == 0) & (np.abs(start) <= box.size / 2)
    near = np.where(parallel_inside, -np.inf, np.minimum(one, two)).max(-1)
    far = np.where(parallel_inside, np.inf, np.maximum(one, two)).min(-1)
    valid = (near <= far) & (far >= 0) & (far < np.inf)
    return np.where(valid, np.maximum(near, 0.0), np.nan), valid


def floor_range(
    rays_camera: ArrayLike, up_camera: ArrayLike, height_m: float
) -> tuple[FloatArray, BoolArray]:
    """Range (...) along rays (..., 3) from a camera ``height_m`` above the floor to the floor."""
    return ray_plane(np.zeros(3), rays_camera, up_camera, -height_m)
