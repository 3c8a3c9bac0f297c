"""Names of topics after namespaces and remappings, asked of a real node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import rclpy
from rclpy.node import Node

from camaware_ros.ros.camera_topics import camera_topics, is_named_rectified


@contextmanager
def node_with(domain_id: int, *remappings: str) -> Iterator[Node]:
    flags = [part for remapping in remappings for part in ("-r", remapping)]
    context = rclpy.Context()
    rclpy.init(args=["--ros-args", *flags] if flags else None, context=context, domain_id=domain_id)
    node = rclpy.create_node("namer", context=context)
    try:
        yield node
    finally:
        node.destroy_node()
        context.try_shutdown()


@pytest.mark.parametrize(
    ("remappings", "camera", "compressed", "image", "info"),
    [
        ([], "", False, "/image", "/camera_info"),
        ([], "", True, "/image/compressed", "/camera_info"),
        (["__ns:=/bot"], "front", False, "/bot/front/image", "/bot/front/camera_info"),
        (["image:=/cam/image_raw"], "", False, "/cam/image_raw", "/cam/camera_info"),
        (["image:=/cam/image_raw"], "", True, "/cam/image_raw/compressed", "/cam/camera_info"),
        (["image/compressed:=/cam/jpeg"], "", True, "/cam/jpeg", "/cam/camera_info"),
        (["image/compressed:=/c/i/compressed"], "", True, "/c/i/compressed", "/c/camera_info"),
        (["image:=/cam/image", "camera_info:=/k"], "", False, "/cam/image", "/k"),
        (["camera_info:=/k"], "", True, "/image/compressed", "/k"),
        (["front/image:=/f/rgb"], "front", True, "/f/rgb/compressed", "/f/camera_info"),
    ],
)
def test_compression_and_camera_info_follow_the_image(
    domain_id, remappings, camera, compressed, image, info
) -> None:
    with node_with(domain_id, *remappings) as node:
        assert camera_topics(node, camera, compressed=compressed) == (image, info)


@pytest.mark.parametrize(
    "name", ["/image_rect", "/cam/image_rect_color", "/rect/image", "/a/rectified/rgb"]
)
def test_a_name_that_says_rectified(name: str) -> None:
    assert is_named_rectified(name)


@pytest.mark.parametrize("name", ["/image_raw", "/direct/image_raw", "/rectory/image", "/image"])
def test_a_name_that_does_not_say_rectified(name: str) -> None:
    assert not is_named_rectified(name)
