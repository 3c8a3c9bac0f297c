"""What a backend tells while it opens reaches the node's log and its diagnostics at once."""

from __future__ import annotations

import logging

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

import rclpy.logging  # noqa: E402

from camaware_ros.ros.backend_log import backend_lines  # noqa: E402
from camaware_ros.ros.health import Health, Level  # noqa: E402
from camaware_ros.ros.report import Report  # noqa: E402
from camaware_ros.runtime.report import log_report  # noqa: E402


def test_lines_are_published_while_it_lasts() -> None:
    health, published = Health(0.0), list[tuple[Level, str]]()

    def publish() -> None:
        snapshot = health.snapshot(1.0)
        published.append((snapshot.level, snapshot.message))

    before = logging.getLogger("camaware_ros").handlers[:]
    with backend_lines(Report(health, rclpy.logging.get_logger("test")), publish):
        log_report("tensorrt: vision.onnx: Building engine (10 %)")
        log_report("tensorrt: vision.onnx: Building engine (20 %)")
    log_report("nobody listens any more")
    assert logging.getLogger("camaware_ros").handlers == before
    assert [level for level, _ in published] == [Level.WARN, Level.WARN]
    assert "(10 %)" in published[0][1] and "(20 %)" in published[1][1]


def test_the_handler_goes_when_loading_fails() -> None:
    before = logging.getLogger("camaware_ros").handlers[:]
    report = Report(Health(0.0), rclpy.logging.get_logger("test"))
    with pytest.raises(ValueError, match="broken"), backend_lines(report, lambda: None):
        raise ValueError("broken")
    assert logging.getLogger("camaware_ros").handlers == before
