"""A person at the robot's side, as a ROS node: gives orders, watches, and knows the truth.

Used by the demonstration and by evaluations, from one thread. Does not judge and does not print.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import rclpy
from action_msgs.msg import GoalStatus as ActionStatus
from geometry_msgs.msg import PoseStamped
from nav2_msgs.action import NavigateToPose
from nav_msgs.msg import OccupancyGrid, Odometry
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String
from vision_msgs.msg import Detection3DArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.localization.grid import GridMap
from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.conversions import (
    box_from_message,
    localization_from_detection,
    pose_from_rigid,
    rigid_from_pose,
    rigid_from_transform,
)
from camaware_ros.ros.goal_messages import grid_from_message
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.tf import Buffer, TransformListener
from camaware_ros.types import Localization

_KEPT_IMAGES = 12
_KEPT_STAMPS = 200
_MAP, _OPTICAL = "map", "_optical_frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One detection message.

    Attributes:
        stamp_ns: of its image.
        latency_s: from the arrival of the image's camera_info here to the detection's, wall clock;
            None where the former was not heard.
        found: what it holds, in its frame.
    """

    stamp_ns: int
    latency_s: float | None
    found: tuple[Localization, ...]


class WaitedInVain(RuntimeError):
    """Something did not come in time; the text says what."""


