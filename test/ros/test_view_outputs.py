"""What people look at, from a real grounding_node process over DDS, against pinhole arithmetic."""

from __future__ import annotations

import array
from pathlib import Path

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import VisionInfo
from visualization_msgs.msg import Marker, MarkerArray

FAKE = str(Path(__file__).with_name("fake_grounding_process.py"))
WIDTH, HEIGHT, FOCAL, RANGE_M = 160, 120, 140.0, 2.0
RED = (40, 30)
PARAMETERS = ("diagnostics_period_s:=0.1", "output_frame:=base_footprint")


def shoot(rig) -> Time:
    """One grey picture with a red pixel, and its camera_info; their stamp."""
    stamp = rig.node.get_clock().now().to_msg()
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    picture[RED[1], RED[0]] = (255, 0, 0)
    image = Image(width=WIDTH, height=HEIGHT, encoding="rgb8", step=3 * WIDTH)
    image.data = array.array("B", picture.tobytes())
    info = CameraInfo(width=WIDTH, height=HEIGHT)
    cx, cy = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    info.k = [FOCAL, 0.0, cx, 0.0, FOCAL, cy, 0.0, 0.0, 1.0]
    for message in (image, info):
        message.header.stamp, message.header.frame_id = stamp, "cam"
    rig.images.publish(image)
    rig.infos.publish(info)
    return stamp


def pixel_rays() -> np.ndarray:
    """Unit rays of all pixel centres, shape (HEIGHT, WIDTH, 3)."""
    u, v = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    x, y = (u - (WIDTH - 1) / 2) / FOCAL, (v - (HEIGHT - 1) / 2) / FOCAL
    rays = np.stack([x, y, np.ones_like(x)], axis=-1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def test_every_view_shows_what_the_model_said(make_rig, start) -> None:
    rig = make_rig()
    seen: dict[str, list] = {"markers": [], "depth": [], "points": [], "overlay": []}
    kinds = {"markers": MarkerArray, "depth": Image, "points": PointCloud2, "overlay": Image}
    for topic, kind in kinds.items():
        rig.node.create_subscription(kind, topic, seen[topic].append, 1)
    start(FAKE, "--ros-args", *(word for one in PARAMETERS for word in ("-p", one)))
    rig.wait_matched()
    optical = TransformStamped(child_frame_id="cam")
    optical.header.frame_id = "base_footprint"
    optical.transform.translation = Vector3(x=0.1, z=0.6)
    optical.transform.rotation = Quaternion(x=-0.5, y=0.5, z=-0.5, w=0.5)
    rig.tf_static.publish(TFMessage(transforms=[optical]))
    rig.command("find the red chair")
    rig.wait(lambda: all(seen.values()), "all views", lambda: shoot(rig))

    for topic in ("depth", "points", "overlay"):
        assert seen[topic][0].header.frame_id == "cam", topic
        assert seen[topic][0].header.stamp.sec > 0, topic
    check_depth(seen["depth"][0])
    check_points(seen["points"][0])
    check_markers(seen["markers"][0])


def check_depth(message: Image) -> None:
    depth = np.frombuffer(bytes(message.data), np.float32).reshape(HEIGHT, WIDTH)
    # A range of 2 m everywhere; a cell of the fake's 16 x 12 grid is 10 pixels wide.
    expected = RANGE_M * pixel_rays()[..., 2]
    np.testing.assert_allclose(depth, expected, atol=0.06)
    np.testing.assert_allclose(depth[54:66:11, 74:86:11], RANGE_M, atol=0.01)


def check_points(message: PointCloud2) -> None:
    assert (message.width, message.height, message.point_step) == (16, 12, 16)
    values = np.frombuffer(bytes(message.data), np.float32).reshape(12, 16, 4)
    np.testing.assert_allclose(np.linalg.norm(values[..., :3], axis=-1), RANGE_M, rtol=1e-5)
    u = FOCAL * values[..., 0] / values[..., 2] + (WIDTH - 1) / 2
    np.testing.assert_allclose(u[0], 10 * np.arange(16) + 4.5, atol=1e-3)
    assert np.count_nonzero(values[..., 3].copy().view(np.uint32) != 0x5A5A5A) == 0


def check_markers(message: MarkerArray) -> None:
    by_kind = {marker.ns: marker for marker in message.markers[1:]}
    assert message.markers[0].action == Marker.DELETEALL
    x, y, z = RANGE_M * pixel_rays()[RED[1], RED[0]]
    place = by_kind["box"].pose.position
    np.testing.assert_allclose([place.x, place.y, place.z], [z + 0.1, -x, 0.6 - y], atol=1e-6)
    assert by_kind["box"].header.frame_id == "base_footprint"
    assert by_kind["ray"].header.frame_id == "cam"
    assert by_kind["label"].text.startswith("red chair 2.00 ±")


def test_who_comes_late_is_told_which_model_answers_and_when_it_changes(make_rig, start) -> None:
    rig = make_rig()
    node = start(FAKE, "--ros-args", "-p", "diagnostics_period_s:=0.1")
    rig.wait_matched()
    infos: list[VisionInfo] = []
    late = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    rig.node.create_subscription(VisionInfo, "vision_info", infos.append, late)
    rig.wait(lambda: infos, "vision_info")
    assert infos[0].method == "red pixels on auto"
    client = rig.node.create_client(SetParameters, "grounding_node/set_parameters")
    rig.wait(client.service_is_ready, "the parameter service")
    change = Parameter("backend", value="torch").to_parameter_msg()
    done = client.call_async(SetParameters.Request(parameters=[change]))
    rig.wait(lambda: done.done() or not node.alive, "the parameter")
    assert node.alive, node.output
    assert done.result().results[0].successful, done.result().results[0].reason
    rig.wait(lambda: infos[-1].method == "red pixels on torch", "the new model")
