"""One camera of grounding_node: which of its images are worked on, and what is wrong with them."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from camaware_ros.ros.camera_input import CameraInput, CameraPair
from camaware_ros.ros.camera_topics import camera_topics
from camaware_ros.ros.frame_transforms import FrameTransforms
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.grounding_work import Answer, Frame, GroundingWork, Reply
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.report import Report
from camaware_ros.ros.shared_model import SharedModel
from camaware_ros.ros.tf import Buffer

_IDLE_CHECK_PERIOD_S = 1.0
_BACK_NS = 1_000_000_000
_CLOCKS_APART_S = 10.0


class CameraChannel:
    """From a camera's messages to frames that wait for the worker.

    Args:
        node: that listens.
        camera: name; empty where there is only one.
        settings: of the node.
        model: that finds things.
        buffer: of TF.
        report: told of every problem, under the camera's name.
        settling: tells whether the node's clock went back a moment ago.
        phrase: tells what is looked for; None for nothing.
        question: tells what the camera is asked; None for nothing.
        submit: takes a frame for the worker; True where it replaced an older one.
        publish: takes an answer, in the worker's thread.
        reply: takes a reply to a question, in the worker's thread.
    """

    def __init__(
        self,
        node: Node,
        camera: str,
        *,
        settings: GroundingSettings,
        model: SharedModel,
        buffer: Buffer,
        report: Report,
        settling: Callable[[], bool],
        phrase: Callable[[], str | None],
        question: Callable[[], str | None],
        submit: Callable[[Frame, str], bool],
        publish: Callable[[Answer], None],
        reply: Callable[[Reply], None],
    ) -> None:
        self.camera, self._node, self._settings = camera, node, settings
        self._buffer, self._phrase, self._question = buffer, phrase, question
        self._submit = submit
        self._settling = settling
        self._report = report.of(camera)
        self._looked_s = self._checked_s = 0.0
        self._last_stamp_ns = 0
        self._transforms = FrameTransforms(buffer, settings, self._report)
        self._input = CameraInput(node, settings, self._report, self._on_pair, camera)
        self.work = GroundingWork(
            model=model,
            transforms=self._transforms,
            rectified=self._input.rectified,
            min_presence=settings.min_presence,
            report=self._report,
            publish=publish,
            reply=reply,
        )

    def use(self, settings: GroundingSettings) -> None:
        """Go on with other values of the live parameters."""
        self._settings = self._transforms.settings = settings
        self.work.min_presence = settings.min_presence

    def failed(self, text: str) -> None:
        """A frame could not be worked on for a reason that nobody foresaw."""
        self._report.problem("job", Reason.JOB_FAILED, text)

    def went_well(self) -> None:
        """A frame was answered."""
        self._report.health.ok("job")

    def look_around(self) -> None:
        """Notice who else publishes on the camera's topics."""
        topics = camera_topics(
            self._node, self.camera, compressed=self._settings.image_transport == "compressed"
        )
        crowded = [t for t in topics if self._node.count_publishers(t) > 1]
        if crowded:
            text = f"more than one publisher on {' and '.join(crowded)}: cameras may get mixed up"
            self._report.problem("publishers", Reason.SEVERAL_PUBLISHERS, text, Level.WARN)
        else:
            self._report.health.ok("publishers")

    def close(self) -> None:
        """Stop listening."""
        self._input.close()

    def _on_pair(self, pair: CameraPair) -> None:
        self._look_at_time(pair.stamp_ns)
        phrase, question, now_s = self._phrase(), self._question(), time.monotonic()
        # Without a command, a look at the input now and then is enough to report what is wrong.
        unasked = phrase is None and question is None
        idle = unasked and now_s - self._checked_s < _IDLE_CHECK_PERIOD_S
        if idle or self._settling() or self._is_too_soon(now_s) or self._is_too_old(pair.stamp_ns):
            return
        self._checked_s = self._looked_s = now_s
        frame_id = pair.image.message.header.frame_id
        known = self._transforms.prefetch(frame_id, pair.stamp_ns)
        frame = Frame(
            camera=self.camera,
            pair=pair,
            frame_id=frame_id,
            transforms=known,
            phrase=phrase,
            question=question,
        )
        if self._submit(frame, self.camera):
            self._report.health.count("replaced by newer")

    def _look_at_time(self, stamp_ns: int) -> None:
        """Notice a bag that starts over, and a camera whose clock is not the node's."""
        if stamp_ns < self._last_stamp_ns - _BACK_NS:
            back_s = (self._last_stamp_ns - stamp_ns) / 1e9
            # Transforms of a time that is yet to come again would be refused as too old.
            self._buffer.clear()
            self._report.event(
                "stamps", Reason.CLOCK_JUMPED, f"the images' stamps went back by {back_s:.3f} s"
            )
        self._last_stamp_ns = stamp_ns
        apart_s = (self._node.get_clock().now().nanoseconds - stamp_ns) / 1e9
        if abs(apart_s) > _CLOCKS_APART_S:
            text = (
                f"images are stamped {abs(apart_s):.0f} s {'before' if apart_s > 0 else 'after'} "
                "this node's clock; use_sim_time may have to be true here or there"
            )
            self._report.problem("clocks", Reason.CLOCKS_DIFFER, text, Level.WARN)
        else:
            self._report.health.ok("clocks")

    def _is_too_soon(self, now_s: float) -> bool:
        rate_hz = self._settings.max_rate_hz
        return rate_hz > 0 and now_s - self._looked_s < 1 / rate_hz

    def _is_too_old(self, stamp_ns: int) -> bool:
        limit_s = self._settings.max_image_age_s
        age_s = (self._node.get_clock().now().nanoseconds - stamp_ns) / 1e9
        if limit_s and age_s > limit_s:
            text = f"an image is {age_s:.3f} s old, max_image_age_s is {limit_s:.3f}"
            self._report.problem("age", Reason.IMAGE_TOO_OLD, text)
            return True
        self._report.health.ok("age")
        return False
