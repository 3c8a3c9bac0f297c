"""Places from which a robot's camera sees one thing of a room. Knows no pictures: boxes only.

Used to begin demonstrations and evaluations where the question makes sense: the thing is in the
picture, and nothing stands before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.camera_file import CameraFile
from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.localization.goals import footprint_distance, nearest_footprint_point
from camaware_ros.localization.grid import GridMap
from camaware_ros.simulation.planner import Pose
from camaware_ros.simulation.simulator import DEFAULT_MOUNTING

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """What counts as a good place.

    Attributes:
        near_m, far_m: from the camera to the nearest point of the thing's footprint.
        gap_m: how far other things stay from the line of sight.
        corners: of the thing's eight, that must be in the picture.
    """

    near_m: float = 2.0
    far_m: float = 3.2
    gap_m: float = 0.25
    corners: int = 7


def sees(
    pose: Pose, boxes: Mapping[str, Box3], label: str, camera: CameraFile, viewing: Viewing
) -> bool:
    """Whether a robot at ``pose`` has the thing called ``label`` in its picture, unhidden.

    Args:
        pose: x, y, yaw in the map.
        boxes: of everything, by label, in the map.
        label: a key of ``boxes``.
        camera: file of the camera, with its mounting.
        viewing: what counts.
    """
    box, here = boxes[label], np.array(pose[:2])
    distance = float(footprint_distance(box, here))
    if not viewing.near_m <= distance <= viewing.far_m:
        return False
    map_from_base = Rigid3.from_yaw(pose[2], np.array([*pose[:2], 0.0]))
    mounting = camera.mounting or DEFAULT_MOUNTING
    camera_from_map = (map_from_base @ mounting.base_from_camera).inverse()
    pixels, valid = camera.camera.project(camera_from_map.apply(box.corners()))
    inside = valid & camera.camera.in_image(np.where(valid[:, None], pixels, -1.0))
    others = [other for name, other in boxes.items() if name != label]
    return int(inside.sum()) >= viewing.corners and _unhidden(here, box, others, viewing.gap_m)


def viewpoints(
    boxes: Mapping[str, Box3], label: str, camera: CameraFile, grid: GridMap,
    viewing: Viewing | None = None, *, rng: np.random.Generator, count: int = 200,
) -> list[Pose]:  # fmt: skip
    """Up to ``count`` drawn places on the freest floor, turned roughly to the thing.

    The thing is not in the middle of the picture: the robot is turned up to 12 degrees beside it.
    """
    wanted = viewing or Viewing()
    free = grid.centres()[grid.data == 0]
    distance = footprint_distance(boxes[label], free)
    points = free[(distance >= wanted.near_m) & (distance <= wanted.far_m)]
    if not len(points):
        return []
    chosen = points[rng.permutation(len(points))[: 4 * count]]
    away = boxes[label].center[:2] - chosen
    yaws = np.arctan2(away[:, 1], away[:, 0]) + np.radians(rng.uniform(-12, 12, len(chosen)))
    poses = [(float(x), float(y), float(yaw)) for (x, y), yaw in zip(chosen, yaws, strict=True)]
    return [pose for pose in poses if sees(pose, boxes, label, camera, wanted)][:count]


def _unhidden(here: FloatArray, box: Box3, others: list[Box3], gap_m: float) -> bool:
    """Whether nothing is near the straight lines to the thing's centre and nearest point."""
    share = np.linspace(0.0, 1.0, 41)[:, None]
    ends = (box.center[:2], nearest_footprint_point(box, here))
    line = np.concatenate([here + share * (end - here) for end in ends])
    return all(float(footprint_distance(other, line).min()) >= gap_m for other in others)
