"""Curves that start at 0 and grow: up to where they do, and their inverse. Knows no lens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from camaware_ros.geometry.arrays import FloatArray

Curve = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

RESIDUAL = 1e-12
_SAMPLES = 1025
_NEWTON_STEPS = 8
_BISECTIONS = 60


def first_positive_root(*polynomials: np.polynomial.Polynomial) -> float:
    """The smallest positive real root of any of the polynomials; infinity where there is none."""
    roots = np.concatenate([np.asarray(p.roots(), dtype=np.complex128) for p in polynomials])
    real = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)].real
    return float(real.min()) if len(real) else float("inf")


def first_zero(function: Callable[[FloatArray], FloatArray], top: float) -> float:
    """Where a function of x (n,), positive at 0, first reaches 0 on [0, top]; else ``top``.

    Dips narrower than a few thousandths of ``top`` may be overlooked.
    """
    low, high = 0.0, top
    for _ in range(4):
        x = np.linspace(low, high, _SAMPLES)
        down = np.flatnonzero(function(x) <= 0)
        if not len(down):
            break
        low, high = float(x[max(down[0] - 1, 0)]), float(x[down[0]])
    return high


class Inverse:
    """The inverse of a curve on [0, top], where it grows from 0.

    Attributes:
        top: end of the stretch.
        end: the curve's value there, the largest that can be inverted.
    """

    def __init__(self, curve: Curve, top: float) -> None:
        """Sample the curve for first guesses, more densely near 0.

        Args:
            curve: value and slope at x (n,).
            top: end of the stretch on which the curve grows.
        """
        self._curve = curve
        self._x = top * np.linspace(0.0, 1.0, _SAMPLES) ** 2
        self._y = np.maximum.accumulate(curve(self._x)[0])
        self.top = top
        self.end = float(self._y[-1])

    def guess(self, goal: FloatArray) -> FloatArray:
        """The x (n,) near which the curve reaches each goal (n,); ``top`` beyond the end."""
        return np.interp(goal, self._y, self._x)

    def solve(self, goal: FloatArray) -> FloatArray:
        """The x (n,) at which the curve reaches each goal (n,); ``top`` beyond the end."""
        target = np.minimum(goal, self.end)
        close = RESIDUAL * np.maximum(1.0, target)
        x = self.guess(target)
        for _ in range(_NEWTON_STEPS):
            value, slope = self._curve(x)
            error = value - target
            if (np.abs(error) <= close).all():
                return x
            x = np.clip(x - error / np.maximum(slope, 1e-9), 0.0, self.top)
        value, _ = self._curve(x)
        left = np.flatnonzero(np.abs(value - target) > close)
        x[left] = self._bisect(target[left])
        return x

    def _bisect(self, target: FloatArray) -> FloatArray:
        """Slow and sure, for goals next to a stretch where the slope vanishes."""
        above = np.clip(np.searchsorted(self._y, target), 1, len(self._y) - 1)
        low, high = self._x[above - 1], self._x[above]
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            over = self._curve(middle)[0] > target
            low, high = np.where(over, low, middle), np.where(over, middle, high)
        return 0.5 * (low + high)
