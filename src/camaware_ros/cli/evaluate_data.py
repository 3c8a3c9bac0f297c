"""The part of ``camaware evaluate`` that reads a data set in the Omni3D format."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from camaware_ros.evaluation.hardware import hardware


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that choose a data set instead of rendered scenes."""
    group = parser.add_argument_group("a data set in the Omni3D format")
    group.add_argument("--data", type=Path, metavar="FILE.json", help="its annotations")
    group.add_argument("--images", type=Path, metavar="DIR", help="what file_path is relative to")
    group.add_argument(
        "--camera-scale", type=float, default=1.0, metavar="S",
        help="show every picture S times as large, with K alike: what leaves the network's input "
        "is cut off, and below 1 the border grows",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and write it where --json says."""
    from camaware_ros.evaluation.omni3d import read_omni3d
    from camaware_ros.evaluation.photos import PHRASE_SEED, evaluate_photos
    from camaware_ros.grounder import Grounder

    if arguments.images is None or not arguments.images.is_dir():
        raise ValueError(f"--images: expected the folder of the images, got {arguments.images}")
    photos = read_omni3d(arguments.data, arguments.images)
    grounder = Grounder.load(arguments.model, arguments.backend, zoom=arguments.camera_scale)
    found = evaluate_photos(grounder, photos, mounting=not arguments.no_mounting)
    print(json.dumps(found, indent=1))
    if arguments.json:
        record = {
            "command": f"camaware evaluate --data {_named(arguments.data)} --images DIR"
            + (f" --model {arguments.model.name}" if arguments.model else "")
            + (f" --camera-scale {arguments.camera_scale:g}" if arguments.camera_scale != 1 else "")
            + (" --no-mounting" if arguments.no_mounting else ""),
            "model": grounder.manifest.name, "backend": grounder.backend.name,
            "seed": PHRASE_SEED, "hardware": hardware(),
            **found,
        }  # fmt: skip
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def _named(path: Path) -> str:
    """The file and the folder it lies in."""
    return f"{path.resolve().parent.name}/{path.name}"
