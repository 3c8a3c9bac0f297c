"""``camaware export``: graphs, calibration, golden outputs and manifest for a trained model."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Command-line options."""
    parser.add_argument("folder", type=Path, help="with config.json and model.safetensors")
    parser.add_argument("--name", help="of the model (default: the folder's name)")
    parser.add_argument("--images", type=int, default=800, help="rendered images for calibration")
    smaller = parser.add_mutually_exclusive_group()
    smaller.add_argument(
        "--fp16", action="store_true", help="only add fp16 graphs for TensorRT to what was exported"
    )
    smaller.add_argument(
        "--int8", type=Path, metavar="OUT", help="only copy what was exported to OUT, weights int8"
    )


def run(args: argparse.Namespace) -> int:
    """Export and print parity with torch."""
    if args.fp16 or args.int8:
        from camaware_ros.export.precision import add_half, make_int8

        worst = make_int8(args.folder, args.int8) if args.int8 else add_half(args.folder)
        print(f"largest difference from the golden outputs: {worst:.1e}")
        return 0
    from camaware_ros.export.to_onnx import export

    export(args.folder, args.name or args.folder.resolve().name, args.images)
    return 0
