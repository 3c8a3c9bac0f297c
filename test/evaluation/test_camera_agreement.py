"""The judge of many cameras: what a right K keeps, a wrong one cannot."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.evaluation.camera_agreement import Said, agreement, dropped_at_switches

HFOV_RAD, FOCAL, WIDTH = np.radians(60.0), 554.3, 640.0


def truths(count: int = 21) -> np.ndarray:
    """Things beside the middle of a pinhole picture, 1 to 3 m away."""
    rng = np.random.default_rng(0)
    across = rng.uniform(0.15, 0.33, count) * rng.choice([-1, 1], count) * WIDTH / FOCAL
    rays = np.column_stack([across, rng.uniform(-0.1, 0.1, count), np.ones(count)])
    return rays / np.linalg.norm(rays, axis=1)[:, None] * rng.uniform(1, 3, (count, 1))


def seen_with_focal(points: np.ndarray, factor: float) -> np.ndarray:
    """The same pixels and pixel sizes, read with a focal length that is ``factor`` times true."""
    rays = points / points[:, 2:] * (1 / factor, 1 / factor, 1)
    ranges = np.linalg.norm(points, axis=1) * factor
    return rays / np.linalg.norm(rays, axis=1)[:, None] * ranges[:, None]


def said(centers: np.ndarray, direct: np.ndarray | None = None) -> list[Said]:
    direct = centers if direct is None else direct
    return [
        Said(center=center, truth=truth, direct=own)
        for center, truth, own in zip(centers, truths(), direct, strict=True)
    ]


def test_a_model_that_errs_a_little_agrees_even_where_it_points_elsewhere_at_times() -> None:
    centers = truths() * np.random.default_rng(1).normal(1, 0.05, (21, 1))
    centers[::5] = (0.0, 0.0, 2.0)
    row = agreement(said(centers), HFOV_RAD)
    assert row.agrees and row.other_camera == 0
    assert row.bearing_limit_deg == pytest.approx(1.2)


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2, 1.5])
def test_another_focal_length_never_agrees(factor: float) -> None:
    row = agreement(said(seen_with_focal(truths(), factor)), HFOV_RAD)
    assert not row.agrees
    assert abs(row.range_bias - np.log(factor)) < 1e-9


def test_a_single_answer_of_another_camera_is_noticed() -> None:
    centers = truths()
    centers[3] *= 1.01
    row = agreement(said(centers, truths()), HFOV_RAD)
    assert row.other_camera == 1 and not row.agrees


def test_things_that_are_mostly_not_found_are_no_agreement() -> None:
    some = [Said(center=None, truth=truth, direct=None) for truth in truths()]
    row = agreement(some, HFOV_RAD)
    assert (row.found, row.other_camera, row.agrees) == (0, 0, False)


def test_dropped_pictures_are_counted_around_each_switch_only() -> None:
    cameras = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    answered = [True, False, True, True, False, True, False, True, True, True, True]
    assert dropped_at_switches(cameras, answered) == [1, 0]
    assert dropped_at_switches(cameras, [False] * 11) == [3, 3]
