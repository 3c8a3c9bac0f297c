"""TF for the nodes: tf2_ros where it is installed, otherwise our own buffer with its interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rclpy.duration import Duration
from rclpy.time import Time

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.conversions import rigid_from_transform

if TYPE_CHECKING:
    from camaware_ros.ros.tf_buffer import Buffer, TransformListener
    from camaware_ros.ros.transform_history import (
        ConnectivityException,
        ExtrapolationException,
        InvalidArgumentException,
        LookupException,
        TransformException,
    )
else:
    try:
        from tf2_ros import (
            Buffer,
            ConnectivityException,
            ExtrapolationException,
            InvalidArgumentException,
            LookupException,
            TransformException,
            TransformListener,
        )
    except ImportError:
        from camaware_ros.ros.tf_buffer import Buffer, TransformListener
        from camaware_ros.ros.transform_history import (
            ConnectivityException,
            ExtrapolationException,
            InvalidArgumentException,
            LookupException,
            TransformException,
        )

__all__ = [
    "Buffer",
    "ConnectivityException",
    "ExtrapolationException",
    "InvalidArgumentException",
    "LookupException",
    "TransformException",
    "TransformListener",
    "lookup_rigid",
]


def lookup_rigid(
    buffer: Buffer, target: str, source: str, stamp_ns: int, timeout_s: float = 0.0
) -> Rigid3:
    """``target_from_source`` at a stamp (0: the newest common one), waiting up to ``timeout_s``.

    Raises:
        TransformException: of the kind that tells why there is none.
        ValueError: where the transform is no rigid one.
    """
    found = buffer.lookup_transform(
        target, source, Time(nanoseconds=stamp_ns), Duration(seconds=timeout_s)
    )
    return rigid_from_transform(found.transform)
