"""The arrays that every backend takes and gives; the border between geometry and the network.

The network runs as two graphs. ``vision`` sees the picture once; ``language`` reads words behind
what was seen, so that more phrases, or the next word of an answer, do not pay for vision again.

Shapes: Q phrases of L ids, S ids read at once behind P earlier places, T = H / 16 * W / 16 visual
tokens, D width, N layers and h heads of d channels in the language model; V ids, K kinds,
C colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

CONTRACT_VERSION = 2
Float32Array = NDArray[np.float32]
Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInputs:
    """What the network sees.

    Attributes:
        pixels: (1, 3, H, W), RGB scaled to (value / 255 - 0.5) / 0.25, 0 in the padding.
        rays: (1, R, H / 4, W / 4), see ``geometry.rays.CHANNELS``.
        tokens: (1, Q, L) int64 ids.
    """

    pixels: Float32Array
    rays: Float32Array
    tokens: NDArray[np.int64]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """By name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutputs:
    """What the network says, optical frame, metres.

    Attributes:
        presence: (Q,) logit that the thing is in view.
        pointer: (Q, T) probability of each visual token.
        direction: (Q, 3) unit vector to the centre.
        log_range: (Q,) log of its range in metres.
        log_size: (Q, 3) log length, width, height.
        yaw: (Q, 2) sin and cos of twice the yaw against the line of sight, not normalised.
        log_sigma: (Q, 3) log spread of bearing right and down (rad) and of log range.
        range_map: (H / 4, W / 4) log range of what is seen.
        up: (3,) direction against gravity, guessed from the picture.
        log_height: (1,) log of the camera's height over the floor, guessed from the picture.
        signature: (D,) what the picture is like, for telling familiar ones from others.
        object_direction, object_log_range, object_log_size, object_yaw, object_log_sigma: the same
            of the thing on each visual token, whatever it is: (T, 3), (T,), (T, 3), (T, 2), (T, 3).
        object_kind: (T, K) probability of its kind.
        object_colour: (T, C) probability of its colour.
        objectness: (T,) logit that a thing is on the token at all.
    """

    presence: Float32Array
    pointer: Float32Array
    direction: Float32Array
    log_range: Float32Array
    log_size: Float32Array
    yaw: Float32Array
    log_sigma: Float32Array
    range_map: Float32Array
    up: Float32Array
    log_height: Float32Array
    signature: Float32Array
    object_direction: Float32Array
    object_log_range: Float32Array
    object_log_size: Float32Array
    object_yaw: Float32Array
    object_log_sigma: Float32Array
    object_kind: Float32Array
    object_colour: Float32Array
    objectness: Float32Array


INPUT_NAMES = tuple(f.name for f in fields(ModelInputs))
OUTPUT_NAMES = tuple(f.name for f in fields(ModelOutputs))

# What words are read behind: keys and values (N, h, P, d) of every layer for the visual tokens
# (P = T) and whatever was read since, and of the visual tokens their features (1, T, D), box codes
# (1, T, 11) and geometry (1, T, 10): ray, right, down and log pixel angle.
PREFIX_NAMES = ("keys", "values", "features", "dense_code", "frame")
# What is read: ids (1, S), their position (1, S), what they may look at as an additive mask
# (1, 1, S, P + S), and which of them are read out as places, select (1, Q, S) of 0 and 1.
PROMPT_NAMES = ("ids", "position", "mask", "select")
FOUND_NAMES = OUTPUT_NAMES[: OUTPUT_NAMES.index("range_map")]
# For each id the logits of the next (1, S, V), and its keys and values (N, h, S, d).
STEP_NAMES = ("logits", "new_keys", "new_values")

VISION_INPUTS = INPUT_NAMES[:2]
VISION_OUTPUTS = (*PREFIX_NAMES, *OUTPUT_NAMES[len(FOUND_NAMES) :])
LANGUAGE_INPUTS = (*PREFIX_NAMES, *PROMPT_NAMES)
LANGUAGE_OUTPUTS = (*FOUND_NAMES, *STEP_NAMES)


def outputs_from(named: Arrays) -> ModelOutputs:
    """From arrays by name; anything but finite numbers raises ValueError."""
    for name in OUTPUT_NAMES:
        if not np.isfinite(named[name]).all():
            raise ValueError(f"{name}: expected finite numbers from the network, got NaN or Inf")
    return ModelOutputs(**{name: named[name] for name in OUTPUT_NAMES})  # type: ignore[arg-type]
