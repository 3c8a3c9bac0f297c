"""One side of the transport check: `python -m camaware_ros.ros.transport_probe publish|count`.

Sends or counts 3 MB best-effort images on a topic of its own and prints the number. Started by
`transport_check`; knows no camera and no model.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import Empty

FRAMES = 30
PERIOD_S = 0.05
HEIGHT, WIDTH = 900, 1200  # with three bytes per pixel: 3.24 MB
IMAGE_TOPIC, DONE_TOPIC = "camaware_transport_probe/image", "camaware_transport_probe/done"


def _image(index: int) -> Image:
    message = Image(height=HEIGHT, width=WIDTH, step=3 * WIDTH, encoding="rgb8")
    message.header.frame_id = str(index)
    message.data.frombytes(np.full(HEIGHT * WIDTH * 3, index, np.uint8).data)
    return message


def publish(node: Node) -> int:
    """Wait for the counting side, send all frames, wait until it has left; return how many."""
    images = node.create_publisher(Image, IMAGE_TOPIC, qos_profile_sensor_data)
    done = node.create_publisher(Empty, DONE_TOPIC, 1)
    while images.get_subscription_count() == 0 or done.get_subscription_count() == 0:
        rclpy.spin_once(node, timeout_sec=0.05)
    for index in range(FRAMES):
        images.publish(_image(index))
        time.sleep(PERIOD_S)
    done.publish(Empty())
    while done.get_subscription_count() > 0:
        rclpy.spin_once(node, timeout_sec=0.05)
    return FRAMES


def count(node: Node) -> int:
    """Return how many different frames arrived with every byte right."""
    whole: set[int] = set()
    finished: list[bool] = []

    def receive(message: Image) -> None:
        index = int(message.header.frame_id)
        if np.all(np.frombuffer(message.data, np.uint8) == index):
            whole.add(index)

    node.create_subscription(Image, IMAGE_TOPIC, receive, qos_profile_sensor_data)
    node.create_subscription(Empty, DONE_TOPIC, lambda _: finished.append(True), 1)
    while not finished:
        rclpy.spin_once(node, timeout_sec=0.1)
    return len(whole)


def main(side: str) -> int:
    """Run one side and print its number; return the exit code."""
    sides = {"publish": publish, "count": count}
    if side not in sides:
        raise ValueError(f"side: expected publish or count, got {side!r}")
    rclpy.init()
    node = Node(f"camaware_transport_{side}")
    try:
        print(sides[side](node), flush=True)
    except (KeyboardInterrupt, ExternalShutdownException):
        return 1
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
