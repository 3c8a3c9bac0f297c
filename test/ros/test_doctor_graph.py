"""Doctor on a real graph: real nodes, and a second process of cameras that are set up wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from camaware_ros.cli.doctor_frames import clock_findings, frame_findings
from camaware_ros.cli.doctor_ros import live_findings
from camaware_ros.cli.findings import Finding
from camaware_ros.geometry.transforms import Rigid3

HERE = Path(__file__).parent
WRONG, NODE = str(HERE / "wrong_cameras_process.py"), str(HERE / "fake_grounding_process.py")
LISTEN_S = 3.0
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def node_for(camera: str, *more: str) -> list[str]:
    """A grounding node that listens to one of the cameras."""
    topics = ("image", "camera_info")
    remaps = [word for topic in topics for word in ("-r", f"{topic}:=/{camera}/{topic}")]
    return [NODE, "--ros-args", *remaps, *more]


def findings_when(complete: Callable[[list[Finding]], object]) -> list[Finding]:
    """Doctor's findings; discovery takes its time on a busy machine."""
    for _ in range(10):
        findings = live_findings(LISTEN_S)
        if complete(findings):
            break
    return findings


def about(findings: list[Finding], subject: str) -> list[Finding]:
    return [one for one in findings if one.subject == subject]


@pytest.fixture(scope="module")
def seen(module_graph, module_env: dict[str, str]) -> list[Finding]:
    """What doctor says about all wrong cameras at once, with a node that listens to the good."""
    _, run = module_graph
    run(WRONG, "tf")
    run(*node_for("good"))

    def complete(found: list[Finding]) -> bool:
        cameras = {one.subject for one in found if one.subject.startswith("camera ")}
        known = {one.subject for one in found if one.level == "ok"}
        heard = about(found, "grounding_node <- /command") and about(
            found, "TF map <- good_optical"
        )
        wanted = {"camera /good/image", "TF base_footprint <- good_optical"}
        return bool(heard) and len(cameras) == 12 and wanted <= known

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", module_env["ROS_DOMAIN_ID"])
        return findings_when(complete)


@pytest.mark.parametrize(
    ("camera", "said", "advice"),
    [
        (
            "no_info",
            "no camera_info beside it",
            "camera_info:=TOPIC; there are: /apart/camera_info",
        ),
        ("size", "expected 64 x 24", "calibrate the camera at this resolution"),
        ("no_k", "uncalibrated", "calibrate"),
        ("frames", "'frames_optical', of camera_info 'base_link'", "optical frame"),
        ("no_frame", "name no frame", "frame_id"),
        ("apart", "within 20 ms", "camera_info_pairing: latest"),
        ("old", "s behind the clock", "chrony"),
        ("no_stamp", "no stamp", "stamp images"),
        ("encoding", "32FC3", "rgb8"),
        ("silent", "no image came", "ROS_DOMAIN_ID"),
        ("shared", "2 publishers share the topic", "namespace"),
    ],
)
def test_what_is_wrong_with_a_camera_is_named_with_the_fix(
    seen: list[Finding], camera: str, said: str, advice: str
) -> None:
    (finding,) = about(seen, f"camera /{camera}/image")
    assert said in finding.text and advice in finding.fix
    assert finding.level == "note", "no node listens to it"


def test_the_camera_that_is_right_is_fine(seen: list[Finding]) -> None:
    (finding,) = about(seen, "camera /good/image")
    assert finding.level == "ok"
    assert "32 x 24 rgb8" in finding.text and "good_optical" in finding.text


def test_where_the_camera_is_and_where_tf_lags(seen: list[Finding]) -> None:
    (base,) = about(seen, "TF base_footprint <- good_optical")
    assert base.level == "ok" and "0.60 m high, looking 0 deg down" in base.text
    (place,) = about(seen, "TF map <- good_optical")
    assert place.level == "bad"
    assert "not at the images' stamps" in place.text and "clocks" in place.fix


def test_a_publisher_that_a_node_cannot_hear_is_named(seen: list[Finding]) -> None:
    (finding,) = about(seen, "grounding_node <- /command")
    assert finding.level == "bad"
    assert finding.text.startswith("driver: Best effort publisher and reliable subscription")
    assert "image_qos" in finding.fix


