"""Subscribes to image and camera_info and hands on what belongs together. Decodes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import qos_policy_name_from_kind
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from camaware_ros.ros.camera_names import camera_topic
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.health import Reason
from camaware_ros.ros.pairing import FramePairing, Pair
from camaware_ros.ros.qos import input_qos
from camaware_ros.ros.report import Report


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message and when it came (monotonic seconds)."""

    message: Image | CompressedImage
    at_s: float


CameraPair = Pair[Arrived, CameraInfo]


class CameraInput:
    """The two subscriptions of a camera.

    Args:
        node: that subscribes.
        settings: transport, QoS and pairing.
        report: told of silence, stamps apart and incompatible QoS.
        on_pair: called in the executor's thread.
        camera: whose name both topics are under; empty where there is only one.
    """

    def __init__(
        self,
        node: Node,
        settings: GroundingSettings,
        report: Report,
        on_pair: Callable[[CameraPair], None],
        camera: str = "",
    ) -> None:
        self._node = node
        self._report = report
        self._on_pair = on_pair
        self._slop_s = settings.stamp_slop_s
        latest = settings.camera_info_pairing == "latest"
        self._pairing: FramePairing[Arrived, CameraInfo] = FramePairing(
            round(settings.stamp_slop_s * 1e9), latest_info=latest
        )
        compressed = settings.image_transport == "compressed"
        topic = camera_topic(camera, "image/compressed" if compressed else "image")
        kind = CompressedImage if compressed else Image
        qos = input_qos(settings.image_qos)
        self._image = node.create_subscription(
            kind, topic, self._on_image, qos, event_callbacks=self._events(topic)
        )
        info_topic = camera_topic(camera, "camera_info")
        events = self._events(info_topic)
        self._info = node.create_subscription(
            CameraInfo, info_topic, self._on_info, qos, event_callbacks=events
        )
        health = report.health
        info_silence_s = math.inf if latest else settings.silence_s
        health.expect("image", Reason.NO_IMAGE, self._image.topic_name, settings.silence_s)
        health.expect("camera_info", Reason.NO_CAMERA_INFO, self._info.topic_name, info_silence_s)
        named_rectified = "rect" in self._image.topic_name
        self.rectified = {"true": True, "false": False}.get(
            settings.image_rectified, named_rectified
        )

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._image)
        self._node.destroy_subscription(self._info)

    def _on_image(self, message: Image | CompressedImage) -> None:
        now_s = time.monotonic()
        self._report.health.heard("image", now_s)
        stamp_ns = nanoseconds(message.header.stamp)
        self._handle(self._pairing.add_image(stamp_ns, Arrived(message, now_s)))

    def _on_info(self, message: CameraInfo) -> None:
        self._report.health.heard("camera_info", time.monotonic())
        self._handle(self._pairing.add_info(nanoseconds(message.header.stamp), message))

    def _handle(self, pair: CameraPair | None) -> None:
        unpaired = self._pairing.unpaired
        if pair is not None:
            self._report.health.ok("pairing")
            self._report.health.fact("paired by", pair.paired_by.value)
            self._on_pair(pair)
        elif unpaired is not None and unpaired.gap_ns is not None:
            self._report.problem(
                "pairing",
                Reason.STAMPS_APART,
                f"an image and the nearest camera_info are {abs(unpaired.gap_ns) / 1e6:.1f} ms "
                f"apart, more than stamp_slop_s allows ({self._slop_s * 1e3:.1f} ms)",
            )

    def _events(self, topic: str) -> SubscriptionEventCallbacks:
        def incompatible(event: QoSRequestedIncompatibleQoSInfo) -> None:
            policy = qos_policy_name_from_kind(event.last_policy_kind)
            self._report.problem(
                f"qos {topic}",
                Reason.QOS_INCOMPATIBLE,
                f"a publisher of {topic} offers less than image_qos asks for: {policy}",
            )

        return SubscriptionEventCallbacks(incompatible_qos=incompatible)


def nanoseconds(stamp: TimeMessage) -> int:
    """A stamp as integer nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
