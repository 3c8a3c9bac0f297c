"""Two benchmark files side by side: every median that both have."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
_STREAM = {
    "age_p50_ms": "age at publishing, ms", "age_p95_ms": "age at publishing p95, ms",
    "network_p50_ms": "network, ms", "rss_last_third_mb": "memory, MB",
}  # fmt: skip


def medians(record: Record) -> dict[str, float]:
    """Medians of a record, and how its costs grow, by what they are of."""
    found: dict[str, float] = {}
    for row in record.get("stages", []):
        kind = f"{row['backend']} {_kind(row)}"
        found |= {f"{kind}: {stage}, ms": v[0] for stage, v in row["wall_ms"].items()}
    for row in record.get("nodes", []):
        for key, what in (
            ("p50_ms", "the whole way, ms"), ("dds_p50_ms", "of it DDS, ms"),
            ("in_node_p50_ms", "in the node, ms"),
            ("around_p50_ms", "all but the network, ms"), ("rss_mb", "memory, MB"),
        ):  # fmt: skip
            found[f"node {_kind(row)}: {what}"] = row[key]
    for name, row in record.get("startup", {}).items():
        found[f"{name} start: first answer, s"] = row["first_answer_s"]
        found[f"{name} start: memory, MB"] = row["rss_mb"]
    for name, curve in record.get("growth", {}).items():
        points = zip(curve["x"], curve["cpu_ms"], strict=True)
        found |= {f"{x} {name}: processor, ms": value for x, value in points}
        found[f"{name}: exponent"] = curve["exponent"]
    stream = record.get("stream", {})
    return found | {f"stream {what}": stream[key] for key, what in _STREAM.items() if stream}


def compare(before: Record, after: Record) -> list[tuple[str, float, float, float]]:
    """(what, before, after, after / before) of everything that both have, in a stable order.

    Raises:
        ValueError: they have nothing in common.
    """
    old, new = medians(before), medians(after)
    both = [name for name in old if name in new]
    if not both:
        raise ValueError("compare: expected two benchmarks with a part in common, got none")
    return [
        (name, old[name], new[name], new[name] / old[name] if old[name] else float("nan"))
        for name in both
    ]


def _kind(row: Record) -> str:
    width, height = row["size"]
    return f"{width}x{height} {'compressed' if row['compressed'] else 'raw'}"
