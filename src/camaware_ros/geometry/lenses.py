"""Lenses: from a ray to where it meets the normalised image plane, and back.

Each lens maps rays (..., 3) to (x, y) with focal length 1 and back to unit rays, and says which
answers are real. Distortion polynomials stop growing somewhere; beyond that limit a point has no
ray and a ray no point, and both directions say so (NaN and ``valid`` False). Coefficients are
named as in OpenCV and ROS; nobody passes vectors. Knows no pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Protocol

import numpy as np
from numpy.polynomial import Polynomial

from camaware_ros.geometry.arrays import BoolArray, FloatArray
from camaware_ros.geometry.monotone import Inverse, first_positive_root, first_zero
from camaware_ros.geometry.newton import Stretch, invert_plane_map

_WIDEST_TAN = 40.0  # rays of a Brown lens end 88.6 degrees off the axis
_CHUNK = 8192  # points at a time, so that the temporaries stay in the processor's cache


class Lens(Protocol):
    """What a camera needs of a lens."""

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Rays (..., 3), any length, to normalised points (..., 2) and which are real (...)."""

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Normalised points (..., 2) to unit rays (..., 3) and which are real (...)."""


@dataclass(frozen=True, slots=True)
class Ideal:
    """A pinhole without distortion."""

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; rays that do not point forward are not valid."""
        slopes, valid = _slopes(rays)
        return _blank(slopes, valid), valid

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; every finite point has a ray."""
        valid = np.isfinite(points[..., 0]) & np.isfinite(points[..., 1])
        finite = points if valid.all() else np.where(valid[..., None], points, 0.0)
        planes = _rays_of_slopes(np.moveaxis(finite, -1, 0))
        rays = np.ascontiguousarray(np.moveaxis(planes, 0, -1))
        return (rays if valid.all() else _blank(rays, valid)), valid


@dataclass(frozen=True, slots=True)
class Brown:
    """Radial and tangential: ROS ``plumb_bob`` (k4 = k5 = k6 = 0) and ``rational_polynomial``.

    The distortion is the gradient of a potential, so its Jacobian is symmetric, and where that is
    positive definite on a disc no two rays of the disc share a point. Rays inside the largest such
    disc around the axis are valid, others are not.

    Attributes:
        k1 .. k6: radial; k4 .. k6 in the denominator.
        p1, p2: tangential.
        limit: radius (tan of the angle) up to which the radial part grows, at most 40.
        reach: radius of the disc; less than ``limit`` where there is a tangential part.
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
    reach: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _check_finite(self)
        limit = self._growth_limit()
        straight = self.p1 == 0 and self.p2 == 0
        object.__setattr__(self, "limit", limit)
        reach = limit if straight else first_zero(self._least_stretch, limit)
        object.__setattr__(self, "reach", reach)

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; rays that do not point forward or beyond ``reach`` are not valid."""
        slopes, in_front = _slopes(rays)
        valid = in_front & (np.hypot(slopes[..., 0], slopes[..., 1]) < self.reach)
        safe = np.where(valid[..., None], slopes, 0.0)
        bent = self._stretch(safe[..., 0], safe[..., 1])
        return _blank(np.stack([bent.x, bent.y], axis=-1), valid), valid

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; points that no ray inside ``reach`` meets are not valid."""
        inverse = Inverse(self._radius, self.reach)
        return _in_chunks(lambda goal: self._undistort_chunk(goal, inverse), points)

    def _undistort_chunk(self, goal: FloatArray, inverse: Inverse) -> tuple[FloatArray, BoolArray]:
        """Rays (3, n) that reach ``goal`` (2, n), and which are real (n,)."""
        radius = np.hypot(goal[0], goal[1])
        if self.p1 == 0 and self.p2 == 0:
            slopes = goal * (inverse.solve(radius) / np.maximum(radius, 1e-300))
            return _rays_of_slopes(slopes), radius < inverse.end
        farthest_shift = 3 * np.hypot(self.p1, self.p2) * self.reach**2
        valid = radius < inverse.end + farthest_shift
        near = np.flatnonzero(valid)
        guess = goal[:, near] * (inverse.guess(radius[near]) / np.maximum(radius[near], 1e-300))
        slopes = np.zeros_like(goal)
        slopes[:, near], valid[near] = invert_plane_map(
            self._stretch, goal[:, near], guess, self.reach
        )
        return _rays_of_slopes(slopes), valid

    def _factor(self, r2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Radial factor and its derivative by r^2."""
        top = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        top_slope = self.k1 + r2 * (2 * self.k2 + 3 * r2 * self.k3)
        if self.k4 == self.k5 == self.k6 == 0:
            return top, top_slope
        bottom = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        bottom_slope = self.k4 + r2 * (2 * self.k5 + 3 * r2 * self.k6)
        factor = top / bottom
        return factor, (top_slope - factor * bottom_slope) / bottom

    def _radius(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distorted radius and its slope, without the tangential part."""
        r2 = r * r
        factor, slope = self._factor(r2)
        return r * factor, factor + 2 * r2 * slope

    def _stretch(self, x: FloatArray, y: FloatArray) -> Stretch:
        """Distorted x and y, and their derivatives."""
        r2 = x * x + y * y
        factor, slope = self._factor(r2)
        px, py = 2 * self.p2 * x, 2 * self.p1 * y
        along, slope = factor + px + py, 2 * slope
        return Stretch(
            x=x * along + self.p2 * r2,
            y=y * along + self.p1 * r2,
            dx_dx=along + slope * x * x + 2 * px,
            dx_dy=slope * x * y + 2 * (self.p1 * x + self.p2 * y),
            dy_dy=along + slope * y * y + 2 * py,
        )

    def _growth_limit(self) -> float:
        """First r where d(r N/D)/dr = (N D + 2 s (N' D - N D')) / D^2, s = r^2, or D vanishes."""
        n = Polynomial([1, self.k1, self.k2, self.k3])
        d = Polynomial([1, self.k4, self.k5, self.k6])
        growth = n * d + Polynomial([0, 2]) * (n.deriv() * d - n * d.deriv())
        return min(float(np.sqrt(first_positive_root(growth, d))), _WIDEST_TAN) * (1 - 1e-9)

    def _least_stretch(self, r: FloatArray) -> FloatArray:
        """Smallest eigenvalue of the Jacobian on circles of radius ``r`` (n,).

        Along a direction whose part across the ray is b, the Jacobian stretches by
        g + (f - g) b^2 + 2 r p (...), g and f the radial part's stretch along and across the ray
        and p the length of the tangential offset; at the worst angle between ray and offset the
        bracket is -sqrt(9 - 8 b^2). The sum is convex in b^2, so its least value is closed form.
        """
        f, _ = self._factor(r * r)
        _, g = self._radius(r)
        push = 2 * r * np.hypot(self.p1, self.p2)
        with np.errstate(divide="ignore", invalid="ignore"):
            across = (9 - (4 * push / (g - f)) ** 2) / 8
        across = np.where(g > f, np.clip(np.nan_to_num(across), 0.0, 1.0), 0.0)
        least: FloatArray = g + (f - g) * across - push * np.sqrt(9 - 8 * across)
        return least


@dataclass(frozen=True, slots=True)
class Equidistant:
    """Fisheye: ROS ``equidistant``, the image radius grows with the angle. Good past 90 degrees.

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
        growth = Polynomial([1, 3 * self.k1, 5 * self.k2, 7 * self.k3, 9 * self.k4])
        limit = min(float(np.sqrt(first_positive_root(growth))), np.pi)
        object.__setattr__(self, "limit_rad", limit)

    def _radius(self, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Image radius and its derivative."""
        s = angle * angle
        value = angle * (1 + s * (self.k1 + s * (self.k2 + s * (self.k3 + s * self.k4))))
        slope = 1 + s * (3 * self.k1 + s * (5 * self.k2 + s * (7 * self.k3 + s * 9 * self.k4)))
        return value, slope

    def distort(self, rays: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; rays beyond ``limit_rad`` are not valid."""
        x, y, z = rays[..., 0], rays[..., 1], rays[..., 2]
        across = np.hypot(x, y)
        angle = np.arctan2(across, z)
        finite = np.isfinite(rays).all(-1) & ((across > 0) | (z > 0))
        valid = finite & (angle < self.limit_rad)
        radius, _ = self._radius(np.where(valid, angle, 0.0))
        scale = radius / np.where(across > 0, across, 1.0)
        return _blank(rays[..., :2] * scale[..., None], valid), valid

    def undistort(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """See ``Lens``; points beyond the largest radius are not valid."""
        inverse = Inverse(self._radius, self.limit_rad)

        def chunk(goal: FloatArray) -> tuple[FloatArray, BoolArray]:
            radius = np.hypot(goal[0], goal[1])
            angle = inverse.solve(radius)
            scale = np.where(radius > 0, np.sin(angle) / np.where(radius > 0, radius, 1.0), 1.0)
            return np.stack([goal[0] * scale, goal[1] * scale, np.cos(angle)]), radius < inverse.end

        return _in_chunks(chunk, points)


def _slopes(rays: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Slopes x / z and y / z (..., 2), and which rays point forward and have finite ones (...)."""
    in_front = rays[..., 2] > 0
    with np.errstate(over="ignore"):
        slopes = rays[..., :2] / np.where(in_front, rays[..., 2], 1.0)[..., None]
    return slopes, in_front & np.isfinite(slopes).all(-1)


def _rays_of_slopes(slopes: FloatArray) -> FloatArray:
    """Unit rays (3, ...) of slopes (2, ...)."""
    x, y = slopes
    z = 1.0 / np.sqrt(1.0 + x * x + y * y)
    return np.stack([x * z, y * z, z])


def _blank(values: FloatArray, valid: BoolArray) -> FloatArray:
    """NaN where not valid."""
    return np.where(valid[..., None], values, np.nan)


def _in_chunks(
    solve: Callable[[FloatArray], tuple[FloatArray, BoolArray]], points: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Apply an inverse to points (..., 2) a few at a time.

    Args:
        solve: finite points (2, n) to unit rays (3, n) and which are real (n,).
        points: normalised points; those that are not finite have no ray.
    """
    flat = points.reshape(-1, 2)
    rays, valid = np.empty((len(flat), 3)), np.empty(len(flat), dtype=bool)
    for start in range(0, len(flat), _CHUNK):
        part = slice(start, start + _CHUNK)
        finite = np.isfinite(flat[part]).all(-1)
        found, real = solve(np.where(finite, flat[part].T, 0.0))
        real = real & finite
        found[:, ~real] = np.nan
        rays[part], valid[part] = found.T, real
    return rays.reshape(*points.shape[:-1], 3), valid.reshape(points.shape[:-1])


def _check_finite(lens: Brown | Equidistant) -> None:
    for item in fields(lens):
        if item.init and not np.isfinite(getattr(lens, item.name)):
            got = getattr(lens, item.name)
            raise ValueError(f"{item.name}: expected a finite number, got {got!r}")
