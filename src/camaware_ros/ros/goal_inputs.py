"""What goal_node listens to while it is active."""

from __future__ import annotations

from functools import partial

from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection3DArray

from camaware_ros.ros.goal_session import GoalSession
from camaware_ros.ros.health import Level
from camaware_ros.ros.listening import listen
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.report import Report

_TICK_S = 1.0


class GoalInputs:
    """Subscriptions, the service ``cancel`` and the session's tick.

    Args:
        node: that listens.
        session: that hears.
        report: told of publishers that cannot be heard.
    """

    def __init__(self, node: Node, session: GoalSession, report: Report) -> None:
        self._node, self._session = node, session
        of = partial(listen, node, report)
        self._subscriptions = [
            of(OccupancyGrid, "costmap", session.costmap, latched_qos()),
            of(Detection3DArray, "detections_3d", session.detections, reliable_qos()),
            of(String, "command", self._on_command, reliable_qos(), level=Level.WARN),
        ]
        self._cancel = node.create_service(Trigger, "cancel", self._on_cancel)
        self._timer = node.create_timer(_TICK_S, session.tick)

    def close(self) -> None:
        """Stop listening."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._node.destroy_service(self._cancel)
        self._node.destroy_timer(self._timer)

    def _on_command(self, message: String) -> None:
        self._session.command(message.data)

    def _on_cancel(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        stopped = self._session.cancel("stopped by the cancel service")
        response.success = True
        response.message = "stopped" if stopped else "there was no order"
        return response
