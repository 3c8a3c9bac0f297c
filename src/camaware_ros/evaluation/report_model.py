"""Sections of docs/benchmarks.md about the model: the ablation, coverage and data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from camaware_ros.evaluation.report_tables import markdown_table, read

Record = dict[str, Any]

ABLATION_PICTURE = "images/ablation.png"
_DETECTION = ("f1", "f1_any", "ap25", "ap3d")


def ablation_section(folder: Path) -> str:
    """F1@0.25 and success of every row on every column; spatial questions; the cost."""
    record = read(folder, "ablation.json")
    if record is None:
        return ""
    columns = record["columns"]
    rows = [
        [row["name"], *(_pair(row["columns"][name]) for name in columns)] for row in record["rows"]
    ]
    same = columns[0]
    spatial = [
        [row["name"], _with_range(row["columns"][same], "spatial"),
         _with_range(row["columns"][same], "referent"), len(row["seeds"]),
         sum(row["cpu_seconds"]["training"]) // len(row["seeds"])]
        for row in record["rows"]
    ]  # fmt: skip
    text = (
        'Small networks, trained on pinhole cameras of 55-70° only ("all": some pictures by\n'
        "other lenses too) and on eight kinds of things, every row on the same pictures, phrases,\n"
        "order and budget; asked about columns of other cameras. Cells: F1 of detection at IoU\n"
        "0.25, of any kind / success of phrases, %. A rescaled picture is enlarged or shrunk with\n"
        "its K and cut or padded around its middle, not letterboxed back. ± is half the range of\n"
        "two seeds.\n"
    )
    depth = [
        [row["name"], *(_depth(row["columns"][name]) for name in columns)] for row in record["rows"]
    ]
    more = (
        "\nSpatial questions on the same cameras: relations, superlatives, and which of two named\n"
        'things is closer, %. "50 % text" sees half as many pictures; "50 % text, 50 % spatial\n'
        'only" sees all of them, half of them without any word.\n'
    )
    header = ["row", "spatial questions", "referent", "seeds", "CPU s of training"]
    return (
        f"\n## What each idea is worth across cameras\n{text}\n"
        f"![Success of every row across cameras]({ABLATION_PICTURE})\n\n"
        + markdown_table(["row", *columns], rows)
        + "\nDepth error (bias), median, %, of phrases read at the right thing or not:\n\n"
        + markdown_table(["row", *columns], depth)
        + more
        + "\n"
        + markdown_table(header, spatial)
        + f"\n* `{record['command']}`, {record['scenes']} pictures per column, "
        f"{record['train']['images']} training pictures per row, {record['hardware']}\n"
    )


def _pair(metrics: Record) -> str:
    return f"{_with_range(metrics, 'f1_any')} / {_with_range(metrics, 'success')}"


def _depth(metrics: Record) -> str:
    return f"{metrics['depth_error']:.0f} ({metrics['depth_bias']:+.0f})"


def _with_range(metrics: Record, key: str) -> str:
    spread = metrics.get("half_range", {}).get(key)
    return f"{metrics[key]:.1f}" + (f" ± {spread:.1f}" if spread is not None else "")


def coverage_section(folder: Path) -> str:
    """Whether 90 % regions hold 90 %."""
    record = read(folder, "coverage.json")
    if record is None:
        return ""
    header = ["camera", "score", "as stated", "calibrated", "and grown", "range %", "bearing %"]
    rows = [
        [name, *(band[key] for key in (
            "camera_score", "as_stated", "calibrated", "with_growth", "range_percent",
            "bearing_percent",
        ))]
        for name, band in record["bands"].items()
    ]  # fmt: skip
    text = (
        "Share of truths inside stated 90 % regions, %, over all phrases about things in view,\n"
        "also those read at the wrong thing: as the network states its spreads; scaled, with the\n"
        "other things that may be meant; and grown with the camera score, which is 0 inside the\n"
        "trained range and 1 a quarter beyond it. Range and bearing: median spread of the\n"
        "distance, and across the line of sight, in percent of the distance.\n"
    )
    source = (
        f"* `{record['command']}`, {record['scenes']} scenes per row, seed {record['seed']}, "
        f"{record['hardware']}, {record['backend']}; pointer temperature "
        f"{record['pointer_temperature']:g}, growth {record['growth']:.2f} per unit of score\n"
    )
    return f"\n## Does 90 % mean 90 %?\n{text}\n{markdown_table(header, rows)}\n{source}"


def floor_section(folder: Path) -> str:
    """Depth error without mounting, beside that of an observer who reads every ratio exactly."""
    record, model = read(folder, "scale_floor.json"), read(folder, "rendered_no_mounting.json")
    if record is None or model is None:
        return ""
    header = ["camera", "model's depth error %", "floor %", "floor, read to a pixel %",
              "of which within 10 %", "ceiling seen %"]  # fmt: skip
    keys = ("median_error", "median_error_to_a_pixel", "within_10_to_a_pixel", "ceiling_seen")
    rows = [
        [name, f"{model['bands'][name]['depth_error']:.1f}", *(band[key] for key in keys)]
        for name, band in record["bands"].items()
        if name in model["bands"]
    ]
    text = (
        "One picture shows a room up to its scale. The floor is an observer who knows what sizes\n"
        "each kind, cameras' heights and ceilings may have, and reads every ratio without error,\n"
        "or each length of a thing to one pixel. Nobody tells him where things tend to stand,\n"
        "which the engine gives away a little. Sizes are drawn evenly, each for itself, so that\n"
        "five things tell far more than one.\n"
    )
    source = f"* `{record['command']}`, seed {record['seed']}, {record['hardware']}\n"
    return f"\n## Without mounting\n{text}\n{markdown_table(header, rows)}\n{source}"


def dialogues_section(folder: Path) -> str:
    """Questions in plain English, by band and by topic."""
    record = read(folder, "dialogues.json")
    if record is None:
        return ""
    header = ["camera", "topic", "answers", "same words %", "points at the thing %",
              "things F1 %", "range error %", "numbers agree %"]  # fmt: skip
    rows = [
        _dialogue_row(band, topic, found)
        for band, whole in record["bands"].items()
        for topic, found in {"all": whole, **whole["by_topic"]}.items()
    ]
    text = (
        "One question per picture. Same words: the sentence is the true one but for its numbers.\n"
        "Points: every thing that the true answer speaks of is the one pointed at, in the same\n"
        "order. Things F1: of the things pointed at, in whatever order. Range error: median, of\n"
        "those pointed at rightly. Numbers agree: each distance in the text is within 5 % of that\n"
        "of a box of the answer.\n"
    )
    source = (
        f"* `{record['command']}`, seed {record['seed']}, {record['hardware']}, "
        f"{record['backend']}\n"
    )
    return f"\n## Answers in words\n{text}\n{markdown_table(header, rows)}\n{source}"


def _dialogue_row(band: str, topic: str, found: Record) -> list[object]:
    keys = ("same_words", "pointed", "same_things", "range_error_median", "numbers_agree")
    shares = ("" if found[key] is None else f"{100 * found[key]:.1f}" for key in keys)
    return [band, topic, found["answers"], *shares]


def data_section(folder: Path) -> str:
    """Data sets in the Omni3D format: ``omni3d*.json``."""
    records = [json.loads(path.read_text()) for path in sorted(folder.glob("omni3d*.json"))]
    if not records:
        return ""
    header = ["command", "images", "F1", "F1 any", "AP25", "AP3D", "referent", "success", "cover",
              "depth AbsRel", "δ1 %"]  # fmt: skip
    rows = [_data_row(record) for record in records]
    text = (
        "Everything in view, found without being asked: F1 and AP at IoU 0.25, AP3D over IoU\n"
        "0.05-0.50 (means over kinds, oriented boxes), then phrases made from the annotations,\n"
        "then depth. F1 any: whatever kind a box is said to be. The sets are held-out rendered\n"
        "scenes, `python -m camaware_ros.evaluation.omni3d_rendered BAND COUNT FOLDER`.\n"
    )
    sources = {
        f"* seed {r['seed']}, {r['hardware']}, {r['backend']}, {r['model']}" for r in records
    }
    return (
        f"\n## Detection on data sets in the Omni3D format\n{text}\n"
        f"{markdown_table(header, rows)}\n" + "\n".join(sorted(sources)) + "\n"
    )


def _data_row(record: Record) -> list[object]:
    depth = record["depth"] or {"abs_rel": "", "delta1": ""}
    phrases = record["phrases"]
    return [
        f"`{record['command']}`", record["images"],
        *(f"{record['detection'][key]:.1f}" for key in _DETECTION),
        *(f"{phrases[key]:.1f}" for key in ("referent", "success", "coverage90")),
        depth["abs_rel"], depth["delta1"],
    ]  # fmt: skip
