"""Measure whether large best-effort images get from one process to another on this machine.

Starts the two sides of `transport_probe` with the environment it is given and compares their
numbers. Does not import rclpy.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping

_PROBE = (sys.executable, "-m", "camaware_ros.ros.transport_probe")


def images_sent_and_received(
    environment: Mapping[str, str], timeout_s: float = 60.0
) -> tuple[int, int]:
    """Send 3 MB best-effort images between two processes.

    Args:
        environment: of both processes; its ROS domain is used.
        timeout_s: for the whole exchange, seconds.

    Returns:
        How many were sent, and how many of them arrived whole.

    Raises:
        RuntimeError: a process failed or the time ran out.
    """
    sides = [
        subprocess.Popen(
            [*_PROBE, side],
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for side in ("publish", "count")
    ]
    deadline = time.monotonic() + timeout_s
    try:
        sent, received = (_number(side, deadline - time.monotonic()) for side in sides)
    finally:
        for side in sides:
            side.kill()
            side.communicate()
    return sent, received


def _number(process: subprocess.Popen[str], timeout_s: float) -> int:
    try:
        output, errors = process.communicate(timeout=max(timeout_s, 0.1))
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"transport check: no result after {error.timeout:.0f} s") from error
    if process.returncode != 0:
        reason = (errors.strip().splitlines() or ["no output"])[-1]
        raise RuntimeError(f"transport check: a process returned {process.returncode}: {reason}")
    return int(output.split()[-1])
