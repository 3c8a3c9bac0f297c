"""Calibration on answers whose true spreads are known."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from camaware_ros.export.calibrate import (
    TEMPERATURES,
    Errors,
    familiarity,
    fit_growth,
    fit_spreads,
)
from camaware_ros.runtime.reading import centre_covariance, pointing_covariance, sight_axes

STATED = np.array([0.02, 0.02, 0.05])
SPOILED = np.array([0.5, 2.0, 1.5])


def answers(count: int, seed: int, wider: float = 0.0) -> Errors:
    """Answers that state ``STATED`` but scatter ``SPOILED`` times as much.

    A fifth of them mean the other of two things, which the pointer gives a fifth of itself.
    ``wider`` more per unit of camera score, which is uniform in [0, 2].
    """
    rng = np.random.default_rng(seed)
    direction = np.array([0.0, 0.0, 1.0])
    axes = sight_axes(direction)
    pointer = np.array([0.8, 0.2], np.float32)
    rows = []
    for _ in range(count):
        range_m, score = rng.uniform(1, 6), rng.uniform(0, 2)
        centres = np.array([[0, 0, range_m], [rng.uniform(1, 2), 0, range_m]])
        swapped = rng.random() < 0.2
        right, down, log_range = rng.normal(size=3) * STATED * SPOILED * (1 + wider * score)
        around = np.linalg.norm(centres[1]) if swapped else range_m
        error = axes @ [around * right, around * down, around * log_range]
        error = error + swapped * (centres[1] - centres[0])
        own = [centre_covariance(direction, range_m, STATED * only) for only in np.eye(3)]
        among = [pointing_covariance(pointer, centres, centres[0], t) for t in TEMPERATURES]
        ratio = np.abs([right, down, log_range]) / STATED
        rows.append((error, own, among, np.log(STATED), ratio, not swapped, score))
    columns = (np.array(values) for values in zip(*rows, strict=True))
    return Errors(**dict(zip((f.name for f in fields(Errors)), columns, strict=True)))


def test_regions_hold_nine_tenths_of_new_truths_and_repair_each_spread() -> None:
    spreads = fit_spreads(answers(2000, 0))
    index = TEMPERATURES.index(spreads.temperature)
    assert answers(2000, 1).coverage(np.array(spreads.scale), index) == pytest.approx(0.9, abs=0.03)
    np.testing.assert_allclose(
        np.array(spreads.scale) / spreads.scale[1], SPOILED / SPOILED[1], rtol=0.2
    )


def test_telling_things_apart_costs_less_room_than_wider_spreads() -> None:
    """Without the pointer's share, only a region many times as large holds nine tenths."""
    errors = answers(2000, 2)
    spreads = fit_spreads(errors)
    index = TEMPERATURES.index(spreads.temperature)
    _, volume = np.linalg.slogdet(errors.covariance(np.array(spreads.scale), index))
    alone = errors.without_alternatives()
    wider = fit_spreads(alone)
    _, without = np.linalg.slogdet(alone.covariance(np.array(wider.scale), 0))
    assert volume.mean() < without.mean()


def test_spreads_grow_with_the_camera_score() -> None:
    spreads = fit_spreads(answers(2000, 3))
    index = TEMPERATURES.index(spreads.temperature)
    outside = answers(2000, 4, wider=0.8)
    assert outside.coverage(np.array(spreads.scale), index) < 0.8
    growth = fit_growth(outside, spreads)
    fresh = answers(2000, 5, wider=0.8)
    assert fresh.coverage(np.array(spreads.scale), index, growth) == pytest.approx(0.9, abs=0.03)


def test_nothing_grows_where_regions_hold_enough_already() -> None:
    errors = answers(2000, 6)
    spreads = fit_spreads(errors)
    roomy = replace(errors, error=0.5 * errors.error)
    assert fit_growth(roomy, spreads) == 0


def test_familiarity_separates_strangers() -> None:
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(24, 24))
    known = (rng.normal(size=(3000, 24)) @ mix).astype(np.float32)
    mean, whiten, limit = familiarity(known)
    again = rng.normal(size=(500, 24)) @ mix
    strange = rng.normal(size=(500, 24)) @ mix + 8 * mix[0]
    assert (np.linalg.norm((again - mean) @ whiten.T, axis=1) > limit).mean() < 0.02
    assert (np.linalg.norm((strange - mean) @ whiten.T, axis=1) > limit).mean() > 0.9
