"""Doctor looking at a real graph: a real grounding node's name with inputs that lack things."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import rclpy
from rclpy.context import Context

from camaware_ros.cli.doctor_ros import graph_findings, take_snapshot


@pytest.fixture
def make_node(ros_env: dict[str, str], domain_id: int) -> Iterator[Callable]:
    """Makes nodes in the test's domain."""
    context = Context()
    rclpy.init(context=context, domain_id=domain_id)
    nodes = []

    def make(name: str, namespace: str = ""):
        nodes.append(rclpy.create_node(name, namespace=namespace, context=context))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown(context=context)


def test_lacks_are_seen_over_dds(make_node: Callable) -> None:
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import CameraInfo, Image

    node = make_node("grounding_node", "/robot")
    node.create_subscription(Image, "image", print, 10)
    node.create_subscription(CameraInfo, "camera_info", print, 10)
    make_node("goal_node", "/robot")
    make_node("driver").create_publisher(Image, "/robot/image", qos_profile_sensor_data)

    graph = take_snapshot(1.0)
    for _ in range(20):  # discovery takes its time on a busy machine
        if len(graph.nodes) == 2 and any(one.publisher_types for one in graph.inputs):
            break
        graph = take_snapshot(1.0)
    findings = {f.subject: f for f in graph_findings(graph)}

    assert findings["ROS graph"].text == "/robot/goal_node, /robot/grounding_node"
    assert "best effort" in findings["grounding_node <- /robot/image"].text
    assert "nobody" in findings["grounding_node <- /robot/camera_info"].text
    assert findings["navigate_to_pose"].level == "bad"


def test_an_empty_graph_is_told(ros_env: dict[str, str]) -> None:
    (finding,) = graph_findings(take_snapshot(0.5))
    assert "is running" in finding.text
