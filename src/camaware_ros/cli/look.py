"""`camaware look`: what the language model makes of a picture's space, as pictures and points.

Needs a model with SpatialSV heads (``spatial_layers``) and torch; no ROS.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from camaware_ros.camera_file import load_camera_yaml
from camaware_ros.cli.localize import add_view_arguments, mounting, observe
from camaware_ros.cli.pictures import read_picture, write_picture
from camaware_ros.types import Observation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `camaware look`."""
    add_view_arguments(parser)
    parser.add_argument(
        "--out", type=Path, required=True,
        help="write picture, range, ray directions and a view from above here",
    )  # fmt: skip
    parser.add_argument(
        "--points", type=Path,
        help="also write points (n, 3), metres forward, left and up from the floor below the "
        "camera, and their colours here, .npz",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Write the panels; 0."""
    from camaware_ros.grounder import DEFAULT_MODEL
    from camaware_ros.resources import share_directory
    from camaware_ros.visualization.spatial import coloured_points, spatial_panels

    observation = observe(
        read_picture(arguments.image),
        load_camera_yaml(arguments.camera),
        mounting(arguments.height, arguments.pitch),
    )
    folder = arguments.model or share_directory() / "models" / DEFAULT_MODEL
    picture, maps, valid = lifted(observation, folder)
    write_picture(arguments.out, spatial_panels(picture, maps, valid))
    if arguments.points is not None:
        points, colours = coloured_points(picture, maps["point"], valid)
        np.savez_compressed(arguments.points, points=points, colours=colours)
    return 0


def lifted(
    observation: Observation, folder: Path
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """What the network saw (H, W, 3), its maps (see ``model.spatial``), and which cells have a ray.

    Raises:
        ValueError: the model has no spatial heads. OSError: there is no such model.
    """
    import torch

    from camaware_ros.geometry.framing import Framing
    from camaware_ros.geometry.rays import cells, ray_features
    from camaware_ros.model.checkpoint import load_checkpoint
    from camaware_ros.runtime.inputs import framed_pixels

    network, _ = load_checkpoint(folder)
    size = network.config.image_width, network.config.image_height
    camera, held = observation.camera, observation.mounting
    framing = Framing.letterbox((camera.width, camera.height), size)
    rays, valid = cells(framing.camera(camera), framing.content())
    up, height = (None, None) if held is None else (held.up_camera, held.height_m)
    features = ray_features(rays, valid, up_camera=up, height_m=height)
    pixels = framed_pixels(framing, observation.image)
    with torch.inference_mode():
        maps = network.spatial_maps(
            torch.from_numpy(pixels)[None], torch.from_numpy(features)[None]
        )
    picture = framing.image(observation.image)
    return picture, {name: value[0].numpy() for name, value in maps.items()}, valid
