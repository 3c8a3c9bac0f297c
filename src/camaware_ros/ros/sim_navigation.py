"""The simulator's NavigateToPose server: one drive at a time, a newer goal replaces the older."""

from __future__ import annotations

import time
from typing import Any

import rclpy
from builtin_interfaces.msg import Duration
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.sim_conversions import goal_pose, robot_pose
from camaware_ros.ros.sim_loop import SimLoop
from camaware_ros.simulation.simulator import Drive, Simulator

_POLL_S = 0.05
_FEEDBACK_S = 0.2
_USUAL_SPEED_MPS = 0.5


class NavigationServer:
    """Serves ``navigate_to_pose`` (relative name) with the simulator's own planner.

    Args:
        node: must be spun by an executor of several threads; each goal occupies one.
        simulator: what drives.
        loop: its lock is held while the simulator is touched; when it ends, so do goals.
        map_from_odom: for goals given in odom.
    """

    def __init__(
        self, node: Node, simulator: Simulator, loop: SimLoop, map_from_odom: Rigid3
    ) -> None:
        self._node, self._simulator = node, simulator
        self._lock, self._ending = loop.lock, loop.ending
        self._map_from_odom = map_from_odom
        self._server = ActionServer(
            node, NavigateToPose, "navigate_to_pose", self._execute,
            callback_group=ReentrantCallbackGroup(),
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )  # fmt: skip

    def _execute(self, handle: ServerGoalHandle) -> Any:
        began_s = self._simulator.time_s
        try:
            with self._lock:
                base = self._simulator.robot.map_from_base
                goal = goal_pose(handle.request.pose, base, self._map_from_odom)
                x_m, y_m = (float(value) for value in goal.translation[:2])
                ticket = self._simulator.drive_to((x_m, y_m, float(goal.yaw_rad)))
        except ValueError as error:
            return self._end(handle, Drive.refused(str(error)))
        self._node.get_logger().info(f"driving to ({x_m:.2f}, {y_m:.2f})")
        return self._end(handle, self._wait(handle, ticket, began_s))

    def _wait(self, handle: ServerGoalHandle, ticket: int, began_s: float) -> Drive:
        """Publish feedback until the drive has ended."""
        next_feedback = 0.0
        while rclpy.ok() and not self._ending.is_set():
            with self._lock:
                drive, instant = self._simulator.drive(ticket), self._simulator.snapshot()
                if handle.is_cancel_requested and drive.state == "driving":
                    self._simulator.stop("cancelled")
                    drive = self._simulator.drive(ticket)
            if drive.state != "driving":
                return drive
            if time.monotonic() >= next_feedback:
                next_feedback = time.monotonic() + _FEEDBACK_S
                handle.publish_feedback(
                    _feedback(drive, robot_pose(instant), instant.time_s - began_s)
                )
            self._ending.wait(_POLL_S)
        return self._simulator.drive(ticket)

    def _end(self, handle: ServerGoalHandle, drive: Drive) -> Any:
        """Set the goal's state and make its result."""
        result = NavigateToPose.Result()
        if not rclpy.ok():
            return result
        if drive.state == "arrived":
            handle.succeed()
            self._node.get_logger().info("arrived")
            return result
        if handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        reason = drive.reason or "the simulator ends"
        self._node.get_logger().warning(f"goal not reached: {reason}")
        # Result fields differ between distributions: humble has neither of these.
        _set_if_there(result, "error_code", getattr(NavigateToPose.Result, "UNKNOWN", 9000))
        _set_if_there(result, "error_msg", reason)
        return result


def _feedback(drive: Drive, pose: Any, elapsed_s: float) -> Any:
    feedback = NavigateToPose.Feedback(current_pose=pose)
    left_s = drive.remaining_m / _USUAL_SPEED_MPS
    _set_if_there(feedback, "distance_remaining", float(drive.remaining_m))
    _set_if_there(feedback, "navigation_time", _duration(elapsed_s))
    _set_if_there(feedback, "estimated_time_remaining", _duration(left_s))
    return feedback


def _duration(seconds: float) -> Duration:
    nanoseconds = round(seconds * 1e9)
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def _set_if_there(message: Any, field: str, value: object) -> None:
    if hasattr(message, field):
        setattr(message, field, value)
