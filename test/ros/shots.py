"""What tests of grounding_node share: a camera with a red spot, TF around it, the arithmetic."""

from __future__ import annotations

import array
import math
from collections.abc import Callable
from copy import copy
from pathlib import Path

import numpy as np
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo, Image
from tf2_msgs.msg import TFMessage

FAKE = str(Path(__file__).with_name("fake_grounding_process.py"))
RANGE_M = 2.0
WIDTH, HEIGHT = 160, 120
BLOB = (100, 30)
FOCAL = 140.0


def picture(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Grey, with a red spot of one pixel."""
    image = np.full((height, width, 3), 90, np.uint8)
    image[BLOB[1], BLOB[0]] = (255, 0, 0)
    return image


class Shot:
    """An image and a camera_info of one stamp, made one after the other."""

    def __init__(self, rig, **camera: object) -> None:
        self.rig = rig
        self.camera = {"focal": FOCAL, "frame": "cam", "size": (WIDTH, HEIGHT), **camera}
        self.sent: dict[tuple[int, int], float] = {}

    def image(self, stamp) -> Image:
        width, height = self.camera["size"]
        image = picture(width, height)
        message = Image(width=width, height=height, encoding="rgb8", step=3 * width)
        message.data = array.array("B", image.tobytes())
        message.header.stamp, message.header.frame_id = copy(stamp), self.camera["frame"]
        return message

    def info(self, stamp) -> CameraInfo:
        (width, height), focal = self.camera["size"], float(self.camera["focal"])
        message = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
        centre = ((width - 1) / 2, (height - 1) / 2)
        message.k = [focal, 0.0, centre[0], 0.0, focal, centre[1], 0.0, 0.0, 1.0]
        message.p = [focal, 0.0, centre[0], 0.0, 0.0, focal, centre[1], 0.0, 0.0, 0.0, 1.0, 0.0]
        message.header.stamp, message.header.frame_id = copy(stamp), self.camera["frame"]
        return message

    def __call__(
        self,
        change_image: Callable[[Image], object] = lambda _: None,
        change_info: Callable[[CameraInfo], object] = lambda _: None,
    ) -> None:
        now = self.rig.node.get_clock().now().to_msg()
        image, info = self.image(now), self.info(now)
        change_image(image)
        change_info(info)
        self.rig.images.publish(image)
        self.rig.infos.publish(info)
        self.sent[(now.sec, now.nanosec)] = float(self.camera["focal"])


def point_camera(focal: float, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """Where the fake model sees the red pixel: pinhole arithmetic with integer pixel centres."""
    ray = np.array(
        [(BLOB[0] - (size[0] - 1) / 2) / focal, (BLOB[1] - (size[1] - 1) / 2) / focal, 1.0]
    )
    return RANGE_M * ray / np.linalg.norm(ray)


def transform(parent: str, child: str, xyz, rotation: Rotation, stamp=None) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    if stamp is not None:
        message.header.stamp = stamp
    message.transform.translation = Vector3(x=float(xyz[0]), y=float(xyz[1]), z=float(xyz[2]))
    x, y, z, w = rotation.as_quat()
    message.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return message


OPTICAL = Rotation.from_euler("xyz", [-math.pi / 2, 0, -math.pi / 2])
BASE_AT, BASE_TURN = (1.0, 2.0, 0.0), Rotation.from_euler("z", 0.7)
CAMERA_AT = (0.1, 0.0, 0.6)


def send_tf(rig, frame: str = "cam") -> None:
    """Everything static: map -> base_footprint -> camera."""
    rig.tf_static.publish(
        TFMessage(
            transforms=[
                transform("map", "base_footprint", BASE_AT, BASE_TURN),
                transform("base_footprint", frame, CAMERA_AT, OPTICAL),
            ]
        )
    )


def in_map(point: np.ndarray) -> np.ndarray:
    in_base = OPTICAL.apply(point) + CAMERA_AT
    return BASE_TURN.apply(in_base) + BASE_AT


def centre(detection) -> np.ndarray:
    position = detection.bbox.center.position
    return np.array([position.x, position.y, position.z])


def node_arguments(*parameters: str) -> list[str]:
    given = ("diagnostics_period_s:=0.1", *parameters)
    return [FAKE, "--ros-args", *(part for parameter in given for part in ("-p", parameter))]


def call(rig, client, request):
    """The answer of a service."""
    rig.wait(client.service_is_ready, f"service {client.srv_name}")
    future = client.call_async(request)
    rig.wait(future.done, f"answer of {client.srv_name}")
    return future.result()
