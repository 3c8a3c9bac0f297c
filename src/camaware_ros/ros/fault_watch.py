"""Who watches the nodes in ``fault_run``: gives the time, hears what they say, knows the truth."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import OccupancyGrid
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.fault_robot import map_from_base
from camaware_ros.ros.qos import input_qos, latched_qos, reliable_qos, tf_qos
from camaware_ros.ros.sim_conversions import time_message

_CLOCK_HZ = 20.0
_FIRST_S = 1000.0
_SAME_PLACE_M = 0.1
_CODE = re.compile(r"(?:^|; )([a-z_]+): ")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection message.

    Attributes:
        at_s: when it came, monotonic.
        stamp_s: when its image was taken, simulated.
        center_base: of the first thing, in the robot's base by the true motion; None without one.
    """

    at_s: float
    stamp_s: float
    center_base: NDArray[np.float64] | None

    def shows(self, place: NDArray[np.float64]) -> bool:
        """Whether the thing is seen at a place in the robot's base."""
        center = self.center_base
        return center is not None and float(np.linalg.norm(center - place)) < _SAME_PLACE_M


class FaultWatch:
    """A node with simulated time in its hands.

    Args:
        costmap: for goal_node.
        check: called while waiting; raises where a node has died.
    """

    def __init__(self, costmap: OccupancyGrid, check: Callable[[], None]) -> None:
        self._check = check
        self.offset_s, self.stopped = _FIRST_S - time.monotonic(), False
        self.sightings: list[Sighting] = []
        self.codes: list[tuple[float, str]] = []
        self.said = ""
        self.heard_s = {"camera": 0.0, "tf": 0.0}
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("fault_watch", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        listen, publish = self._node.create_subscription, self._node.create_publisher
        listen(Detection3DArray, "detections_3d", self._on_detections, reliable_qos())
        listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, reliable_qos())
        listen(CameraInfo, "camera_info", lambda _: self._heard("camera"), input_qos("sensor_data"))
        listen(TFMessage, "/tf", lambda _: self._heard("tf"), tf_qos())
        self._commands = publish(String, "command", reliable_qos())
        self._costmaps = publish(OccupancyGrid, "costmap", latched_qos())
        self._costmaps.publish(costmap)
        self._clocks = publish(Clock, "/clock", reliable_qos(1))
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="clock")
        self._thread.start()

    def __enter__(self) -> FaultWatch:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the clock and leave the graph."""
        self._ending.set()
        self._thread.join()
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    @property
    def now_s(self) -> float:
        """Simulated time."""
        return time.monotonic() + self.offset_s

    @property
    def commanded(self) -> bool:
        """Whether both nodes listen to commands."""
        return self._commands.get_subscription_count() >= 2

    @property
    def has_guests(self) -> bool:
        """Whether others than the robot publish images."""
        return self._node.count_publishers("image") > 1

    def say(self, text: str) -> None:
        """Give an order."""
        self._commands.publish(String(data=text))

    def spin(self, seconds: float) -> None:
        """Let time pass."""
        self.wait(lambda: False, seconds)

    def wait(self, condition: Callable[[], object], timeout_s: float) -> bool:
        """Handle what comes until the condition holds; False where the time was over first."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._check()
            self._executor.spin_once(timeout_sec=0.05)
        return True

    def codes_since(self, moment_s: float) -> frozenset[str]:
        """What grounding_node said was wrong since a moment, monotonic."""
        return frozenset(code for at_s, code in self.codes if at_s >= moment_s)

    def _heard(self, part: str) -> None:
        self.heard_s[part] = time.monotonic()

    def _on_detections(self, message: Detection3DArray) -> None:
        stamp_s = nanoseconds(message.header.stamp) / 1e9
        center = None
        if message.detections:
            place = message.detections[0].bbox.center.position
            in_map = np.array([place.x, place.y, place.z])
            center = map_from_base(stamp_s).inverse().apply(in_map)
        self.sightings.append(Sighting(time.monotonic(), stamp_s, center))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        now_s = time.monotonic()
        for status in message.status:
            if status.name == "/grounding_node":
                self.said = status.message
                self.codes += [(now_s, code) for code in _CODE.findall(status.message)]

    def _tick(self) -> None:
        while not self._ending.wait(1 / _CLOCK_HZ):
            if not self.stopped:
                self._clocks.publish(Clock(clock=time_message(self.now_s)))
