"""One plain sentence about what was found. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from camaware_ros.types import Localization


def sentence(phrase: str, in_camera: Localization, placed: Localization | None) -> str:
    """What a person wants to hear.

    Args:
        phrase: that was asked for.
        in_camera: the model's answer in the optical frame.
        placed: the same in the frame of the detections; None where it is not there.
    """
    if placed is None:
        return f"I do not see: {phrase} ({in_camera.presence:.0%} likely to be in view)."
    right, _, forward = in_camera.box.center
    distance = float(np.linalg.norm(in_camera.box.center))
    bearing = math.degrees(math.atan2(right, forward))
    side = "to the right" if bearing > 0 else "to the left"
    where = f"{abs(bearing):.0f} degrees {side}" if abs(bearing) >= 1 else "straight ahead"
    x, y, z = placed.box.center
    return (
        f"I see: {phrase}, {distance:.2f} m away, {where}, at ({x:.2f}, {y:.2f}, {z:.2f}) m in "
        f"{placed.frame_id} ({placed.presence:.0%} likely)."
    )


def joined_sentence(phrase: str, found: Sequence[Localization], cameras: Sequence[str]) -> str:
    """The same about what several cameras see together.

    Args:
        phrase: that was asked for.
        found: in the robot's base frame.
        cameras: names of all.
    """
    if not found:
        return f"I do not see: {phrase} (with {', '.join(cameras)})."
    places = []
    for thing in found:
        x, y, z = thing.box.center
        places.append(f"({x:.2f}, {y:.2f}, {z:.2f}) m in {thing.frame_id}")
    return f"I see: {phrase}, at {' and at '.join(places)}."
