"""Everything that grounding_node publishes: of each camera, and of several cameras together."""

from __future__ import annotations

from rclpy.lifecycle import LifecycleNode

from camaware_ros.ros.grounding_outputs import GroundingOutputs
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.grounding_work import Answer, Reply
from camaware_ros.ros.joined_outputs import JoinedOutputs
from camaware_ros.ros.report import Report


class AllOutputs:
    """Publishers that are silent while the node is not active.

    Args:
        node: that publishes.
        settings: which cameras there are.
        report: told how long answers took.
        model: what vision_info says of it.
    """

    def __init__(
        self, node: LifecycleNode, settings: GroundingSettings, report: Report, model: str
    ) -> None:
        self._of_camera = {
            camera: GroundingOutputs(node, report.of(camera), model, camera)
            for camera in settings.cameras
        }
        self._joined: JoinedOutputs | None = None
        if len(settings.cameras) > 1:
            self._joined = JoinedOutputs(node, settings.cameras, settings.base_frame)

    def tell_model(self, model: str) -> None:
        """Another model may answer from now on."""
        for outputs in self._of_camera.values():
            outputs.tell_model(model)

    def publish(self, answer: Answer) -> None:
        """Publish a camera's answer, and with it that of all cameras where it is complete."""
        self._of_camera[answer.camera].publish(answer)
        if self._joined is not None:
            self._joined.publish(answer)

    def reply(self, reply: Reply) -> None:
        """Publish a camera's answer to a question; among several cameras it is told whose."""
        self._of_camera[reply.camera].reply(reply)
        if self._joined is not None:
            self._joined.say(f"{reply.camera}: {reply.text}")

    def say(self, text: str) -> None:
        """Publish a sentence that is not about one camera."""
        (self._joined or next(iter(self._of_camera.values()))).say(text)

    def forget(self) -> None:
        """What has been seen so far answers another question."""
        if self._joined is not None:
            self._joined.forget()

    def close(self) -> None:
        """Stop advertising."""
        for outputs in filter(None, (*self._of_camera.values(), self._joined)):
            outputs.close()
