"""Subscribes to image and camera_info and hands on what belongs together. Decodes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from camaware_ros.ros.camera_topics import camera_topics, is_named_rectified
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.listening import listen
from camaware_ros.ros.pairing import FramePairing, Pair, Unpaired
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
        # Each gets a profile of its own, because overrides are written into it.
        profile = partial(input_qos, settings.image_qos)
        subscribed = partial(listen, node, report, may_override=True)
        self._image = subscribed(kind, topics.image, self._on_image, profile())
        self._info = subscribed(CameraInfo, topics.camera_info, self._on_info, profile())
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

    def _on_image(self, message: Image | CompressedImage) -> None:
        now_s = time.monotonic()
        self._report.health.heard("image", now_s)
        header = message.header
        arrived = Arrived(message, now_s)
        self._handle(self._pairing.add_image(nanoseconds(header.stamp), arrived, header.frame_id))

    def _on_info(self, message: CameraInfo) -> None:
        self._report.health.heard("camera_info", time.monotonic())
        header = message.header
        self._handle(self._pairing.add_info(nanoseconds(header.stamp), message, header.frame_id))

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
