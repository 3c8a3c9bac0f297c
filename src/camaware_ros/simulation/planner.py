"""From here to there on a costmap: refusing bad goals, A*, and following the path. numpy only."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.simulation.costmap import TOUCHING, Costmap
from camaware_ros.simulation.robot import Limits, RobotState, Twist, wrap_angle
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room

FloatArray = NDArray[np.float64]
Cell = tuple[int, int]
Pose = tuple[float, float, float]

GOAL_TOLERANCE_M = 0.04
YAW_TOLERANCE_RAD = 0.04
_LOOKAHEAD_M = 0.35
_COST_WEIGHT = 0.06
_ESCAPE_CELLS = 5
_NEIGHBOURS = tuple(
    (row, column, math.hypot(row, column))
    for row in (-1, 0, 1) for column in (-1, 0, 1) if (row, column) != (0, 0)
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way to a goal.

    Attributes:
        points: map coordinates, (n, 2), n >= 1; the last one is the goal.
        yaw_rad: how to stand at the end.
    """

    points: FloatArray
    yaw_rad: float

    def remaining_m(self, x_m: float, y_m: float) -> float:
        """Way left from the point of the path nearest to (x, y), plus the way to it."""
        nearest, along = _nearest_on(self.points, np.array([x_m, y_m]))
        lengths = _lengths(self.points)
        return float(np.hypot(*(nearest - (x_m, y_m))) + lengths[-1] - along)


def goal_problem(room: Room, costmap: Costmap, goal: Pose) -> str | None:
    """Why the robot cannot stand at a goal; None if it can."""
    if not all(math.isfinite(value) for value in goal):
        return f"goal is not finite: {goal}"
    point = np.array(goal[:2])
    where = f"goal ({goal[0]:.2f}, {goal[1]:.2f})"
    if room.wall_distance(point) <= 0:
        return f"{where} is outside the room"
    for thing in room.objects:
        if thing.distance(point) <= 0:
            return f"{where} is occupied by the {thing.label}"
    clearance = float(room.clearance(point))
    if clearance < ROBOT_RADIUS_M:
        return f"{where} is {clearance:.2f} m from an obstacle, the robot needs {ROBOT_RADIUS_M} m"
    cell = costmap.cell(goal[0], goal[1])
    if cell is None or _nearest_free(costmap, cell) is None:
        return f"{where} is not on free costmap space"
    return None


def plan_path(costmap: Costmap, start: tuple[float, float], goal: Pose) -> Path | None:
    """Cheapest path by A*, pulled straight where nothing is in the way; None if there is none.

    Args:
        costmap: costs of 99 and more are never entered.
        start: map point; if it is not on a free cell, the nearest free cell close by is used.
        goal: map pose, checked by ``goal_problem`` before.
    """
    first, last = costmap.cell(*start), costmap.cell(goal[0], goal[1])
    first = _nearest_free(costmap, first) if first else None
    last = _nearest_free(costmap, last) if last else None
    if first is None or last is None:
        return None
    cells = _a_star(costmap.cost, first, last)
    if cells is None:
        return None
    corners = _pull_straight(costmap.cost, cells)
    middle = [costmap.point(cell) for cell in corners[1:-1]]
    points = np.array([start, *middle, goal[:2]], dtype=np.float64)
    return Path(points=points, yaw_rad=wrap_angle(goal[2]))


def follow_path(path: Path, state: RobotState, limits: Limits | None = None) -> Twist | None:
    """Speeds that bring the robot along, then turn it to the goal yaw; None once it has arrived."""
    limits = limits or Limits()
    here = np.array([state.x_m, state.y_m])
    away = float(np.linalg.norm(path.points[-1] - here))
    moving = abs(state.twist.forward_mps) > 0.02
    if away <= GOAL_TOLERANCE_M or (away <= 2 * GOAL_TOLERANCE_M and not moving):
        error = wrap_angle(path.yaw_rad - state.yaw_rad)
        if abs(error) <= YAW_TOLERANCE_RAD and not moving:
            return None
        return Twist(turn_rps=_turn(error, limits))
    target = _ahead(path.points, here)
    error = wrap_angle(math.atan2(*(target - here)[::-1]) - state.yaw_rad)
    if abs(error) > math.radians(50) or (abs(error) > math.radians(12) and not moving):
        return Twist(turn_rps=_turn(error, limits))
    braking = math.sqrt(2 * 0.5 * limits.acceleration_mps2 * max(away - 0.01, 0.0))
    speed = min(limits.speed_mps * math.cos(error) ** 2, braking)
    return Twist(forward_mps=max(speed, 0.03), turn_rps=_turn(error, limits))


