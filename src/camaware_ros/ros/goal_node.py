"""The node: an order and detections in, a place to stand and driving out. Logic lives elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import String
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection3DArray

from camaware_ros.ros.diagnostics import DiagnosticsPublisher
from camaware_ros.ros.goal_messages import GoalStatus
from camaware_ros.ros.goal_session import GoalSession, Surroundings
from camaware_ros.ros.goal_settings import GoalSettings
from camaware_ros.ros.health import Health, Level, Reason
from camaware_ros.ros.navigation import Navigator, Outcome
from camaware_ros.ros.parameters import declare, read
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.report import Report, StageFailed
from camaware_ros.ros.spin import autostart, run_node
from camaware_ros.ros.tf import Buffer, TransformListener

_WELL = ("idle", "ready", "driving", "arrived", "stopped")


class GoalNode(LifecycleNode):
    """Drives to what was named, when it is seen well enough and there is room to stand."""

    def __init__(self) -> None:
        super().__init__("goal_node")
        declare(self, GoalSettings)
        self._report = Report(Health(time.monotonic()), self.get_logger())
        self._diagnostics = DiagnosticsPublisher(self, self._report.health)
        self._session: GoalSession | None = None
        self._navigator: Navigator | None = None
        self._inputs: list = []
        self._tell_not_active()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters and advertise. FAILURE where they contradict each other."""
        try:
            with self._report.stage("parameters", Reason.PARAMETER_INVALID):
                self._settings = read(self, GoalSettings)
                self._settings.mission()
        except StageFailed:
            return TransitionCallbackReturn.FAILURE
        self._poses = self.create_lifecycle_publisher(PoseStamped, "goal_pose", reliable_qos())
        self._statuses = self.create_lifecycle_publisher(String, "goal_status", latched_qos())
        self._buffer = Buffer(node=self)
        self._listener = TransformListener(self._buffer, self)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen."""
        result = super().on_activate(state)
        self._report.health.expect_nothing()
        self._navigator = Navigator(self, self._on_end)
        self._session = session = GoalSession(
            self._settings,
            Surroundings(
                buffer=self._buffer,
                navigator=self._navigator,
                publish_pose=self._poses.publish,
                publish_status=self._publish_status,
                now_s=lambda: self.get_clock().now().nanoseconds * 1e-9,
            ),
        )
        listen = self.create_subscription
        self._inputs = [
            listen(OccupancyGrid, "costmap", session.costmap, latched_qos()),
            listen(Detection3DArray, "detections_3d", session.detections, reliable_qos()),
            listen(String, "command", lambda m: session.command(m.data), reliable_qos()),
        ]
        self._cancel = self.create_service(Trigger, "cancel", self._on_cancel)
        self._timer = self.create_timer(1.0, session.tick)
        session.tick()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop the robot, then listen to nothing."""
        self._stop("the node was deactivated")
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget TF and the outputs."""
        self._let_go()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state."""
        self._stop("the node was shut down")
        return super().on_shutdown(state)

    def _stop(self, reason: str) -> None:
        if self._session is None or self._navigator is None:
            return
        self._session.cancel(reason)
        self._navigator.destroy()
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self.destroy_service(self._cancel)
        self.destroy_timer(self._timer)
        self._session, self._navigator, self._inputs = None, None, []
        self._tell_not_active()

    def _let_go(self) -> None:
        self._listener.unregister()
        self.destroy_publisher(self._poses)
        self.destroy_publisher(self._statuses)

    def _on_end(self, outcome: Outcome) -> None:
        if self._session is not None:
            self._session.ended(outcome)

    def _on_cancel(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        stopped = self._session is not None and self._session.cancel(
            "stopped by the cancel service"
        )
        response.success = True
        response.message = "stopped" if stopped else "there was no order"
        return response

    def _publish_status(self, status: GoalStatus) -> None:
        self._statuses.publish(status.message())
        if status.state in _WELL:
            self._report.health.ok("goal")
            return
        self._report.problem("goal", status.code, status.reason, Level.WARN)

    def _tell_not_active(self) -> None:
        text = "the node is not active: configure and activate it"
        self._report.health.problem("lifecycle", Reason.NOT_ACTIVE, text, Level.WARN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until the process is told to end; 0 after SIGINT or SIGTERM."""
    return run_node(GoalNode, arguments, started=autostart)


if __name__ == "__main__":
    sys.exit(main())
