"""Cameras that are swapped, named, mounted and published in every way, over real DDS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
RANGE_M = 2.0
OLD = {
    "frame": "old_optical", "size": (160, 120), "spot": (100, 30), "focal": 140.0,
    "encoding": "rgb8", "rate_hz": 10,
}  # fmt: skip
NEW = {
    "frame": "new_optical", "size": (320, 180), "spot": (40, 150), "focal": 230.0,
    "encoding": "nv12", "rate_hz": 17,
}  # fmt: skip


def point(camera: dict) -> np.ndarray:
    """Where the model under test sees the spot: pinhole arithmetic, integer pixel centres."""
    centre = (np.array(camera["size"]) - 1) / 2
    ray = np.append((np.array(camera["spot"]) + 0.5 - centre) / camera["focal"], 1.0)
    return RANGE_M * ray / np.linalg.norm(ray)


def centre(detection) -> np.ndarray:
    position = detection.bbox.center.position
    return np.array([position.x, position.y, position.z])


class Scene:
    """A node that looks for the red spot, drivers as processes, and what came of it."""

    def __init__(self, rig, start: Callable) -> None:
        self.rig, self._start = rig, start
        for publisher in (rig.images, rig.infos):  # the drivers publish here
            rig.node.destroy_publisher(publisher)

    def node(self, *arguments: str, **parameters: object):
        """Starts the node with remappings as they are and parameters by name."""
        given = {
            "diagnostics_period_s": 0.1, "output_frame": "camera", "base_frame": "''", **parameters
        }  # fmt: skip
        flags = [part for name, value in given.items() for part in ("-p", f"{name}:={value}")]
        fake = str(HERE / "fake_grounding_process.py")
        process = self._start(fake, "--ros-args", *flags, *arguments)
        self.rig.wait(self.rig.commands.get_subscription_count, "the node")
        self.rig.command("find the red chair")
        return process

    def driver(self, camera: dict, **changes: object):
        given = json.dumps({**camera, **changes})
        return self._start(str(HERE / "camera_driver_process.py"), given)

    def of(self, driver) -> list:
        """Detections at the stamps of images that a driver has published."""
        stamps = set(driver.output.splitlines())
        return [d for d in self.rig.detections if _line(d.header.stamp) in stamps]


def _line(stamp) -> str:
    return f"{stamp.sec} {stamp.nanosec}"


@pytest.fixture
def scene(make_rig, start) -> Scene:
    return Scene(make_rig(), start)


def test_two_drivers_that_share_the_topics_for_a_while_are_never_mixed_up(scene: Scene) -> None:
    node = scene.node()
    old = scene.driver(OLD)
    scene.rig.wait(lambda: len(scene.of(old)) >= 5, "the old camera")
    new = scene.driver(NEW)
    scene.rig.wait(lambda: len(scene.of(new)) >= 5, "the new camera beside the old one")
    scene.rig.wait(lambda: "several_publishers" in scene.rig.health(), "the warning")
    assert old.end() in (0, -2)
    before = len(scene.of(new))
    scene.rig.wait(lambda: len(scene.of(new)) >= before + 10, "the new camera alone")
    for driver, camera in ((old, OLD), (new, NEW)):
        for message in scene.of(driver):
            assert message.header.frame_id == camera["frame"]
            (detection,) = message.detections
            np.testing.assert_allclose(centre(detection), point(camera), atol=1e-6)
    scene.rig.wait(lambda: scene.rig.health() == "ok", "health")
    assert node.alive


@pytest.mark.parametrize("encoding", ["rgb8", "bgra8", "png"])
def test_a_remapped_image_takes_compression_and_camera_info_with_it(
    scene: Scene, encoding: str
) -> None:
    compressed = encoding == "png"
    scene.node(
        "-r", "image:=/robot/front/image_raw",
        image_transport="compressed" if compressed else "raw",
    )  # fmt: skip
    topic = "/robot/front/image_raw" + "/compressed" * compressed
    info = "/robot/front/camera_info"
    driver = scene.driver(OLD, image=topic, camera_info=info, encoding=encoding)
    scene.rig.wait(lambda: scene.of(driver), "detections")
    (detection,) = scene.of(driver)[0].detections
    np.testing.assert_allclose(centre(detection), point(OLD), atol=1e-6)


def test_a_best_effort_camera_before_a_reliable_subscription_is_told_with_the_fix(
    scene: Scene,
) -> None:
    scene.node(image_qos="reliable")
    driver = scene.driver(OLD)
    scene.rig.wait(lambda: "qos_incompatible" in scene.rig.health(), "the reason")
    for part in ("/image is best effort", "/camera_info is best effort", "image_qos"):
        assert part in scene.rig.health()
    driver.end()
    driver = scene.driver(OLD, reliability="reliable")
    scene.rig.wait(lambda: scene.of(driver), "detections from a reliable driver")
    scene.rig.wait(lambda: scene.rig.health() == "ok", "health")


@pytest.mark.parametrize("reliability", ["best_effort", "reliable"])
def test_a_driver_of_any_reliability_may_start_before_the_node(
    scene: Scene, reliability: str
) -> None:
    driver = scene.driver(OLD, reliability=reliability)
    scene.rig.wait(lambda: driver.output, "the driver")
    scene.node()
    scene.rig.wait(lambda: scene.of(driver), "detections")


def test_quality_of_service_can_be_overridden_for_each_topic(scene: Scene) -> None:
    overrides = {
        f"qos_overrides./{topic}.subscription.reliability": "best_effort"
        for topic in ("image", "camera_info")
    }
    scene.node(image_qos="reliable", **overrides)
    driver = scene.driver(OLD)
    scene.rig.wait(lambda: scene.of(driver), "detections")


def test_a_driver_that_gives_two_frames_and_two_stamps_is_served_and_told(scene: Scene) -> None:
    scene.node()
    driver = scene.driver(OLD, info_frame="old_link", offset_ms=-4)
    scene.rig.wait(lambda: len(scene.of(driver)) >= 3, "detections")
    (detection,) = scene.of(driver)[0].detections
    np.testing.assert_allclose(centre(detection), point(OLD), atol=1e-6)
    scene.rig.wait(lambda: "frames_differ" in scene.rig.health(), "the reason")
    assert "'old_optical'" in scene.rig.health() and "'old_link'" in scene.rig.health()
    assert scene.rig.health_values()["paired by"] == "slop"


def test_camera_info_of_another_camera_only_is_refused_and_told(scene: Scene) -> None:
    scene.node()
    old = scene.driver(OLD)
    scene.rig.wait(lambda: scene.of(old), "detections")
    old.end()
    new = scene.driver(NEW, info_frame="old_optical", rate_hz=10)
    scene.rig.wait(lambda: "frames_differ" in scene.rig.health(), "the reason")
    assert not scene.of(new)
