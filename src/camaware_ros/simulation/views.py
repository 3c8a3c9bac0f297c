"""Which pinhole pictures a lens needs, and how they are bent into its image. Knows no renderer.

A graphics card draws straight lines straight. A distorted image is therefore drawn as one or more
plain pinhole views, laid out below each other in an atlas, and every pixel is fetched from where
its true ray hits a view.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Ideal

FloatArray = NDArray[np.float64]

# Beyond this angle off the axis one pinhole view wastes too many pixels: use faces of a cube.
SINGLE_VIEW_LIMIT_RAD = math.radians(62.0)
# Pixels around each view, so that interpolation never reads outside it.
_MARGIN_PX = 2
# Columns: axes (right, down, forward) of each cube face in camera coordinates.
_FACES: dict[str, FloatArray] = {
    "front": np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float64),
    "right": np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], dtype=np.float64),
    "left": np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0]], dtype=np.float64),
    "down": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=np.float64),
    "up": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=np.float64),
    "back": np.array([[-1, 0, 0], [0, 1, 0], [0, 0, -1]], dtype=np.float64),
}


@dataclass(frozen=True, kw_only=True)
class View:
    """One pinhole picture.

    Attributes:
        camera_from_view: rotation, shape (3, 3); both share the optical centre.
        camera: its pinhole.
        top: first row of the view in the atlas.
    """

    camera_from_view: FloatArray
    camera: Camera
    top: int


@dataclass(frozen=True, kw_only=True)
class ViewPlan:
    """How the image of one camera is put together.

    Attributes:
        views: what to draw.
        atlas_size: (width, height) of all views below each other, pixels.
        columns, rows: where each pixel lies in the atlas, OpenCV coordinates, float32 (h, w); None
            for a plain pinhole, whose only view is the image.
        rays: unit rays per pixel, (h, w, 3), NaN where there is none.
        has_ray: which pixels see anything, (h, w).
        view_depth: depth in its view over range, per pixel, (h, w).
    """

    views: tuple[View, ...]
    atlas_size: tuple[int, int]
    columns: NDArray[np.float32] | None
    rows: NDArray[np.float32] | None
    rays: FloatArray
    has_ray: NDArray[np.bool_]
    view_depth: FloatArray

    def bend(self, atlas: NDArray[Any], nearest: bool = False) -> NDArray[Any]:
        """The camera's image from the atlas; zero where a pixel has no ray.

        Args:
            atlas: (height, width) or (height, width, 3) of ``atlas_size``.
            nearest: take the nearest pixel (for ids) rather than blend four.
        """
        if self.columns is None or self.rows is None:
            return atlas
        how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return cv2.remap(
            atlas, self.columns, self.rows, how, borderMode=cv2.BORDER_CONSTANT, borderValue=0
        )


@lru_cache(maxsize=8)
def plan_views(camera: Camera) -> ViewPlan:
    """The cheapest set of pinhole views that covers every pixel of ``camera``."""
    rays, has_ray = camera.ray_map()
    if not has_ray.any():
        raise ValueError(f"camera: expected at least one pixel with a ray, got none: {camera}")
    if isinstance(camera.lens, Ideal):
        view = View(camera_from_view=np.eye(3), camera=camera, top=0)
        return ViewPlan(
            views=(view,), atlas_size=(camera.width, camera.height), columns=None, rows=None,
            rays=rays, has_ray=has_ray, view_depth=rays[..., 2],
        )  # fmt: skip
    off_axis = np.arccos(np.clip(rays[has_ray][:, 2], -1.0, 1.0)).max()
    names = ("front",) if off_axis < SINGLE_VIEW_LIMIT_RAD else tuple(_FACES)
    return _plan_faces(camera, rays, has_ray, names)


def _plan_faces(
    camera: Camera, rays: FloatArray, has_ray: NDArray[np.bool_], names: tuple[str, ...]
) -> ViewPlan:
    forward = np.stack([_FACES[name][:, 2] for name in names])
    seen = np.where(has_ray[..., None], rays, 0.0)
    face = np.argmax(seen @ forward.T, axis=-1)
    columns = np.full(has_ray.shape, -10.0, dtype=np.float32)
    rows = columns.copy()
    depth = np.full(has_ray.shape, np.nan)
    views: list[View] = []
    size = [0, 0]
    for index, name in enumerate(names):
        mask = has_ray & (face == index)
        if not mask.any():
            continue
        local = rays[mask] @ _FACES[name]
        pinhole = _enclosing_pinhole(camera, local[:, :2] / local[:, 2:])
        pixels, _ = pinhole.project(local)
        columns[mask] = pixels[:, 0] - 0.5
        rows[mask] = pixels[:, 1] - 0.5 + size[1]
        depth[mask] = local[:, 2]
        views.append(View(camera_from_view=_FACES[name], camera=pinhole, top=size[1]))
        size = [max(size[0], pinhole.width), size[1] + pinhole.height]
    return ViewPlan(
        views=tuple(views), atlas_size=(size[0], size[1]), columns=columns, rows=rows,
        rays=rays, has_ray=has_ray, view_depth=depth,
    )  # fmt: skip


def _enclosing_pinhole(camera: Camera, points: FloatArray) -> Camera:
    """Smallest pinhole with the camera's focal lengths that holds ``points`` at z = 1, (n, 2)."""
    focal = np.array([camera.fx, camera.fy])
    low = np.floor(points.min(axis=0) * focal) - _MARGIN_PX
    high = np.ceil(points.max(axis=0) * focal) + _MARGIN_PX
    width, height = (high - low).astype(int)
    return Camera(
        width=int(width), height=int(height), fx=camera.fx, fy=camera.fy,
        cx=float(-low[0]), cy=float(-low[1]),
    )  # fmt: skip