def test_a_node_on_a_broken_camera_in_the_wrong_time(ros_env: dict[str, str], start) -> None:
    """Used by a node, a wrong camera is bad; /clock without use_sim_time too; and no TF at all.

    The node beside it lives in the right time and has nothing to be told.
    """
    start(WRONG, "clock")
    start(*node_for("size"))
    start("-m", "camaware_ros.ros.goal_node", "--ros-args", "-p", "use_sim_time:=true")
    camera, clock, frame = "camera /size/image", "clock", "TF base_footprint <- size_optical"
    findings = findings_when(
        lambda found: (
            about(found, frame)
            and about(found, "goal_node <- /command")
            and about(found, "camera /good/image")
            and about(found, clock)[0].level == "bad"
        )
    )
    assert not about(findings, "/grounding_node") and not about(findings, "/goal_node")
    (wrong,) = about(findings, camera)
    assert wrong.level == "bad" and "expected 64 x 24" in wrong.text
    (time,) = about(findings, clock)
    assert time.level == "bad" and "/grounding_node lives in the machine's time" in time.text
    assert "use_sim_time" in time.fix
    (missing,) = about(findings, frame)
    assert missing.level == "bad" and "static_transform_publisher" in missing.fix
    # Its stamps are those of /clock.
    (good,) = about(findings, "camera /good/image")
    assert good.level == "ok"


def test_a_node_that_waits_for_a_clock_is_told(ros_env: dict[str, str], start) -> None:
    start(*node_for("good", "-p", "use_sim_time:=true"))
    findings = findings_when(
        lambda found: (
            about(found, "grounding_node <- /good/image")
            and about(found, "clock")[0].level == "bad"
        )
    )
    (time,) = about(findings, "clock")
    assert time.level == "bad" and "waits for /clock, which nobody publishes" in time.text
    (image,) = about(findings, "grounding_node <- /good/image")
    assert image.level == "bad" and "nobody publishes" in image.text


def test_who_makes_the_time_need_not_follow_it() -> None:
    (fine,) = clock_findings(["/sim_node"], {"/sim_node": False, "/goal_node": True})
    assert fine.level == "ok"
    (late,) = clock_findings(["/sim_node"], {"/sim_node": False, "/goal_node": False})
    assert late.level == "bad" and "/goal_node lives in the machine's time" in late.text
    two = clock_findings(["/sim_node", "/bag"], {"/sim_node": False})
    assert [one.level for one in two] == ["bad"] and "2 nodes publish /clock" in two[0].text


def test_a_node_that_hangs_is_told(ros_env: dict[str, str], start) -> None:
    """It is on the graph, but nothing in it turns any more."""
    hung = "import rclpy, time; rclpy.init(); n = rclpy.create_node('goal_node'); time.sleep(99)"
    start("-c", hung)
    (finding,) = about(findings_when(lambda found: about(found, "/goal_node")), "/goal_node")
    assert finding.level == "bad" and "does not answer" in finding.text and "log" in finding.fix


def test_an_empty_graph_is_told(ros_env: dict[str, str]) -> None:
    finding, clock = live_findings(0.5)
    assert finding.level == "note" and "is running" in finding.text
    assert clock.level == "ok"


@pytest.mark.parametrize(
    ("pose", "level", "said"),
    [
        (Rigid3(rotation=OPTICAL, translation=np.array([0, 0, 0.4])), "ok", "looking 0 deg down"),
        (Rigid3(rotation=np.eye(3), translation=np.array([0, 0, 0.4])), "bad", "at the ceiling"),
        (Rigid3(rotation=OPTICAL, translation=np.array([0, 0, -0.1])), "bad", "under the floor"),
    ],
)
def test_a_mounting_that_cannot_be_is_named(pose: Rigid3, level: str, said: str) -> None:
    (finding,) = frame_findings("cam", [1], {"base_frame": "base"}, lambda *_: pose)
    assert finding.level == level and said in finding.text
