"""``camaware evaluate``: how good a model is, on held-out scenes, a data set, or a robot."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from camaware_ros.cli import evaluate_data, evaluate_robot
from camaware_ros.evaluation.hardware import hardware

DEFAULT_BANDS = (
    "trained range", "unseen narrow", "unseen wide", "off-centre", "fisheye", "unseen fisheye",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Command-line options."""
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--backend", default="auto", help="auto, tensorrt, onnx or torch")
    parser.add_argument("--bands", nargs="+", default=list(DEFAULT_BANDS), help="camera bands")
    parser.add_argument("--scenes", type=int, default=400, help="pictures per band")
    parser.add_argument(
        "--no-mounting", action="store_true", help="withhold how the camera is held"
    )
    parser.add_argument(
        "--no-intrinsics", action="store_true", help="withhold K: assume 62 degrees"
    )
    parser.add_argument("--json", type=Path, help="write the result here")
    evaluate_data.add_arguments(parser)
    evaluate_robot.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate and print one row per band."""
    if evaluate_robot.is_wanted(args):
        return evaluate_robot.run(args)
    if args.data is not None:
        return evaluate_data.run(args)
    from camaware_ros.evaluation.rendered import EVALUATION_SEED, evaluate_band
    from camaware_ros.grounder import Grounder
    from camaware_ros.training.cameras import BANDS

    unknown = [band for band in args.bands if band not in BANDS]
    if unknown:
        raise ValueError(f"bands: expected some of {list(BANDS)}, got {unknown}")
    grounder = Grounder.load(args.model, args.backend)
    print(f"{'band':16s} referent  depth  bias  centre  success  IoU.25  cover90  presence")
    rows = {}
    for band in args.bands:
        summary = evaluate_band(
            grounder, BANDS[band], args.scenes,
            mounting=not args.no_mounting and not args.no_intrinsics,
            intrinsics=not args.no_intrinsics,
        )  # fmt: skip
        rows[band] = summary.to_dict()
        print(
            f"{band:16s} {summary.referent:7.1f} {summary.depth_error:6.1f}"
            f" {summary.depth_bias:+6.1f}"
            f" {summary.centre_error_m:6.2f}m {summary.success:7.1f} {summary.iou25:7.1f}"
            f" {summary.coverage90:8.1f} {summary.presence:9.1f}",
            flush=True,
        )
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "command": f"camaware evaluate --scenes {args.scenes}"
            + (f" --model {args.model.name}" if args.model else "")
            + (" --no-mounting" if args.no_mounting else "")
            + (" --no-intrinsics" if args.no_intrinsics else ""),
            "model": grounder.manifest.name, "backend": grounder.backend.name,
            "seed": EVALUATION_SEED, "hardware": hardware(),
            "bands": rows,
        }  # fmt: skip
        args.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0
