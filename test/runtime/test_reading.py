"""From numbers to boxes: against scipy rotations and Monte-Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from camaware_ros.runtime.reading import (
    centre_covariance,
    pointing_covariance,
    pointing_mass,
    sight_axes,
    upright_axes,
)


@pytest.mark.parametrize("seed", range(6))
def test_covariance_is_that_of_scattered_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=3) + [0, 0, 3]
    direction /= np.linalg.norm(direction)
    sigma, range_m = np.array([0.01, 0.02, 0.05]), 3.0
    right, down, log_range = (rng.normal(size=(3, 200_000)).T * sigma).T
    axes = sight_axes(direction)
    turned = direction[:, None] + axes[:, :1] * np.tan(right) + axes[:, 1:2] * np.tan(down)
    points = range_m * np.exp(log_range) * turned / np.linalg.norm(turned, axis=0)
    expected = np.cov(points)
    np.testing.assert_allclose(centre_covariance(direction, range_m, sigma), expected, atol=4e-4)


@pytest.mark.parametrize(
    "direction", [[0, 0, 1], [0.6, 0, 0.8], [0, 1, 0], [0, -1, 0], [0.1, 0.9, -0.3]]
)
def test_sight_axes_are_a_rotation(direction: list[float]) -> None:
    unit = np.array(direction) / np.linalg.norm(direction)
    axes = sight_axes(unit)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    np.testing.assert_allclose(axes[:, 2], unit)


@pytest.mark.parametrize("yaw", [-2.0, 0.0, 0.7])
def test_upright_axes_turn_about_up_from_the_line_of_sight(yaw: float) -> None:
    up = np.array([0.05, -0.98, -0.19])
    up /= np.linalg.norm(up)
    centre = np.array([0.7, 0.4, 2.5])
    axes = upright_axes(centre, up, yaw)
    level = centre - centre @ up * up
    expected = Rotation.from_rotvec(yaw * up).apply(level / np.linalg.norm(level))
    np.testing.assert_allclose(axes[:, 0], expected, atol=1e-12)
    np.testing.assert_allclose(axes[:, 2], up)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_upright_axes_straight_below_are_still_a_rotation() -> None:
    axes = upright_axes(np.array([0.0, 1.0, 0.0]), np.array([0.0, -1.0, 0.0]), 0.3)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)


def test_pointing_mass() -> None:
    sharp = np.zeros((8, 10), np.float32)
    sharp[3, 4] = 1
    assert pointing_mass(sharp.ravel(), (8, 10)) == 1
    torn = np.zeros((8, 10), np.float32)
    torn[0, 0], torn[7, 9] = 0.5, 0.5
    assert pointing_mass(torn.ravel(), (8, 10)) == pytest.approx(0.5)
    flat = np.full(80, 1 / 80, np.float32)
    assert pointing_mass(flat, (8, 10)) < 0.15


def test_not_knowing_which_thing_is_meant_spreads_like_a_mixture() -> None:
    """Own spread plus scatter of the alternatives, against drawn points (about the answer)."""
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0, 3.0], [1.0, 0.2, 4.0], [-2.0, 0.0, 2.5]])
    pointer = np.array([0.7, 0.2, 0.1], np.float32)
    own = centre_covariance(np.array([0.0, 0.0, 1.0]), 3.0, np.array([0.01, 0.02, 0.05]))
    chosen = rng.choice(3, 200_000, p=pointer / pointer.sum())
    points = centres[chosen] + rng.multivariate_normal(np.zeros(3), own, 200_000)
    apart = points - centres[0]
    stated = own + pointing_covariance(pointer, centres, centres[0], 1.0)
    np.testing.assert_allclose(stated, apart.T @ apart / len(apart), atol=0.02)


def test_a_sure_pointer_adds_nothing_and_a_warmer_one_more() -> None:
    centres = np.array([[0.0, 0.0, 3.0], [1.0, 0.0, 3.0]])
    sure = pointing_covariance(np.array([1, 0], np.float32), centres, centres[0], 1.0)
    np.testing.assert_allclose(sure, 0, atol=1e-9)
    torn = np.array([0.9, 0.1], np.float32)
    cold, warm = (pointing_covariance(torn, centres, centres[0], t)[0, 0] for t in (1.0, 2.0))
    assert cold == pytest.approx(0.1) and warm == pytest.approx(0.25, abs=1e-3)
