"""Lifecycle and process of grounding_node; what it does while active is ``grounding_session``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from camaware_ros.ros.all_outputs import AllOutputs
from camaware_ros.ros.backend_log import backend_lines
from camaware_ros.ros.clock_watch import ClockWatch
from camaware_ros.ros.diagnostics import DiagnosticsPublisher
from camaware_ros.ros.grounding_session import GroundingSession
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.health import Health, Reason
from camaware_ros.ros.parameters import declare, read, watch
from camaware_ros.ros.report import Report
from camaware_ros.ros.shared_model import LoadGrounder, SharedModel
from camaware_ros.ros.spin import autostart, run_node
from camaware_ros.ros.tf import Buffer, TransformListener
from camaware_ros.ros.transitions import tell_not_active, told

if TYPE_CHECKING:
    from camaware_ros.grounder import Grounder


class GroundingNode(LifecycleNode):
    """Named things in 3-D from cameras, whichever cameras they are.

    Args:
        load_grounder: called with model_dir, backend and threads when the node is configured.
    """

    def __init__(self, load_grounder: LoadGrounder) -> None:
        # First of all: rclpy destroys a node whose parameters it refuses.
        self._model: SharedModel | None = None
        self._session: GroundingSession | None = None
        self._load_grounder = load_grounder
        super().__init__("grounding_node")
        declare(self, GroundingSettings)
        watch(self, GroundingSettings, lambda: self._model is not None, self._use)
        self.report = Report(Health(time.monotonic()), self.get_logger())
        period_s = self.get_parameter("diagnostics_period_s").value
        self._diagnostics = DiagnosticsPublisher(self, self.report.health, period_s)
        self._clock_watch = ClockWatch(self, self.report, on_settled=self._forget_tf)
        tell_not_active(self.report)

    @told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters, load the model, advertise. FAILURE where that cannot be done."""
        with self.report.stage("parameters", Reason.PARAMETER_INVALID):
            self._settings = settings = read(self, GroundingSettings)
        told_lines = backend_lines(self.report, self._diagnostics.publish)
        with told_lines, self.report.stage("model", Reason.MODEL_UNUSABLE, RuntimeError):
            model = SharedModel(self._load_grounder, settings)
        self._outputs = AllOutputs(self, settings, self.report, model.description)
        self._buffer = Buffer(node=self)
        self._listener = TransformListener(self._buffer, self)
        self._model = model
        return super().on_configure(state)

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the cameras and to commands."""
        assert self._model is not None
        self._session = GroundingSession(
            self,
            settings=self._settings,
            model=self._model,
            buffer=self._buffer,
            outputs=self._outputs,
            settling=lambda: self._clock_watch.settling,
            report=self.report,
        )
        self.report.health.ok("lifecycle")
        return super().on_activate(state)

    @told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Finish the frame at hand, then listen to nothing; the model stays loaded."""
        self._end_session()
        return super().on_deactivate(state)

    @told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the model go."""
        result = super().on_cleanup(state)
        self._let_go()
        return result

    @told
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
        if self._model is not None:
            self._model.close()
        super().destroy_node()

    def _use(self, settings: GroundingSettings, changed: frozenset[str]) -> None:
        with backend_lines(self.report, self._diagnostics.publish):
            self._model.use(settings)
        self._outputs.tell_model(self._model.description)
        if self._session is not None:
            self._session.use(settings, command_too="command" in changed)
        self._settings = settings

    def _forget_tf(self) -> None:
        if self._model is not None:
            self._buffer.clear()

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        tell_not_active(self.report)

    def _let_go(self) -> None:
        if self._model is not None:
            self._listener.unregister()
            self._outputs.close()
            self._model.close()
            self._model = None


def _load(**arguments: Any) -> Grounder:
    # Only now: a signal during this slow import ends the process well.
    from camaware_ros.grounder import Grounder

    return Grounder.load(**arguments)


def main(arguments: Sequence[str] | None = None, load_grounder: LoadGrounder = _load) -> int:
    """Run the node until the process is told to end; 0 after SIGINT or SIGTERM."""
    return run_node(lambda: GroundingNode(load_grounder), arguments, started=autostart)


if __name__ == "__main__":
    sys.exit(main())
