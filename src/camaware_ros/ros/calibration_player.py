"""A camera driver that becomes another camera whenever it is told, and ears for the answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from camaware_ros.evaluation.calibration_views import Calibration, Shown
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.camera_info import info_from_camera
from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.conversions import transform_from_rigid
from camaware_ros.ros.image_messages import image_from_rgb
from camaware_ros.ros.processes import NodeProcess, check_alive
from camaware_ros.ros.qos import input_qos, latched_qos, reliable_qos

_READY_S, _LATE_S = 90.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A picture that was published: which one, of which camera, and when its stamp is."""

    camera: int
    view: int
    stamp_ns: int


class CalibrationPlayer:
    """Publishes the pictures of the cameras and keeps what is answered, by stamp.

    Args:
        calibrations: of the cameras, which have a frame each.
        views: pictures per camera.
        base_from_camera: how all of them are held.
    """

    def __init__(
        self, calibrations: Sequence[Calibration], views: Sequence[Sequence[Shown]],
        base_from_camera: Rigid3,
    ) -> None:  # fmt: skip
        self._calibrations = calibrations
        self._mounting = transform_from_rigid(base_from_camera)
        self._pictures = [[image_from_rgb(v.image, Header()) for v in some] for some in views]
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("calibration_run", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        publish = self._node.create_publisher
        self._images = publish(Image, "image", input_qos("sensor_data"))
        self._infos = publish(CameraInfo, "camera_info", input_qos("sensor_data"))
        self._commands = publish(String, "command", reliable_qos())
        self._tf = publish(TFMessage, "/tf_static", latched_qos())
        self._tf.publish(TFMessage(transforms=[self._frame(k) for k in range(len(calibrations))]))
        self.answers: dict[int, Detection3DArray] = {}
        self._node.create_subscription(
            Detection3DArray, "detections_3d", self._on_answer, reliable_qos(100)
        )

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def wait_for_answers(self, command: str, processes: Sequence[NodeProcess]) -> None:
        """Until the node answers about the first camera.

        Raises:
            RuntimeError: it died or does not answer.
        """
        deadline_s = time.monotonic() + _READY_S
        said = False
        while not self.answers:
            check_alive(processes)
            if time.monotonic() > deadline_s:
                raise RuntimeError(f"grounding_node: expected an answer within {_READY_S:.0f} s")
            if self._commands.get_subscription_count() and not said:
                self._commands.publish(String(data=command))
                said = True
            self._send(0, 0, 0)
            self._spin(time.monotonic() + 0.2)

    def play(self, order: Sequence[tuple[int, int]], rate_hz: float, other: int = 0) -> list[Sent]:
        """Publish pictures at a steady rate, then wait for what is late.

        Args:
            order: (camera, view) of each.
            rate_hz: pictures per second.
            other: how many places on in the list the camera is whose K is sent instead.
        """
        sent, next_s = [], time.monotonic()
        for camera, view in order:
            self._spin(next_s)
            sent.append(Sent(camera=camera, view=view, stamp_ns=self._send(camera, view, other)))
            next_s += 1 / rate_hz
        late_s = time.monotonic() + _LATE_S
        while time.monotonic() < late_s and any(o.stamp_ns not in self.answers for o in sent):
            self._executor.spin_once(timeout_sec=0.1)
        return sent

    def _spin(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def _send(self, camera: int, view: int, other: int) -> int:
        """Publish one picture; its stamp in nanoseconds."""
        now = self._node.get_clock().now()
        header = Header(stamp=now.to_msg(), frame_id=_frame_name(camera))
        own = self._calibrations[camera]
        told = self._calibrations[(camera + other) % len(self._calibrations)].full
        info = info_from_camera(told.resized(own.full.width, own.full.height), header)
        info.binning_x = info.binning_y = own.binning
        picture = self._pictures[camera][view]
        picture.header = header
        self._infos.publish(info)
        self._images.publish(picture)
        return int(now.nanoseconds)

    def _on_answer(self, message: Detection3DArray) -> None:
        self.answers[nanoseconds(message.header.stamp)] = message

    def _frame(self, camera: int) -> TransformStamped:
        message = TransformStamped(child_frame_id=_frame_name(camera))
        message.header.frame_id = "base_footprint"
        message.transform = self._mounting
        return message


def _frame_name(camera: int) -> str:
    return f"camera_{camera}_optical_frame"
