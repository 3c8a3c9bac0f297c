"""Quality of service by the kind of stream, after REP-2003."""

from __future__ import annotations

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

INPUT_QOS_NAMES = ("sensor_data", "reliable")


OVERRIDABLE = (
    QoSPolicyKind.HISTORY,
    QoSPolicyKind.DEPTH,
    QoSPolicyKind.RELIABILITY,
    QoSPolicyKind.DURABILITY,
)
_INPUT_DEPTH = 5


def input_qos(name: str) -> QoSProfile:
    """For subscribing to a camera: ``sensor_data`` accepts every publisher, ``reliable`` few.

    Each call gives a profile of its own, because rclpy writes overrides into it.

    Raises:
        ValueError: on another name.
    """
    if name == "sensor_data":
        return QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=_INPUT_DEPTH,
            reliability=ReliabilityPolicy.BEST_EFFORT,
        )
    if name == "reliable":
        return reliable_qos(_INPUT_DEPTH)
    raise ValueError(f"image_qos: expected one of {', '.join(INPUT_QOS_NAMES)}, got {name!r}")


def overridable() -> QoSOverridingOptions:
    """Lets ``qos_overrides.<topic>.subscription.<policy>`` change a subscription's profile."""
    return QoSOverridingOptions(OVERRIDABLE)


def incompatibility(topic: str, kind: QoSPolicyKind, may_override: bool) -> str:
    """A sentence about a publisher that a subscription on ``topic`` cannot hear, with the fix.

    Args:
        topic: full name.
        kind: what the publisher offers too little of.
        may_override: whether the subscription can be made to ask for less.
    """
    parameter = f"qos_overrides.{topic}.subscription"
    name = qos_policy_name_from_kind(kind).lower()
    offers, fix, lower = {
        QoSPolicyKind.RELIABILITY: (
            "is best effort",
            "publish it reliable",
            f"set image_qos to sensor_data and {parameter}.reliability, if given, to best_effort",
        ),
        QoSPolicyKind.DURABILITY: (
            "is volatile",
            "publish it transient local",
            f"set {parameter}.durability to volatile",
        ),
    }.get(kind, (f"offers less {name}", "change either", "change either"))
    text = f"a publisher of {topic} {offers}, which is less than this node asks for"
    return f"{text}: {lower if may_override else fix}"


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
