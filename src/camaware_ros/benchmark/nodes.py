"""The real node in a process of its own, over DDS, at every size and transport."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from camaware_ros.ros.latency import run_latency


def measure_nodes(
    folder: Path | None, count: int, sizes: Sequence[tuple[int, int]], backend: str = "auto"
) -> list[dict[str, Any]]:
    """``run_latency`` for each size, raw and compressed; ``dds_p50_ms`` is the way around the node.

    Args:
        folder: of the model; the shipped one where not given.
        count: pictures of each kind, at most 200.
        sizes: (width, height).
        backend: that runs the network.
    """
    records = []
    for size in sizes:
        for compressed in (False, True):
            found = run_latency(
                count, rate_hz=20.0, backend=backend, model_dir=folder, size=size,
                compressed=compressed,
            )  # fmt: skip
            dds = round(found["p50_ms"] - found["in_node_p50_ms"], 1)
            records.append(found | {"dds_p50_ms": dds})
    return records
