"""Where a round robot may stand: an occupancy grid made from the true room. numpy only.

Costs are those of nav_msgs/OccupancyGrid as Nav2 fills it: 100 inside an obstacle, 99 where the
robot would touch one, then falling to 0 with distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room

FloatArray = NDArray[np.float64]
OCCUPIED, TOUCHING = 100, 99
_INFLATION_M = 0.55
_DECAY_PER_M = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costmap:
    """A grid over the map frame.

    Attributes:
        cost: int8 (rows, columns), 0..100; row 0 is at the lowest y, column 0 at the lowest x.
        resolution_m: side of a cell.
        origin_m: (x, y) of the lower left corner of cell (0, 0).
    """

    cost: NDArray[np.int8]
    resolution_m: float
    origin_m: tuple[float, float]

    def cell(self, x_m: float, y_m: float) -> tuple[int, int] | None:
        """(row, column) of a map point; None outside the grid."""
        column = math.floor((x_m - self.origin_m[0]) / self.resolution_m)
        row = math.floor((y_m - self.origin_m[1]) / self.resolution_m)
        inside = 0 <= row < self.cost.shape[0] and 0 <= column < self.cost.shape[1]
        return (row, column) if inside else None

    def point(self, cell: tuple[int, int]) -> tuple[float, float]:
        """Map coordinates of a cell's middle."""
        return (
            self.origin_m[0] + (cell[1] + 0.5) * self.resolution_m,
            self.origin_m[1] + (cell[0] + 0.5) * self.resolution_m,
        )


def costmap_of(room: Room, resolution_m: float = 0.05) -> Costmap:
    """The costmap of a room, wall to wall and one cell beyond."""
    columns = math.ceil(room.length_m / resolution_m) + 2
    rows = math.ceil(room.width_m / resolution_m) + 2
    origin = (-columns * resolution_m / 2, -rows * resolution_m / 2)
    x = origin[0] + (np.arange(columns) + 0.5) * resolution_m
    y = origin[1] + (np.arange(rows) + 0.5) * resolution_m
    clearance = room.clearance(np.stack(np.meshgrid(x, y), axis=-1))
    return Costmap(cost=_costs(clearance), resolution_m=resolution_m, origin_m=origin)


def _costs(clearance_m: FloatArray) -> NDArray[np.int8]:
    beyond = clearance_m - ROBOT_RADIUS_M
    falling = np.clip(np.round(98 * np.exp(-_DECAY_PER_M * beyond)), 1, 98)
    cost = np.where(clearance_m < _INFLATION_M, falling, 0)
    cost = np.where(beyond < 0, TOUCHING, cost)
    return np.where(clearance_m <= 0, OCCUPIED, cost).astype(np.int8)
