"""How well can the scale of a picture be known at all, when the mounting is not?

``python -m camaware_ros.evaluation.scale_floor --scenes 400 --json FILE``

Without mounting one picture shows a room only up to its scale. What tells it are things whose kind
has a usual size. An observer who reads every ratio in the picture without error still has a
posterior over the scale, from the sizes that each kind may have, the heights that cameras are held
at and, where the ceiling is in view, the heights of rooms. His median error is a floor for anyone
who reads the same cues. He ignores others that the engine gives away weakly: where things stand,
textures, the pitch that goes with a height.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camaware_ros.cli.evaluate import DEFAULT_BANDS
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
_Range = tuple[float, float]


def log_posterior(lengths: Sequence[tuple[float, _Range]], things: Sequence[Thing]) -> FloatArray:
    """Log density over ``LOG_SCALES``, up to a constant; -inf where a size cannot be.

    Args:
        lengths: true lengths (m) besides the things', each with the range it is drawn from.
        things: in view, their kinds known.
    """
    scale = np.exp(LOG_SCALES)
    total = sum((_log_uniform(true * scale, span) for true, span in lengths), np.zeros_like(scale))
    for thing in things:
        total = total + _log_size(thing, scale)
    return total


def _log_size(thing: Thing, scale: FloatArray) -> FloatArray:
    """Of a thing's length, width and height, all times ``scale``."""
    sizes = SIZES_M if thing.on == FLOOR else TABLETOP_SIZES_M
    length, width, height = sizes[thing.kind]
    long_side, short_side, tall = (side * scale for side in thing.size)
    if width is None:
        level = _log_uniform(long_side, length)
    else:  # the longer one is called the length, whichever was drawn as such
        level = np.logaddexp(
            _log_uniform(long_side, length) + _log_uniform(short_side, width),
            _log_uniform(short_side, length) + _log_uniform(long_side, width),
        )
    return level if height is None else level + _log_uniform(tall, height)


def _log_uniform(value: FloatArray, span: _Range) -> FloatArray:
    """Log density of the logarithm of a length drawn evenly from a range."""
    inside = (value >= span[0] * (1 - 1e-9)) & (value <= span[1] * (1 + 1e-9))
    return np.where(inside, np.log(value / (span[1] - span[0])), -np.inf)


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


def cues(picture: Picture, truth: Truth) -> tuple[list[tuple[float, _Range]], list[Thing]]:
    """What the observer reads: camera height, ceiling where in view, and things clearly in view."""
    lengths: list[tuple[float, _Range]] = [(picture.pose.height_m, TRAINED_HEIGHT_M)]
    rays, valid = picture.camera.ray_map()
    up = picture.range_m * (rays @ picture.pose.gravity_from_camera[2]) + picture.pose.height_m
    ceiling = float(picture.scene.room[6])
    if (np.abs(up - ceiling)[valid & picture.content] < _CEILING_M).any():
        lengths.append((ceiling, ROOM_HEIGHT_M))
    things = zip(picture.scene.things, truth.in_view.clear, strict=True)
    return lengths, [thing for thing, clear in things if clear]


def floor(band: str, scenes: int) -> dict[str, float]:
    """Over the held-out pictures of a band: median error, share within 10 %, ceilings seen; %."""
    config = SampleConfig(band=BANDS[band], zoom=0.0, seed=EVALUATION_SEED)
    read = [cues(picture, truth) for _, picture, truth in held_out_pictures(config, scenes)]
    errors, within = zip(*(best_errors(log_posterior(*cue)) for cue in read), strict=True)
    return {
        "median_error_percent": round(100 * float(np.median(errors)), 1),
        "within_10_percent": round(100 * float(np.mean(within)), 1),
        "ceiling_percent": round(100 * float(np.mean([len(c) > 1 for c, _ in read])), 1),
    }


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
        "hardware": f"{platform.machine()}, {os.cpu_count()} cores",
        "bands": {band: floor(band, arguments.scenes) for band in arguments.bands},
    }  # fmt: skip
    print(json.dumps(record, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
