"""Costmaps, goals and the goal's status to and from messages."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid
from std_msgs.msg import Header, String

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.localization.grid import GridMap
from camaware_ros.ros.conversions import pose_from_rigid, rigid_from_pose
from camaware_ros.types import Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalStatus:
    """What goal_node says about its order.

    Attributes:
        state: idle, looking, ready (a goal is known, but sending is off), driving, arrived,
            failed or stopped.
        code: OK, or a reason for programs.
        reason: the same for people.
        target: the phrase; empty without an order.
        distance_m: from the robot to the thing's footprint; None where not known.
    """

    state: str
    code: str = "OK"
    reason: str = ""
    target: str = ""
    distance_m: float | None = None

    def message(self) -> String:
        """As JSON."""
        return String(data=json.dumps(asdict(self)))


def grid_from_message(message: OccupancyGrid) -> GridMap:
    """The grid of a message.

    Raises:
        ValueError: where the size does not fit the data, or an origin that is no pose.
    """
    width, height = message.info.width, message.info.height
    data = np.frombuffer(message.data, dtype=np.int8)
    if data.size != width * height:
        raise ValueError(f"costmap: expected {width} x {height} cells, got {data.size}")
    origin = rigid_from_pose(message.info.origin)
    return GridMap(
        data=data.reshape(height, width),
        resolution_m=float(message.info.resolution),
        origin_xy=origin.translation[:2],
        origin_yaw_rad=origin.yaw_rad,
        frame_id=message.header.frame_id,
    )


def pose_from_goal(goal: Goal, stamp_ns: int) -> PoseStamped:
    """A goal as Nav2 wants it: on the floor, upright."""
    stamp = TimeMessage(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    pose = Rigid3.from_yaw(goal.yaw_rad, np.array([goal.x_m, goal.y_m, 0.0]))
    return PoseStamped(
        header=Header(stamp=stamp, frame_id=goal.frame_id), pose=pose_from_rigid(pose)
    )
