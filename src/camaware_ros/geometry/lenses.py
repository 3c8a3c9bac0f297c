"""Lenses: from a ray to where it meets the normalised image plane, and back.

Each lens maps rays (..., 3) to (x, y) with focal length 1 and back to unit rays, and says which
answers are real. Distortion polynomials stop growing somewhere; beyond that limit a point has no ray
and a ray no point, and both directions say so (NaN and ``valid`` False). Coefficients are named as in
OpenCV and ROS; nobody passes vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_RESIDUAL = 1e-11
_MAX_STEPS = 40
_WIDEST_TAN = 40.0  # rays of a pinhole family end 88.6 degrees off the axis


class Lens(Protocol):
    """What a camera needs of a lens."""

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Rays (..., 3), any length, to normalised points (..., 2) and which are real (...)."""

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Normalised points (..., 2) to unit rays (..., 3) and which are real (...)."""


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors (..., 3) of length 1."""
    result: FloatArray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return result


def _blank(values: FloatArray, valid: BoolArray) -> FloatArray:
    """NaN where not valid."""
    return np.where(valid[..., None], values, np.nan)


def _slopes(rays: FloatArray) -> tuple[FloatArray, BoolArray]:
    """x / z and y / z (..., 2) of rays in front."""
    z = rays[..., 2]
    in_front = np.isfinite(rays).all(-1) & (z > 1e-12)
    return rays[..., :2] / np.where(in_front, z, 1.0)[..., None], in_front


def _ray_of_slopes(slopes: FloatArray) -> FloatArray:
    return unit(np.concatenate([slopes, np.ones_like(slopes[..., :1])], axis=-1))


Curve = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def invert_growing(curve: Curve, goal: FloatArray, top: float) -> FloatArray:
    """The x in [0, top] at which a curve that grows from 0 reaches each goal; any shape.

    Newton inside a shrinking bracket; goals beyond the curve's end give ``top``.

    Args:
        curve: value and slope at x (n,).
        goal: values >= 0 to be reached.
        top: end of the stretch on which the curve grows.
    """
    end, _ = curve(np.array([top]))
    x = np.minimum(goal, 0.999 * top).ravel()
    x[goal.ravel() >= end[0]] = top
    going = np.flatnonzero(goal.ravel() < end[0])
    target, guess = goal.ravel()[going], x[going]
    low, high = np.zeros_like(guess), np.full_like(guess, top)
    for _ in range(_MAX_STEPS):
        value, slope = curve(guess)
        error = value - target
        far = np.abs(error) > _RESIDUAL
        if not far.all():
            x[going[~far]] = guess[~far]
            going, target, guess = going[far], target[far], guess[far]
            error, slope, low, high = error[far], slope[far], low[far], high[far]
        if not len(going):
            break
        low, high = np.where(error < 0, guess, low), np.where(error > 0, guess, high)
        newton = guess - error / np.maximum(slope, 1e-9)
        guess = np.where((newton > low) & (newton < high), newton, 0.5 * (low + high))
    x[going] = guess
    return x.reshape(goal.shape)


def _check_finite(lens: object) -> None:
    for item in fields(lens):  # type: ignore[arg-type]
        if item.init and not np.isfinite(getattr(lens, item.name)):
            raise ValueError(f"{item.name}: expected a finite number, got {getattr(lens, item.name)}")


@dataclass(frozen=True, slots=True)
class Ideal:
    """A pinhole without distortion."""

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; rays behind the image plane are not valid."""
        slopes, valid = _slopes(rays)
        return _blank(slopes, valid), valid

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; every finite point has a ray."""
        valid = np.isfinite(points).all(-1)
        return _blank(_ray_of_slopes(np.where(valid[..., None], points, 0.0)), valid), valid


