"""The costmap agrees with the room, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.simulation.costmap import OCCUPIED, TOUCHING, costmap_of
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, demo_room, random_room


@pytest.mark.parametrize("room", [demo_room(), random_room(5)], ids=lambda room: room.name)
def test_costs_say_what_the_distance_says(room):
    costmap = costmap_of(room)
    assert costmap.cost.dtype == np.int8
    assert costmap.cost.min() >= 0 and costmap.cost.max() == OCCUPIED
    rng = np.random.default_rng(0)
    half = np.array([room.length_m, room.width_m]) / 2
    for x_m, y_m in rng.uniform(-half, half, size=(400, 2)):
        cell = costmap.cell(x_m, y_m)
        distance = float(room.clearance(np.array(costmap.point(cell))))
        cost = costmap.cost[cell]
        assert (cost == OCCUPIED) == (distance <= 0)
        assert (cost >= TOUCHING) == (distance < ROBOT_RADIUS_M)
        assert (cost == 0) == (distance >= 0.55)


def test_cost_falls_with_distance():
    room = demo_room()
    costmap = costmap_of(room)
    table = next(thing for thing in room.objects if thing.kind == "table")
    rows, columns = np.mgrid[0 : costmap.cost.shape[0], 0 : costmap.cost.shape[1]]
    points = np.stack([
        costmap.origin_m[0] + (columns + 0.5) * costmap.resolution_m,
        costmap.origin_m[1] + (rows + 0.5) * costmap.resolution_m,
    ], axis=-1)  # fmt: skip
    near_table = table.distance(points) == room.clearance(points)
    distance, cost = table.distance(points)[near_table], costmap.cost[near_table]
    order = np.argsort(distance)
    assert np.all(np.diff(cost[order].astype(int)) <= 0)


def test_cell_and_point_undo_each_other_and_outside_is_none():
    costmap = costmap_of(demo_room())
    for cell in [(0, 0), (7, 31), (costmap.cost.shape[0] - 1, costmap.cost.shape[1] - 1)]:
        assert costmap.cell(*costmap.point(cell)) == cell
    assert costmap.cell(100.0, 0.0) is None
    assert costmap.cell(costmap.origin_m[0] - 0.01, 0.0) is None


def test_beyond_the_walls_is_occupied():
    costmap = costmap_of(demo_room())
    border = np.concatenate([
        costmap.cost[0], costmap.cost[-1], costmap.cost[:, 0], costmap.cost[:, -1]
    ])  # fmt: skip
    assert np.all(border == OCCUPIED)
