"""A detection beside its picture and the truth: how far off it is, drawn into the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.ros.camera_info import camera_from_info
from camaware_ros.ros.director import Director, Sighting
from camaware_ros.ros.image_messages import rgb_from_image
from camaware_ros.ros.tf import TransformException, lookup_rigid
from camaware_ros.simulation.planner import Pose
from camaware_ros.types import Localization, Observation
from camaware_ros.visualization.overlay import draw_overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A detection against the truth.

    Attributes:
        stamp_ns: of its picture.
        estimate: in the map.
        camera_pose: where the camera was and looked, in the map.
        distance_m: true distance from the camera to the thing's centre.
        estimated_m: the same as the model says.
        error_m: between the true and the estimated centre.
        mistaken_for: name of the thing that the estimate is nearest to; empty where it is the right
            one.
        latency_s: see ``Sighting``.
    """

    stamp_ns: int
    estimate: Localization
    camera_pose: Pose
    distance_m: float
    estimated_m: float
    error_m: float
    mistaken_for: str
    latency_s: float | None


def look_at(
    director: Director, sighting: Sighting, estimate: Localization, label: str
) -> Look | None:
    """Measure a detection; None where TF does not tell where the camera was."""
    truth = director.truth[label]
    frame = f"{director.camera_name}_optical_frame"
    try:
        map_from_camera = lookup_rigid(director.buffer, "map", frame, sighting.stamp_ns)
    except TransformException:
        return None
    off = {
        name: float(np.linalg.norm(box.center - estimate.box.center))
        for name, box in director.truth.items()
    }
    nearest = min(off, key=lambda name: off[name])
    ahead, place = map_from_camera.rotation[:, 2], map_from_camera.translation
    return Look(
        stamp_ns=sighting.stamp_ns,
        estimate=estimate,
        camera_pose=(float(place[0]), float(place[1]), math.atan2(ahead[1], ahead[0])),
        distance_m=float(np.linalg.norm(truth.center - place)),
        estimated_m=float(np.linalg.norm(estimate.box.center - place)),
        error_m=off[label],
        mistaken_for="" if nearest == label else nearest,
        latency_s=sighting.latency_s,
    )


def picture_of(director: Director, look: Look, label: str) -> NDArray[np.uint8] | None:
    """The picture with the estimated and the true box, uint8 RGB; None where it is gone."""
    image, info = director.image(look.stamp_ns), director.info
    if image is None or info is None or info.header.frame_id != image.header.frame_id:
        return None
    frame = image.header.frame_id
    camera_from_map = lookup_rigid(director.buffer, frame, "map", look.stamp_ns)
    return draw_overlay(
        Observation(
            image=rgb_from_image(image),
            camera=camera_from_info(info, (image.width, image.height)),
        ),
        [look.estimate.in_frame(camera_from_map, frame)],
        [director.truth[label].transformed(camera_from_map)],
        camera_name=director.camera_name,
    )
