"""A subscription that says which publisher it cannot hear, until it hears one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.qos import QoSPolicyKind, QoSProfile
from rclpy.subscription import Subscription

from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.qos import incompatibility, overridable
from camaware_ros.ros.qos_events import (
    QoSRequestedIncompatibleQoSInfo,
    SubscriptionEventCallbacks,
)
from camaware_ros.ros.report import Report


def listen(
    node: Node,
    report: Report,
    kind: type,
    topic: str,
    callback: Callable[[Any], object],
    qos: QoSProfile,
    *,
    level: Level = Level.ERROR,
    may_override: bool = False,
) -> Subscription:
    """Subscribe, and report a publisher that offers too little.

    Args:
        node: that subscribes.
        report: told of such a publisher, with the fix.
        kind: of the messages.
        topic: as given to rclpy, before remapping.
        callback: called with each message.
        qos: of the subscription; changed in place where something overrides it.
        level: of a publisher that cannot be heard.
        may_override: whether ``qos_overrides`` and image_qos change what is asked for.

    Raises:
        ValueError: on ``qos_overrides`` that no subscription can have.
    """
    full = node.resolve_topic_name(topic)
    stage = f"qos {full}"
    unheard = [False]

    def incompatible(event: QoSRequestedIncompatibleQoSInfo) -> None:
        unheard[0] = True
        text = incompatibility(full, QoSPolicyKind(event.last_policy_kind), may_override)
        report.problem(stage, Reason.QOS_INCOMPATIBLE, text, level)

    def heard(message: Any) -> None:
        if unheard[0]:  # another publisher is there now
            unheard[0] = False
            report.health.ok(stage)
        callback(message)

    try:
        return node.create_subscription(
            kind, topic, heard, qos,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=incompatible),
            qos_overriding_options=overridable() if may_override else None,
        )  # fmt: skip
    except (ParameterException, RuntimeError) as error:
        raise ValueError(f"qos_overrides of {full}: {error}") from error
