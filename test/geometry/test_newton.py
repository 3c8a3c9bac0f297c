"""The plane solver on gradients of convex potentials whose inverses are known otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from camaware_ros.geometry.newton import Stretch, invert_plane_map


def quartic(x: np.ndarray, y: np.ndarray) -> Stretch:
    """Gradient of (x^2 + y^2) / 2 + (x + 2 y)^4 / 4."""
    third, second = (x + 2 * y) ** 3, 3 * (x + 2 * y) ** 2
    return Stretch(x + third, y + 2 * third, 1 + second, 2 * second, 1 + 4 * second)


def folding(x: np.ndarray, y: np.ndarray) -> Stretch:
    """Shrinks towards the rim of the unit disc and folds there: s (1 - |s|^2 / 3)."""
    r2 = x * x + y * y
    f = 1 - r2 / 3
    return Stretch(x * f, y * f, f - 2 * x * x / 3, -2 * x * y / 3, f - 2 * y * y / 3)


@pytest.mark.parametrize("seed", range(4))
def test_a_bent_plane_agrees_with_scipy(seed: int) -> None:
    goal = np.random.default_rng(seed).normal(0, 2, (2, 12))
    points, found = invert_plane_map(quartic, goal, goal.copy(), 100.0)
    assert found.all()
    for i in range(12):
        expected = root(lambda s, i=i: np.array(quartic(*s)[:2]) - goal[:, i], points[:, i] + 0.1)
        assert expected.success
        np.testing.assert_allclose(points[:, i], expected.x, atol=1e-7)


@pytest.mark.parametrize("start", [0.0, 0.5, 0.999999])
def test_from_anywhere_on_the_disc_to_anywhere_on_it(start: float) -> None:
    turn = np.linspace(0, 6, 40)
    truth = np.linspace(0, 0.999, 40) * np.stack([np.cos(turn), np.sin(turn)])
    goal = np.stack(folding(*truth)[:2])
    guess = start * np.stack([np.cos(3 * turn), np.sin(3 * turn)])
    points, found = invert_plane_map(folding, goal, guess, 1.0)
    assert found.all()
    np.testing.assert_allclose(points, truth, atol=1e-6)


def test_what_the_disc_does_not_reach_is_said() -> None:
    """The unit disc is mapped onto a disc of radius 2/3."""
    goal = np.array([[0.6, 0.68, 0.0, 5.0], [0.0, 0.0, -0.7, 5.0]])
    _, found = invert_plane_map(folding, goal, 0.5 * np.sign(goal), 1.0)
    assert found.tolist() == [True, False, False, False]


def test_the_far_branch_of_a_fold_is_no_answer() -> None:
    """The goal is met once more beyond the fold; a guess there must not find that."""
    goal = np.array([[0.5], [0.0]])
    points, found = invert_plane_map(folding, goal, np.array([[1.45], [0.0]]), 1.0)
    assert found.all() and np.hypot(*points[:, 0]) < 1
    np.testing.assert_allclose(np.stack(folding(*points)[:2]), goal, atol=1e-9)


def test_no_points() -> None:
    points, found = invert_plane_map(folding, np.empty((2, 0)), np.empty((2, 0)), 1.0)
    assert points.shape == (2, 0) and found.shape == (0,)
