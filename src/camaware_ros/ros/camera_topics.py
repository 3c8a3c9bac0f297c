"""Which topics a camera's image and camera_info are on. Decided by names alone.

As image_transport does, the compressed image and the camera_info follow a remapped image: they are
beside it unless they are remapped themselves.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rclpy.node import Node

from camaware_ros.ros.camera_names import camera_topic

_RECTIFIED = re.compile(r"(?:^|[/_])rect(?:ified)?(?:[/_]|$)")


class CameraTopics(NamedTuple):
    """Full names."""

    image: str
    camera_info: str


def camera_topics(node: Node, camera: str = "", *, compressed: bool = False) -> CameraTopics:
    """The topics of a camera of a node, after namespace and remappings.

    Args:
        node: that would subscribe.
        camera: whose name both topics are under; empty where there is only one.
        compressed: whether the image is a CompressedImage.
    """
    image = node.resolve_topic_name(camera_topic(camera, "image"))
    info = camera_topic(camera, "camera_info")
    if compressed:
        own = _remapped(node, camera_topic(camera, "image/compressed"))
        compressed_image = own or f"{image}/compressed"
        image = compressed_image.removesuffix("/compressed")
    else:
        compressed_image = ""
    beside = f"{image.rpartition('/')[0]}/camera_info"
    return CameraTopics(compressed_image or image, _remapped(node, info) or beside)


def is_named_rectified(image_topic: str) -> bool:
    """Whether the name says that its images are rectified: ``image_rect``, ``rect_color``, ..."""
    return _RECTIFIED.search(image_topic) is not None


def _remapped(node: Node, name: str) -> str | None:
    """The full name that a remapping gives; None without one."""
    full = node.resolve_topic_name(name)
    return full if full != node.resolve_topic_name(name, only_expand=True) else None
