"""What the simulator says, as messages. Knows frames: map, odom, base_footprint, the camera's."""

from __future__ import annotations

import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseStamped, TransformStamped
from nav_msgs.msg import OccupancyGrid, Odometry
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import (
    Detection3D,
    Detection3DArray,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
)

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.conversions import (
    box_to_message,
    pose_from_rigid,
    rigid_from_pose,
    transform_from_rigid,
)
from camaware_ros.simulation.costmap import Costmap
from camaware_ros.simulation.scenes import Room
from camaware_ros.simulation.simulator import Snapshot

MAP, ODOM, BASE, CAMERA_LINK = "map", "odom", "base_footprint", "camera_link"
# The mast that carries every camera. It stays where it is when the camera is swapped, so that a
# picture of the old camera that is still under way keeps its right place.
BASE_FROM_CAMERA_LINK = Rigid3(rotation=np.eye(3), translation=np.array([0.1, 0.0, 0.5]))


def time_message(time_s: float) -> Time:
    """Simulated seconds as a stamp."""
    nanoseconds = round(time_s * 1e9)
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def optical_frame(camera_name: str) -> str:
    """Frame id of a camera's images."""
    return f"{camera_name}_optical_frame"


def moving_frames(instant: Snapshot, map_from_odom: Rigid3) -> TFMessage:
    """Map -> odom -> base_footprint at one instant."""
    odom_from_base = map_from_odom.inverse() @ instant.robot.map_from_base
    stamp = time_message(instant.time_s)
    return TFMessage(transforms=[
        _stamped(stamp, MAP, ODOM, map_from_odom), _stamped(stamp, ODOM, BASE, odom_from_base),
    ])  # fmt: skip


def fixed_frames(instant: Snapshot) -> TFMessage:
    """base_footprint -> camera_link -> optical frame of the camera that is mounted."""
    link_from_camera = BASE_FROM_CAMERA_LINK.inverse() @ instant.mounting.base_from_camera
    stamp, frame = time_message(instant.time_s), optical_frame(instant.camera.name)
    return TFMessage(transforms=[
        _stamped(stamp, BASE, CAMERA_LINK, BASE_FROM_CAMERA_LINK),
        _stamped(stamp, CAMERA_LINK, frame, link_from_camera),
    ])  # fmt: skip


def odometry(instant: Snapshot, map_from_odom: Rigid3) -> Odometry:
    """Pose in odom, speeds in base_footprint; exact, so the covariances are zero."""
    odom_from_base = map_from_odom.inverse() @ instant.robot.map_from_base
    header = Header(stamp=time_message(instant.time_s), frame_id=ODOM)
    message = Odometry(header=header, child_frame_id=BASE)
    message.pose.pose = pose_from_rigid(odom_from_base)
    message.twist.twist.linear.x = float(instant.robot.twist.forward_mps)
    message.twist.twist.angular.z = float(instant.robot.twist.turn_rps)
    return message


def occupancy_grid(costmap: Costmap, time_s: float) -> OccupancyGrid:
    """The costmap in the map frame."""
    message = OccupancyGrid(header=Header(stamp=time_message(time_s), frame_id=MAP))
    message.info.map_load_time = message.header.stamp
    message.info.resolution = costmap.resolution_m
    message.info.height, message.info.width = costmap.cost.shape
    message.info.origin.position.x, message.info.origin.position.y = costmap.origin_m
    message.data = array.array("b", costmap.cost.tobytes())
    return message


def true_objects(room: Room, time_s: float) -> Detection3DArray:
    """Every object of the room in the map frame, seen or not, with score 1."""
    header = Header(stamp=time_message(time_s), frame_id=MAP)
    detections = []
    for index, thing in enumerate(room.objects):
        box = box_to_message(thing.box)
        result = ObjectHypothesisWithPose(
            hypothesis=ObjectHypothesis(class_id=thing.label, score=1.0)
        )
        result.pose.pose = box.center
        detections.append(
            Detection3D(header=header, results=[result], bbox=box, id=f"{room.name}/{index}")
        )
    return Detection3DArray(header=header, detections=detections)


def goal_pose(message: PoseStamped, map_from_base: Rigid3, map_from_odom: Rigid3) -> Rigid3:
    """``map_from_goal`` of a goal given in map (or no frame), odom or base_footprint.

    Raises:
        ValueError: on another frame or a pose that cannot be.
    """
    frames = {"": None, MAP: None, ODOM: map_from_odom, BASE: map_from_base}
    frame = message.header.frame_id
    if frame not in frames:
        raise ValueError(f"goal frame: expected {MAP}, {ODOM} or {BASE}, got {frame!r}")
    frame_from_goal = rigid_from_pose(message.pose)
    map_from_frame = frames[frame]
    return frame_from_goal if map_from_frame is None else map_from_frame @ frame_from_goal


def robot_pose(instant: Snapshot) -> PoseStamped:
    """Where the robot is in the map."""
    pose: Pose = pose_from_rigid(instant.robot.map_from_base)
    return PoseStamped(header=Header(stamp=time_message(instant.time_s), frame_id=MAP), pose=pose)


def _stamped(stamp: Time, parent: str, child: str, parent_from_child: Rigid3) -> TransformStamped:
    return TransformStamped(
        header=Header(stamp=stamp, frame_id=parent), child_frame_id=child,
        transform=transform_from_rigid(parent_from_child),
    )  # fmt: skip
