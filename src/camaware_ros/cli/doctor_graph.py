"""Doctor's judgement on who is there and who hears whom. Pure: of a snapshot of the graph."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from camaware_ros.cli.findings import Finding

OUR_NODES = ("grounding_node", "goal_node", "sim_node")
# People publish these when they want to, so nobody publishing is no fault.
_ON_DEMAND = ("command", "cmd_vel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One topic that one of our nodes listens to.

    Attributes:
        node: full name of the node.
        topic: full name of the topic, after remapping.
        type_name: the type the node expects.
        publisher_types: type of each publisher.
        unheard: for each publisher whose QoS offers too little for the node, in what.
    """

    node: str
    topic: str
    type_name: str
    publisher_types: Sequence[str]
    unheard: Sequence[str] = ()


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


def graph_findings(graph: Graph) -> list[Finding]:
    """Say what our running nodes lack."""
    if not graph.nodes:
        fix = "ros2 launch camaware_ros camaware.launch.py, or `camaware demo`"
        text = f"none of {', '.join(OUR_NODES)} is running"
        return [Finding(subject="ROS graph", level="note", text=text, fix=fix)]
    findings = [Finding(subject="ROS graph", level="ok", text=", ".join(sorted(graph.nodes)))]
    twice = sorted({name for name in graph.nodes if graph.nodes.count(name) > 1})
    if twice:
        text = f"more than one node is named {', '.join(twice)}"
        fix = "end one of them, or give it a namespace (namespace:=...)"
        findings.append(Finding(subject="node names", level="bad", text=text, fix=fix))
    findings += [_input_finding(one) for one in graph.inputs]
    if any(name.endswith("/goal_node") for name in graph.nodes) and graph.navigate_servers == 0:
        fix = "start Nav2 (or sim_node), or remap navigate_to_pose"
        text = "no server for NavigateToPose"
        findings.append(Finding(subject="navigate_to_pose", level="bad", text=text, fix=fix))
    return findings


def answer_findings(nodes: Sequence[str], answered: Collection[str]) -> list[Finding]:
    """Name our nodes that are there, but answered no question about their parameters."""
    fix = "look at its log; if it hangs or has died, start it again"
    text = "does not answer"
    silent = sorted(set(nodes) - set(answered))
    return [Finding(subject=name, level="bad", text=text, fix=fix) for name in silent]


def _input_finding(one: Input) -> Finding:
    who = one.node.rsplit("/", 1)[-1]
    subject = f"{who} <- {one.topic}"
    good = [kind == one.type_name for kind in one.publisher_types]
    if not one.publisher_types:
        text = "nobody publishes it"
        if one.topic.rsplit("/", 1)[-1] in _ON_DEMAND:
            return Finding(subject=subject, level="ok", text=f"{text} at the moment")
        fix = f"start its publisher, or remap the topic ({one.type_name})"
        return Finding(subject=subject, level="bad", text=text, fix=fix)
    if not all(good):
        wrong = sorted(set(one.publisher_types) - {one.type_name})
        fix = f"publish {one.type_name}, or remap the topic"
        text = f"published as {', '.join(wrong)}"
        return Finding(subject=subject, level="bad", text=text, fix=fix)
    if one.unheard:
        fix = (
            "publish with at least the QoS that the node asks for; of images and camera_info it "
            "can ask for less (image_qos: sensor_data, or qos_overrides)"
        )
        return Finding(subject=subject, level="bad", text="; ".join(one.unheard), fix=fix)
    return Finding(subject=subject, level="ok", text=f"{len(good)} publisher(s)")
