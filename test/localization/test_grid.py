"""Grid arithmetic against scipy and against hand-made maps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from camaware_ros.localization.grid import GridMap, clearance, steps_from


def empty(height: int = 8, width: int = 10, **changes: object) -> GridMap:
    return GridMap(
        **{
            "data": np.zeros((height, width), np.int8),
            "resolution_m": 0.1,
            "origin_xy": np.zeros(2),
            **changes,
        }
    )


def test_rows_lie_along_y_and_columns_along_x() -> None:
    grid = empty(origin_xy=np.array([1.0, -2.0]))
    np.testing.assert_allclose(grid.centres()[0, 0], [1.05, -1.95])
    np.testing.assert_allclose(grid.centres()[7, 9], [1.95, -1.25])
    cells, inside = grid.cells([[1.95, -1.25], [0.99, -1.25], [1.95, -1.19]])
    assert cells[0].tolist() == [7, 9]
    assert inside.tolist() == [True, False, False]


def test_a_turned_grid_finds_its_own_centres() -> None:
    grid = empty(origin_xy=np.array([3.0, 4.0]), origin_yaw_rad=2.0)
    cells, inside = grid.cells(grid.centres())
    assert inside.all()
    np.testing.assert_array_equal(cells, np.stack(np.indices(grid.shape), axis=-1))
    quarter = empty(origin_yaw_rad=np.pi / 2)
    np.testing.assert_allclose(quarter.centres()[0, 9], [-0.05, 0.95], atol=1e-12)


def test_points_that_are_not_finite_are_outside() -> None:
    _, inside = empty().cells([[np.nan, 0.1], [np.inf, 0.1], [0.1, 0.1]])
    assert inside.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"data": np.zeros((3, 4), np.uint8)}, "data"),
        ({"data": np.zeros(3, np.int8)}, "data"),
        ({"data": np.zeros((0, 3), np.int8)}, "data"),
        ({"data": np.full((3, 4), 101, np.int8)}, "data"),
        ({"data": np.full((3, 4), -2, np.int8)}, "data"),
        ({"resolution_m": 0.0}, "resolution_m"),
        ({"resolution_m": float("nan")}, "resolution_m"),
        ({"origin_xy": np.zeros(3)}, "origin_xy"),
        ({"origin_xy": np.array([np.nan, 0])}, "origin_xy"),
        ({"origin_yaw_rad": float("inf")}, "origin_yaw_rad"),
    ],
)
def test_bad_maps_are_refused_by_name(changes: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        empty(**changes)


@pytest.mark.parametrize("seed", range(5))
def test_clearance_agrees_with_the_distance_transform_of_scipy(seed: int) -> None:
    source = np.random.default_rng(seed)
    obstacles = source.random((40, 55)) < 0.02
    resolution, limit = 0.05, 0.6
    walled = np.pad(obstacles, 20, constant_values=True)
    exact = ndimage.distance_transform_edt(~walled)[20:-20, 20:-20]
    expected = np.clip((exact - 0.5) * resolution, 0, limit)
    np.testing.assert_allclose(clearance(obstacles, resolution, limit), expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_steps_reach_what_dijkstra_reaches_and_nearly_as_short(seed: int) -> None:
    free = np.random.default_rng(seed).random((30, 40)) > 0.35
    start = (15, 20)
    free[start] = True
    expected = _dijkstra(free, start)
    steps = steps_from(start, free)
    np.testing.assert_array_equal(np.isfinite(steps), np.isfinite(expected))
    reached = np.isfinite(steps) & (expected > 10)
    ratio = steps[reached] / expected[reached]
    assert ratio.min() > 0.85 and ratio.max() < 1.25


def test_steps_in_the_open_are_near_the_straight_line() -> None:
    steps = steps_from((50, 50), np.ones((101, 101), bool))
    rows, columns = np.indices(steps.shape)
    straight = np.hypot(rows - 50, columns - 50)
    far = straight > 20
    assert np.abs(steps[far] / straight[far] - 1).max() < 0.16


def test_a_diagonal_gap_is_no_way() -> None:
    free = np.ones((4, 4), bool)
    free[[0, 1, 2, 3], [3, 2, 1, 0]] = False
    steps = steps_from((0, 0), free)
    assert np.isinf(steps[3, 3]) and steps[1, 1] == 2


def _dijkstra(free: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Shortest ways over free cells; diagonals only where both sides are free."""
    index = np.arange(free.size).reshape(free.shape)
    rows, columns, weights = [], [], []
    for (r, c), here in np.ndenumerate(index):
        for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
            if not (0 <= r + dr < free.shape[0] and 0 <= c + dc < free.shape[1]):
                continue
            needed = free[r, c] & free[r + dr, c + dc] & free[r + dr, c] & free[r, c + dc]
            if needed:
                rows.append(here)
                columns.append(index[r + dr, c + dc])
                weights.append(float(np.hypot(dr, dc)))
    graph = coo_matrix((weights, (rows, columns)), shape=(free.size, free.size))
    return dijkstra(graph.tocsr(), directed=False, indices=index[start]).reshape(free.shape)
