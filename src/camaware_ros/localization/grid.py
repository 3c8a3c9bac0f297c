"""An occupancy grid as a value: cells, where they lie, how far they are from obstacles.

Knows the numbers of nav_msgs/OccupancyGrid (-1 unknown, 0 free to 100 lethal). Does not know what
a goal is (``goals``) and does not plan: ``steps_from`` only tells what can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class GridMap:
    """A grid of cells over the floor.

    Attributes:
        data: int8, shape (height, width); row i lies along y, column j along x, of the grid.
        resolution_m: side of a cell.
        origin_xy: outer corner of cell (0, 0) in ``frame_id``, metres, shape (2,).
        origin_yaw_rad: turn of the grid's x axis in ``frame_id``.
        frame_id: the frame of the origin.
    """

    data: NDArray[np.int8]
    resolution_m: float
    origin_xy: FloatArray
    origin_yaw_rad: float = 0.0
    frame_id: str = "map"

    def __post_init__(self) -> None:
        data = np.asarray(self.data)
        if data.ndim != 2 or data.size == 0 or data.dtype != np.int8:
            raise ValueError(f"data: expected int8 (height, width), got {data.dtype} {data.shape}")
        if data.min() < UNKNOWN or data.max() > 100:
            raise ValueError(
                f"data: expected values in [-1, 100], got [{data.min()}, {data.max()}]"
            )
        if not (np.isfinite(self.resolution_m) and self.resolution_m > 0):
            raise ValueError(f"resolution_m: expected > 0 and finite, got {self.resolution_m!r}")
        origin = np.asarray(self.origin_xy, dtype=np.float64)
        if origin.shape != (2,) or not np.all(np.isfinite(origin)):
            raise ValueError(f"origin_xy: expected two finite numbers, got {self.origin_xy!r}")
        if not np.isfinite(self.origin_yaw_rad):
            raise ValueError(f"origin_yaw_rad: expected a finite number, got {self.origin_yaw_rad}")
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "origin_xy", origin)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in cells."""
        return self.data.shape[0], self.data.shape[1]

    def centres(self) -> FloatArray:
        """Where the cell centres lie in ``frame_id``, shape (height, width, 2)."""
        rows, columns = np.indices(self.shape)
        local = np.stack([columns + 0.5, rows + 0.5], axis=-1) * self.resolution_m
        return self.origin_xy + local @ _turn(self.origin_yaw_rad).T

    def cells(self, points_xy: ArrayLike) -> tuple[NDArray[np.int64], BoolArray]:
        """The cells that hold points of ``frame_id``.

        Args:
            points_xy: shape (..., 2).

        Returns:
            (row, column) indices, shape (..., 2), and whether they lie inside the grid.
        """
        points = np.asarray(points_xy, dtype=np.float64)
        finite = np.asarray(np.isfinite(points).all(axis=-1))
        offsets = np.where(finite[..., None], points - self.origin_xy, 0.0)
        local = offsets @ _turn(self.origin_yaw_rad) / self.resolution_m
        indices = np.floor(local).astype(np.int64)[..., ::-1]
        inside = finite & ((indices >= 0) & (indices < self.shape)).all(axis=-1)
        return indices, inside


def clearance(obstacles: BoolArray, resolution_m: float, limit_m: float) -> FloatArray:
    """Distance from each cell's centre to the nearest obstacle cell's edge, at most ``limit_m``.

    The outside of the grid counts as obstacle. The edge is taken half a cell before the obstacle
    cell's centre. Exact up to the limit, by rows and then columns.

    Args:
        obstacles: shape (h, w).
        resolution_m: side of a cell.
        limit_m: distances beyond this are of no interest.

    Returns:
        Metres, shape (h, w); 0 on obstacles.
    """
    reach = int(np.ceil(limit_m / resolution_m + 0.5))
    padded = np.pad(obstacles, reach, constant_values=True)
    along = np.where(padded, 0.0, np.inf)
    for _ in range(reach):
        along[1:] = np.minimum(along[1:], along[:-1] + 1)
        along[:-1] = np.minimum(along[:-1], along[1:] + 1)
    squared = along**2
    nearest = squared.copy()
    for shift in range(1, reach + 1):
        nearest[:, shift:] = np.minimum(nearest[:, shift:], squared[:, :-shift] + shift**2)
        nearest[:, :-shift] = np.minimum(nearest[:, :-shift], squared[:, shift:] + shift**2)
    inner = nearest[reach:-reach, reach:-reach]
    return np.clip((np.sqrt(inner) - 0.5) * resolution_m, 0.0, limit_m)


def steps_from(start: tuple[int, int], free: BoolArray) -> FloatArray:
    """How many cell steps every cell is away from ``start`` over free cells; inf where it is not.

    Straight and eight-neighbour waves take turns, which keeps the count within about an eighth of
    the true length of the way. Diagonal steps never cut a corner.

    Args:
        start: (row, column), taken as free.
        free: shape (h, w).
    """
    steps = np.full((free.shape[0] + 2, free.shape[1] + 2), np.inf)
    blocked = ~np.pad(free, 1).ravel()
    width = steps.shape[1]
    flat = steps.reshape(-1)
    front = np.array([(start[0] + 1) * width + start[1] + 1])
    before = front[:0]
    flat[front] = 0.0
    count = 0
    while len(front) or len(before):
        count += 1
        reached = _wave(np.concatenate([front, before]), blocked, width, diagonal=count % 2 == 0)
        reached = np.unique(reached[np.isinf(flat[reached])])
        flat[reached] = count
        before, front = front, reached
    return steps[1:-1, 1:-1]


def _wave(
    cells: NDArray[np.int64], blocked: BoolArray, width: int, *, diagonal: bool
) -> NDArray[np.int64]:
    """Free neighbours of cells, as flat indices of a grid with a closed border."""
    found = [cells + step for step in (1, -1, width, -width)]
    if diagonal:
        for down in (width, -width):
            for right in (1, -1):
                open_sides = ~(blocked[cells + down] | blocked[cells + right])
                found.append(cells[open_sides] + down + right)
    reached = np.concatenate(found)
    return reached[~blocked[reached]]


def _turn(yaw_rad: float) -> FloatArray:
    cosine, sine = np.cos(yaw_rad), np.sin(yaw_rad)
    return np.array([[cosine, -sine], [sine, cosine]])
