"""Quality of service by the kind of stream, after REP-2003."""

from __future__ import annotations

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
    qos_profile_sensor_data,
)

INPUT_QOS_NAMES = ("sensor_data", "reliable")


def input_qos(name: str) -> QoSProfile:
    """For subscribing to a camera: ``sensor_data`` accepts every publisher, ``reliable`` few.

    Raises:
        ValueError: on another name.
    """
    if name == "sensor_data":
        return qos_profile_sensor_data
    if name == "reliable":
        return reliable_qos(5)
    raise ValueError(f"image_qos: expected one of {', '.join(INPUT_QOS_NAMES)}, got {name!r}")


def reliable_qos(depth: int = 10) -> QoSProfile:
    """For results and commands: nothing is lost between nodes that are up."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=ReliabilityPolicy.RELIABLE
    )


def latched_qos(depth: int = 1) -> QoSProfile:
    """For maps and other things that late subscribers need too."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )


def tf_qos() -> QoSProfile:
    """As tf2 subscribes to and publishes on /tf."""
    return reliable_qos(100)


def tf_static_qos() -> QoSProfile:
    """As tf2 subscribes to /tf_static."""
    return latched_qos(100)
