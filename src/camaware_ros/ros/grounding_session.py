"""What runs while grounding_node is active: camera, commands and the worker between them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import String

from camaware_ros.ros.camera_input import CameraInput, CameraPair
from camaware_ros.ros.command_state import NO_COMMAND, CommandState, state_after
from camaware_ros.ros.frame_transforms import FrameTransforms
from camaware_ros.ros.grounding_outputs import GroundingOutputs
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.grounding_work import Answer, Frame, GroundingWork
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.latest import LatestWorker
from camaware_ros.ros.qos import reliable_qos
from camaware_ros.ros.report import Report, StageFailed
from camaware_ros.ros.tf import Buffer

if TYPE_CHECKING:
    from camaware_ros.grounder import Grounder

_IDLE_CHECK_PERIOD_S = 1.0


class GroundingSession:
    """From activation to deactivation.

    Args:
        node: whose topics and clock are used.
        settings: of the node.
        grounder: the model.
        buffer: of TF.
        outputs: where answers go.
        report: told of every problem.
    """

    def __init__(
        self,
        node: LifecycleNode,
        *,
        settings: GroundingSettings,
        grounder: Grounder,
        buffer: Buffer,
        outputs: GroundingOutputs,
        report: Report,
    ) -> None:
        self._node = node
        self._settings = settings
        self._grounder = grounder
        self._outputs = outputs
        self._report = report
        self._checked_s = 0.0
        self._set_command(NO_COMMAND)
        self._transforms = FrameTransforms(buffer, settings, report)
        self._input = CameraInput(node, settings, report, self._on_pair)
        work = GroundingWork(
            grounder=grounder,
            transforms=self._transforms,
            rectified=self._input.rectified,
            min_presence=settings.min_presence,
            report=report,
            publish=self._publish,
        )
        self._worker: LatestWorker[Frame] = LatestWorker(work, self._on_failed, "grounding")
        self._commands = node.create_subscription(
            String, "command", self._on_command, reliable_qos()
        )

    def close(self) -> None:
        """Finish the frame at hand, then listen to nothing."""
        self.join()
        self._input.close()
        self._node.destroy_subscription(self._commands)

    def join(self) -> None:
        """End the worker's thread; the node itself may be going."""
        self._worker.stop()

    def _on_command(self, message: String) -> None:
        state = state_after(message.data, self._grounder.unknown_words, self._grounder.max_words)
        self._set_command(state)
        self._outputs.say(state.text)

    def _set_command(self, state: CommandState) -> None:
        self._command = state
        self._report.health.fact("phrase", state.phrase or "none")
        if state.reason is None:
            self._report.health.ok("command")
            return
        level = Level.WARN if state.reason is Reason.NO_COMMAND else Level.ERROR
        self._report.problem("command", state.reason, state.text, level)

    def _on_pair(self, pair: CameraPair) -> None:
        phrase, now_s = self._command.phrase, time.monotonic()
        # Without a command, a look at the input now and then is enough to report what is wrong.
        idle = phrase is None and now_s - self._checked_s < _IDLE_CHECK_PERIOD_S
        if idle or self._is_too_old(pair.stamp_ns):
            return
        self._checked_s = now_s
        frame_id = pair.image.message.header.frame_id
        known = self._transforms.prefetch(frame_id, pair.stamp_ns)
        frame = Frame(pair=pair, frame_id=frame_id, transforms=known, phrase=phrase)
        if self._worker.submit(frame):
            self._report.health.count("replaced by newer")

    def _is_too_old(self, stamp_ns: int) -> bool:
        limit_s = self._settings.max_image_age_s
        age_s = (self._node.get_clock().now().nanoseconds - stamp_ns) / 1e9
        if limit_s and age_s > limit_s:
            text = f"an image is {age_s:.3f} s old, max_image_age_s is {limit_s:.3f}"
            self._report.problem("age", Reason.IMAGE_TOO_OLD, text)
            return True
        self._report.health.ok("age")
        return False

    def _publish(self, answer: Answer) -> None:
        # A command that came during the work makes its answer one to a question nobody asks.
        if answer.phrase == self._command.phrase:
            self._outputs.publish(answer)
            self._report.health.ok("job")

    def _on_failed(self, error: Exception) -> None:
        self._report.health.count("failed frames")
        if not isinstance(error, StageFailed) and self._node.context.ok():
            self._report.problem("job", Reason.JOB_FAILED, f"{type(error).__name__}: {error}")
