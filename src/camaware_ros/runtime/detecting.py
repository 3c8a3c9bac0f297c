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
SAME_THING = 0.35


def distinct(scores: FloatArray, centres: FloatArray, sizes: FloatArray) -> NDArray[np.intp]:
    """Non-maximum suppression in space: which candidates stay, best first.

    A candidate goes where a better one's centre is nearer than ``SAME_THING`` of the larger of the
    two diagonals' mean; a mug on a table is far enough from the table's middle to stay.

    Args:
        scores: shape (n,).
        centres: metres, shape (n, 3).
        sizes: full lengths, metres, shape (n, 3).
    """
    reach = np.linalg.norm(sizes, axis=1)
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left):
        best, others = left[0], left[1:]
        kept.append(int(best))
        apart = np.linalg.norm(centres[others] - centres[best], axis=1)
        left = others[apart >= SAME_THING * 0.5 * (reach[others] + reach[best])]
    return np.array(kept, dtype=np.intp)


def read_objects(
    outputs: ModelOutputs,
    words: Sequence[str],
    camera: Camera,
    up_camera: FloatArray,
    spreads: Spreads,
) -> tuple[Localization, ...]:
    """Every thing that the tokens agree on, best first, in the optical frame (frame_id "").

    ``label`` is colour and kind ("red chair"), ``presence`` the objectness, ``score`` presence
    times the kind's probability.

    Args:
        outputs: of the network.
        words: of the tokenizer, whose first are the kinds and then the colours, in class order.
        camera: of the source image, for ``Localization.pixel`` (NaN where the centre has no image).
        up_camera: unit vector against gravity, known or guessed.
        spreads: calibration of the stated spreads.
    """
    kind, colour = outputs.object_kind, outputs.object_colour
    there = 1 / (1 + np.exp(-outputs.objectness.astype(np.float64)))
    scores = there * kind.max(1)
    centres = object_centres(outputs)
    sizes = np.exp(outputs.object_log_size.astype(np.float64))
    rows = np.flatnonzero(scores >= LEAST_SCORE)
    found = []
    for t in rows[distinct(scores[rows], centres[rows], sizes[rows])]:
        yaw = 0.5 * float(np.arctan2(outputs.object_yaw[t, 0], outputs.object_yaw[t, 1]))
        sigma = spreads.scaled(outputs.object_log_sigma[t])
        range_m = float(np.linalg.norm(centres[t]))
        pixel, _ = camera.project(centres[t])
        found.append(
            Localization(
                label=f"{words[kind.shape[1] + colour[t].argmax()]} {words[kind[t].argmax()]}",
                presence=float(there[t]),
                score=float(scores[t]),
                frame_id="",
                box=Box3(centres[t], sizes[t], upright_axes(centres[t], up_camera, yaw)),
                covariance=centre_covariance(centres[t] / range_m, range_m, sigma),
                pixel=(float(pixel[0]), float(pixel[1])),
            )
        )
    return tuple(found)