class Director:
    """Orders out, everything interesting in.

    Args:
        check: called while waiting; raises what ends the wait.
    """

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("director", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.forget()
        self.grid: GridMap | None = None
        self.truth: dict[str, Box3] = {}
        self.info: CameraInfo | None = None
        self.pose: tuple[float, float, float] | None = None
        self.path: list[tuple[float, float]] = []
        self._images: OrderedDict[int, Image] = OrderedDict()
        self._heard_s: OrderedDict[int, float] = OrderedDict()
        self.buffer = Buffer()
        self._listener = TransformListener(self.buffer, self._node)
        self._listen()
        self._commands = self._node.create_publisher(String, "command", reliable_qos())
        self._drive = ActionClient(self._node, NavigateToPose, "navigate_to_pose")
        self._parameters = self._node.create_client(SetParameters, "sim_node/set_parameters")

    def forget(self) -> None:
        """Begin new lists of sightings, statuses and goals."""
        self.sightings: list[Sighting] = []
        self.statuses: list[dict[str, Any]] = []
        self.goals: list[tuple[float, float, float]] = []

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def __enter__(self) -> Director:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the graph."""
        self.close()

    def wait(
        self, condition: Callable[[], object], what: str, timeout_s: float,
        each: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Handle what comes, and call ``each``, until the condition holds.

        Raises:
            WaitedInVain: naming ``what``.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise WaitedInVain(f"waited {timeout_s:.0f} s in vain for {what}")
            self._check()
            self._executor.spin_once(timeout_sec=0.05)
            each()

    def wait_for_nodes(self, listeners: int, timeout_s: float) -> None:
        """Until the simulator serves and ``listeners`` nodes listen to commands."""
        self.wait(self._parameters.service_is_ready, "the simulator", timeout_s)
        self.wait(
            lambda: self._commands.get_subscription_count() >= listeners,
            "grounding_node and goal_node (see /diagnostics)", timeout_s,
        )  # fmt: skip
        self.wait(lambda: self.grid and self.truth and self.pose, "the simulator's map", timeout_s)

    def set_simulator(self, timeout_s: float = 20.0, **values: Any) -> None:
        """Set parameters of the simulator.

        Raises:
            ValueError: with the simulator's reason.
        """
        changes = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        future = self._parameters.call_async(SetParameters.Request(parameters=changes))
        self.wait(future.done, f"the simulator to take {values}", timeout_s)
        for result in future.result().results:
            if not result.successful:
                raise ValueError(result.reason)

    def switch_camera(self, name: str, timeout_s: float = 20.0) -> CameraInfo:
        """Give the robot another camera; returns the first camera_info of it."""
        self.set_simulator(timeout_s, camera=name)
        self.wait(lambda: self.camera_name == name, f"a picture of {name}", timeout_s)
        assert self.info is not None
        return self.info

    @property
    def camera_name(self) -> str:
        """Of the newest camera_info; empty before the first."""
        return self.info.header.frame_id.removesuffix(_OPTICAL) if self.info else ""

    def say(self, text: str) -> None:
        """Tell the robot something."""
        self._commands.publish(String(data=text))

    def drive(self, pose: tuple[float, float, float], timeout_s: float) -> bool:
        """Drive to a pose in the map, past all nodes that decide; whether it got there."""
        map_from_goal = Rigid3.from_yaw(pose[2], [pose[0], pose[1], 0.0])
        goal = PoseStamped(pose=pose_from_rigid(map_from_goal))
        goal.header.frame_id = _MAP
        self.wait(self._drive.server_is_ready, "the navigation server", timeout_s)
        sent = self._drive.send_goal_async(NavigateToPose.Goal(pose=goal))
        self.wait(sent.done, "the navigation server's answer", timeout_s)
        ended = sent.result().get_result_async()
        self.wait(ended.done, "the end of a drive", timeout_s)
        return bool(ended.result().status == ActionStatus.STATUS_SUCCEEDED)

    def image(self, stamp_ns: int) -> Image | None:
        """The picture of a stamp, if it is still here."""
        return self._images.get(stamp_ns)

    def _listen(self) -> None:
        listen = self._node.create_subscription
        listen(Detection3DArray, "detections_3d", self._on_detections, reliable_qos())
        listen(Detection3DArray, "ground_truth", self._on_truth, reliable_qos(1))
        listen(String, "goal_status", self._on_status, latched_qos())
        listen(PoseStamped, "goal_pose", self._on_goal, reliable_qos())
        listen(OccupancyGrid, "costmap", self._on_costmap, latched_qos())
        listen(Odometry, "odom", self._on_odometry, reliable_qos())
        listen(CameraInfo, "camera_info", self._on_info, reliable_qos(5))
        listen(Image, "image", self._on_image, reliable_qos(2))

    def _on_info(self, message: CameraInfo) -> None:
        self.info = message
        _keep(self._heard_s, nanoseconds(message.header.stamp), time.monotonic(), _KEPT_STAMPS)

    def _on_image(self, message: Image) -> None:
        _keep(self._images, nanoseconds(message.header.stamp), message, _KEPT_IMAGES)

    def _on_detections(self, message: Detection3DArray) -> None:
        now_s, stamp_ns = time.monotonic(), nanoseconds(message.header.stamp)
        heard_s = self._heard_s.get(stamp_ns)
        found = tuple(localization_from_detection(one) for one in message.detections)
        latency_s = None if heard_s is None else now_s - heard_s
        self.sightings.append(Sighting(stamp_ns=stamp_ns, latency_s=latency_s, found=found))

    def _on_truth(self, message: Detection3DArray) -> None:
        self.truth = {
            one.results[0].hypothesis.class_id: box_from_message(one.bbox)
            for one in message.detections
        }

    def _on_status(self, message: String) -> None:
        self.statuses.append(json.loads(message.data))

    def _on_goal(self, message: PoseStamped) -> None:
        self.goals.append(_flat(rigid_from_pose(message.pose)))

    def _on_costmap(self, message: OccupancyGrid) -> None:
        self.grid = grid_from_message(message)

    def _on_odometry(self, message: Odometry) -> None:
        # The simulator's odom frame never drifts: the newest map -> odom holds for every moment.
        if not self.buffer.can_transform(_MAP, message.header.frame_id, rclpy.time.Time()):
            return
        placed = self.buffer.lookup_transform(_MAP, message.header.frame_id, rclpy.time.Time())
        map_from_odom = rigid_from_transform(placed.transform)
        self.pose = _flat(map_from_odom @ rigid_from_pose(message.pose.pose))
        if not self.path or max(map(abs, _difference(self.pose, self.path[-1]))) > 0.01:
            self.path.append(self.pose[:2])


def _flat(map_from_thing: Rigid3) -> tuple[float, float, float]:
    x_m, y_m, _ = (float(value) for value in map_from_thing.translation)
    return x_m, y_m, float(map_from_thing.yaw_rad)


def _difference(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    return first[0] - second[0], first[1] - second[1]


def _keep(store: OrderedDict[int, Any], key: int, value: Any, most: int) -> None:
    """Add a value and let the oldest beyond ``most`` go."""
    store[key] = value
    while len(store) > most:
        store.popitem(last=False)
