"""Pictures of the simulator as a data set in the Omni3D format."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from camaware_ros.evaluation.mujoco_world import ROOM_SEED, TRIES, sample_mounting, sample_pose
from camaware_ros.evaluation.omni3d import Photo, Thing, write_omni3d
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.simulation.render import Renderer
from camaware_ros.simulation.scenes import Room, random_room
from camaware_ros.simulation.world import build_world
from camaware_ros.training.samples import CLEAR_PIXELS
from camaware_ros.types import Mounting

HFOV_DEG = (55.0, 70.0)
SIZE = (320, 240)
LEAST_PIXELS = 4 * CLEAR_PIXELS


def write_mujoco(folder: Path, count: int) -> Path:
    """``count`` pictures, a room each, pinhole cameras of 55-70 degrees; the path of the JSON."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    photos: list[Photo] = []
    index = 0
    while len(photos) < count:
        room = random_room(ROOM_SEED + index)
        rng = np.random.default_rng([ROOM_SEED, index])
        index += 1
        with Renderer(build_world(room)) as renderer:
            photo = _photo(rng, renderer, room, images / f"{len(photos):06d}.png")
        if photo is not None:
            photos.append(photo)
    path = folder / "data.json"
    write_omni3d(path, photos, images, "MuJoCo world")
    return path


def _photo(rng: np.random.Generator, renderer: Renderer, room: Room, path: Path) -> Photo | None:
    """A picture with something clear in view; None where none was found."""
    focal = SIZE[0] / 2 / math.tan(math.radians(rng.uniform(*HFOV_DEG)) / 2)
    camera = Camera(
        width=SIZE[0], height=SIZE[1], fx=focal, fy=focal, cx=SIZE[0] / 2, cy=SIZE[1] / 2
    )
    for _ in range(TRIES):
        held, pose = sample_mounting(rng), sample_pose(rng, room)
        if pose is None:
            continue
        map_from_camera = pose @ held.base_from_camera
        instance = renderer.truth(camera, map_from_camera).instance
        things = _things(room, instance, map_from_camera.inverse())
        if any(thing.pixels >= LEAST_PIXELS for thing in things):
            cv2.imwrite(str(path), renderer.image(camera, map_from_camera)[..., ::-1])
            return Photo(
                path=path, camera=camera, mounting=Mounting.from_pose(held.base_from_camera),
                things=things,
            )  # fmt: skip
    return None


def _things(
    room: Room, instance: NDArray[np.integer], camera_from_map: Rigid3
) -> tuple[Thing, ...]:
    counts = np.bincount(instance.ravel(), minlength=len(room.objects) + 1)[1:]
    return tuple(
        Thing(
            kind=thing.kind, colour=thing.colour, box=thing.box.transformed(camera_from_map),
            pixels=int(pixels),
        )
        for thing, pixels in zip(room.objects, counts, strict=True)
        if pixels
    )  # fmt: skip
