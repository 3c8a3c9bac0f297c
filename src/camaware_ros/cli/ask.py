"""`camaware ask`: one image, its camera and a question in plain English; the answer as JSON.

Needs no ROS.
"""

from __future__ import annotations

import argparse
import json

from camaware_ros.camera_file import load_camera_yaml
from camaware_ros.cli.localize import add_picture_arguments, mounting, observe, record_of
from camaware_ros.cli.pictures import read_picture, write_picture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `camaware ask`."""
    add_picture_arguments(parser)
    parser.add_argument(
        "--question", required=True,
        help="'what do you see?', 'how many chairs are there?', 'how far is the red box?'",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Print one JSON object with the answer and the things it speaks of."""
    from camaware_ros.grounder import Grounder

    camera = load_camera_yaml(arguments.camera)
    held = mounting(arguments.height, arguments.pitch)
    observation = observe(read_picture(arguments.image), camera, held)
    grounder = Grounder.load(arguments.model, arguments.backend)
    try:
        answer = grounder.ask(observation, arguments.question)
    finally:
        grounder.close()
    if arguments.overlay is not None:
        from camaware_ros.visualization.overlay import draw_overlay

        picture = draw_overlay(observation, answer.localizations, camera_name=camera.name)
        write_picture(arguments.overlay, picture)
    frame_id = f"{camera.name}_optical_frame"
    record = {
        "question": answer.question,
        "answer": answer.text,
        "things": [record_of(thing, frame_id) for thing in answer.localizations],
        "warnings": list(answer.warnings),
        "model": grounder.manifest.name,
    }
    print(json.dumps(record, indent=1))
    return 0
