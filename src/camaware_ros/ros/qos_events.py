"""QoS events of a subscription, from where each distribution keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
else:
    try:
        from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
    except ImportError:  # Humble
        from rclpy.qos_event import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks

__all__ = ["QoSRequestedIncompatibleQoSInfo", "SubscriptionEventCallbacks"]
