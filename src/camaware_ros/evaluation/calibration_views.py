"""Pictures of one kind of thing through real calibrations, and whether answers fit their camera.

The calibrations are records of K, D, model and size as their sources publish them; the pictures
are of the simulator. Nothing here knows ROS.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camaware_ros.camera_file import CameraFile, CarriedAt
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.simulation.render import Renderer
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room, random_room
from camaware_ros.simulation.viewpoints import Viewing, sees
from camaware_ros.simulation.world import build_world

FIRST_ROOM = 80_000
_MODELS = {"none": "", "rectified": ""}
_ASIDE = (0.15, 0.33)  # how far from the middle, in widths: there a wrong K shows most
_VIEWING = Viewing(near_m=1.2, far_m=3.0, corners=8)
_TRIES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A camera as its calibration describes it, and how its driver bins the picture.

    Attributes:
        name: of the source.
        full: at the calibrated size.
        binning: pixels of the sensor per pixel of the picture, on both axes.
    """

    name: str
    full: Camera
    binning: int = 1

    @property
    def seen(self) -> Camera:
        """The camera of the picture itself."""
        return self.full.resized(self.full.width // self.binning, self.full.height // self.binning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture and where the thing is in it.

    Attributes:
        image: uint8 RGB (h, w, 3).
        center: of the thing's box, optical frame, metres.
    """

    image: NDArray[np.uint8]
    center: NDArray[np.float64]


def read_calibrations(path: Path, wanted: Sequence[tuple[str, int]]) -> list[Calibration]:
    """The calibrations of the given (name, binning), in that order.

    Raises:
        ValueError: no such file or name, or a calibration that is no camera.
    """
    try:
        records = {r["camera"]: r for r in json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: expected a list of calibrations, got {error!r}") from error
    missing = [name for name, _ in wanted if name not in records]
    if missing:
        raise ValueError(f"{path}: expected calibrations of {missing}")
    return [
        Calibration(name=name, full=_camera(records[name]), binning=binning)
        for name, binning in wanted
    ]


def _camera(record: dict[str, object]) -> Camera:
    source_model = str(record["distortion_model"])
    fisheye = source_model.startswith("equidistant")
    model = "equidistant" if fisheye else _MODELS.get(source_model, source_model)
    size = (int(record["width"]), int(record["height"]))  # type: ignore[call-overload]
    return Camera.from_opencv(
        np.array(record["K"], dtype=np.float64).reshape(3, 3),
        np.array(record["D"] if model else [], dtype=np.float64), model, size,
    )  # fmt: skip


def rooms_with(label: str, count: int) -> list[Room]:
    """The first ``count`` random rooms that hold a thing of that name."""
    rooms: list[Room] = []
    seed = FIRST_ROOM
    while len(rooms) < count:
        room = random_room(seed)
        rooms += [room] * any(thing.label == label for thing in room.objects)
        seed += 1
    return rooms


def shown_to(
    calibrations: Sequence[Calibration], held: CarriedAt, label: str, rooms: Sequence[Room]
) -> list[list[Shown]]:
    """For every calibration a picture from each room where a good place was found.

    The thing is wholly in the picture and unhidden, but beside the picture's middle.
    """
    views: list[list[Shown]] = [[] for _ in calibrations]
    for number, room in enumerate(rooms):
        with Renderer(build_world(room)) as renderer:
            for k, calibration in enumerate(calibrations):
                rng = np.random.default_rng([FIRST_ROOM, number, k])
                pose = _place(rng, room, label, calibration.seen, held)
                if pose is None:
                    continue
                image = renderer.image(calibration.seen, pose)
                box = next(thing.box for thing in room.objects if thing.label == label)
                center = pose.inverse().apply(box.center)
                views[k].append(Shown(image=image, center=center))
    return views


def _place(
    rng: np.random.Generator, room: Room, label: str, camera: Camera, held: CarriedAt
) -> Rigid3 | None:
    """map_from_camera of a good place; None where none was drawn."""
    boxes = {thing.label: thing.box for thing in room.objects}
    file = CameraFile(name="camera", camera=camera, mounting=held)
    for _ in range(_TRIES):
        x, y = rng.uniform(-0.5, 0.5, 2) * (room.length_m, room.width_m)
        if float(room.clearance(np.array([x, y]))) < ROBOT_RADIUS_M:
            continue
        away = boxes[label].center[:2] - (x, y)
        yaw = math.atan2(away[1], away[0]) + rng.uniform(-0.5, 0.5) * min(camera.hfov_rad, 2.0)
        if not sees((x, y, yaw), boxes, label, file, _VIEWING):
            continue
        map_from_base = Rigid3.from_yaw(yaw, np.array([x, y, 0.0]))
        map_from_camera = map_from_base @ held.base_from_camera
        (pixel,), _ = camera.project(map_from_camera.inverse().apply(boxes[label].center[None]))
        if _ASIDE[0] <= abs(pixel[0] / camera.width - 0.5) <= _ASIDE[1]:
            return map_from_camera
    return None
