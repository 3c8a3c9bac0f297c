"""How far a camera and its mounting lie outside what a model was trained on. numpy only."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.rays import CHANNELS, PIXEL_ANGLE_UNIT_RAD
from camaware_ros.runtime.manifest import TrainedRange
from camaware_ros.types import Mounting

UNIT = math.log(1.25)
_LEAST = 1e-6
_LOG_ANGLE, _VALID = CHANNELS.index("log_pixel_angle"), CHANNELS.index("valid")


@lru_cache(maxsize=16)
def _hfov_deg(camera: Camera) -> float:
    return math.degrees(camera.hfov_rad)


def pixel_angle_rad(rays: NDArray[np.float32]) -> float:
    """Angle that a pixel of the network's input spans, median over ray features (R, h, w)."""
    return PIXEL_ANGLE_UNIT_RAD * float(np.exp(np.median(rays[_LOG_ANGLE][rays[_VALID] > 0])))


def field_limits_deg(camera: Camera, trained: TrainedRange) -> tuple[float, float]:
    """Horizontal fields that training has seen with this kind of lens."""
    if isinstance(camera.lens, Equidistant):
        return trained.hfov_deg[0], trained.fisheye_deg[1]
    return trained.hfov_deg


def camera_score(
    camera: Camera, mounting: Mounting | None, rays: NDArray[np.float32], trained: TrainedRange
) -> float:
    """How far this camera is outside what the model was trained on: 0 inside, 1 a quarter beyond.

    The larger excess of horizontal field and pixel angle, plus that of the height above the floor;
    each is the logarithm of how many times the limit is passed, in units of log 1.25. An unknown
    mounting is not outside: training has seen it.

    Args:
        camera: of the picture.
        mounting: as known.
        rays: ray features of the network's input, shape (R, h, w).
        trained: range of the model.
    """
    field = _excess(_hfov_deg(camera), field_limits_deg(camera, trained))
    angle = _excess(pixel_angle_rad(rays), trained.pixel_angle_rad)
    height = 0.0 if mounting is None else _excess(mounting.height_m, trained.height_m)
    return max(field, angle) + height


def camera_warnings(
    camera: Camera, mounting: Mounting | None, trained: TrainedRange
) -> tuple[str, ...]:
    """Where camera or mounting leave the range the model was trained in, in words."""
    found = []
    hfov, (low, high) = _hfov_deg(camera), field_limits_deg(camera, trained)
    if not low <= hfov <= high:
        kind = "fisheye" if isinstance(camera.lens, Equidistant) else "camera"
        found.append(
            f"{kind} field {hfov:.0f} deg is outside the trained {low:.0f} to {high:.0f} deg"
        )
    lowest, highest = trained.height_m
    if mounting is None:
        found.append("mounting unknown: distances are less certain")
    elif not lowest <= mounting.height_m <= highest:
        found.append(
            f"camera height {mounting.height_m:.2f} m is outside the trained "
            f"{lowest} to {highest} m"
        )
    return tuple(found)


def _excess(value: float, limits: tuple[float, float]) -> float:
    value = max(value, _LEAST)  # a field is 0 where no pixel of the middle row has a ray
    return max(0.0, math.log(limits[0] / value), math.log(value / limits[1])) / UNIT
