"""Everything in view, without being asked: from what each token believes to a list. numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.runtime.contract import ModelOutputs
from camaware_ros.runtime.reading import (
    Spreads,
    centre_covariance,
    object_centres,
    upright_axes,
)
from camaware_ros.types import Localization

FloatArray = NDArray[np.float64]

LEAST_SCORE = 0.05
SAME_THING = 0.7
SURENESS = 3.0  # power of the score with which a token takes part in the mean of its thing


def groups(scores: FloatArray, centres: FloatArray, sizes: FloatArray) -> list[NDArray[np.intp]]:
    """Non-maximum suppression in space: candidates that are one thing, the best things first.

    The best candidate left takes all whose centres are nearer than ``SAME_THING`` of half the mean
    of the two diagonals; a mug is far enough from the middle of its table to stay.

    Args:
        scores: shape (n,).
        centres: metres, shape (n, 3).
        sizes: full lengths, metres, shape (n, 3).
    """
    reach = np.linalg.norm(sizes, axis=1)
    left = np.argsort(-scores, kind="stable")
    found = []
    while len(left):
        apart = np.linalg.norm(centres[left] - centres[left[0]], axis=1)
        near = apart < SAME_THING * 0.25 * (reach[left] + reach[left[0]])
        near[0] = True
        found.append(left[near])
        left = left[~near]
    return found


def read_objects(
    outputs: ModelOutputs,
    words: Sequence[str],
    camera: Camera,
    up_camera: FloatArray,
    spreads: Spreads,
    trust: float = 1.0,
) -> tuple[Localization, ...]:
    """Every thing that the tokens agree on, best first, in the optical frame (frame_id "").

    A thing is the mean of its tokens. ``label`` is colour and kind ("red chair"); of the best
    token are ``presence``, the objectness, and ``score``, presence times the kind's probability.

    Args:
        outputs: of the network.
        words: of the tokenizer, whose first are the kinds and then the colours, in class order.
        camera: of the source image, for ``Localization.pixel`` (NaN where the centre has no image).
        up_camera: unit vector against gravity, known or guessed.
        spreads: calibration of the stated spreads.
        trust: factor of every score; what is seen at all does not depend on it.
    """
    there = 1 / (1 + np.exp(-outputs.objectness.astype(np.float64)))
    scores = there * outputs.object_kind.max(1)
    centres = object_centres(outputs)
    sizes = np.exp(outputs.object_log_size.astype(np.float64))
    rows = np.flatnonzero(scores >= LEAST_SCORE)
    kinds = outputs.object_kind.shape[1]
    found = []
    for group in groups(scores[rows], centres[rows], sizes[rows]):
        tokens = rows[group]
        best = tokens[0]
        weight = scores[tokens] ** SURENESS
        weight /= weight.sum()
        centre, size = weight @ centres[tokens], weight @ sizes[tokens]
        kind, colour = weight @ outputs.object_kind[tokens], weight @ outputs.object_colour[tokens]
        sine, cosine = weight @ outputs.object_yaw[tokens]
        axes = upright_axes(centre, up_camera, 0.5 * float(np.arctan2(sine, cosine)))
        range_m = float(np.linalg.norm(centre))
        sigma = spreads.scaled(outputs.object_log_sigma[best])
        pixel, _ = camera.project(centre)
        found.append(
            Localization(
                label=f"{words[kinds + colour.argmax()]} {words[kind.argmax()]}",
                presence=float(there[best]),
                score=trust * float(scores[best]),
                frame_id="",
                box=Box3(centre, size, axes),
                covariance=centre_covariance(centre / range_m, range_m, sigma),
                pixel=(float(pixel[0]), float(pixel[1])),
            )
        )
    return tuple(found)
