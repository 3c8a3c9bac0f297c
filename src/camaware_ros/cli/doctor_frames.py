"""Doctor's judgement on time and TF: clocks, and the way from a camera to the robot. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from camaware_ros.cli.findings import Finding

if TYPE_CHECKING:
    from camaware_ros.geometry.transforms import Rigid3

Lookup = Callable[[str, str, int], "Rigid3"]
"""``target_from_source`` of two frames at a stamp; LookupError with the reason where there is none.

Stamp 0 asks for the newest.
"""


def clock_findings(publishers: Sequence[str], sim_time: Mapping[str, bool]) -> list[Finding]:
    """Whether the nodes live in the time that is published.

    Args:
        publishers: names of the nodes that publish /clock; who makes the time need not follow it.
        sim_time: ``use_sim_time`` by node.
    """
    findings = []
    if len(publishers) > 1:
        text = f"{len(publishers)} nodes publish /clock, so time jumps"
        fix = "keep one: a simulator, or one `ros2 bag play --clock`"
        findings.append(Finding(subject="clock", level="bad", text=text, fix=fix))
    for node, simulated in sorted(sim_time.items()):
        if simulated and not publishers:
            text = f"{node} waits for /clock, which nobody publishes"
            fix = "start the simulator or `ros2 bag play --clock`, or set use_sim_time: false"
        elif publishers and not simulated and node not in publishers:
            text = f"/clock is published, but {node} lives in the machine's time"
            fix = f"ros2 param set {node} use_sim_time true, or launch with use_sim_time:=true"
        else:
            continue
        findings.append(Finding(subject="clock", level="bad", text=text, fix=fix))
    if findings:
        return findings
    text = "/clock" if publishers else "the machine's"
    return [Finding(subject="clock", level="ok", text=text)]


def frame_findings(
    camera_frame: str, stamps_ns: Sequence[int], targets: Mapping[str, str], lookup: Lookup
) -> list[Finding]:
    """Whether TF leads from a camera to every frame that is wanted.

    Args:
        camera_frame: of the images.
        stamps_ns: of some images.
        targets: parameter that names it -> frame.
        lookup: asks TF.
    """
    findings = []
    for parameter, target in targets.items():
        subject = f"TF {target} <- {camera_frame}"
        try:
            pose = lookup(target, camera_frame, 0)
        except LookupError as error:
            fix = (
                f"start robot_state_publisher, or publish the camera's place with "
                f"static_transform_publisher; or set {parameter}"
            )
            findings.append(Finding(subject=subject, level="bad", text=str(error), fix=fix))
            continue
        late = _late(camera_frame, stamps_ns, target, lookup)
        if late:
            fix = (
                "synchronise the clocks of the camera and of who publishes TF; where TF is only "
                "slow, raise tf_timeout_s"
            )
            text = f"not at the images' stamps: {late}"
            findings.append(Finding(subject=subject, level="bad", text=text, fix=fix))
        elif parameter == "base_frame":
            findings.append(_mounting(subject, pose))
        else:
            findings.append(Finding(subject=subject, level="ok", text="at the images' stamps"))
    return findings


def _late(camera_frame: str, stamps_ns: Sequence[int], target: str, lookup: Lookup) -> str:
    """Why TF has no answer for any of the stamps; "" where it has one."""
    reason = ""
    for stamp_ns in stamps_ns:
        try:
            lookup(target, camera_frame, stamp_ns)
        except LookupError as error:
            reason = str(error)
        else:
            return ""
    return reason


def _mounting(subject: str, base_from_camera: Rigid3) -> Finding:
    height_m = float(base_from_camera.translation[2])
    forward_up = float(base_from_camera.rotation[2, 2])
    down_deg = round(-math.degrees(math.asin(max(-1.0, min(1.0, forward_up)))))
    text = f"camera {height_m:.2f} m high, looking {down_deg} deg down"
    if height_m <= 0:
        fix = "set base_frame to one on the floor, such as base_footprint"
        return Finding(subject=subject, level="bad", text=f"{text}: under the floor", fix=fix)
    if forward_up > 0.9:
        fix = "let the driver's frame_id name the optical frame (z forward), not the body's (x)"
        return Finding(subject=subject, level="bad", text=f"{text}: at the ceiling", fix=fix)
    return Finding(subject=subject, level="ok", text=text)