@dataclass(frozen=True, slots=True)
class Brown:
    """Radial and tangential distortion: ROS ``plumb_bob`` (k4 = k5 = k6 = 0) and ``rational_polynomial``.

    Attributes:
        k1 .. k6: radial; k4 .. k6 in the denominator.  p1, p2: tangential.
        limit: largest r = tan(angle) at which the radial part still grows.
    """

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0
    limit: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _check_finite(self)
        object.__setattr__(self, "limit", self._monotone_limit())

    def _factor(self, r2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Radial factor and its derivative by r^2."""
        top = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        bottom = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        top_slope = self.k1 + r2 * (2 * self.k2 + 3 * r2 * self.k3)
        bottom_slope = self.k4 + r2 * (2 * self.k5 + 3 * r2 * self.k6)
        return top / bottom, (top_slope * bottom - top * bottom_slope) / bottom**2

    def _monotone_limit(self) -> float:
        """First r where d(r f(r^2))/dr = (N D + 2 r^2 (N' D - N D')) / D^2 or D vanishes."""
        n = np.polynomial.Polynomial([1.0, self.k1, self.k2, self.k3])
        d = np.polynomial.Polynomial([1.0, self.k4, self.k5, self.k6])
        s = np.polynomial.Polynomial([0.0, 2.0])
        growth = n * d + s * (n.deriv() * d - n * d.deriv())
        roots = np.concatenate([growth.roots(), d.roots()])
        real = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)].real
        return float(np.sqrt(real.min())) if len(real) else _WIDEST_TAN

    def _bend(self, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distorted points (..., 2) and their Jacobian (..., 2, 2)."""
        x, y = slopes[..., 0], slopes[..., 1]
        r2 = x * x + y * y
        f, df = self._factor(r2)
        bent = np.stack(
            [
                x * f + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x),
                y * f + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y,
            ],
            axis=-1,
        )
        cross = 2 * x * y * df + 2 * self.p1 * x + 2 * self.p2 * y
        jacobian = np.stack(
            [
                np.stack([f + 2 * x * x * df + 2 * self.p1 * y + 6 * self.p2 * x, cross], -1),
                np.stack([cross, f + 2 * y * y * df + 6 * self.p1 * y + 2 * self.p2 * x], -1),
            ],
            axis=-2,
        )
        return bent, jacobian

    def _unfolded(self, slopes: FloatArray, jacobian: FloatArray) -> BoolArray:
        """Inside the monotone radius and locally one-to-one."""
        determinant = jacobian[..., 0, 0] * jacobian[..., 1, 1] - jacobian[..., 0, 1] ** 2
        return (np.hypot(slopes[..., 0], slopes[..., 1]) < self.limit) & (determinant > 0)

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; rays behind the image plane or beyond ``limit`` are not valid."""
        slopes, in_front = _slopes(rays)
        safe = np.where(in_front[..., None], np.clip(slopes, -1e3, 1e3), 0.0)
        bent, jacobian = self._bend(safe)
        valid = in_front & self._unfolded(slopes, jacobian)
        return _blank(bent, valid), valid

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; points that no ray inside ``limit`` reaches are not valid."""
        shape = points.shape[:-1]
        flat = points.reshape(-1, 2)
        finite = np.isfinite(flat).all(-1)
        goal = np.where(finite[:, None], flat, 0.0)
        slopes = self._solve(goal)
        bent, jacobian = self._bend(slopes)
        close = np.abs(bent - goal).max(-1, initial=0.0) < 1e-9
        valid = finite & close & self._unfolded(slopes, jacobian)
        rays = _blank(_ray_of_slopes(slopes), valid)
        return rays.reshape(*shape, 3), valid.reshape(shape)

    def _solve(self, goal: FloatArray) -> FloatArray:
        """Newton on the radius, then on the plane; only unfinished points go on. (N, 2)."""
        radius = np.hypot(goal[:, 0], goal[:, 1])
        r = invert_growing(self._radius, radius, min(self.limit, _WIDEST_TAN))
        slopes = goal * (r / np.maximum(radius, 1e-12))[:, None]
        if self.p1 == 0 and self.p2 == 0:
            return slopes
        active = np.arange(len(goal))
        for _ in range(_MAX_STEPS):
            bent, jacobian = self._bend(slopes[active])
            error = bent - goal[active]
            going = np.abs(error).max(-1, initial=0.0) > _RESIDUAL
            active, error, jacobian = active[going], error[going], jacobian[going]
            if not len(active):
                break
            a, b, d = jacobian[:, 0, 0], jacobian[:, 0, 1], jacobian[:, 1, 1]
            det = a * d - b * b
            det = np.where(np.abs(det) < 1e-3, np.where(det < 0, -1e-3, 1e-3), det)
            step = np.stack(
                [(d * error[:, 0] - b * error[:, 1]) / det, (a * error[:, 1] - b * error[:, 0]) / det],
                axis=-1,
            )
            slopes[active] -= np.clip(step, -0.3, 0.3)
        return slopes

    def _radius(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distorted radius and its slope, without the tangential part."""
        f, df = self._factor(r * r)
        return r * f, f + 2 * r * r * df


@dataclass(frozen=True, slots=True)
class Equidistant:
    """Fisheye: ROS ``equidistant``, the image radius grows with the angle. Good beyond 90 degrees.

    Attributes:
        k1 .. k4: r = a (1 + k1 a^2 + k2 a^4 + k3 a^6 + k4 a^8), a the angle from the axis.
        limit_rad: largest angle up to which r still grows, at most 180 degrees.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    limit_rad: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _check_finite(self)
        growth = np.polynomial.Polynomial([1, 3 * self.k1, 5 * self.k2, 7 * self.k3, 9 * self.k4])
        roots = growth.roots()
        real = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)].real
        first = float(np.sqrt(real.min())) if len(real) else np.pi
        object.__setattr__(self, "limit_rad", min(first, np.pi))

    def _radius(self, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Image radius and its derivative."""
        s = angle * angle
        value = angle * (1 + s * (self.k1 + s * (self.k2 + s * (self.k3 + s * self.k4))))
        slope = 1 + s * (3 * self.k1 + s * (5 * self.k2 + s * (7 * self.k3 + s * 9 * self.k4)))
        return value, slope

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; rays beyond ``limit_rad`` are not valid."""
        across = np.hypot(rays[..., 0], rays[..., 1])
        angle = np.arctan2(across, rays[..., 2])
        finite = np.isfinite(rays).all(-1) & ((across > 0) | (rays[..., 2] > 0))
        valid = finite & (angle < self.limit_rad)
        radius, _ = self._radius(np.where(valid, angle, 0.0))
        scale = np.where(across > 1e-15, radius / np.maximum(across, 1e-300), 0.0)
        return _blank(rays[..., :2] * scale[..., None], valid), valid

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; points beyond the largest radius are not valid."""
        finite = np.isfinite(points).all(-1)
        safe = np.where(finite[..., None], points, 0.0)
        radius = np.hypot(safe[..., 0], safe[..., 1])
        angle = invert_growing(self._radius, radius, self.limit_rad)
        valid = finite & (angle < self.limit_rad)
        scale = np.where(radius > 1e-12, np.sin(angle) / np.maximum(radius, 1e-12), 1.0)
        rays = np.concatenate([safe * scale[..., None], np.cos(angle)[..., None]], axis=-1)
        return _blank(rays, valid), valid
