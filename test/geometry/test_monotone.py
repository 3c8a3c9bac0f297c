"""Inverses of growing curves against brute force and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from scipy.optimize import brentq

from camaware_ros.geometry.monotone import Curve, Inverse, first_positive_root, first_zero


def curve_of(polynomial: Polynomial) -> Curve:
    return lambda x: (polynomial(x), polynomial.deriv()(x))


@pytest.mark.parametrize(
    ("coefficients", "top"),
    [
        ([0, 1], 2.0),
        ([0, 1, 0, -1 / 3], 1.0),  # slope vanishes at the end
        ([0, 1, -2, 4 / 3], 1.5),  # and in the middle, at 0.5
        ([0, 1, 0, 0.4, 0, 0.3], 3.0),
    ],
)
def test_the_inverse_agrees_with_a_root_search(coefficients: list[float], top: float) -> None:
    polynomial = Polynomial(coefficients)
    goals = np.linspace(0, polynomial(top) * (1 - 1e-9), 200)
    found = Inverse(curve_of(polynomial), top).solve(goals)
    expected = [brentq(lambda x, y=y: polynomial(x) - y, 0, top, xtol=1e-14) for y in goals]
    np.testing.assert_allclose(polynomial(found), goals, atol=1e-11)
    steep = polynomial.deriv()(np.array(expected)) > 1e-2
    np.testing.assert_allclose(found[steep], np.array(expected)[steep], atol=1e-9)


def test_goals_beyond_the_end_and_none_at_all() -> None:
    inverse = Inverse(curve_of(Polynomial([0, 2])), 1.5)
    assert inverse.end == 3.0
    np.testing.assert_array_equal(inverse.solve(np.array([3.0, 4.0, 1e9])), [1.5, 1.5, 1.5])
    assert inverse.solve(np.empty(0)).shape == (0,)


@pytest.mark.parametrize(
    ("roots", "expected"),
    [
        ([[-1.0, 2.0, 3.0]], 2.0),
        ([[5.0], [4.0]], 4.0),
        ([[-1.0]], np.inf),
        ([[1 + 1j, 1 - 1j]], np.inf),
    ],
)
def test_first_positive_root(roots: list[list[complex]], expected: float) -> None:
    polynomials = [Polynomial.fromroots(r) for r in roots]
    real = [Polynomial(p.coef.real) for p in polynomials]
    assert first_positive_root(*real) == pytest.approx(expected)


def test_first_positive_root_of_constants_and_zero_tails() -> None:
    assert first_positive_root(Polynomial([1.0]), Polynomial([1.0, 0.0, 0.0])) == np.inf
    assert first_positive_root(Polynomial([1.0, -0.5, 0.0, 0.0])) == pytest.approx(2.0)


@pytest.mark.parametrize("where", [1e-3, 0.3, np.pi / 4, 0.99])
def test_first_zero_of_several(where: float) -> None:
    assert first_zero(lambda x: np.cos(x * np.pi / 2 / where), 1.0) == pytest.approx(
        where, abs=1e-9
    )


def test_first_zero_where_there_is_none() -> None:
    assert first_zero(lambda x: 1 + x, 7.0) == 7.0
