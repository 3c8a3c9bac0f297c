"""Lifecycle and process of grounding_node; what it does while active is ``grounding_session``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from camaware_ros.ros.diagnostics import DiagnosticsPublisher
from camaware_ros.ros.grounding_outputs import GroundingOutputs
from camaware_ros.ros.grounding_session import GroundingSession
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.health import Health, Level, Reason
from camaware_ros.ros.parameters import choice_checker, declare, read
from camaware_ros.ros.report import Report, StageFailed
from camaware_ros.ros.spin import autostart, run_node
from camaware_ros.ros.tf import Buffer, TransformListener

if TYPE_CHECKING:
    from camaware_ros.grounder import Grounder

LoadGrounder = Callable[..., "Grounder"]


class GroundingNode(LifecycleNode):
    """Named things in 3-D from one camera, whichever camera that is.

    Args:
        load_grounder: called with model_dir, backend and threads when the node is configured.
    """

    def __init__(self, load_grounder: LoadGrounder) -> None:
        # First of all: rclpy destroys a node whose parameters it refuses.
        self._grounder: Grounder | None = None
        self._outputs: GroundingOutputs | None = None
        self._session: GroundingSession | None = None
        super().__init__("grounding_node")
        self._load_grounder = load_grounder
        declare(self, GroundingSettings)
        self.add_on_set_parameters_callback(choice_checker(GroundingSettings))
        self._report = Report(Health(time.monotonic()), self.get_logger())
        period_s = self.get_parameter("diagnostics_period_s").value
        self._diagnostics = DiagnosticsPublisher(self, self._report.health, period_s)
        self._tell_not_active()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters, load the model, advertise. FAILURE where that cannot be done."""
        try:
            with self._report.stage("parameters", Reason.PARAMETER_INVALID):
                self._settings = read(self, GroundingSettings)
            with self._report.stage("model", Reason.MODEL_UNUSABLE, RuntimeError):
                folder = self._settings.model_dir
                self._grounder = self._load_grounder(
                    model_dir=Path(folder) if folder else None,
                    backend=self._settings.backend,
                    threads=self._settings.threads,
                )
        except StageFailed:
            return TransitionCallbackReturn.FAILURE
        self._outputs = GroundingOutputs(self, self._report)
        self._buffer = Buffer(node=self)
        self._listener = TransformListener(self._buffer, self)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the camera and to commands."""
        result = super().on_activate(state)
        self._report.health.expect_nothing()
        self._session = GroundingSession(
            self,
            settings=self._settings,
            grounder=self._grounder,
            buffer=self._buffer,
            outputs=self._outputs,
            report=self._report,
        )
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Finish the frame at hand, then listen to nothing."""
        self._end_session()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the model go."""
        result = super().on_cleanup(state)
        self._let_go()
        return result

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and let go, from any state."""
        self._end_session()
        result = super().on_shutdown(state)
        self._let_go()
        return result

    def destroy_node(self) -> None:
        """Join the worker before the node goes."""
        if self._session is not None:
            self._session.join()
        if self._grounder is not None:
            self._grounder.close()
        super().destroy_node()

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        self._tell_not_active()

    def _let_go(self) -> None:
        if self._outputs is not None and self._grounder is not None:
            self._listener.unregister()
            self._outputs.close()
            self._grounder.close()
            self._outputs = self._grounder = None

    def _tell_not_active(self) -> None:
        self._report.health.expect_nothing()
        text = "the node is not active: configure and activate it"
        self._report.health.problem("lifecycle", Reason.NOT_ACTIVE, text, Level.WARN)


def main(arguments: Sequence[str] | None = None, load_grounder: LoadGrounder | None = None) -> int:
    """Run the node until the process is told to end; 0 after SIGINT or SIGTERM."""

    def make_node() -> GroundingNode:
        if load_grounder is not None:
            return GroundingNode(load_grounder)
        # After rclpy's handlers are in place: a signal during this import ends the process well.
        from camaware_ros.grounder import Grounder

        return GroundingNode(Grounder.load)

    return run_node(make_node, arguments, started=autostart)


if __name__ == "__main__":
    sys.exit(main())
