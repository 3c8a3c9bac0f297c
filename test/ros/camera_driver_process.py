"""A camera driver in a process: one red spot on grey, in any size, encoding and rate.

Arguments: JSON with frame, size, spot, focal, encoding (of sensor_msgs, or ``png``), rate_hz, and
optionally image, camera_info (topics), info_frame, reliability, offset_ms (of the camera_info's
stamp). Until it is ended it writes a line ``seconds nanoseconds`` for every image it publishes.
"""

from __future__ import annotations

import array
import contextlib
import json
import sys

import cv2
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Duration, Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

GREY, RED = (90, 90, 90), (255, 0, 0)


def encoded(rgb: np.ndarray, encoding: str) -> np.ndarray:
    """The picture's bytes in rows, for three encodings that have little in common."""
    if encoding == "rgb8":
        return rgb.reshape(len(rgb), -1)
    if encoding == "bgra8":
        return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA).reshape(len(rgb), -1)
    if encoding == "nv12":
        height, width, _ = rgb.shape
        planar = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).reshape(-1)
        luma, chroma = planar[: width * height], planar[width * height :].reshape(2, -1)
        return np.concatenate([luma, chroma.T.reshape(-1)]).reshape(-1, width)
    raise ValueError(f"encoding: expected rgb8, bgra8 or nv12, got {encoding}")


def image_message(camera: dict) -> Image | CompressedImage:
    """The picture; the spot is 2 x 2 pixels, so that halved colours can show it."""
    width, height = camera["size"]
    rgb = np.full((height, width, 3), GREY, np.uint8)
    u, v = camera["spot"]
    rgb[v : v + 2, u : u + 2] = RED
    if camera["encoding"] == "png":
        _, png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        data = array.array("B", png.tobytes())
        return CompressedImage(format="rgb8; png compressed bgr8", data=data)
    rows = encoded(rgb, camera["encoding"])
    message = Image(width=width, height=height, encoding=camera["encoding"], step=rows.shape[1])
    message.data = array.array("B", rows.tobytes())
    return message


def info_message(camera: dict) -> CameraInfo:
    width, height = camera["size"]
    focal = float(camera["focal"])
    message = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
    centre = ((width - 1) / 2, (height - 1) / 2)
    message.k = [focal, 0.0, centre[0], 0.0, focal, centre[1], 0.0, 0.0, 1.0]
    message.p = [focal, 0.0, centre[0], 0.0, 0.0, focal, centre[1], 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def main() -> None:
    camera = json.loads(sys.argv[1])
    rclpy.init()
    node = rclpy.create_node(f"driver_{camera['frame']}")
    reliability = ReliabilityPolicy[camera.get("reliability", "best_effort").upper()]
    qos = QoSProfile(depth=5, reliability=reliability)
    image, info = image_message(camera), info_message(camera)
    image.header.frame_id = camera["frame"]
    info.header.frame_id = camera.get("info_frame", camera["frame"])
    images = node.create_publisher(type(image), camera.get("image", "image"), qos)
    infos = node.create_publisher(CameraInfo, camera.get("camera_info", "camera_info"), qos)
    offset = Duration(nanoseconds=round(1e6 * camera.get("offset_ms", 0)))

    def publish() -> None:
        now: Time = node.get_clock().now()
        image.header.stamp, info.header.stamp = now.to_msg(), (now + offset).to_msg()
        print(image.header.stamp.sec, image.header.stamp.nanosec, flush=True)
        infos.publish(info)
        images.publish(image)

    node.create_timer(1 / camera["rate_hz"], publish)
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


if __name__ == "__main__":
    main()
