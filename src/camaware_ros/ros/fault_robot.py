"""The robot of ``fault_run``: processes that publish what it has, and can be killed at any moment.

``camera`` sends one picture again and again, stamped with the node's clock. ``tf`` moves the robot
on a path that is a function of the stamp, so that a wrong transform shows. ``churn`` joins and
leaves the graph, publishing beside the others.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from camaware_ros.camera_file import CameraFile, find_camera_files, load_camera_yaml
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.camera_info import info_from_camera
from camaware_ros.ros.conversions import transform_from_rigid
from camaware_ros.ros.image_messages import image_from_rgb
from camaware_ros.ros.qos import reliable_qos, tf_qos, tf_static_qos
from camaware_ros.ros.spin import run_node
from camaware_ros.simulation.simulator import DEFAULT_MOUNTING

MAP, BASE, OPTICAL = "map", "base_footprint", "camera_optical_frame"
PICTURE_FILE, CORRUPTION_FILE = "picture.npy", "corruption"
_CAMERA = "kinect_v1"
_CAMERA_HZ, _TF_HZ = 4.0, 20.0
_CHURN_S = 1.2


def map_from_base(stamp_s: float) -> Rigid3:
    """Where the robot is at a moment: never at rest, never far."""
    place = np.array([0.5 * math.sin(0.6 * stamp_s), 0.3 * math.sin(0.9 * stamp_s), 0.0])
    return Rigid3.from_yaw(0.4 * math.sin(0.5 * stamp_s), place)


def camera_file() -> CameraFile:
    """The camera that the robot has."""
    return load_camera_yaml(find_camera_files()[_CAMERA])


def _no_focal_length(info: CameraInfo) -> None:
    info.k = [0.0] * 9


def _not_a_number(info: CameraInfo) -> None:
    info.k[0] = math.nan


def _another_size(info: CameraInfo) -> None:
    info.width, info.height = 2 * info.width + 1, info.height


def _unknown_lens(info: CameraInfo) -> None:
    info.distortion_model = "soap_bubble"


CORRUPTIONS: dict[str, Callable[[CameraInfo], None]] = {
    "no focal length": _no_focal_length,
    "not a number": _not_a_number,
    "another size": _another_size,
    "unknown lens": _unknown_lens,
}


class FaultCamera(Node):
    """Image and camera_info; the latter spoilt while the folder says how."""

    def __init__(self, folder: Path) -> None:
        super().__init__("camera")
        self._picture = np.load(folder / PICTURE_FILE)
        self._camera = camera_file().camera
        self._corruption = folder / CORRUPTION_FILE
        self._images = self.create_publisher(Image, "image", reliable_qos(2))
        self._infos = self.create_publisher(CameraInfo, "camera_info", reliable_qos(2))
        self.create_timer(1 / _CAMERA_HZ, self._send)

    def _send(self) -> None:
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=OPTICAL)
        info = info_from_camera(self._camera, header)
        if self._corruption.is_file():
            CORRUPTIONS[self._corruption.read_text(encoding="utf-8")](info)
        self._infos.publish(info)
        self._images.publish(image_from_rgb(self._picture, header))


class FaultTf(Node):
    """TF from the map to the camera."""

    def __init__(self) -> None:
        super().__init__("tf")
        self._moving = self.create_publisher(TFMessage, "/tf", tf_qos())
        fixed = self.create_publisher(TFMessage, "/tf_static", tf_static_qos())
        mounting = camera_file().mounting or DEFAULT_MOUNTING
        mounted = _transform(BASE, OPTICAL, mounting.base_from_camera)
        fixed.publish(TFMessage(transforms=[mounted]))
        self.create_timer(1 / _TF_HZ, self._send)

    def _send(self) -> None:
        now = self.get_clock().now()
        transform = _transform(MAP, BASE, map_from_base(now.nanoseconds / 1e9))
        transform.header.stamp = now.to_msg()
        self._moving.publish(TFMessage(transforms=[transform]))


def _transform(parent: str, child: str, parent_from_child: Rigid3) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.transform = transform_from_rigid(parent_from_child)
    return message


def _churn() -> int:
    """Join and leave until killed."""
    while True:
        context = rclpy.Context()
        rclpy.init(context=context)
        node = rclpy.create_node("guest", context=context)
        node.create_publisher(Image, "image", reliable_qos())
        node.create_publisher(CameraInfo, "camera_info", reliable_qos())
        node.create_subscription(Image, "image", lambda _: None, reliable_qos())
        time.sleep(_CHURN_S)
        node.destroy_node()
        context.try_shutdown()


def main() -> int:
    """Be one of the robot's parts until the process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("camera", "tf", "churn"))
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.part == "churn":
        return _churn()

    def make_node() -> Node:
        node = FaultCamera(arguments.folder) if arguments.part == "camera" else FaultTf()
        node.set_parameters([Parameter("use_sim_time", value=True)])
        return node

    return run_node(make_node, [])


if __name__ == "__main__":
    sys.exit(main())
