"""Section of docs/benchmarks.md about speed: stages, the node over DDS, cost growth, a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from camaware_ros.evaluation.report_tables import markdown_table, read

Record = dict[str, Any]


def speed_section(folder: Path) -> str:
    """Every part whose file is there."""
    record, growth, stream = (
        read(folder, name) for name in ("speed.json", "growth.json", "stream.json")
    )
    parts = ""
    if record is not None:
        parts += _stages(record) + _nodes(record)
    if growth is not None:
        parts += _growth(growth)
    if stream is not None:
        parts += _stream(stream)
    return f"\n## Speed\n{parts}" if parts else ""


def _source(record: Record) -> str:
    load = ", ".join(str(value) for value in record["load_average"])
    return (
        f"* `{record['command']}`, seed {record['seed']}, {record['hardware']}, load average {load}"
        "\n"
    )


def _kind(row: Record) -> str:
    width, height = row["size"]
    return f"{width} x {height} {'jpeg' if row['compressed'] else 'raw'}"


def _stages(record: Record) -> str:
    shown = [
        "decode", "camera", "frame", "rays", "vision", "language", "lift", "publish",
        "all but the network", "all",
    ]  # fmt: skip
    rows = [
        [row["backend"], _kind(row), *(f"{row['wall_ms'][name][0]:.2f}" for name in shown),
         f"{row['wall_ms']['all'][1]:.1f} / {row['wall_ms']['all'][2]:.1f}",
         row["frames_per_s"], row["rss_mb"], row["allocated"]["peak_kb"]]
        for row in record["stages"]
    ]  # fmt: skip
    header = ["backend", "picture", *shown, "all p95 / p99", "frames/s", "RSS MB", "peak kB"]
    starts = [
        [name, found["first_answer_s"], found["rss_mb"], "yes" if found["torch_loaded"] else "no",
         found["rays"]["new_camera_ms"], found["rays"]["same_camera_ms"]]
        for name, found in record["startup"].items()
    ]  # fmt: skip
    faster = "".join(f"* network, {k}: {v} times as long\n" for k, v in record["speed"].items())
    missing = "".join(f"* {k} did not run: {v}\n" for k, v in record["missing"].items())
    return (
        "\n### Stage by stage, one process, no DDS\n\nMedians in ms; backends take turns, so each "
        "starts its five frames with cold caches. Peak: memory\nof Python and numpy that one frame "
        "takes and gives back.\n\n![Stages](benchmarks/speed.png)\n\n"
        + markdown_table(header, rows)
        + "\n"
        + markdown_table(
            ["backend", "process start to first answer s", "RSS MB then", "torch loaded",
             "rays of a new fisheye ms", "of a known camera ms"], starts,
        )
        + f"\n{faster}{missing}{_source(record)}"
    )  # fmt: skip


def _nodes(record: Record) -> str:
    if "nodes" not in record:
        return ""
    rows = [
        [_kind(row), row["p50_ms"], row["p95_ms"], row["p99_ms"], row["dds_p50_ms"],
         row["in_node_p50_ms"], row["network_p50_ms"], row["around_p50_ms"], row["around_p95_ms"],
         row["around_percent"], row["rss_mb"]]
        for row in record["nodes"]
    ]  # fmt: skip
    header = [
        "picture", "whole way p50", "p95", "p99", "of it DDS", "in the node", "network",
        "all but the network p50", "p95", "% of the node's time", "RSS MB",
    ]  # fmt: skip
    return (
        "\n### The node over DDS, from image message to detection message, ms\n\n"
        + markdown_table(header, rows)
        + f"\n{_source(record)}"
    )


def _growth(record: Record) -> str:
    rows = [
        [name, ", ".join(map(str, c["x"])), ", ".join(map(str, c["wall_ms"])), c["exponent"]]
        for name, c in record["growth"].items()
    ]
    return (
        "\n### How cost grows\n\nExponent: slope of log time (of the processor) against log "
        "number, over all points.\n\n![Growth](benchmarks/growth.png)\n\n"
        + markdown_table(["number of", "", "ms", "exponent"], rows)
        + f"\n{_source(record)}"
    )


def _stream(record: Record) -> str:
    found = {key: value for key, value in record["stream"].items() if key != "looks"}
    rows = [[key.replace("_", " "), value] for key, value in found.items()]
    return (
        "\n### A stream at full rate\n\nAge: the node's clock at publishing minus the image's "
        "stamp; arriving: p50, p95, p99 at a\nsubscriber in another process.\n\n"
        + markdown_table(["", ""], rows)
        + f"\n{_source(record)}"
    )
