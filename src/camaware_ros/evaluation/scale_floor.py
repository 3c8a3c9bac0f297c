"""How well can the scale of a picture be known at all, when the mounting is not?

``python -m camaware_ros.evaluation.scale_floor --scenes 400 --json FILE``

Without mounting one picture shows a room only up to its scale. What tells it are things whose kind
has a usual size. An observer who knows every kind has a posterior over the scale, from the sizes
that each kind may have, the heights that cameras are held at and, where the ceiling is in view, the
heights of rooms. His median error is a floor for anyone who reads the same cues as well as he
does: without error, or each length of a thing with an error of one pixel. He ignores others that
the engine gives away weakly: where things stand, textures, the pitch that goes with a height.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from camaware_ros.cli.evaluate import DEFAULT_BANDS
from camaware_ros.evaluation.hardware import hardware
from camaware_ros.evaluation.rendered import EVALUATION_SEED, held_out_pictures
from camaware_ros.training.cameras import BANDS, TRAINED_HEIGHT_M
from camaware_ros.training.furniture import SIZES_M, TABLETOP_SIZES_M
from camaware_ros.training.rooms import ROOM_HEIGHT_M
from camaware_ros.training.samples import Picture, SampleConfig, Truth
from camaware_ros.training.scenes import FLOOR, Thing

FloatArray = NDArray[np.float64]

LOG_SCALES = np.linspace(-1.6, 1.6, 6401)
"""Logarithms of supposed over true size, of all things alike."""
WITHIN = 0.1
_CEILING_M = 0.02
_EXACT = 1e-4
_Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Read:
    """A length as read, m, the range it is drawn from, and the relative error of reading it."""

    length_m: float
    drawn_from: _Range
    error: float = _EXACT

    def log_density(self, scale: FloatArray) -> FloatArray:
        """Of the logarithm of this length times ``scale``: drawn evenly, read with its error."""
        at, low, high = np.log(self.length_m * scale), *np.log(self.drawn_from)
        reach = norm.cdf([(edge - at) / self.error - self.error for edge in (low, high)])
        with np.errstate(divide="ignore"):
            return at - np.log(np.diff(self.drawn_from)) + np.log(reach[1] - reach[0])


@dataclass(frozen=True, slots=True)
class ReadThing:
    """A thing whose kind is known, and the relative error of each of its lengths."""

    thing: Thing
    errors: tuple[float, float, float] = (_EXACT, _EXACT, _EXACT)

    def log_density(self, scale: FloatArray) -> FloatArray:
        """Of its length, width and height, all times ``scale``."""
        sizes = SIZES_M if self.thing.on == FLOOR else TABLETOP_SIZES_M
        long_side, short_side, tall = zip(self.thing.size, self.errors, strict=True)
        length, width, height = sizes[self.thing.kind]

        def of(side: tuple[float, float], span: _Range) -> FloatArray:
            return Read(side[0], span, side[1]).log_density(scale)

        if width is None:
            level = of(long_side, length)
        else:  # the longer one is called the length, whichever was drawn as such
            level = np.logaddexp(
                of(long_side, length) + of(short_side, width),
                of(short_side, length) + of(long_side, width),
            )
        return level if height is None else level + of(tall, height)


def log_posterior(cues: Sequence[Read | ReadThing]) -> FloatArray:
    """Log density over ``LOG_SCALES``, up to a constant; -inf where a size cannot be."""
    scale = np.exp(LOG_SCALES)
    return sum((cue.log_density(scale) for cue in cues), np.zeros_like(scale))


def best_errors(log_density: FloatArray) -> tuple[float, bool]:
    """How the posterior answers; the truth is scale 1.

    Returns:
        Relative error of its median, and whether its likeliest window of ± 10 % holds the truth.
    """
    mass = np.exp(log_density - log_density.max())
    cumulative = np.cumsum(mass) / mass.sum()
    middle = LOG_SCALES[np.searchsorted(cumulative, 0.5)]
    low, high = np.exp(LOG_SCALES) * (1 - WITHIN), np.exp(LOG_SCALES) * (1 + WITHIN)
    held = np.interp(np.log(high), LOG_SCALES, cumulative) - np.interp(
        np.log(low), LOG_SCALES, cumulative
    )
    best = np.flatnonzero(held >= held.max() - 1e-9)
    guess = LOG_SCALES[best[len(best) // 2]]
    return abs(float(np.exp(middle)) - 1), abs(float(np.exp(-guess)) - 1) < WITHIN


def cues(picture: Picture, truth: Truth) -> list[Read | ReadThing]:
    """What there is to read: camera height, ceiling where in view, and things clearly in view."""
    height = picture.pose.height_m
    found: list[Read | ReadThing] = [Read(height, TRAINED_HEIGHT_M)]
    rays, valid = picture.camera.ray_map()
    up = picture.range_m * (rays @ picture.pose.gravity_from_camera[2]) + height
    ceiling = float(picture.scene.room[6])
    if (np.abs(up - ceiling)[valid & picture.content] < _CEILING_M).any():
        found.append(Read(ceiling, ROOM_HEIGHT_M))
    things = zip(picture.scene.things, truth.in_view.clear, strict=True)
    return [*found, *(ReadThing(thing) for thing, clear in things if clear)]


def to_a_pixel(
    rng: np.random.Generator, exact: Sequence[Read | ReadThing], picture: Picture
) -> list[Read | ReadThing]:
    """The same, with each length of a thing off by a normal error of one pixel."""
    pixel_rad = 1 / math.sqrt(picture.camera.fx * picture.camera.fy)

    def misread(thing: Thing) -> ReadThing:
        away = math.dist(thing.centre, (0, 0, picture.pose.height_m))
        errors = pixel_rad * away / np.array(thing.size)
        size = np.array(thing.size) * np.exp(errors * rng.standard_normal(3))
        return ReadThing(replace(thing, size=tuple(size.tolist())), tuple(errors.tolist()))

    return [misread(cue.thing) if isinstance(cue, ReadThing) else cue for cue in exact]


def floor(band: str, scenes: int) -> dict[str, float]:
    """Over the held-out pictures of a band, percent; see the module."""
    config = SampleConfig(band=BANDS[band], zoom=0.0, seed=EVALUATION_SEED)
    exact, pixel, ceilings = [], [], []
    for rng, picture, truth in held_out_pictures(config, scenes):
        found = cues(picture, truth)
        exact.append(best_errors(log_posterior(found)))
        pixel.append(best_errors(log_posterior(to_a_pixel(rng, found, picture))))
        ceilings.append(sum(isinstance(cue, Read) for cue in found) > 1)
    return {
        "median_error": _percent(np.median([error for error, _ in exact])),
        "median_error_to_a_pixel": _percent(np.median([error for error, _ in pixel])),
        "within_10_to_a_pixel": _percent(np.mean([within for _, within in pixel])),
        "ceiling_seen": _percent(np.mean(ceilings)),
    }


def _percent(share: float | np.floating) -> float:
    return round(100 * float(share), 1)


def main(argv: Sequence[str]) -> int:
    """Compute, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=400, help="per band")
    parser.add_argument("--bands", nargs="+", default=list(DEFAULT_BANDS))
    parser.add_argument("--json", type=Path, help="write the table here")
    arguments = parser.parse_args(argv)
    record = {
        "command": f"python -m camaware_ros.evaluation.scale_floor --scenes {arguments.scenes}",
        "scenes": arguments.scenes, "seed": EVALUATION_SEED,
        "hardware": hardware(),
        "bands": {band: floor(band, arguments.scenes) for band in arguments.bands},
    }  # fmt: skip
    print(json.dumps(record, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
