"""`camaware localize`: one image, its camera and a few words in; a place in 3-D out, as JSON.

Needs no ROS. Obeys the same rules for words as the node does.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from camaware_ros.camera_file import CameraFile, CarriedAt, load_camera_yaml
from camaware_ros.cli.pictures import read_picture, write_picture
from camaware_ros.geometry.rays import gravity_axes
from camaware_ros.types import Localization, Mounting, Observation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `camaware localize`."""
    add_picture_arguments(parser)
    parser.add_argument(
        "--command", required=True, help="what to look for: 'red chair', 'find the nearest box'"
    )


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """Which picture, how its camera is held, and which model looks at it."""
    add_view_arguments(parser)
    parser.add_argument("--backend", default="auto", help="auto, tensorrt, onnx or torch")
    parser.add_argument("--overlay", type=Path, help="write the picture with what was found here")


def add_view_arguments(parser: argparse.ArgumentParser) -> None:
    """The picture, its camera, how it is held, and the model."""
    parser.add_argument("image", type=Path, help="the picture, as the camera took it")
    parser.add_argument(
        "--camera", type=Path, required=True, help="its calibration, a ROS camera YAML"
    )
    parser.add_argument("--height", type=float, help="of the camera above the floor, metres")
    parser.add_argument(
        "--pitch", type=float, default=0.0,
        help="how far it looks below the horizon, degrees; with --height (default: 0)",
    )  # fmt: skip
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")


def run(arguments: argparse.Namespace) -> int:
    """Print one JSON object; 0 also where the thing is not there, which `presence` says."""
    from camaware_ros.grounder import Grounder

    camera = load_camera_yaml(arguments.camera)
    observation = observe(
        read_picture(arguments.image), camera, mounting(arguments.height, arguments.pitch)
    )
    grounder = Grounder.load(arguments.model, arguments.backend)
    try:
        phrase = asked_phrase(arguments.command, grounder)
        result = grounder.ground(observation, [phrase])
    finally:
        grounder.close()
    (found,) = result.localizations
    if arguments.overlay is not None:
        from camaware_ros.visualization.overlay import draw_overlay

        picture = draw_overlay(observation, [found], camera_name=camera.name)
        write_picture(arguments.overlay, picture)
    record = record_of(found, f"{camera.name}_optical_frame")
    record |= {"warnings": list(result.warnings), "model": grounder.manifest.name}
    print(json.dumps(record, indent=1))
    return 0


def mounting(height_m: float | None, pitch_deg: float) -> Mounting | None:
    """How the camera is held; None where the height is not given.

    Raises:
        ValueError: a pitch without a height, or numbers that cannot be.
    """
    if height_m is None:
        if pitch_deg:
            raise ValueError(f"--pitch: expected --height beside it, got {pitch_deg} alone")
        return None
    carried = CarriedAt(height_m=height_m, pitch_down_rad=math.radians(pitch_deg))
    return Mounting.from_pose(carried.base_from_camera)


def observe(image: np.ndarray, camera: CameraFile, held: Mounting | None) -> Observation:
    """The picture with its camera.

    Raises:
        ValueError: where the calibration is for pictures of another size.
    """
    size, wanted = image.shape[1::-1], (camera.camera.width, camera.camera.height)
    if size != wanted:
        raise ValueError(
            f"image: expected {wanted[0]} x {wanted[1]} pixels as camera {camera.name} is "
            f"calibrated, got {size[0]} x {size[1]}"
        )
    return Observation(image=image, camera=camera.camera, mounting=held)


def asked_phrase(command: str, grounder: Any) -> str:
    """The phrase to look for, from a whole command or the bare name of a thing.

    Raises:
        ValueError: nothing the model can look for, with the reason.
    """
    from camaware_ros.language.commands import CommandError, parse_command
    from camaware_ros.ros.command_state import state_after

    try:
        parse_command(command)
    except CommandError as error:
        if error.code == "NO_VERB":
            command = f"find {command}"
    state = state_after(command, grounder.unknown_words, grounder.max_words)
    if state.phrase is None:
        raise ValueError(f"--command: {state.text}")
    return state.phrase


def record_of(found: Localization, frame_id: str) -> dict[str, Any]:
    """What is printed: optical frame (x right, y down, z forward), metres, radians.

    ``yaw_rad`` is the turn of the box's length about the upward direction, from where the camera
    looks, to the left positive.
    """
    up = found.box.rotation[:, 2]
    x_axis = gravity_axes(up) @ found.box.rotation[:, 0]
    return {
        "label": found.label,
        "presence": round(found.presence, 4),
        "frame_id": frame_id,
        "center_m": _rounded(found.box.center),
        "size_m": _rounded(found.box.size),
        "yaw_rad": round(math.atan2(x_axis[1], x_axis[0]), 4),
        "covariance": [_rounded(row, 6) for row in found.covariance],
        "score": round(found.score, 4),
    }


def _rounded(values: np.ndarray, digits: int = 4) -> list[float]:
    return [round(float(value), digits) for value in values]
