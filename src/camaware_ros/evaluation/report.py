"""docs/benchmarks.md from the JSON files beside it: no number in the page is typed by hand.

``python -m camaware_ros.evaluation.report docs/benchmarks`` reads every known file that is there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from camaware_ros.evaluation.faults_report import HEADER, fault_rows, fault_text
from camaware_ros.evaluation.report_inputs import cameras_section, messages_section
from camaware_ros.evaluation.report_model import (
    ablation_section,
    coverage_section,
    data_section,
    dialogues_section,
    floor_section,
)
from camaware_ros.evaluation.report_speed import speed_section
from camaware_ros.evaluation.report_tables import markdown_table, read

Record = dict[str, Any]

_RENDERED = (
    ("rendered.json", "mounting known"),
    ("rendered_no_mounting.json", "mounting unknown"),
)
_HEADER = (
    "band", "model", "referent", "depth", "bias", "centre m", "success", "IoU25", "cover",
    "presence",
)  # fmt: skip
_INTRO = """# Benchmarks

Every table is written by `python -m camaware_ros.evaluation.report docs/benchmarks` from the JSON
files in `docs/benchmarks/`; each file names the command, seed and hardware that made it.

* **referent**: the answer is nearer (in bearing) to the asked thing than to any other in view, %.
* **depth**, **bias**: median relative error of z and its signed logarithm, %.
* **success**: centre within 10 % of the distance *and* 0.25 m, %.  **IoU25**: oriented 3-D IoU
  of at least 0.25, %.  **cover**: truths inside the stated 90 % region, %.
* **presence**: right about whether the thing is in view at all, % (always saying yes: about 83 %).

The held-out bands (30-38°, 95-110°, fisheye of 160° and more) occur in no training picture.

