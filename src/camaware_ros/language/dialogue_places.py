"""A box spelled out in location tokens, 64 steps for each of its seven numbers, and back.

The numbers: where the centre is in the network's picture (share of its width and height), its
range, length, width and height on logarithmic scales, and its yaw against the line of sight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from camaware_ros.language.dialogue_words import PLACE_BINS, PLACES

RANGE_M = (0.2, 15.0)
SIZE_M = (0.03, 4.0)
PLACE_LENGTH = 7


@dataclass(frozen=True, slots=True)
class Place:
    """A box as it is spelled.

    Attributes:
        u, v: the centre's place in the network's picture, as shares of width and height, [0, 1].
        range_m: from the camera to the centre.
        size_m: length, width, height.
        yaw_rad: against the line of sight, modulo pi.
    """

    u: float
    v: float
    range_m: float
    size_m: tuple[float, float, float]
    yaw_rad: float


def spell(place: Place) -> tuple[str, ...]:
    """Seven location tokens; what lies outside a scale takes its end."""
    numbers = (
        place.u,
        place.v,
        _share(place.range_m, RANGE_M),
        *(_share(length, SIZE_M) for length in place.size_m),
        (place.yaw_rad / math.pi) % 1.0,
    )
    return tuple(
        PLACES[min(max(int(PLACE_BINS * number), 0), PLACE_BINS - 1)] for number in numbers
    )


def read_place(tokens: Sequence[str]) -> Place:
    """The middle of the steps that seven tokens name.

    Raises:
        ValueError: other than seven location tokens.
    """
    if len(tokens) != PLACE_LENGTH or any(token not in PLACES for token in tokens):
        raise ValueError(f"place: expected {PLACE_LENGTH} location tokens, got {list(tokens)!r}")
    u, v, far, *size, yaw = ((PLACES.index(token) + 0.5) / PLACE_BINS for token in tokens)
    length, width, height = (_scaled(share, SIZE_M) for share in size)
    return Place(u, v, _scaled(far, RANGE_M), (length, width, height), yaw * math.pi)


def _share(value: float, scale: tuple[float, float]) -> float:
    low, high = scale
    return math.log(max(value, low) / low) / math.log(high / low)


def _scaled(share: float, scale: tuple[float, float]) -> float:
    low, high = scale
    return low * (high / low) ** share
