"""The section of the benchmark page about the fault run."""

from __future__ import annotations

from typing import Any


def fault_rows(record: dict[str, Any]) -> list[list[object]]:
    """One row per kind of fault: how often, named, recovered, in time, median, worst."""
    return [
        [
            kind, s["count"], s["named"], s["recovered"], s["within_2_s"], s["median_s"],
            s["worst_s"],
        ]
        for kind, s in record["summary"].items()
    ]  # fmt: skip


HEADER = (
    "fault", "times", "named in /diagnostics", "recovered", "within 2 s", "median s", "worst s",
)  # fmt: skip


def fault_text(record: dict[str, Any]) -> str:
    """What happened besides."""
    memory = record["memory_mib"]
    grown = ", ".join(
        f"{node} {memory['begin'][node]:.0f} -> {memory['end'].get(node, float('nan')):.0f} MiB"
        for node in memory["begin"]
    )
    low, high = record["load"]
    return (
        f"{record['seconds'] / 60:.0f} minutes of faults, one after the other, against the real "
        f"grounding_node and\ngoal_node. Nodes that died: {len(record['deaths'])}. Answers: "
        f"{record['answers']}, of which {record['wrong_answers']} were\nmore than 0.1 m from the "
        "truth at their own stamp (the robot moves all the time). Recovery is from\nthe end of the "
        "fault, for a killed publisher its first new message, to the first right answer to a\n"
        "newer image. Parts of the robot that had to be started a second time, because they were\n"
        f"not heard: {len(record['started_in_vain'])}. Memory: {grown}.\n"
        f"The machine was busy otherwise: load {low:.0f} to {high:.0f} in the run.\n"
    )
