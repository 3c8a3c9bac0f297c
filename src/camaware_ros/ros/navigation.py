"""A NavigateToPose client that knows one goal: the newest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from action_msgs.msg import GoalStatus as ActionStatus
from geometry_msgs.msg import PoseStamped
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionClient
from rclpy.node import Node

_CODES = {
    ActionStatus.STATUS_SUCCEEDED: "OK",
    ActionStatus.STATUS_CANCELED: "NAVIGATION_CANCELED",
    ActionStatus.STATUS_ABORTED: "NAVIGATION_ABORTED",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the newest goal ended.

    Attributes:
        code: OK, GOAL_REJECTED, NAVIGATION_CANCELED, NAVIGATION_ABORTED or NAVIGATION_UNKNOWN.
        reason: what the server says.
    """

    code: str
    reason: str


class Navigator:
    """Sends goals on the relative action name ``navigate_to_pose``, never waiting.

    A newer goal takes the place of the older one, as Nav2's server does it; what becomes of the
    older one is not reported.

    Args:
        node: whose executor runs the callbacks.
        on_end: told how the newest goal ended, except where ``cancel`` ended it.
    """

    def __init__(self, node: Node, on_end: Callable[[Outcome], None]) -> None:
        self._client = ActionClient(node, NavigateToPose, "navigate_to_pose")
        self._on_end = on_end
        self._number = 0
        self._handle: Any = None

    @property
    def ready(self) -> bool:
        """Whether a server is there."""
        return self._client.server_is_ready()

    def go(self, pose: PoseStamped) -> None:
        """Send a goal."""
        self._number += 1
        future = self._client.send_goal_async(NavigateToPose.Goal(pose=pose))
        future.add_done_callback(partial(self._answered, self._number))

    def cancel(self) -> None:
        """Stop driving, also for a goal that the server has not answered yet."""
        self._number += 1
        if self._handle is not None:
            self._handle.cancel_goal_async()
            self._handle = None

    def destroy(self) -> None:
        """Cancel and let the client go."""
        self.cancel()
        self._client.destroy()

    def _answered(self, number: int, future: Any) -> None:
        handle = future.result()
        if number != self._number:
            if handle.accepted:
                handle.cancel_goal_async()
            return
        if not handle.accepted:
            self._on_end(Outcome("GOAL_REJECTED", "the navigation server refused the goal"))
            return
        self._handle = handle
        handle.get_result_async().add_done_callback(partial(self._ended, number))

    def _ended(self, number: int, future: Any) -> None:
        if number != self._number:
            return
        self._handle = None
        response = future.result()
        code = _CODES.get(response.status, "NAVIGATION_UNKNOWN")
        # Only newer distributions say why.
        error_code = getattr(response.result, "error_code", 0)
        usual = (
            "the navigation server reports arrival" if code == "OK" else f"status {response.status}"
        )
        text = getattr(response.result, "error_msg", "") or usual
        self._on_end(Outcome(code, f"{text}, error code {error_code}" if error_code else text))
