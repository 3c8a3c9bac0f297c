"""A range map on the network's grid, seen as points or as a depth image of the source picture.

The grid lies over the letterboxed picture, ``STRIDE`` of its pixels to a cell. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RangeGrid:
    """Where the cells of a range map lie in the source picture.

    Attributes:
        rays: unit rays of the cells' centres, optical frame, shape (h, w, 3); NaN where a cell
            shows nothing of the picture or its lens has no ray there.
        pixels: the pixel of the source picture at each cell's centre as (column, row), clipped to
            the picture, int, shape (h, w, 2).
        columns: which cell column each pixel column lies in, int, shape (width,).
        rows: the same of rows, shape (height,).
    """

    rays: FloatArray
    pixels: NDArray[np.intp]
    columns: NDArray[np.intp]
    rows: NDArray[np.intp]

    def points(self, range_map: NDArray[np.floating]) -> FloatArray:
        """Points in the optical frame, metres, shape (h, w, 3), NaN where nothing is known."""
        points: FloatArray = self.rays * np.asarray(range_map, dtype=np.float64)[..., None]
        return points

    def depth(self, range_map: NDArray[np.floating]) -> NDArray[np.float32]:
        """Depth z of every pixel of the source picture, metres, shape (height, width).

        Each pixel has the value of its cell. NaN where nothing is known and where a wide lens
        sees sideways or backwards, so that no positive z exists.
        """
        z = self.points(range_map)[..., 2].astype(np.float32)
        z[~(z > 0)] = np.nan
        depth: NDArray[np.float32] = z[self.rows[:, None], self.columns[None, :]]
        return depth


@lru_cache(maxsize=8)
def range_grid(camera: Camera, shape: tuple[int, int]) -> RangeGrid:
    """The grid of a range map of ``shape`` (h, w) over the picture of a camera."""
    rows, columns = shape
    framing = Framing.letterbox((camera.width, camera.height), (columns * STRIDE, rows * STRIDE))
    u, v = (np.arange(columns) + 0.5) * STRIDE, (np.arange(rows) + 0.5) * STRIDE
    centres = framing.to_source(np.stack(np.meshgrid(u, v), axis=-1))
    rays, valid = camera.unproject(centres)
    rays[~(valid & camera.in_image(centres))] = np.nan
    size = np.array([camera.width, camera.height])
    across = np.stack([np.arange(camera.width) + 0.5, np.zeros(camera.width)], axis=-1)
    down = np.stack([np.zeros(camera.height), np.arange(camera.height) + 0.5], axis=-1)
    return RangeGrid(
        rays=rays,
        pixels=np.clip(np.floor(centres), 0, size - 1).astype(np.intp),
        columns=_cells(framing.to_output(across)[:, 0], columns),
        rows=_cells(framing.to_output(down)[:, 1], rows),
    )


def _cells(places: FloatArray, count: int) -> NDArray[np.intp]:
    return np.clip(places // STRIDE, 0, count - 1).astype(np.intp)
