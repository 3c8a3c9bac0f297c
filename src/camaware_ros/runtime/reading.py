"""From the network's numbers to boxes in the optical frame. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.arrays import cross
from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.runtime.contract import ModelOutputs
from camaware_ros.types import Localization

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreads:
    """What makes stated spreads true; measured on held-out scenes (``export.calibrate``).

    Attributes:
        scale: factors of the spreads of bearing right, bearing down and log range.
        temperature: of the pointer, > 0; above 1 it points less surely than it says.
    """

    scale: tuple[float, float, float]
    temperature: float = 1.0

    def scaled(self, log_sigma: NDArray[np.float32]) -> FloatArray:
        """True spreads (..., 3) from the network's."""
        return self.scale * np.exp(log_sigma.astype(np.float64))

    def grown(self, factor: float) -> Spreads:
        """The same, ``factor`` times as wide."""
        right, down, log_range = self.scale
        scale = (factor * right, factor * down, factor * log_range)
        return replace(self, scale=scale)


def sight_axes(direction: FloatArray) -> FloatArray:
    """Right, down and forward of a line of sight as columns, optical frame, shape (3, 3)."""
    right = np.array([direction[2], 0.0, -direction[0]])  # across the line of sight, level
    norm = np.linalg.norm(right)
    right = right / norm if norm > 1e-6 else np.array([1.0, 0.0, 0.0])
    return np.stack([right, cross(direction, right), direction], axis=1)


def upright_axes(centre: FloatArray, up: FloatArray, yaw_rad: float) -> FloatArray:
    """Axes (columns) of an upright box whose yaw is counted from the level line of sight."""
    level = centre - (centre @ up) * up
    if np.linalg.norm(level) < 1e-6:
        level = cross(up, np.array([1.0, 0.0, 0.0]))
    forward = level / np.linalg.norm(level)
    left = cross(up, forward)
    x = np.cos(yaw_rad) * forward + np.sin(yaw_rad) * left
    return np.stack([x, cross(up, x), up], axis=1)


def centre_covariance(direction: FloatArray, range_m: float, sigma: FloatArray) -> FloatArray:
    """Covariance (3, 3), m^2, from spreads of bearing right, down (rad) and log range."""
    axes = sight_axes(direction)
    spread = range_m * np.asarray(sigma, dtype=np.float64)
    return axes @ np.diag(spread**2) @ axes.T


def object_centres(outputs: ModelOutputs) -> FloatArray:
    """Where each visual token believes the centre of the thing on it to be, metres, (T, 3)."""
    direction = outputs.object_direction.astype(np.float64)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return direction * np.exp(outputs.object_log_range.astype(np.float64))[:, None]


def pointing_covariance(
    pointer: NDArray[np.float32], centres: FloatArray, centre: FloatArray, temperature: float
) -> FloatArray:
    """Covariance (3, 3), m^2, of not knowing which thing is meant: scatter about ``centre``.

    The second half of the law of total covariance: the answer is a mixture over the tokens that
    may have been meant, and the covariance of a mixture is the mean of its parts' covariances
    plus the scatter of their centres.

    Args:
        pointer: probability of each token, shape (T,).
        centres: of the thing on each token, metres, shape (T, 3).
        centre: that was answered, shape (3,).
        temperature: see ``Spreads``.
    """
    weight = np.maximum(pointer.astype(np.float64), 1e-12) ** (1 / temperature)
    apart = centres - centre
    return (weight / weight.sum() * apart.T) @ apart


def pointing_mass(pointer: NDArray[np.float32], grid: tuple[int, int]) -> float:
    """Share of the pointer within one token of its peak: 1 when it points at a single place."""
    rows, cols = grid
    field = pointer.reshape(rows, cols)
    i, j = divmod(int(field.argmax()), cols)
    return float(field[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].sum())


def read_localizations(
    outputs: ModelOutputs,
    phrases: Sequence[str],
    camera: Camera,
    up_camera: FloatArray,
    spreads: Spreads,
    grid: tuple[int, int],
    trust: float = 1.0,
) -> tuple[Localization, ...]:
    """One localization per phrase, in the optical frame (frame_id "").

    Args:
        outputs: of the network.
        phrases: in the order they were asked.
        camera: of the source image, for ``Localization.pixel`` (NaN where the centre has no image).
        up_camera: unit vector against gravity, known or guessed.
        spreads: calibration of the stated spreads.
        grid: rows and columns of visual tokens.
        trust: factor of every score.
    """
    found = []
    centres = object_centres(outputs)
    for q, phrase in enumerate(phrases):
        direction = outputs.direction[q].astype(np.float64)
        direction /= np.linalg.norm(direction)
        range_m = float(np.exp(outputs.log_range[q]))
        centre = range_m * direction
        yaw = 0.5 * float(np.arctan2(outputs.yaw[q, 0], outputs.yaw[q, 1]))
        own = centre_covariance(direction, range_m, spreads.scaled(outputs.log_sigma[q]))
        among = pointing_covariance(outputs.pointer[q], centres, centre, spreads.temperature)
        presence = float(1 / (1 + np.exp(-float(outputs.presence[q]))))
        pixel, _ = camera.project(centre)
        found.append(
            Localization(
                label=phrase,
                presence=presence,
                score=trust * presence * min(1.0, pointing_mass(outputs.pointer[q], grid)),
                frame_id="",
                box=Box3(centre, np.exp(outputs.log_size[q]), upright_axes(centre, up_camera, yaw)),
                covariance=own + among,
                pixel=(float(pixel[0]), float(pixel[1])),
            )
        )
    return tuple(found)
