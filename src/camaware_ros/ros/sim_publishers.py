"""What sim_node publishes, and when: state at every tick, pictures at the image rate."""

from __future__ import annotations

import numpy as np
from nav_msgs.msg import OccupancyGrid, Odometry
from numpy.typing import NDArray
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros import sim_conversions as convert
from camaware_ros.ros.camera_info import info_from_camera
from camaware_ros.ros.image_messages import image_from_rgb
from camaware_ros.ros.qos import latched_qos, reliable_qos, tf_qos, tf_static_qos
from camaware_ros.simulation.simulator import Snapshot


class SimPublishers:
    """All publishers of the simulator; names are relative but for TF and the clock."""

    def __init__(self, node: Node, map_from_odom: Rigid3) -> None:
        """Advertise on ``node``; ``map_from_odom`` stays as it is."""
        self._map_from_odom = map_from_odom
        publish = node.create_publisher
        self._image = publish(Image, "image", reliable_qos(2))
        self._info = publish(CameraInfo, "camera_info", reliable_qos(2))
        self._truth = publish(Detection3DArray, "ground_truth", reliable_qos(2))
        self._odom = publish(Odometry, "odom", reliable_qos())
        self._costmap = publish(OccupancyGrid, "costmap", latched_qos())
        self._tf = publish(TFMessage, "/tf", tf_qos())
        self._tf_static = publish(TFMessage, "/tf_static", tf_static_qos())
        self._clock = publish(Clock, "/clock", reliable_qos(1))

    def state(self, instant: Snapshot, last: Snapshot | None) -> None:
        """Clock, TF and odometry; what has changed since ``last`` of the fixed things too."""
        if last is None or last.camera is not instant.camera:
            self._tf_static.publish(convert.fixed_frames(instant))
        if last is None or last.room is not instant.room:
            self._costmap.publish(convert.occupancy_grid(instant.costmap, instant.time_s))
        self._clock.publish(Clock(clock=convert.time_message(instant.time_s)))
        self._tf.publish(convert.moving_frames(instant, self._map_from_odom))
        self._odom.publish(convert.odometry(instant, self._map_from_odom))

    def picture(self, instant: Snapshot, picture: NDArray[np.uint8]) -> None:
        """Image, CameraInfo and ground truth of one instant, with one stamp."""
        stamp = convert.time_message(instant.time_s)
        header = Header(stamp=stamp, frame_id=convert.optical_frame(instant.camera.name))
        self._info.publish(info_from_camera(instant.camera.camera, header))
        self._image.publish(image_from_rgb(picture, header))
        self._truth.publish(convert.true_objects(instant.room, instant.time_s))
