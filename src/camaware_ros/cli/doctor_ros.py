"""Doctor's look at ROS: what is installed, whether large images arrive, what the graph lacks.

What needs rclpy is imported lazily: without ROS, doctor must be able to say so.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

from camaware_ros.cli.doctor_cameras import camera_findings
from camaware_ros.cli.doctor_frames import clock_findings, frame_findings
from camaware_ros.cli.doctor_graph import answer_findings, graph_findings
from camaware_ros.cli.findings import Finding

INTERFACES = ("tf2_msgs", "vision_msgs", "nav2_msgs")


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


def live_findings(wait_s: float) -> list[Finding]:
    """Join the graph for ``wait_s`` seconds and judge what is there.

    Raises:
        RuntimeError: ROS could not be started.
    """
    from camaware_ros.cli.doctor_live import listen
    from camaware_ros.ros.grounding_settings import CAMERA_FRAME, GroundingSettings

    live = listen(wait_s)
    findings = graph_findings(live.graph)
    findings += answer_findings(live.graph.nodes, live.parameters)
    sim_time = {node: bool(values.get("use_sim_time")) for node, values in live.parameters.items()}
    findings += clock_findings(live.clocks, sim_time)
    given = next((v for n, v in live.parameters.items() if n.endswith("/grounding_node")), {})
    default = GroundingSettings()
    slop_s = given.get("stamp_slop_s", default.stamp_slop_s)
    targets = {
        name: frame
        for name in ("base_frame", "output_frame")
        if (frame := given.get(name, getattr(default, name))) not in ("", CAMERA_FRAME, "base")
    }
    for camera in live.cameras:
        findings += camera_findings(camera, slop_s)
        if camera.used and camera.images and camera.images[-1].frame_id:
            stamps_ns = [one.stamp_ns for one in camera.images]
            frame = camera.images[-1].frame_id
            findings += frame_findings(frame, stamps_ns, targets, live.lookup)
    return findings


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
    return [*findings, *live_findings(wait_s)]
