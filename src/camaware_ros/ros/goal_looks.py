"""Detections into looks at one thing in the fixed frame, and where the robot was at that moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from vision_msgs.msg import Detection3DArray

from camaware_ros.language.phrases import normalise_phrase
from camaware_ros.ros.conversions import doubts_about, localization_from_detection
from camaware_ros.ros.tf import Buffer, lookup_rigid
from camaware_ros.types import Localization


def stamp_s(message: Detection3DArray) -> float:
    """When the picture was taken."""
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9


def looks_at(
    target: str, message: Detection3DArray, buffer: Buffer, fixed_frame: str
) -> tuple[Localization, ...]:
    """The detections of the target, in the fixed frame.

    Args:
        target: normalised phrase; class_id must mean the same.
        message: detections of one picture.
        buffer: of TF, asked at the picture's stamp.
        fixed_frame: for example map.

    Raises:
        TransformException: where TF does not tell.
        ValueError: on a detection that makes no sense.
    """
    found = []
    for detection in message.detections:
        look = localization_from_detection(detection)
        if normalise_phrase(look.label) != target:
            continue
        frame = look.frame_id or message.header.frame_id
        if frame != fixed_frame:
            ns = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
            look = look.in_frame(lookup_rigid(buffer, fixed_frame, frame, ns), fixed_frame)
        found.append(replace(look, label=target))
    return tuple(found)


def doubts_at(target: str, message: Detection3DArray) -> tuple[str, ...]:
    """Why the detections of the target deserve less trust than usual."""
    return tuple(
        doubt
        for detection in message.detections
        if detection.results
        and normalise_phrase(localization_from_detection(detection).label) == target
        for doubt in doubts_about(detection)
    )


def robot_xy(
    buffer: Buffer, fixed_frame: str, base_frame: str, message: Detection3DArray | None = None
) -> NDArray[np.float64]:
    """Where the robot was when the picture was taken; the newest place without a picture.

    Asking at the stamp proves that TF is alive: the newest place may be old.

    Raises:
        TransformException: where TF does not tell.
        ValueError: on a transform that is none.
    """
    ns = 0
    if message is not None:
        ns = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
    return lookup_rigid(buffer, fixed_frame, base_frame, ns).translation[:2]
