"""What a teacher says about one image, and how it becomes the network's prior (numpy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE

MIN_COSINE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PointMap:
    """The point that every pixel or cell of an image sees.

    Attributes:
        points: optical frame, metres, (h, w, 3), evenly over the whole image; NaN where unknown.
        confidence: 0 to 1, (h, w), 0 where the point is unknown.
    """

    points: NDArray[np.float32]
    confidence: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check shapes; whatever is not a finite point has no confidence."""
        if self.points.ndim != 3 or self.points.shape[2] != 3:
            raise ValueError(f"points: expected shape (h, w, 3), got {self.points.shape}")
        if self.confidence.shape != self.points.shape[:2]:
            raise ValueError(
                f"confidence: expected shape {self.points.shape[:2]}, got {self.confidence.shape}"
            )
        known = np.isfinite(self.points).all(axis=2) & np.isfinite(self.confidence)
        confidence = np.where(known, np.clip(self.confidence, 0, 1), 0).astype(np.float32)
        points = np.where(known[..., None], self.points, np.nan).astype(np.float32)
        object.__setattr__(self, "confidence", confidence)
        object.__setattr__(self, "points", points)


class Teacher(Protocol):
    """Knows the geometry of pictures."""

    def point_map(self, image: NDArray[np.uint8], camera: Camera, name: str) -> PointMap:
        """What is seen where.

        Args:
            image: RGB, (height, width, 3).
            camera: that took it.
            name: of the image, its file's name without ending.
        """
        ...


def points_from_depth(depth: NDArray[np.floating], camera: Camera) -> PointMap:
    """Point map of a depth (z) map of the whole image, metres, (h, w).

    Rays that look almost sideways or backwards have no depth and are unknown, as are depths that
    are not positive.
    """
    rows, cols = depth.shape
    u, v = np.meshgrid((np.arange(cols) + 0.5) / cols, (np.arange(rows) + 0.5) / rows)
    pixels = np.stack([u * camera.width, v * camera.height], axis=-1)
    rays, valid = camera.unproject(pixels)
    z = np.where(valid, rays[..., 2], 0.0)
    known = (z > MIN_COSINE) & np.isfinite(depth) & (depth > 0)
    scale = np.where(known, depth, np.nan) / np.where(known, z, 1.0)
    return PointMap(
        points=(rays * scale[..., None]).astype(np.float32), confidence=known.astype(np.float32)
    )


def prior_of(point_map: PointMap, framing: Framing) -> NDArray[np.float32]:
    """The network's prior (4, H/4, W/4), see ``model.prior``, of an image that is framed.

    Every cell takes the value nearest to its centre, so that no point lies between two surfaces.
    """
    rows, cols = point_map.confidence.shape
    width, height = framing.output_size
    u, v = np.meshgrid(
        np.arange(STRIDE / 2, width, STRIDE), np.arange(STRIDE / 2, height, STRIDE)
    )  # fmt: skip
    source = framing.to_source(np.stack([u, v], axis=-1)) / framing.source_size * [cols, rows]
    at = np.floor(source).astype(int)
    inside = ((at >= 0) & (at < [cols, rows])).all(axis=-1)
    col, row = np.clip(at[..., 0], 0, cols - 1), np.clip(at[..., 1], 0, rows - 1)
    confidence = point_map.confidence[row, col] * inside
    points = np.where(confidence[..., None] > 0, point_map.points[row, col], 0.0)
    return np.concatenate([np.moveaxis(points, -1, 0), confidence[None]]).astype(np.float32)