How the nodes take faults was measured with the model one training stage before this one; how they
take generated messages, with one of eight kinds and nearly the same size.
"""


def _source(record: Record) -> str:
    return (
        f"`{record['command']}`, seed {record['seed']}, {record['hardware']}, {record['backend']}"
    )


def band_rows(record: Record, label: str) -> list[list[object]]:
    """One row per camera band."""
    return [
        [
            band, label, f"{s['referent']:.1f}", f"{s['depth_error']:.1f}",
            f"{s['depth_bias']:+.1f}",
            f"{s['centre_error_m']:.2f}", f"{s['success']:.1f}", f"{s['iou25']:.1f}",
            f"{s['coverage90']:.1f}", f"{s['presence']:.1f}",
        ]
        for band, s in record["bands"].items()
    ]  # fmt: skip


def bands_section(folder: Path) -> str:
    """Held-out rendered scenes, ordered by band."""
    records = [(read(folder, name), label) for name, label in _RENDERED]
    found = [(record, label) for record, label in records if record]
    if not found:
        return ""
    rows = [row for record, label in found for row in band_rows(record, label)]
    order = list(found[0][0]["bands"])
    rows.sort(key=lambda row: order.index(row[0]) if row[0] in order else len(order))
    sources = "\n".join(f"* {label}: {_source(record)}" for record, label in found)
    title = "Held-out rendered scenes, by camera"
    return f"\n## {title}\n\n{markdown_table(_HEADER, rows)}\n{sources}\n"


def types_section(folder: Path) -> str:
    """Referent accuracy by the kind of phrase, trained range."""
    record = read(folder, "rendered.json")
    if record is None:
        return ""
    by_type = record["bands"]["trained range"]["referent_by_type"]
    table = markdown_table(list(by_type), [[f"{v:.1f}" for v in by_type.values()]])
    return f"\n### Referent by kind of phrase (trained range, mounting known)\n\n{table}"


def _robot_source(record: Record) -> str:
    return f"* `{record['command']}`, {record['hardware']}\n"


def mujoco_section(folder: Path) -> str:
    """Cameras of the simulator, mounting known and unknown."""
    named = (("mujoco.json", "mounting known"), ("mujoco_no_mounting.json", "mounting unknown"))
    records = [(read(folder, name), label) for name, label in named]
    rows, sources = [], ""
    for record, label in records:
        if record is None:
            continue
        bands = {k: v for k, v in record["mujoco"].items() if isinstance(v, dict)}
        rows += band_rows({"bands": bands}, label)
        sources += _robot_source(record)
    if not rows:
        return ""
    strange = records[0][0]["mujoco"]["unfamiliar_percent"] if records[0][0] else "?"
    text = (
        "Another renderer, rooms, furniture and real calibrations; nothing of it was trained on.\n"
        f"The model itself calls {strange} % of these pictures unlike its training pictures.\n"
    )
    header = ["camera", *_HEADER[1:]]
    return f"\n## The MuJoCo world\n{text}\n{markdown_table(header, rows)}\n{sources}"


def closed_loop_section(folder: Path) -> str:
    """Where the robot ends, per camera, and why not elsewhere."""
    record = read(folder, "closed_loop.json")
    if record is None:
        return ""
    loop = record["closed_loop"]
    header = ["camera", "orders", "success %", "arrived %", "median distance error m",
              "median facing deg", "how they ended"]  # fmt: skip
    rows = [
        [
            name, s["commands"], s["success_percent"], s["arrived_percent"],
            s["median_distance_error_m"], s["median_facing_deg"],
            ", ".join(f"{code} {count}" for code, count in s["reasons"].items()),
        ]
        for name, s in loop["summary"].items()
    ]  # fmt: skip
    text = (
        f"Success: within {loop['stand_off_m']} ± 0.3 m of the named thing's footprint and facing\n"
        "it within 20°. Seeded rooms, real nodes over DDS; the thing is in view at the start.\n"
    )
    table = markdown_table(header, rows)
    return f"\n## Closed loop\n{text}\n{table}\n{_robot_source(record)}"


def latency_section(folder: Path) -> str:
    """From image message to detection message."""
    record = read(folder, "latency.json")
    if record is None:
        return ""
    way = record["latency"]
    rows = [[key.replace("_", " "), value] for key, value in way.items()]
    table = markdown_table(["image message to detection message", ""], rows)
    return f"\n## Latency over DDS\n\n{table}\n{_robot_source(record)}"


def faults_section(folder: Path) -> str:
    """What goes wrong on robots, and how the nodes take it."""
    record = read(folder, "faults.json")
    if record is None:
        return ""
    table = markdown_table(HEADER, fault_rows(record))
    source = f"* `{record['command']}`, seed {record['seed']}, {record['hardware']}\n"
    return f"\n## Faults\n{fault_text(record)}\n{table}\n{source}"


def real_section(folder: Path) -> str:
    """Photographs, for which the model was not made."""
    record = read(folder, "real_photos.json")
    if record is None:
        return ""
    rows = [
        [
            photo["photograph"], "yes" if photo["warned"] else "**no**", said["asked"],
            said["presence"], said["score"], said["said_m"],
            "not there or not known" if said["true_m"] is None else said["true_m"],
            "" if said["off_m"] is None else said["off_m"],
        ]
        for photo in record["photographs"]
        for said in photo["said"]
    ]  # fmt: skip
    header = ["photograph", "warned", "asked", "presence", "score", "said m", "truth m", "off m"]
    warned = sum(photo["warned"] for photo in record["photographs"])
    rendered = record["rendered"]
    text = (
        "The shipped model has never seen a photograph; do not believe it on one. It claims\n"
        "things that are not there, and misplaces those that are; "
        f"{warned} of {len(record['photographs'])} photographs are called\n"
        f"unlike its training pictures, and so are {rendered['warned']} of {rendered['pictures']} "
        "held-out rendered pictures of the\ntrained range: distance from training is a weak "
        "witness. Shown: what is there, or claimed\n(presence >= 0.5).\n"
    )
    table = markdown_table(header, rows)
    return f"\n## Real photographs\n{text}\n{table}\n{_robot_source(record)}"


def page(folder: Path) -> str:
    """The whole page."""
    return (
        _INTRO
        + bands_section(folder)
        + types_section(folder)
        + floor_section(folder)
        + ablation_section(folder)
        + coverage_section(folder)
        + dialogues_section(folder)
        + data_section(folder)
        + mujoco_section(folder)
        + closed_loop_section(folder)
        + latency_section(folder)
        + speed_section(folder)
        + cameras_section(folder)
        + messages_section(folder)
        + faults_section(folder)
        + real_section(folder)
    )  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Write ``benchmarks.md`` beside the folder."""
    folder = Path(argv[0])
    target = folder.parent / "benchmarks.md"
    target.write_text(page(folder))
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
