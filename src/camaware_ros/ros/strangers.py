"""Who else is in a ROS domain."""

from __future__ import annotations

import time

import rclpy
from rclpy.node import Node

_DISCOVERY_S = 1.5
_NAME = "camaware_look_around"
# A node that was killed is still seen until its lease is over.
PATIENCE_S = 25.0


def check_alone(domain: int, patience_s: float = PATIENCE_S) -> None:
    """Make sure that nobody is in a domain, before nodes of ours take commands there.

    Args:
        domain: ROS domain.
        patience_s: how long whoever is there may take to leave.

    Raises:
        RuntimeError: naming the nodes that stay.
    """
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    try:
        node = rclpy.create_node(_NAME, context=context, enable_rosout=False)
        deadline = time.monotonic() + patience_s
        time.sleep(_DISCOVERY_S)  # discovery goes on in threads of its own
        while (others := _others(node)) and time.monotonic() < deadline:
            time.sleep(0.5)
        node.destroy_node()
    finally:
        context.try_shutdown()
    if others:
        raise RuntimeError(
            f"ROS domain {domain}: expected nobody there, got {', '.join(others)}; they would hear "
            "our commands and we their answers. End them first"
        )


def _others(node: Node) -> list[str]:
    return sorted(
        f"{namespace.rstrip('/')}/{name}"
        for name, namespace in node.get_node_names_and_namespaces()
        if name != _NAME
    )
