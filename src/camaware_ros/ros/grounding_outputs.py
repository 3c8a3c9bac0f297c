"""What grounding_node publishes."""

from __future__ import annotations

import time

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String
from vision_msgs.msg import Detection3DArray

from camaware_ros.ros.camera_names import camera_topic
from camaware_ros.ros.conversions import detections_from_localizations
from camaware_ros.ros.grounding_work import Answer
from camaware_ros.ros.image_messages import image_from_rgb
from camaware_ros.ros.qos import reliable_qos
from camaware_ros.ros.report import Report
from camaware_ros.visualization.overlay import draw_overlay


class GroundingOutputs:
    """The publishers, which are silent while the node is not active.

    Args:
        node: that publishes.
        report: told how long an answer took.
        camera: whose name all topics are under; empty where there is only one.
    """

    def __init__(self, node: LifecycleNode, report: Report, camera: str = "") -> None:
        self._node = node
        self._report = report

        def publisher(kind: type, topic: str, qos: QoSProfile) -> LifecyclePublisher:
            return node.create_lifecycle_publisher(kind, camera_topic(camera, topic), qos)

        self._detections = publisher(Detection3DArray, "detections_3d", reliable_qos())
        self._answers = publisher(String, "answer", reliable_qos())
        self._overlays = publisher(Image, "overlay", reliable_qos(1))

    def publish(self, answer: Answer) -> None:
        """Publish an answer; the picture only where somebody looks at it."""
        self._detections.publish(detections_from_localizations(answer.found, answer.header))
        self._report.health.took("image to detection", time.monotonic() - answer.arrived_s)
        self._report.health.count("answers")
        self.say(answer.text)
        if self._overlays.get_subscription_count():
            overlay = draw_overlay(answer.observation, answer.in_camera)
            self._overlays.publish(image_from_rgb(overlay, answer.image_header))

    def say(self, text: str) -> None:
        """Publish a sentence."""
        self._answers.publish(String(data=text))

    def close(self) -> None:
        """Stop advertising."""
        for publisher in (self._detections, self._answers, self._overlays):
            self._node.destroy_lifecycle_publisher(publisher)
