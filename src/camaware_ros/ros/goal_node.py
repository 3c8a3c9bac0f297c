"""The node: an order and detections in, a place to stand and driving out. Logic lives elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from geometry_msgs.msg import PoseStamped
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import String

from camaware_ros.ros.clock_watch import ClockWatch
from camaware_ros.ros.diagnostics import DiagnosticsPublisher
from camaware_ros.ros.goal_inputs import GoalInputs
from camaware_ros.ros.goal_messages import GoalStatus
from camaware_ros.ros.goal_session import GoalSession, Surroundings
from camaware_ros.ros.goal_settings import GoalSettings
from camaware_ros.ros.health import Health, Level, Reason
from camaware_ros.ros.navigation import Navigator, Outcome
from camaware_ros.ros.parameters import declare, read, watch
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.report import Report
from camaware_ros.ros.spin import autostart, run_node
from camaware_ros.ros.tf import Buffer, TransformListener
from camaware_ros.ros.transitions import tell_not_active, told

_WELL = ("idle", "ready", "driving", "arrived", "stopped")


class GoalNode(LifecycleNode):
    """Drives to what was named, when it is seen well enough and there is room to stand."""

    def __init__(self) -> None:
        super().__init__("goal_node")
        self._session: GoalSession | None = None
        self._navigator: Navigator | None = None
        self._configured = False
        declare(self, GoalSettings)
        watch(self, GoalSettings, lambda: self._configured, self._use)
        self.report = Report(Health(time.monotonic()), self.get_logger())
        self._diagnostics = DiagnosticsPublisher(self, self.report.health)
        self._clock_watch = ClockWatch(self, self.report, self._on_clock_back, self._on_settled)
        tell_not_active(self.report)

    @told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters and advertise. FAILURE where they contradict each other."""
        with self.report.stage("parameters", Reason.PARAMETER_INVALID):
            self._settings = read(self, GoalSettings)
            self._settings.mission()
        self._poses = self.create_lifecycle_publisher(PoseStamped, "goal_pose", reliable_qos())
        self._statuses = self.create_lifecycle_publisher(String, "goal_status", latched_qos())
        self._buffer = Buffer(node=self)
        self._listener = TransformListener(self._buffer, self)
        self._configured = True
        return super().on_configure(state)

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen."""
        result = super().on_activate(state)
        self.report.health.expect_nothing()
        self._navigator = Navigator(self, self._on_end)
        self._session = session = GoalSession(
            self._settings,
            Surroundings(
                buffer=self._buffer,
                navigator=self._navigator,
                publish_pose=self._poses.publish,
                publish_status=self._publish_status,
                settling=lambda: self._clock_watch.settling,
                now_s=lambda: self.get_clock().now().nanoseconds * 1e-9,
            ),
        )
        self._inputs = GoalInputs(self, session, self.report)
        session.tick()
        return result

    @told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop the robot, then listen to nothing."""
        self._stop("the node was deactivated")
        return super().on_deactivate(state)

    @told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget TF and the outputs."""
        result = super().on_cleanup(state)
        self._let_go()
        return result

    @told
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state."""
        self._stop("the node was shut down")
        result = super().on_shutdown(state)
        self._let_go()
        return result

    def _stop(self, reason: str) -> None:
        if self._session is None or self._navigator is None:
            return
        self._session.cancel(reason)
        self._navigator.destroy()
        self._inputs.close()
        self._session = self._navigator = None
        tell_not_active(self.report)

    def _let_go(self) -> None:
        if self._configured:
            self._configured = False
            self._listener.unregister()
            self.destroy_lifecycle_publisher(self._poses)
            self.destroy_lifecycle_publisher(self._statuses)

    def _use(self, settings: GoalSettings, _: frozenset[str]) -> None:
        settings.mission()
        self._settings = settings
        if self._session is not None:
            self._session.use(settings)

    def _on_clock_back(self) -> None:
        if self._session is not None:
            self._session.time_went_back()

    def _on_settled(self) -> None:
        if self._configured:
            self._buffer.clear()

    def _on_end(self, outcome: Outcome) -> None:
        if self._session is not None:
            self._session.ended(outcome)

    def _publish_status(self, status: GoalStatus) -> None:
        self._statuses.publish(status.message())
        if status.state in _WELL:
            self.report.health.ok("goal")
            return
        self.report.problem("goal", status.code, status.reason, Level.WARN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until the process is told to end; 0 after SIGINT or SIGTERM."""
    return run_node(GoalNode, arguments, started=autostart)


if __name__ == "__main__":
    sys.exit(main())
