"""Subscribes to image and camera_info and hands on what belongs together. Decodes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.qos import QoSPolicyKind
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from camaware_ros.ros.camera_topics import camera_topics, is_named_rectified
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.pairing import FramePairing, Pair, Unpaired
from camaware_ros.ros.qos import incompatibility, input_qos, overridable
from camaware_ros.ros.qos_events import (
    QoSRequestedIncompatibleQoSInfo,
    SubscriptionEventCallbacks,
)
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
        report: told of silence, stamps apart, frames that differ and incompatible QoS.
        on_pair: called in the executor's thread.
        camera: whose name both topics are under; empty where there is only one.

    Raises:
        ValueError: on ``qos_overrides`` that no subscription can have.
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
        topics = camera_topics(node, camera, compressed=compressed)
        kind = CompressedImage if compressed else Image
        self._unheard: set[str] = set()
        self._image = self._subscribed(kind, topics.image, self._on_image, settings.image_qos)
        self._info = self._subscribed(
            CameraInfo, topics.camera_info, self._on_info, settings.image_qos
        )
        health = report.health
        info_silence_s = math.inf if latest else settings.silence_s
        health.expect("image", Reason.NO_IMAGE, topics.image, settings.silence_s)
        health.expect("camera_info", Reason.NO_CAMERA_INFO, topics.camera_info, info_silence_s)
        self.rectified = {"true": True, "false": False}.get(
            settings.input_rectified, is_named_rectified(topics.image)
        )

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._image)
        self._node.destroy_subscription(self._info)

    def _subscribed(
        self, kind: type, topic: str, callback: Callable[..., None], qos: str
    ) -> Subscription:
        def incompatible(event: QoSRequestedIncompatibleQoSInfo) -> None:
            text = incompatibility(topic, QoSPolicyKind(event.last_policy_kind))
            self._unheard.add(topic)
            self._report.problem(f"qos {topic}", Reason.QOS_INCOMPATIBLE, text)

        try:
            return self._node.create_subscription(
                kind, topic, callback, input_qos(qos),
                event_callbacks=SubscriptionEventCallbacks(incompatible_qos=incompatible),
                qos_overriding_options=overridable(),
            )  # fmt: skip
        except (ParameterException, RuntimeError) as error:
            raise ValueError(f"qos_overrides of {topic}: {error}") from error

    def _on_image(self, message: Image | CompressedImage) -> None:
        now_s = time.monotonic()
        self._heard("image", self._image.topic_name, now_s)
        header = message.header
        arrived = Arrived(message, now_s)
        self._handle(self._pairing.add_image(nanoseconds(header.stamp), arrived, header.frame_id))

    def _on_info(self, message: CameraInfo) -> None:
        self._heard("camera_info", self._info.topic_name, time.monotonic())
        header = message.header
        self._handle(self._pairing.add_info(nanoseconds(header.stamp), message, header.frame_id))

    def _heard(self, stage: str, topic: str, now_s: float) -> None:
        self._report.health.heard(stage, now_s)
        if topic in self._unheard:  # another publisher is there now
            self._unheard.remove(topic)
            self._report.health.ok(f"qos {topic}")

    def _handle(self, pair: CameraPair | None) -> None:
        if pair is not None:
            self._report.health.ok("pairing")
            self._report.health.fact("paired by", pair.paired_by.value)
            self._check_frames(*pair.frames)
            self._on_pair(pair)
        elif self._pairing.unpaired is not None:
            self._tell_unpaired(self._pairing.unpaired)

    def _check_frames(self, image: str, info: str) -> None:
        if image and info and image != info:
            text = (
                f"images are in frame {image!r}, their camera_info in {info!r}: the image's is "
                "believed; the driver should give both the optical frame"
            )
            self._report.problem("frame_id", Reason.FRAMES_DIFFER, text, Level.WARN)
        else:
            self._report.health.ok("frame_id")

    def _tell_unpaired(self, unpaired: Unpaired) -> None:
        if unpaired.other_frame is not None:
            self._report.problem(
                "pairing",
                Reason.FRAMES_DIFFER,
                f"images are of camera {unpaired.frame!r}, but camera_info only of "
                f"{unpaired.other_frame!r}: the image's own is needed",
            )
        elif unpaired.gap_ns is not None:
            self._report.problem(
                "pairing",
                Reason.STAMPS_APART,
                f"an image and the nearest camera_info are {abs(unpaired.gap_ns) / 1e6:.1f} ms "
                f"apart, more than stamp_slop_s allows ({self._slop_s * 1e3:.1f} ms)",
            )


def nanoseconds(stamp: TimeMessage) -> int:
    """A stamp as integer nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
