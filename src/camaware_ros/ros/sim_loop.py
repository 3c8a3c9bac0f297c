"""The thread in which simulated time goes: step, publish, draw, wait. It alone draws."""

from __future__ import annotations

import math
import os
import signal
import threading
import time

import rclpy
from rclpy.node import Node

from camaware_ros.ros.sim_publishers import SimPublishers
from camaware_ros.simulation.simulator import Simulator, Snapshot

_LONGEST_TICK_S = 0.02
_FORGIVEN_LAG_S = 0.25


class SimulationEnded(RuntimeError):
    """The simulation ended by itself; the text says why."""


class SimLoop:
    """Runs a simulator until ``end`` or until ROS is shut down.

    Args:
        node: for its log.
        simulator: what lives; touched by others only while they hold ``lock``.
        output: where the state of every tick and the pictures go.
        rate_hz: pictures per simulated second.
        factor: simulated seconds per real one; 0 does not wait. May be set at any time.

    Attributes:
        lock: held by whoever touches the simulator.
        ending: set once the loop shall end.
    """

    def __init__(
        self, node: Node, simulator: Simulator, output: SimPublishers, rate_hz: float, factor: float
    ) -> None:
        self.factor = factor
        self.lock = threading.RLock()
        self.ending = threading.Event()
        self._node, self._simulator, self._output = node, simulator, output
        self._ticks = math.ceil(1 / (rate_hz * _LONGEST_TICK_S))
        self._tick_s = 1 / (rate_hz * self._ticks)
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="simulation")

    def start(self) -> None:
        """Let time go."""
        self._thread.start()

    def end(self) -> None:
        """Stop time and wait for the thread.

        Raises:
            SimulationEnded: where it had ended by itself.
        """
        self.ending.set()
        self._thread.join()
        if self._failure is not None:
            raise SimulationEnded(self._failure)

    def _run(self) -> None:
        try:
            self._live()
        except Exception as error:
            if rclpy.ok():  # otherwise SIGINT took the context away in the middle of a publish
                self._failure = f"simulation ended: {type(error).__name__}: {error}"
                self._node.get_logger().fatal(self._failure)
                os.kill(os.getpid(), signal.SIGTERM)  # only the main thread can end the spinning
        finally:
            self._simulator.close()

    def _live(self) -> None:
        last: Snapshot | None = None
        count, due = 0, time.monotonic()
        while rclpy.ok() and not self.ending.is_set():
            with self.lock:
                self._simulator.step(self._tick_s)
                instant = self._simulator.snapshot()
            self._output.state(instant, last)
            if count % self._ticks == 0:
                self._output.picture(instant, self._simulator.render(instant))
            last, count = instant, count + 1
            now, wait_s = time.monotonic(), self._tick_s / self.factor if self.factor > 0 else 0.0
            due = max(due + wait_s, now - _FORGIVEN_LAG_S)
            self.ending.wait(max(due - now, 0.0))
