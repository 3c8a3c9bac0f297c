"""What people look at: overlay, depth, points and markers, each made only for those who look."""

from __future__ import annotations

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import Image, PointCloud2
from visualization_msgs.msg import MarkerArray

from camaware_ros.geometry.range_map import range_grid
from camaware_ros.ros.depth_message import depth_to_message
from camaware_ros.ros.grounding_work import Answer
from camaware_ros.ros.image_messages import image_from_rgb
from camaware_ros.ros.markers import markers_from_localizations
from camaware_ros.ros.point_cloud import cloud_to_message
from camaware_ros.ros.qos import reliable_qos
from camaware_ros.visualization.overlay import draw_overlay


class ViewOutputs:
    """The publishers of one camera.

    Args:
        node: that publishes.
        prefix: of the topics, ending in a slash where there is one.
    """

    def __init__(self, node: LifecycleNode, prefix: str = "") -> None:
        self._node = node
        makers = {
            "markers": (MarkerArray, _markers),
            "overlay": (Image, _overlay),
            "depth": (Image, _depth),
            "points": (PointCloud2, _points),
        }
        self._outputs = [
            (node.create_lifecycle_publisher(kind, prefix + topic, reliable_qos(1)), make)
            for topic, (kind, make) in makers.items()
        ]

    def publish(self, answer: Answer) -> None:
        """Publish an answer in every form that somebody has subscribed to."""
        for publisher, make in self._outputs:
            if publisher.get_subscription_count():
                publisher.publish(make(answer))

    def close(self) -> None:
        """Stop advertising."""
        for publisher, _ in self._outputs:
            self._node.destroy_lifecycle_publisher(publisher)


def _markers(answer: Answer) -> MarkerArray:
    return markers_from_localizations(
        answer.found, answer.in_camera, answer.header, answer.image_header
    )


def _overlay(answer: Answer) -> Image:
    overlay = draw_overlay(answer.observation, answer.in_camera)
    return image_from_rgb(overlay, answer.image_header)


def _depth(answer: Answer) -> Image:
    grid = range_grid(answer.observation.camera, answer.range_map.shape)
    return depth_to_message(grid.depth(answer.range_map), answer.image_header)


def _points(answer: Answer) -> PointCloud2:
    grid = range_grid(answer.observation.camera, answer.range_map.shape)
    columns, rows = grid.pixels[..., 0], grid.pixels[..., 1]
    colours = answer.observation.image[rows, columns]
    return cloud_to_message(grid.points(answer.range_map), colours, answer.image_header)
