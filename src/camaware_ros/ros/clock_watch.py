"""Tells when a node's clock jumps, stands still, or has never come."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.clock import Clock, ClockType, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.node import Node

from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.report import Report

_BACK_S, _FORWARD_S = 1.0, 5.0
_STILL_S = 2.0
_CHECK_PERIOD_S = 0.5
_SETTLE_S = 0.5


class ClockWatch:
    """Reports what becomes of the node's clock.

    When it went back, transforms from before may still be under way: they would be from the future,
    and a buffer that has them either refuses the present or interpolates towards them. So the node
    should answer nothing while ``settling``, and forget its transforms once that is over.

    Args:
        node: whose clock is watched.
        report: told of jumps, and of simulated time that does not come or stands still.
        on_back: called when the clock went back, in the executor's thread.
        on_settled: called there half a second later.
    """

    def __init__(
        self,
        node: Node,
        report: Report,
        on_back: Callable[[], None] = lambda: None,
        on_settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock, self._node = node.get_clock(), node
        self._report, self._on_back, self._on_settled = report, on_back, on_settled
        self._last_ns, self._moved_s = 0, time.monotonic()
        threshold = JumpThreshold(
            min_forward=Duration(seconds=_FORWARD_S),
            min_backward=Duration(seconds=-_BACK_S),
            on_clock_change=False,
        )
        self._handle = self._clock.create_jump_callback(threshold, post_callback=self._on_jump)
        # A timer on the watched clock would stand still with it.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(_CHECK_PERIOD_S, self._check, clock=steady)
        self._settle = node.create_timer(_SETTLE_S, self._settled, clock=steady)
        self._settle.cancel()

    @property
    def settling(self) -> bool:
        """Whether the clock went back a moment ago."""
        return not self._settle.is_canceled()

    def _on_jump(self, jump: TimeJump) -> None:
        delta_s = jump.delta.nanoseconds / 1e9
        if self._last_ns:  # the first time that comes is no jump
            direction = "back" if delta_s < 0 else "forward"
            text = f"the clock jumped {direction} by {abs(delta_s):.3f} s"
            self._report.event("clock jump", Reason.CLOCK_JUMPED, text)
        if delta_s < 0:
            self._settle.reset()
            self._on_back()

    def _settled(self) -> None:
        self._settle.cancel()
        self._on_settled()

    def _check(self) -> None:
        now_ns, now_s = self._clock.now().nanoseconds, time.monotonic()
        if now_ns != self._last_ns:
            self._last_ns, self._moved_s = now_ns, now_s
        still_s = now_s - self._moved_s
        if now_ns == 0:
            text = "use_sim_time is true, but nothing has come on /clock"
            self._report.problem("clock", Reason.NO_CLOCK, text)
        elif still_s > _STILL_S:
            text = f"use_sim_time is true, and /clock has stood still for {still_s:.1f} s"
            self._report.problem("clock", Reason.NO_CLOCK, text, Level.WARN)
        else:
            self._report.health.ok("clock")
