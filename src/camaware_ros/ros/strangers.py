"""Who else is in a ROS domain."""

from __future__ import annotations

import time

import rclpy

_LOOK_S = 1.5
_NAME = "camaware_look_around"


def check_alone(domain: int) -> None:
    """Make sure that nobody is in a domain, before nodes of ours take commands there.

    Raises:
        RuntimeError: naming the nodes that are.
    """
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    try:
        node = rclpy.create_node(_NAME, context=context, enable_rosout=False)
        time.sleep(_LOOK_S)  # discovery goes on in threads of its own
        found = sorted(
            f"{namespace.rstrip('/')}/{name}"
            for name, namespace in node.get_node_names_and_namespaces()
            if name != _NAME
        )
        node.destroy_node()
    finally:
        context.try_shutdown()
    if found:
        raise RuntimeError(
            f"ROS domain {domain}: expected nobody there, got {', '.join(found)}; they would hear "
            "our commands and we their answers. End them first"
        )
