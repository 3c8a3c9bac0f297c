"""Publishes a node's health on /diagnostics, whatever state the node is in."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from camaware_ros.ros.health import Health, Level, Snapshot
from camaware_ros.ros.qos import reliable_qos

HARDWARE_ID = "camaware_ros"
_LEVELS = {
    Level.OK: DiagnosticStatus.OK,
    Level.WARN: DiagnosticStatus.WARN,
    Level.ERROR: DiagnosticStatus.ERROR,
}


class DiagnosticsPublisher:
    """One DiagnosticArray per period of wall time, with one status named after the node.

    Args:
        node: whose name and clock are used.
        health: what to publish.
        period_s: between two messages.
    """

    def __init__(self, node: Node, health: Health, period_s: float = 1.0) -> None:
        self._node = node
        self._health = health
        # Not a lifecycle publisher: a node that fails to configure must be able to say why.
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", reliable_qos())
        # Wall time, so that a simulation whose clock stands still is reported too.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(period_s, self.publish, clock=clock)

    def publish(self) -> None:
        """Publish the state now."""
        snapshot = self._health.snapshot(time.monotonic())
        message = DiagnosticArray(
            status=[status_from_snapshot(self._node.get_fully_qualified_name(), snapshot)]
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def status_from_snapshot(name: str, snapshot: Snapshot) -> DiagnosticStatus:
    """The status message of a snapshot."""
    return DiagnosticStatus(
        level=_LEVELS[snapshot.level],
        name=name,
        message=snapshot.message,
        hardware_id=HARDWARE_ID,
        values=[KeyValue(key=key, value=value) for key, value in snapshot.values],
    )
