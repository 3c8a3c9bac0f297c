"""``camaware export``: ONNX graph, calibration, golden outputs and manifest for a trained model."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Command-line options."""
    parser.add_argument("folder", type=Path, help="with config.json and model.safetensors")
    parser.add_argument("--name", help="of the model (default: the folder's name)")
    parser.add_argument("--images", type=int, default=800, help="rendered images for calibration")


def run(args: argparse.Namespace) -> int:
    """Export and print parity with torch."""
    from camaware_ros.export.to_onnx import export

    export(args.folder, args.name or args.folder.resolve().name, args.images)
    return 0
