"""A process full of cameras, each wrongly set up in its own way and named after that.

Arguments: names of what else to publish: ``clock`` (simulated time for all stamps) and ``tf``
(the good camera's place, with the robot's place in the map a minute old).
"""

from __future__ import annotations

import sys

import rclpy
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

WIDTH, HEIGHT = 32, 24
CAMERAS = ("good", "no_info", "size", "no_k", "frames", "no_frame", "apart", "old", "no_stamp",
           "encoding", "silent", "shared")  # fmt: skip
OPTICAL = Quaternion(x=-0.5, y=0.5, z=-0.5, w=0.5)


def stamp_of(seconds: float) -> Time:
    return Time(sec=int(seconds), nanosec=int(seconds % 1 * 1e9))


class Driver(Node):
    def __init__(self, extras: list[str]) -> None:
        super().__init__("driver")
        self.extras = extras
        self.began_s = self.get_clock().now().nanoseconds / 1e9
        qos = qos_profile_sensor_data
        self.images = {c: self.create_publisher(Image, f"{c}/image", qos) for c in CAMERAS}
        self.second = self.create_publisher(Image, "shared/image", qos)
        self.infos = {
            c: self.create_publisher(CameraInfo, f"{c}/camera_info", qos)
            for c in CAMERAS
            if c != "no_info"
        }
        # Commands need reliable delivery, which this one does not offer.
        self.create_publisher(String, "command", qos)
        self.clock = self.create_publisher(Clock, "/clock", 10) if "clock" in extras else None
        self.tf = self.create_publisher(TFMessage, "/tf", 10)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.tf_static = self.create_publisher(TFMessage, "/tf_static", latched)
        self.create_timer(0.1, self.publish)

    def publish(self) -> None:
        now_s = self.get_clock().now().nanoseconds / 1e9
        if self.clock is not None:
            now_s = 100.0 + now_s - self.began_s
            self.clock.publish(Clock(clock=stamp_of(now_s)))
        if "tf" in self.extras:
            self.publish_tf(now_s)
        for name, publisher in self.images.items():
            if name != "silent":
                publisher.publish(self.image(name, now_s))
        for name, publisher in self.infos.items():
            publisher.publish(self.info(name, now_s))

    def publish_tf(self, now_s: float) -> None:
        camera = TransformStamped(child_frame_id="good_optical")
        camera.header.frame_id = "base_footprint"
        camera.transform.translation = Vector3(z=0.6)
        camera.transform.rotation = OPTICAL
        self.tf_static.publish(TFMessage(transforms=[camera]))
        robot = TransformStamped(child_frame_id="base_footprint")
        robot.header.frame_id = "map"
        robot.header.stamp = stamp_of(now_s - 60.0)
        self.tf.publish(TFMessage(transforms=[robot]))

    def header_of(self, name: str, now_s: float, message: Image | CameraInfo) -> None:
        shift = {"old": -30.0, "no_stamp": -now_s}.get(name, 0.0)
        message.header.stamp = stamp_of(now_s + shift)
        message.header.frame_id = "" if name == "no_frame" else f"{name}_optical"

    def image(self, name: str, now_s: float) -> Image:
        message = Image(width=WIDTH, height=HEIGHT, encoding="rgb8", step=3 * WIDTH)
        self.header_of(name, now_s, message)
        message.data = bytes(3 * WIDTH * HEIGHT)
        if name == "encoding":
            message.encoding = "32FC3"
        return message

    def info(self, name: str, now_s: float) -> CameraInfo:
        message = CameraInfo(width=WIDTH, height=HEIGHT)
        self.header_of(name, now_s + (0.35 if name == "apart" else 0.0), message)
        if name == "size":
            message.width = 2 * WIDTH
        if name == "frames":
            message.header.frame_id = "base_link"
        if name != "no_k":
            message.k = [30.0, 0.0, 15.5, 0.0, 30.0, 11.5, 0.0, 0.0, 1.0]
        return message


def main() -> None:
    rclpy.init()
    node = Driver(sys.argv[1:])
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
