"""Costmap, goal pose and status messages, judged by scipy and by hand."""

from __future__ import annotations

import array
import json

import numpy as np
import pytest

pytest.importorskip("rclpy")
from nav_msgs.msg import OccupancyGrid
from scipy.spatial.transform import Rotation

from camaware_ros.ros.goal_messages import GoalStatus, grid_from_message, pose_from_goal
from camaware_ros.types import Goal


def a_costmap() -> OccupancyGrid:
    """Three wide, two high, turned by 0.5 rad."""
    message = OccupancyGrid(data=array.array("b", [0, 50, 100, -1, 99, 0]))
    message.header.frame_id = "map"
    message.info.width, message.info.height, message.info.resolution = 3, 2, 0.1
    message.info.origin.position.x, message.info.origin.position.y = 1.0, -2.0
    x, y, z, w = Rotation.from_euler("z", 0.5).as_quat()
    orientation = message.info.origin.orientation
    orientation.x, orientation.y, orientation.z, orientation.w = x, y, z, w
    return message


def test_cells_keep_their_place() -> None:
    grid = grid_from_message(a_costmap())
    assert grid.data.tolist() == [[0, 50, 100], [-1, 99, 0]]
    expected = np.array([1.0, -2.0]) + Rotation.from_euler("z", 0.5).apply([0.25, 0.15, 0])[:2]
    np.testing.assert_allclose(grid.centres()[1, 2], expected, atol=1e-6)
    assert grid.frame_id == "map"


@pytest.mark.parametrize("width", [0, 2, 4])
def test_a_size_that_does_not_fit_is_named(width: int) -> None:
    message = a_costmap()
    message.info.width = width
    with pytest.raises(ValueError, match=f"expected {width} x 2 cells, got 6"):
        grid_from_message(message)


def test_an_empty_costmap_is_refused() -> None:
    message = OccupancyGrid()
    message.info.resolution, message.info.origin.orientation.w = 0.1, 1.0
    with pytest.raises(ValueError, match="data: expected"):
        grid_from_message(message)


@pytest.mark.parametrize("yaw", [0.0, 1.0, -3.0, np.pi])
def test_a_goal_is_an_upright_pose_on_the_floor(yaw: float) -> None:
    goal = Goal(x_m=1.5, y_m=-0.5, yaw_rad=yaw, frame_id="map", label="red chair")
    message = pose_from_goal(goal, 12_345_678_901)
    assert (message.header.frame_id, message.header.stamp.sec) == ("map", 12)
    assert message.header.stamp.nanosec == 345_678_901
    q = message.pose.orientation
    turned = Rotation.from_quat([q.x, q.y, q.z, q.w]).apply([1, 0, 0])
    np.testing.assert_allclose(turned, [np.cos(yaw), np.sin(yaw), 0], atol=1e-9)
    place = message.pose.position
    assert (place.x, place.y, place.z) == (1.5, -0.5, 0.0)


def test_a_status_is_json_with_every_field() -> None:
    status = GoalStatus(state="driving", target="red chair", distance_m=1.25)
    assert json.loads(status.message().data) == {
        "state": "driving",
        "code": "OK",
        "reason": "",
        "target": "red chair",
        "distance_m": 1.25,
    }
