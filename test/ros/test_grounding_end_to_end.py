"""grounding_node with the shipped model: over DDS it says what the model says, and nothing else."""

from __future__ import annotations

import array
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from geometry_msgs.msg import Quaternion, TransformStamped
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo, Image
from tf2_msgs.msg import TFMessage

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.grounder import DEFAULT_MODEL, Grounder
from camaware_ros.resources import share_directory
from camaware_ros.types import Mounting, Observation

MODEL = share_directory() / "models" / DEFAULT_MODEL
pytestmark = pytest.mark.skipif(not MODEL.is_dir(), reason=f"no model in {MODEL}")

SIZE = (320, 240)
CALIBRATIONS = {
    "pinhole": ("plumb_bob", [0.0] * 5, 260.0),
    "distorted": ("plumb_bob", [-0.3, 0.09, 0.0005, -0.0003, -0.012], 240.0),
    "fisheye": ("equidistant", [0.02, -0.01, 0.003, -0.001], 150.0),
}
MAP_FROM_BASE = Rigid3(
    rotation=Rotation.from_euler("z", 0.7).as_matrix(), translation=np.array([1.0, 2.0, 0.0])
)
BASE_FROM_CAMERA = Rigid3(
    rotation=Rotation.from_euler("xyz", [-np.pi / 2 - 0.2, 0, -np.pi / 2]).as_matrix(),
    translation=np.array([0.1, 0.0, 0.7]),
)


def picture() -> np.ndarray:
    """A floor, a wall and a red box standing there."""
    image = np.full((SIZE[1], SIZE[0], 3), (150, 140, 130), np.uint8)
    image[:100] = (200, 205, 210)
    cv2.rectangle(image, (140, 90), (200, 150), (190, 25, 20), -1)
    cv2.rectangle(image, (200, 95), (215, 145), (120, 15, 12), -1)
    return image


def camera_info(name: str, stamp) -> CameraInfo:
    model, distortion, focal = CALIBRATIONS[name]
    info = CameraInfo(width=SIZE[0], height=SIZE[1], distortion_model=model, d=distortion)
    info.k = [focal, 0.0, 160.0, 0.0, focal, 118.0, 0.0, 0.0, 1.0]
    info.header.stamp, info.header.frame_id = stamp, "cam"
    return info


def image_message(stamp) -> Image:
    message = Image(width=SIZE[0], height=SIZE[1], encoding="rgb8", step=3 * SIZE[0])
    message.data = array.array("B", picture().tobytes())
    message.header.stamp, message.header.frame_id = stamp, "cam"
    return message


def static(parent: str, child: str, parent_from_child: Rigid3) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    x, y, z = (float(value) for value in parent_from_child.translation)
    translation = message.transform.translation
    translation.x, translation.y, translation.z = x, y, z
    x, y, z, w = Rotation.from_matrix(parent_from_child.rotation).as_quat()
    message.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return message


def ask_directly(name: str, phrase: str):
    """The model without ROS, with a camera built from the numbers alone."""
    model, distortion, focal = CALIBRATIONS[name]
    matrix = np.array([[focal, 0, 160], [0, focal, 118], [0, 0, 1]])
    observation = Observation(
        image=picture(),
        camera=Camera.from_opencv(matrix, np.array(distortion), model, SIZE),
        mounting=Mounting.from_pose(BASE_FROM_CAMERA),
    )
    grounder = Grounder.load()
    try:
        (found,) = grounder.ground(observation, [phrase]).localizations
    finally:
        grounder.close()
    return found.in_frame(MAP_FROM_BASE @ BASE_FROM_CAMERA, "map")


def test_the_node_says_what_the_model_says_for_every_camera_without_restart(
    make_rig, start
) -> None:
    rig = make_rig()
    arguments = ["min_presence:=0.0", "diagnostics_period_s:=0.1"]
    flags = [part for argument in arguments for part in ("-p", argument)]
    node = start("-m", "camaware_ros.ros.grounding_node", "--ros-args", *flags)
    rig.wait_matched()
    rig.tf_static.publish(
        TFMessage(
            transforms=[
                static("map", "base_footprint", MAP_FROM_BASE),
                static("base_footprint", "cam", BASE_FROM_CAMERA),
            ]
        )
    )
    rig.command("go to the red box")
    for name in CALIBRATIONS:
        stamps = set()

        def shoot(name=name, stamps=stamps) -> None:
            stamp = rig.node.get_clock().now().to_msg()
            stamps.add((stamp.sec, stamp.nanosec))
            rig.images.publish(image_message(stamp))
            rig.infos.publish(camera_info(name, stamp))

        def of_this_camera(stamps=stamps) -> list:
            return [
                message
                for message in rig.detections
                if (message.header.stamp.sec, message.header.stamp.nanosec) in stamps
            ]

        rig.wait(of_this_camera, f"detections of the {name} camera", shoot)
        (detection,) = of_this_camera()[0].detections
        expected = ask_directly(name, "red box")
        centre, size = detection.bbox.center.position, detection.bbox.size
        got = [centre.x, centre.y, centre.z, size.x, size.y, size.z]
        np.testing.assert_allclose(got, [*expected.box.center, *expected.box.size], atol=1e-3)
        result = detection.results[0]
        assert result.hypothesis.class_id == "red box"
        assert result.hypothesis.score == pytest.approx(expected.score, abs=1e-3)
        covariance = np.array(result.pose.covariance).reshape(6, 6)[:3, :3]
        np.testing.assert_allclose(covariance, expected.covariance, rtol=1e-2, atol=1e-4)
    assert node.alive
    assert node.end() == 0, node.output


def missing(folder: Path) -> None:
    shutil.rmtree(folder)


def missing_graph(folder: Path) -> None:
    (folder / "vision.onnx").unlink()


def truncated(folder: Path) -> None:
    graph = folder / "vision.onnx"
    graph.write_bytes(graph.read_bytes()[:-1000])


def tampered(folder: Path) -> None:
    graph = folder / "vision.onnx"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (missing, "manifest"),
        (missing_graph, "vision.onnx"),
        (truncated, "vision.onnx"),
        (tampered, "vision.onnx"),
    ],
)
def test_a_model_that_cannot_be_trusted_is_refused_in_words(
    make_rig, start, tmp_path, spoil, reason
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    spoil(folder)
    rig = make_rig()
    node = start(
        "-m", "camaware_ros.ros.grounding_node", "--ros-args",
        "-p", f"model_dir:={folder}", "-p", "backend:=onnx",
    )  # fmt: skip
    rig.wait(lambda: "model_unusable" in rig.health(), "reason")
    assert reason in rig.health() and "\n" not in rig.health()
    assert "Traceback" not in node.output
    assert node.end() == 0, node.output
