"""Frozen records that cross layers. numpy only; nothing here knows ROS, torch or a file format.

Frames: ``camera`` is the optical frame (x right, y down, z forward, REP-103). SI units, radians.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounting:
    """How the camera is held over the floor: which way is up, and how high.

    Attributes:
        up_camera: unit vector against gravity in the optical frame, shape (3,).
        height_m: optical centre above the floor plane, metres, > 0.
    """

    up_camera: FloatArray
    height_m: float

    def __post_init__(self) -> None:
        up = np.asarray(self.up_camera, dtype=np.float64)
        if up.shape != (3,) or not np.all(np.isfinite(up)) or abs(np.linalg.norm(up) - 1) > 1e-6:
            raise ValueError(f"up_camera: expected a unit vector of shape (3,), got {up!r}")
        if not (np.isfinite(self.height_m) and self.height_m > 0):
            raise ValueError(f"height_m: expected a positive finite number, got {self.height_m!r}")
        object.__setattr__(self, "up_camera", up)

    @classmethod
    def from_pose(cls, base_from_camera: Rigid3) -> Mounting:
        """From TF: base has z up and its origin on the floor (base_footprint, REP-105)."""
        return cls(
            up_camera=base_from_camera.rotation[2].copy(),
            height_m=float(base_from_camera.translation[2]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One image with the camera that took it.

    Attributes:
        image: uint8 RGB, shape (camera.height, camera.width, 3).
        camera: live intrinsics of exactly this image.
        mounting: None where TF does not tell.
    """

    image: NDArray[np.uint8]
    camera: Camera
    mounting: Mounting | None = None

    def __post_init__(self) -> None:
        expected = (self.camera.height, self.camera.width, 3)
        if self.image.shape != expected or self.image.dtype != np.uint8:
            raise ValueError(
                f"image: expected uint8 of shape {expected}, "
                f"got {self.image.dtype} {self.image.shape}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Localization:
    """One named thing in 3-D.

    Attributes:
        label: the phrase asked for.
        presence: probability that such a thing is in view, [0, 1].
        score: presence times how surely one place was pointed at, [0, 1]; less in a picture
            unlike those of training.
        frame_id: frame of ``box`` and ``covariance``.
        box: oriented box, metres; its z axis is up.
        covariance: of the box centre, m^2, shape (3, 3).
        pixel: where the centre projects in the image, (u, v) edge coordinates.
    """

    label: str
    presence: float
    score: float
    frame_id: str
    box: Box3
    covariance: FloatArray
    pixel: tuple[float, float]

    def in_frame(self, target_from_source: Rigid3, frame_id: str) -> Localization:
        """The same thing seen from another frame; the covariance turns along."""
        rotation = target_from_source.rotation
        return replace(
            self,
            frame_id=frame_id,
            box=self.box.transformed(target_from_source),
            covariance=rotation @ self.covariance @ rotation.T,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said to a question about one image.

    Attributes:
        question: as it was understood.
        text: a sentence; its numbers are those of ``localizations``.
        localizations: the things it speaks of, in order, optical frame (frame_id "");
            ``presence`` is that of any thing at the place pointed at.
        spelled: of each of these the box that the answer itself spells in location tokens, None
            where it does not.
        warnings: why the answer deserves less trust.
        network_seconds: time inside the backend.
    """

    question: str
    text: str
    localizations: tuple[Localization, ...]
    spelled: tuple[Box3 | None, ...]
    warnings: tuple[str, ...]
    network_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where the robot's base should stand, and which way it should look (map frame)."""

    x_m: float
    y_m: float
    yaw_rad: float
    frame_id: str
    label: str
