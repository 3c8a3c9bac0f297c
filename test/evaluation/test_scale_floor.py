"""The exact posterior against drawing worlds by the million and keeping those that look alike."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.evaluation.rendered import held_out_pictures
from camaware_ros.evaluation.scale_floor import (
    LOG_SCALES,
    Read,
    ReadThing,
    best_errors,
    cues,
    log_posterior,
)
from camaware_ros.training.cameras import BANDS, TRAINED_HEIGHT_M
from camaware_ros.training.furniture import sample_size
from camaware_ros.training.rooms import ROOM_HEIGHT_M
from camaware_ros.training.samples import SampleConfig
from camaware_ros.training.scenes import Thing

TRUE_HEIGHT = 0.9


def _thing(kind: str, size: tuple[float, float, float], on: int = -1) -> Thing:
    return Thing(kind=kind, colour="red", centre=(2.0, 0.0, 0.0), yaw_rad=0.0, size=size, on=on)


def _quantiles(log_density: np.ndarray) -> np.ndarray:
    mass = np.exp(log_density - log_density.max())
    at = np.searchsorted(np.cumsum(mass) / mass.sum(), (0.1, 0.5, 0.9))
    return np.exp(LOG_SCALES[at])


@pytest.mark.parametrize("error", [1e-4, 0.2])
@pytest.mark.parametrize(
    ("kind", "size", "on"),
    [
        ("ball", (0.3, 0.3, 0.3), -1),
        ("ball", (0.2, 0.2, 0.2), 0),
        ("cylinder", (0.35, 0.35, 0.6), -1),
        ("bench", (1.3, 0.4, 0.45), -1),
        ("chair", (0.5, 0.45, 0.9), -1),
    ],
)
def test_posterior_is_that_of_rejection_sampling(
    kind: str, size: tuple[float, float, float], on: int, error: float
) -> None:
    """Worlds with the same ratios of size to camera height, within a few percent, as read."""
    rng = np.random.default_rng(0)
    heights = rng.uniform(*TRAINED_HEIGHT_M, 400_000)
    sizes = np.array([sample_size(rng, kind, tabletop=on >= 0) for _ in range(len(heights))])
    seen = np.array(size) / TRUE_HEIGHT
    round_thing = sizes.std(axis=1) < 1e-9
    noise = rng.standard_normal(sizes.shape)
    noise[round_thing] = noise[round_thing, :1]
    if kind == "cylinder":
        noise[:, 1] = noise[:, 0]
    read = sizes / heights[:, None] * np.exp(error * noise)
    alike = (np.abs(read / seen - 1) < 0.06).all(axis=1)
    assert alike.sum() > 200
    drawn = np.quantile(heights[alike] / TRUE_HEIGHT, (0.1, 0.5, 0.9))
    thing = ReadThing(_thing(kind, size, on), (error, error, error))
    exact = _quantiles(log_posterior([Read(TRUE_HEIGHT, TRAINED_HEIGHT_M), thing]))
    assert exact == pytest.approx(drawn, rel=0.05)


def test_more_that_is_seen_leaves_less_doubt() -> None:
    camera, ceiling = Read(TRUE_HEIGHT, TRAINED_HEIGHT_M), Read(2.6, ROOM_HEIGHT_M)
    door = ReadThing(_thing("door", (0.9, 0.1, 2.0)))
    chair = ReadThing(_thing("chair", (0.5, 0.45, 0.9)))
    little = _quantiles(log_posterior([camera, chair]))
    more = _quantiles(log_posterior([camera, ceiling, chair, door]))
    assert more[2] - more[0] < little[2] - little[0]


def test_truth_is_possible_and_the_median_of_a_narrow_posterior_is_right() -> None:
    config = SampleConfig(band=BANDS["trained range"], zoom=0.0, seed=3)
    for _, picture, truth in held_out_pictures(config, 12):
        density = log_posterior(cues(picture, truth))
        assert np.isfinite(density[len(density) // 2])
    narrow = -0.5 * ((LOG_SCALES - np.log(1.05)) / 0.01) ** 2
    assert best_errors(narrow) == (pytest.approx(0.05, abs=2e-3), True)
    assert not best_errors(-0.5 * ((LOG_SCALES - np.log(1.2)) / 0.01) ** 2)[1]
