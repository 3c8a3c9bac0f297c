"""Doctor's look at ROS: what is installed, whether large images arrive, what the graph lacks.

The judgement on a graph is a pure function of a snapshot of it; only `take_snapshot` and the
transport check start anything, and they imports rclpy lazily.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from camaware_ros.cli.findings import Finding

OUR_NODES = ("grounding_node", "goal_node", "sim_node")
INTERFACES = ("tf2_msgs", "vision_msgs", "nav2_msgs")
# People publish these when they want to, so nobody publishing is no fault.
_ON_DEMAND = ("command", "cmd_vel")
_IGNORED = ("/parameter_events", "/clock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One topic that one of our nodes listens to.

    Attributes:
        node: full name of the node.
        topic: full name of the topic, after remapping.
        type_name: the type the node expects.
        publisher_types: type of each publisher.
        reliable: whether the node insists on reliable delivery.
        publishers_reliable: whether each publisher offers it.
    """

    node: str
    topic: str
    type_name: str
    publisher_types: Sequence[str]
    reliable: bool = False
    publishers_reliable: Sequence[bool] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What was seen of the running system.

    Attributes:
        nodes: full names of our nodes.
        inputs: what they listen to.
        navigate_servers: how many nodes answer NavigateToPose.
    """

    nodes: Sequence[str]
    inputs: Sequence[Input]
    navigate_servers: int


def installed_findings(environment: Mapping[str, str]) -> list[Finding]:
    """Whether rclpy and the message packages can be imported."""
    if importlib.util.find_spec("rclpy") is None:
        fix = "`make setup` in a checkout, or `source /opt/ros/DISTRO/setup.bash`"
        return [Finding(subject="rclpy", level="bad", text="not installed", fix=fix)]
    from rclpy.utilities import get_rmw_implementation_identifier

    try:
        rmw = get_rmw_implementation_identifier()
    except (RuntimeError, OSError, ImportError) as error:
        fix = "pip install 'camaware_ros[ros]', or unset RMW_IMPLEMENTATION"
        return [Finding(subject="rclpy", level="bad", text=f"no middleware: {error}", fix=fix)]
    from camaware_ros.ros.environment import ros_distribution

    distro = ros_distribution(environment)
    findings = [Finding(subject="rclpy", level="ok", text=f"ROS {distro}, {rmw}")]
    for name in INTERFACES:
        if importlib.util.find_spec(name) is None:
            apt = f"ros-{distro or 'DISTRO'}-{name.replace('_', '-')}"
            fix = f"`make setup` in a checkout, or apt install {apt}"
            findings.append(Finding(subject=name, level="bad", text="not installed", fix=fix))
        else:
            findings.append(Finding(subject=name, level="ok", text="installed"))
    return findings


def transport_finding(sent: int, received: int, profile: Path) -> Finding:
    """Judge how many of the 3 MB best-effort images that were sent have arrived.

    Args:
        sent: how many.
        received: how many of them arrived whole.
        profile: the transport profile to advise where too few did.
    """
    text = f"{received} of {sent} best-effort images of 3 MB arrived with this shell's settings"
    if received >= 0.9 * sent:
        return Finding(subject="large images", level="ok", text=text)
    fix = (
        "the demo brings a transport profile of its own; for other nodes "
        f"export FASTDDS_DEFAULT_PROFILES_FILE={profile} (up to Jazzy FASTRTPS_...)"
    )
    return Finding(subject="large images", level="note", text=text, fix=fix)


def graph_findings(graph: Graph) -> list[Finding]:
    """Say what our running nodes lack."""
    if not graph.nodes:
        fix = "ros2 launch camaware_ros camaware.launch.py, or `camaware demo`"
        text = f"none of {', '.join(OUR_NODES)} is running"
        return [Finding(subject="ROS graph", level="note", text=text, fix=fix)]
    findings = [Finding(subject="ROS graph", level="ok", text=", ".join(graph.nodes))]
    findings += [_input_finding(one) for one in graph.inputs]
    if any(name.endswith("/goal_node") for name in graph.nodes) and graph.navigate_servers == 0:
        fix = "start Nav2 (or sim_node), or remap navigate_to_pose"
        text = "no server for NavigateToPose"
        findings.append(Finding(subject="navigate_to_pose", level="bad", text=text, fix=fix))
    return findings


def _input_finding(one: Input) -> Finding:
    who = one.node.rsplit("/", 1)[-1]
    subject = f"{who} <- {one.topic}"
    good = [kind == one.type_name for kind in one.publisher_types]
    if not one.publisher_types:
        text = "nobody publishes it"
        on_demand = one.topic.rsplit("/", 1)[-1] in _ON_DEMAND
        if on_demand:
            return Finding(subject=subject, level="ok", text=f"{text} at the moment")
        fix = f"start its publisher, or remap the topic ({one.type_name})"
        return Finding(subject=subject, level="bad", text=text, fix=fix)
    if not all(good):
        wrong = sorted(set(one.publisher_types) - {one.type_name})
        fix = f"publish {one.type_name}, or remap the topic"
        text = f"published as {', '.join(wrong)}"
        return Finding(subject=subject, level="bad", text=text, fix=fix)
    if one.reliable and one.publishers_reliable and not any(one.publishers_reliable):
        fix = "publish reliably, or let the node listen with best effort (image_qos: sensor_data)"
        text = "published with best effort, the node asks for reliable delivery"
        return Finding(subject=subject, level="bad", text=text, fix=fix)
    return Finding(subject=subject, level="ok", text=f"{len(good)} publisher(s)")


def take_snapshot(wait_s: float) -> Graph:
    """Join the graph for `wait_s` seconds and look at our nodes in it.

    Raises:
        RuntimeError: ROS could not be started.
    """
    import rclpy
    from rclpy.node import Node

    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node("camaware_doctor", context=context, start_parameter_services=False)
    try:
        # Nothing to spin for: the graph is filled by the middleware's own threads.
        time.sleep(wait_s)
        return _snapshot(node)
    finally:
        node.destroy_node()
        rclpy.try_shutdown(context=context)


def _snapshot(node: object) -> Graph:
    from rclpy.action.graph import get_action_server_names_and_types_by_node
    from rclpy.node import Node

    assert isinstance(node, Node)
    everyone = node.get_node_names_and_namespaces()
    inputs: list[Input] = []
    ours, servers = [], 0
    for name, namespace in everyone:
        actions = get_action_server_names_and_types_by_node(node, name, namespace)
        servers += sum("nav2_msgs/action/NavigateToPose" in types for _, types in actions)
        if name in OUR_NODES:
            ours.append(f"{namespace.rstrip('/')}/{name}")
            inputs += _inputs_of(node, name, namespace)
    return Graph(nodes=sorted(ours), inputs=inputs, navigate_servers=servers)


def _inputs_of(node: object, name: str, namespace: str) -> list[Input]:
    from rclpy.node import Node
    from rclpy.qos import ReliabilityPolicy

    assert isinstance(node, Node)
    inputs = []
    for topic, types in node.get_subscriber_names_and_types_by_node(name, namespace):
        if topic in _IGNORED or "/_action/" in topic:
            continue
        publishers = node.get_publishers_info_by_topic(topic)
        own = [i for i in node.get_subscriptions_info_by_topic(topic) if i.node_name == name]
        reliable = ReliabilityPolicy.RELIABLE
        inputs.append(
            Input(
                node=f"{namespace.rstrip('/')}/{name}",
                topic=topic,
                type_name=types[0],
                publisher_types=[info.topic_type for info in publishers],
                reliable=any(info.qos_profile.reliability == reliable for info in own),
                publishers_reliable=[
                    info.qos_profile.reliability == reliable for info in publishers
                ],
            )
        )
    return inputs


def ros_findings(wait_s: float) -> list[Finding]:
    """Everything this module looks at; starts the transport check and joins the graph."""
    findings = installed_findings(os.environ)
    if any(finding.level == "bad" for finding in findings):
        return findings
    from camaware_ros.ros.environment import transport_profile
    from camaware_ros.ros.transport_check import images_sent_and_received

    # The check keeps to this machine whatever the robot's network looks like.
    environment = {**os.environ, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    try:
        sent, received = images_sent_and_received(environment)
        findings.append(transport_finding(sent, received, transport_profile()))
    except RuntimeError as error:
        fix = "check RMW_IMPLEMENTATION, ROS_DOMAIN_ID and the DDS profile"
        findings.append(Finding(subject="large images", level="bad", text=str(error), fix=fix))
        return findings
    return [*findings, *graph_findings(take_snapshot(wait_s))]
