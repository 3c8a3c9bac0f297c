"""The model's metrics on pictures of the simulator, a renderer it was never trained on.

Rooms, poses and mountings are seeded; cameras are the shipped real calibrations; phrases and
judgement are those of the rendered benchmark. No ROS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from camaware_ros.camera_file import CameraFile, CarriedAt, find_camera_files, load_camera_yaml
from camaware_ros.evaluation.metrics import Answer, summarise
from camaware_ros.evaluation.rendered import Case, answer_case, called_unlike
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.grounder import Grounder
from camaware_ros.simulation.render import Quality, Renderer
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room, random_room
from camaware_ros.simulation.world import build_world
from camaware_ros.training.queries import InView, sample_queries
from camaware_ros.training.samples import CLEAR_PIXELS
from camaware_ros.types import Mounting, Observation

ROOM_SEED = 70_000  # rooms from here on belong to this evaluation
CAMERAS = ("realsense_d455", "pi_camera_v2", "usb_webcam", "gopro_hero9_wide")
_PHRASES = 8
TRIES = 20
_HEIGHTS_M = (0.25, 1.5)


def run_mujoco(
    grounder: Grounder,
    count: int,
    *,
    cameras: Sequence[str] = CAMERAS,
    mounting: bool = True,
    quality: Quality | None = None,
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """The metrics on ``count`` pictures per camera.

    Args:
        grounder: the model.
        count: pictures per camera, one room each; all cameras see the same rooms.
        cameras: names of camera files.
        mounting: whether the model is told how the camera is held.
        quality: of the pictures.
        tell: called with a line of progress now and then.

    Returns:
        A record for JSON: metrics per camera and over all, and the share of pictures that the
        model itself calls unlike its training pictures.

    Raises:
        ValueError: an unknown camera, or no picture.
    """
    files = find_camera_files()
    unknown = [name for name in cameras if name not in files]
    if unknown or count < 1:
        raise ValueError(
            f"cameras, count: expected some of {', '.join(files)} and at least 1, "
            f"got {list(cameras)} and {count}"
        )
    chosen = [load_camera_yaml(files[name]) for name in cameras]
    answers: dict[str, list[Answer]] = {name: [] for name in cameras}
    right: dict[str, list[bool]] = {name: [] for name in cameras}
    strange = made = 0
    for name, case in mujoco_cases(chosen, count, grounder.manifest.image_size, quality):
        _, judged, presence = answer_case(grounder, case, mounting=mounting, intrinsics=True)
        answers[name] += judged
        right[name] += presence
        phrase = [case.queries[0].phrase]
        strange += called_unlike(grounder.ground(case.observation, phrase).warnings)
        made += 1
        if made % (25 * len(cameras)) == 0:
            tell(f"{made} of {count * len(cameras)} pictures")
    every = summarise(sum(answers.values(), []), sum(right.values(), []))
    return {
        "pictures_per_camera": count, "mounting": mounting, "first_room_seed": ROOM_SEED,
        "unfamiliar_percent": round(100 * strange / made, 1),
        "all": every.to_dict(),
        **{name: summarise(answers[name], right[name]).to_dict() for name in cameras},
    }  # fmt: skip


def mujoco_cases(
    cameras: Sequence[CameraFile],
    count: int,
    network_size: tuple[int, int],
    quality: Quality | None = None,
) -> Iterator[tuple[str, Case]]:
    """(camera name, case): ``count`` rooms through every camera."""
    made = index = 0
    while made < count:
        room = random_room(ROOM_SEED + index)
        with Renderer(build_world(room), quality) as renderer:
            cases = [
                _case(
                    np.random.default_rng([ROOM_SEED, index, k]), renderer, room, one, network_size
                )
                for k, one in enumerate(cameras)
            ]
        index += 1
        if all(case is not None for case in cases):
            made += 1
            for camera, case in zip(cameras, cases, strict=True):
                assert case is not None
                yield camera.name, case


def _case(
    rng: np.random.Generator, renderer: Renderer, room: Room, file: CameraFile,
    network_size: tuple[int, int],
) -> Case | None:  # fmt: skip
    """A picture with something to ask for; None where none was found."""
    boxes = [thing.box for thing in room.objects]
    for _ in range(TRIES):
        held = sample_mounting(rng)
        pose = sample_pose(rng, room)
        if pose is None:
            continue
        map_from_camera = pose @ held.base_from_camera
        truth = renderer.truth(file.camera, map_from_camera)
        camera_from_map = map_from_camera.inverse()
        view = in_view(room, file.camera, truth.instance, camera_from_map, network_size)
        if not view.clear.any():
            continue
        return Case(
            observation=Observation(
                image=renderer.image(file.camera, map_from_camera), camera=file.camera,
                mounting=Mounting.from_pose(held.base_from_camera),
            ),
            queries=sample_queries(rng, view, _PHRASES),
            boxes=tuple(box.transformed(camera_from_map) for box in boxes),
            seen=view.seen,
        )  # fmt: skip
    return None


def in_view(
    room: Room, camera: Camera, instance: np.ndarray, camera_from_map: Rigid3,
    network_size: tuple[int, int],
) -> InView:  # fmt: skip
    """What a picture shows, by the rules of the training data.

    Args:
        room: with its things.
        camera: of the picture.
        instance: 1 + index of the thing at every pixel, 0 elsewhere, shape (h, w).
        camera_from_map: pose of the map in the camera.
        network_size: (width, height) at which pixels are counted.
    """
    framing = Framing.letterbox((camera.width, camera.height), network_size)
    share = framing.resized[0] * framing.resized[1] / (camera.width * camera.height)
    counts = np.bincount(instance.ravel(), minlength=len(room.objects) + 1)[1:]
    centres = camera_from_map.apply(np.array([thing.box.center for thing in room.objects]))
    pixels, valid = camera.project(centres)
    inside = valid & camera.in_image(np.where(valid[:, None], pixels, -1.0))
    up = camera_from_map.rotation[:, 2]
    ahead = np.array([0.0, 0.0, 1.0]) - up[2] * up
    level = np.stack([np.cross(ahead, up), ahead]) / np.linalg.norm(ahead)
    right, forward = (centres @ level.T).T
    return InView(
        kind=tuple(thing.kind for thing in room.objects),
        colour=tuple(thing.colour for thing in room.objects),
        clear=inside & (counts * share >= CLEAR_PIXELS),
        seen=counts > 0,
        bearing_rad=np.arctan2(right, forward),
        range_m=np.linalg.norm(centres, axis=1),
    )


def sample_mounting(rng: np.random.Generator) -> CarriedAt:
    """Higher cameras look farther down, as people mount them."""
    height = float(np.exp(rng.uniform(*np.log(_HEIGHTS_M))))
    pitch = math.radians(rng.uniform(-4.0, 10.0) + 12.0 * height)
    return CarriedAt(height_m=height, pitch_down_rad=pitch, forward_m=0.1)


def sample_pose(rng: np.random.Generator, room: Room) -> Rigid3 | None:
    """A free pose of the robot, map_from_base; None where the drawn one is not free."""
    x, y = rng.uniform(-0.5, 0.5, 2) * (room.length_m, room.width_m)
    if float(room.clearance(np.array([x, y]))) < ROBOT_RADIUS_M + 0.15:
        return None
    return Rigid3.from_yaw(float(rng.uniform(-math.pi, math.pi)), np.array([x, y, 0.0]))