def _turn(error_rad: float, limits: Limits) -> float:
    """Turn rate that stops in time."""
    braking = math.sqrt(2 * 0.4 * limits.turn_acceleration_rps2 * abs(error_rad))
    return math.copysign(min(2.5 * abs(error_rad) + 0.02, braking, limits.turn_rps), error_rad)


def _nearest_free(costmap: Costmap, cell: Cell) -> Cell | None:
    """The free cell nearest to ``cell``, a few cells away at most."""
    rows, columns = np.nonzero(costmap.cost < TOUCHING)
    if len(rows) == 0:
        return None
    away = (rows - cell[0]) ** 2 + (columns - cell[1]) ** 2
    best = int(np.argmin(away))
    return (int(rows[best]), int(columns[best])) if away[best] <= _ESCAPE_CELLS**2 else None


def _a_star(cost: NDArray[np.int8], start: Cell, goal: Cell) -> list[Cell] | None:
    grid = cost.tolist()
    rows, columns = cost.shape
    best = {start: 0.0}
    parent: dict[Cell, Cell] = {}
    queue = [(0.0, start)]
    done: set[Cell] = set()
    while queue:
        _, cell = heapq.heappop(queue)
        if cell == goal:
            return _trace(parent, cell)
        if cell in done:
            continue
        done.add(cell)
        for row_step, column_step, length in _NEIGHBOURS:
            row, column = cell[0] + row_step, cell[1] + column_step
            if not (0 <= row < rows and 0 <= column < columns) or grid[row][column] >= TOUCHING:
                continue
            total = best[cell] + length * (1 + _COST_WEIGHT * grid[row][column])
            if total < best.get((row, column), math.inf):
                best[(row, column)] = total
                parent[(row, column)] = cell
                guess = total + math.hypot(row - goal[0], column - goal[1])
                heapq.heappush(queue, (guess, (row, column)))
    return None


def _trace(parent: dict[Cell, Cell], cell: Cell) -> list[Cell]:
    cells = [cell]
    while cell in parent:
        cell = parent[cell]
        cells.append(cell)
    return cells[::-1]


def _pull_straight(cost: NDArray[np.int8], cells: list[Cell]) -> list[Cell]:
    """Leave out cells while the straight line is no dearer than the path it replaces."""
    kept = [0]
    while kept[-1] < len(cells) - 1:
        start = kept[-1]
        end = start + 1
        for candidate in range(len(cells) - 1, start + 1, -1):
            worst = max(int(cost[cell]) for cell in cells[start : candidate + 1])
            if _worst_between(cost, cells[start], cells[candidate]) <= max(worst, 20):
                end = candidate
                break
        kept.append(end)
    return [cells[index] for index in kept]


def _worst_between(cost: NDArray[np.int8], a: Cell, b: Cell) -> int:
    count = 2 * max(abs(a[0] - b[0]), abs(a[1] - b[1])) + 1
    rows = np.round(np.linspace(a[0], b[0], count)).astype(int)
    columns = np.round(np.linspace(a[1], b[1], count)).astype(int)
    return int(cost[rows, columns].max())


def _lengths(points: FloatArray) -> FloatArray:
    """Way along the path up to each of its points, (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def _nearest_on(points: FloatArray, here: FloatArray) -> tuple[FloatArray, float]:
    """The nearest point of a polyline and how far along it lies."""
    if len(points) == 1:
        return points[0], 0.0
    start, leg = points[:-1], np.diff(points, axis=0)
    squared = np.maximum((leg**2).sum(axis=1), 1e-12)
    share = np.clip(((here - start) * leg).sum(axis=1) / squared, 0.0, 1.0)
    foot = start + share[:, None] * leg
    best = int(np.argmin(np.linalg.norm(foot - here, axis=1)))
    return foot[best], float(_lengths(points)[best] + share[best] * np.sqrt(squared[best]))


def _ahead(points: FloatArray, here: FloatArray) -> FloatArray:
    """The point of the path a look-ahead further on than the robot."""
    lengths = _lengths(points)
    along = min(_nearest_on(points, here)[1] + _LOOKAHEAD_M, float(lengths[-1]))
    return np.array([np.interp(along, lengths, points[:, axis]) for axis in (0, 1)])
