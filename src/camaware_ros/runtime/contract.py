"""The arrays that every backend takes and gives; the border between geometry and the network.

Shapes: Q phrases of L ids, T = H / 16 * W / 16 visual tokens, D width. One image at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

CONTRACT_VERSION = 1
Float32Array = NDArray[np.float32]


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
        """By graph input name."""
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


OUTPUT_NAMES = tuple(f.name for f in fields(ModelOutputs))
INPUT_NAMES = tuple(f.name for f in fields(ModelInputs))


def outputs_from(values: list[NDArray[np.generic]]) -> ModelOutputs:
    """Arrays in the order of ``OUTPUT_NAMES``; anything but finite numbers raises ValueError."""
    named = dict(zip(OUTPUT_NAMES, values, strict=True))
    for name, value in named.items():
        if not np.isfinite(value).all():
            raise ValueError(f"{name}: expected finite numbers from the network, got NaN or Inf")
    return ModelOutputs(**named)  # type: ignore[arg-type]
