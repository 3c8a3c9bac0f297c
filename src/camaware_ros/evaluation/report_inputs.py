"""The parts of the benchmark page about cameras that change and messages that are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camaware_ros.evaluation.report_tables import markdown_table, read

Record = Mapping[str, Any]

_CAMERA_HEADER = (
    "camera", "answers", "bearing ° (limit)", "range bias ln", "agrees",
    "with another K: bearing °", "range bias ln", "agrees",
)  # fmt: skip
_MESSAGE_HEADER = ("image", "refused in words", "accepted", "answered by the model", "failures")


def cameras_section(folder: Path) -> str:
    """One camera after another on one running node."""
    record = read(folder, "calibrations.json")
    if record is None:
        return ""
    table = markdown_table(_CAMERA_HEADER, _camera_rows(record))
    return f"\n## Ten real cameras in one run\n{_camera_text(record)}\n{table}\n{_source(record)}"


def messages_section(folder: Path) -> str:
    """Messages that no driver should send."""
    record = read(folder, "fuzz.json")
    if record is None:
        return ""
    table = markdown_table(_MESSAGE_HEADER, _message_rows(record))
    return f"\n## Generated messages\n{_message_text(record)}\n{table}\n{_source(record)}"


def _camera_text(record: Record) -> str:
    """What was done, and what became of the pictures."""
    return f"""
One grounding_node, never restarted; a publisher that becomes another real camera every
{record["pictures"] // (record["switches"] + 1)} pictures at {record["rate_hz"]:g} Hz, each picture
rendered through that camera. An answer is judged under the camera of its own stamp: median angle
to the truth within 2 % of the horizontal field, median range within ±0.2 of its logarithm, and
every single answer the one that the model gives with that camera and no middleware. Then again
with K of another camera, which must not agree.

{record["pictures"]} pictures, {record["unanswered"]} without an answer; {record["switches"]}
switches, at most {record["dropped_at_a_switch_most"]} pictures dropped at one.
"""


def _camera_rows(record: Record) -> list[list[object]]:
    """A row per camera: with its own K, and with that of another."""
    control = record["control"]["cameras"]
    return [
        [
            name, own["answers"], f"{own['bearing_deg']} ({own['bearing_limit_deg']})",
            own["range_bias"], _word(own), control[name]["bearing_deg"],
            control[name]["range_bias"], _word(control[name]),
        ]
        for name, own in record["cameras"].items()
    ]  # fmt: skip


def _message_text(record: Record) -> str:
    """What was done."""
    return f"""
{record["messages"]} generated messages, valid ones and ones spoilt in one to three places, through
pairing, conversion, the worker's job and the shipped model. Each may end in a refusal in words or
in finite numbers, and a valid one may not be refused; anything else is a failure.
"""


def _message_rows(record: Record) -> list[list[object]]:
    """A row for raw and one for rectified pictures."""
    return [
        [
            name, found["outcomes"]["refused"], found["outcomes"]["accepted"],
            found["outcomes"]["answered"], found["failures"],
        ]
        for name in ("raw", "rectified")
        for found in (record[name],)
    ]  # fmt: skip


def _source(record: Record) -> str:
    return f"* `{record['command']}`, seed {record['seed']}, {record['hardware']}\n"


def _word(row: Record) -> str:
    return "yes" if row["agrees"] else "no"
