"""What grounding_node publishes for all of its cameras together."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header, String
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

from camaware_ros.ros.answers import joined_sentence
from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.conversions import detections_from_localizations
from camaware_ros.ros.grounding_settings import CAMERA_FRAME
from camaware_ros.ros.grounding_work import Answer
from camaware_ros.ros.joined_view import Rounds, View, joined
from camaware_ros.ros.markers import markers_from_localizations
from camaware_ros.ros.qos import reliable_qos


class JoinedOutputs:
    """Publishers that are silent while the node is not active.

    Args:
        node: that publishes.
        cameras: names of all.
        base_frame: of the detections.
    """

    def __init__(self, node: LifecycleNode, cameras: Sequence[str], base_frame: str) -> None:
        self._node, self._cameras, self._base_frame = node, tuple(cameras), base_frame
        self._rounds = Rounds(cameras)
        publisher = node.create_lifecycle_publisher
        self._detections = publisher(Detection3DArray, "detections_3d", reliable_qos())
        self._answers = publisher(String, "answer", reliable_qos())
        self._markers = publisher(MarkerArray, "markers", reliable_qos(1))

    def publish(self, answer: Answer) -> None:
        """Take a camera's answer; publish where it ends a round."""
        base_from_camera = answer.placement.base_from_camera
        if base_from_camera is None:  # reported as mounting_unknown
            return
        frame = answer.placement.output_frame
        moves = frame in (self._base_frame, CAMERA_FRAME, answer.image_header.frame_id)
        view = View(
            camera=answer.camera,
            stamp_ns=nanoseconds(answer.header.stamp),
            found=tuple(
                thing.in_frame(base_from_camera, self._base_frame) for thing in answer.in_camera
            ),
            doubts=answer.doubts,
            world_from_base=None
            if moves
            else answer.placement.output_from_camera @ base_from_camera.inverse(),
        )
        views = self._rounds.add(view)
        if not views:
            return
        found = joined(views)
        stamp_ns = views[-1].stamp_ns
        header = Header(frame_id=self._base_frame)
        header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 10**9)
        doubts = [f"{view.camera}: {text}" for view in views if view.found for text in view.doubts]
        self._detections.publish(detections_from_localizations(found, header, doubts))
        if self._markers.get_subscription_count():
            # Seen by several, so distances and rays are those from the robot.
            self._markers.publish(markers_from_localizations(found, found, header, header))
        self.say(joined_sentence(answer.phrase, found, self._cameras))

    def say(self, text: str) -> None:
        """Publish a sentence."""
        self._answers.publish(String(data=text))

    def forget(self) -> None:
        """Begin a new round, for another question."""
        self._rounds.forget()

    def close(self) -> None:
        """Stop advertising."""
        for publisher in (self._detections, self._answers, self._markers):
            self._node.destroy_lifecycle_publisher(publisher)
