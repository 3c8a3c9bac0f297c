"""What runs while grounding_node is active: cameras, commands and the worker between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import String

from camaware_ros.language.dialogue import is_question
from camaware_ros.ros.all_outputs import AllOutputs
from camaware_ros.ros.camera_channel import CameraChannel
from camaware_ros.ros.command_state import NO_COMMAND, CommandState, state_after
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.grounding_work import Answer, Frame, Reply
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.latest import LatestWorker
from camaware_ros.ros.listening import listen
from camaware_ros.ros.qos import reliable_qos
from camaware_ros.ros.questions import Questions
from camaware_ros.ros.report import Report, StageFailed
from camaware_ros.ros.shared_model import SharedModel
from camaware_ros.ros.tf import Buffer

_LOOK_AROUND_S = 1.0


class GroundingSession:
    """From activation to deactivation.

    Args:
        node: whose topics and clock are used.
        settings: of the node.
        model: that finds things.
        buffer: of TF.
        outputs: where answers go.
        settling: tells whether the node's clock went back a moment ago.
        report: told of every problem.
    """

    def __init__(
        self,
        node: LifecycleNode,
        *,
        settings: GroundingSettings,
        model: SharedModel,
        buffer: Buffer,
        outputs: AllOutputs,
        settling: Callable[[], bool],
        report: Report,
    ) -> None:
        self._node, self._model, self._report = node, model, report
        self._outputs = outputs
        self._questions = Questions(settings.cameras, model, report)
        self._set_command(NO_COMMAND)
        if settings.command:
            self._set_command(self._state(settings.command))
        self._worker: LatestWorker[Frame] = LatestWorker(self._work, self._on_failed, "grounding")
        self._channels = {
            camera: CameraChannel(
                node,
                camera,
                settings=settings,
                model=model,
                buffer=buffer,
                report=report,
                settling=settling,
                phrase=lambda: self._command.phrase,
                question=partial(self._questions.of, camera),
                submit=self._worker.submit,
                publish=self._publish,
                reply=self._reply,
            )
            for camera in settings.cameras
        }
        self._commands = listen(
            node, report, String, "command", self._on_command, reliable_qos(), level=Level.WARN
        )
        # A timer on simulated time would stand still with it.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(_LOOK_AROUND_S, self._look_around, clock=steady)

    def use(self, settings: GroundingSettings, *, command_too: bool) -> None:
        """Go on with other values of the live parameters.

        Raises:
            ValueError: on a command that cannot be obeyed; nothing is changed then.
        """
        if command_too:
            state = self._state(settings.command) if settings.command else NO_COMMAND
            if state.phrase is None and state.reason is not Reason.NO_COMMAND:
                raise ValueError(f"command: {state.text}")
            self._set_command(state)
        for channel in self._channels.values():
            channel.use(settings)

    def close(self) -> None:
        """Finish the frame at hand, then listen to nothing."""
        self.join()
        self._node.destroy_timer(self._timer)
        for channel in self._channels.values():
            channel.close()
        self._node.destroy_subscription(self._commands)

    def join(self) -> None:
        """End the worker's thread; the node itself may be going."""
        self._worker.stop()

    def _on_command(self, message: String) -> None:
        if is_question(message.data):
            self._outputs.say(self._questions.ask(message.data))
            return
        self._questions.forget()
        state = self._state(message.data)
        self._set_command(state)
        self._outputs.say(state.text)

    def _state(self, command: str) -> CommandState:
        return state_after(command, self._model.unknown_words, self._model.max_words)

    def _set_command(self, state: CommandState) -> None:
        self._command = state
        self._report.health.fact("phrase", state.phrase or "none")
        self._outputs.forget()
        if state.reason is None:
            self._report.health.ok("command")
            return
        level = Level.WARN if state.reason is Reason.NO_COMMAND else Level.ERROR
        self._report.problem("command", state.reason, state.text, level)

    def _look_around(self) -> None:
        for channel in self._channels.values():
            channel.look_around()

    def _work(self, frame: Frame) -> None:
        channel = self._channels[frame.camera]
        try:
            channel.work(frame)
        except StageFailed:
            raise
        except Exception as error:  # one frame's failure must not be the node's
            if frame.question is not None:  # it would break the next frame as well
                self._questions.settled(frame.camera, frame.question)
            if self._node.context.ok():
                channel.failed(f"{type(error).__name__}: {error}")
            raise

    def _publish(self, answer: Answer) -> None:
        # A command that came during the work makes its answer one to a question nobody asks.
        if answer.phrase != self._command.phrase:
            return
        self._outputs.publish(answer)
        self._channels[answer.camera].went_well()

    def _reply(self, reply: Reply) -> None:
        if self._questions.settled(reply.camera, reply.question, reply.doubts):
            self._outputs.reply(reply)
            self._channels[reply.camera].went_well()

    def _on_failed(self, _: Exception) -> None:
        self._report.health.count("failed frames")
