"""What grounding_node publishes."""

from __future__ import annotations

import time

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.qos import QoSProfile
from std_msgs.msg import Header, String
from vision_msgs.msg import Detection3DArray, VisionInfo

from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.camera_names import camera_topic
from camaware_ros.ros.conversions import detections_from_localizations
from camaware_ros.ros.grounding_work import Answer, Reply
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.report import Report
from camaware_ros.ros.view_outputs import ViewOutputs


class GroundingOutputs:
    """The publishers, which are silent while the node is not active.

    Args:
        node: that publishes.
        report: told how long an answer took.
        model: what vision_info says of it.
        camera: whose name all topics are under; empty where there is only one.
    """

    def __init__(self, node: LifecycleNode, report: Report, model: str, camera: str = "") -> None:
        self._node = node
        self._report = report

        def publisher(kind: type, topic: str, qos: QoSProfile) -> LifecyclePublisher:
            return node.create_lifecycle_publisher(kind, camera_topic(camera, topic), qos)

        self._detections = publisher(Detection3DArray, "detections_3d", reliable_qos())
        self._answers = publisher(String, "answer", reliable_qos())
        self._views = ViewOutputs(node, camera_topic(camera, ""))
        # Not a lifecycle publisher: the model is known from when it is loaded.
        self._info = node.create_publisher(
            VisionInfo, camera_topic(camera, "vision_info"), latched_qos()
        )
        self._model = ""
        self.tell_model(model)

    def tell_model(self, model: str) -> None:
        """Publish which model answers from now on, where it is another one than before."""
        if model != self._model:
            self._model = model
            stamp = self._node.get_clock().now().to_msg()
            self._info.publish(VisionInfo(header=Header(stamp=stamp), method=model))

    def publish(self, answer: Answer) -> None:
        """Publish an answer; pictures of it only where somebody looks at them."""
        self._detections.publish(
            detections_from_localizations(answer.found, answer.header, answer.doubts)
        )
        took_s = time.monotonic() - answer.arrived_s
        age_ns = self._node.get_clock().now().nanoseconds - nanoseconds(answer.header.stamp)
        health = self._report.health
        health.took("image to detection", took_s)
        health.took("all but the network", took_s - answer.network_s)
        health.took("age at publishing", age_ns / 1e9)
        health.count("answers")
        self.say(answer.text)
        self._views.publish(answer)

    def reply(self, reply: Reply) -> None:
        """Publish the answer to a question, and where the things are that it speaks of."""
        self._detections.publish(
            detections_from_localizations(reply.found, reply.header, reply.doubts)
        )
        self._report.health.count("replies")
        self.say(reply.text)

    def say(self, text: str) -> None:
        """Publish a sentence."""
        self._answers.publish(String(data=text))

    def close(self) -> None:
        """Stop advertising."""
        self._views.close()
        for publisher in (self._detections, self._answers):
            self._node.destroy_lifecycle_publisher(publisher)
        self._node.destroy_publisher(self._info)
