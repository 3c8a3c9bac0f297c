"""Minutes of a camera at full rate through a real grounding_node: age, order, memory.

Nobody waits for answers: what the node cannot do in time it must leave out, not queue.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from camaware_ros.ros.latency import Stopwatch, stopwatch

_SETTLE_S, _LOOK_S = 10.0, 5.0


def run_stream(
    minutes: float,
    *,
    size: tuple[int, int] = (1280, 720),
    rate_hz: float = 30.0,
    backend: str = "auto",
    model_dir: Path | None = None,
) -> dict[str, Any]:
    """Publish at ``rate_hz`` and take down every detection.

    Args:
        minutes: how long, after ten seconds that do not count.
        size: (width, height).
        rate_hz: pictures per second.
        backend: what runs the network.
        model_dir: the shipped model where not given.

    Returns:
        A record for JSON: pictures and detections; age of a detection when the node publishes it
        (its own clock; p50 and p95 of 200 each, then the median over time and the worst p95) and
        when it arrives here; time of the network; resident memory; detections out of order.

    Raises:
        ValueError: no time.
        RuntimeError: the node died, does not start or does not answer.
    """
    if minutes <= 0:
        raise ValueError(f"minutes: expected more than 0, got {minutes}")
    with stopwatch(backend=backend, model_dir=model_dir, size=size) as watch:
        watch.ready()
        _send_for(watch, _SETTLE_S, rate_hz)
        watch.arrivals.clear()
        looks: list[dict[str, float]] = []
        ages_s: list[float] = []
        sent = 0
        until_s = time.monotonic() + 60 * minutes
        while (left_s := until_s - time.monotonic()) > 0:
            count, ages = _send_for(watch, min(left_s, _LOOK_S), rate_hz)
            sent, ages_s = sent + count, ages_s + ages
            looks.append({"rss_mb": round(watch.rss_mb(), 2), **watch.told()})
    return _record(minutes, size, rate_hz, sent, ages_s, looks) | {
        "order_inversions": _inversions([stamp for stamp, _ in watch.arrivals])
    }


def _send_for(watch: Stopwatch, seconds: float, rate_hz: float) -> tuple[int, list[float]]:
    """Publish for so long: how many pictures, and how old detections were when they arrived."""
    known, start_s, count = len(watch.arrivals), time.monotonic(), 0
    apart_s = watch.now_ns() / 1e9 - start_s
    while time.monotonic() - start_s < seconds:
        watch.prepare(watch.now_ns())
        watch.send()
        count += 1
        watch.spin_until(start_s + count / rate_hz)
    return count, [at_s + apart_s - stamp / 1e9 for stamp, at_s in watch.arrivals[known:]]


def _inversions(stamps: list[int]) -> int:
    return sum(after <= before for before, after in zip(stamps, stamps[1:], strict=False))


def _record(
    minutes: float, size: tuple[int, int], rate_hz: float, sent: int, ages_s: list[float],
    looks: list[dict[str, float]],
) -> dict[str, Any]:  # fmt: skip
    if not ages_s:
        raise RuntimeError("stream: expected detections, got none")

    def over_time(name: str) -> float:
        return float(np.median([look[name] for look in looks]))

    memory = [look["rss_mb"] for look in looks]
    third = max(len(memory) // 3, 1)
    begin_mb, end_mb = (float(np.median(part)) for part in (memory[:third], memory[-third:]))
    arriving = 1e3 * np.percentile(ages_s, (50, 95, 99))
    return {
        "minutes": minutes, "size": list(size), "rate_hz": rate_hz, "sent": sent,
        "detections": len(ages_s),
        "age_p50_ms": round(over_time("age_p50_ms"), 1),
        "age_p95_ms": round(over_time("age_p95_ms"), 1),
        "age_p95_worst_ms": max(look["age_p95_ms"] for look in looks),
        "network_p50_ms": round(over_time("network_p50_ms"), 1),
        "network_p95_ms": round(over_time("network_p95_ms"), 1),
        "age_p95_over_network": round(over_time("age_p95_ms") / over_time("network_p50_ms"), 2),
        "arriving_age_ms": [round(float(value), 1) for value in arriving],
        "rss_first_third_mb": round(begin_mb, 1), "rss_last_third_mb": round(end_mb, 1),
        "rss_growth_percent": round(100 * (end_mb / begin_mb - 1), 2),
        "looks": looks,
    }  # fmt: skip
