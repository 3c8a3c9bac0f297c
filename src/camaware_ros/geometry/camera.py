"""One immutable camera for every lens: points in space to pixels, pixels to rays.

Pixels are edge coordinates: the first pixel spans [0, 1], its centre is 0.5. OpenCV and ROS count
centres as integers; ``from_opencv`` and ``opencv_matrix`` are the only crossing. The frame is the
optical one: x right, y down, z forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.geometry.arrays import BoolArray, FloatArray, last_axis, numbers
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Intrinsics of an image, comparable and hashable by value.

    Attributes:
        width, height: image size, pixels.
        fx, fy: focal lengths, pixels, > 0.
        cx, cy: principal point, edge pixels; may lie outside the image.
        lens: how rays bend on their way.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    lens: Ideal | Brown | Equidistant = Ideal()

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = _finite(name, getattr(self, name), "a positive whole number of pixels")
            if value != int(value) or value <= 0:
                raise ValueError(f"{name}: expected a positive whole number of pixels, got {value}")
            object.__setattr__(self, name, int(value))
        for name in ("fx", "fy"):
            value = _finite(name, getattr(self, name), "a positive focal length in pixels")
            if value <= 0:
                raise ValueError(f"{name}: expected a positive focal length in pixels, got {value}")
            object.__setattr__(self, name, value)
        for name in ("cx", "cy"):
            value = _finite(name, getattr(self, name), "a finite pixel coordinate")
            object.__setattr__(self, name, value)
        if not isinstance(self.lens, Ideal | Brown | Equidistant):
            raise ValueError(f"lens: expected Ideal, Brown or Equidistant, got {self.lens!r}")

    def project(self, points_camera: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Points (..., 3) to pixels (..., 2) and which have an image at all (...).

        Valid does not mean inside the image (see ``in_image``); pixels of others are NaN.
        """
        points = last_axis("points_camera", points_camera, 3)
        xy, valid = self.lens.distort(points)
        return xy * (self.fx, self.fy) + (self.cx, self.cy), valid

    def unproject(self, pixels: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Pixels (..., 2) to unit rays (..., 3) and which have one (...); NaN elsewhere."""
        points = last_axis("pixels", pixels, 2)
        return self.lens.undistort((points - (self.cx, self.cy)) / (self.fx, self.fy))

    def in_image(self, pixels: ArrayLike) -> BoolArray:
        """Which pixels (..., 2) lie inside the image."""
        points = last_axis("pixels", pixels, 2)
        inside = (points >= 0) & (points <= (self.width, self.height))
        return inside[..., 0] & inside[..., 1]

    def ray_map(self, stride: int = 1) -> tuple[FloatArray, BoolArray]:
        """Rays (h, w, 3) through the centres of stride x stride cells, and which exist (h, w).

        h = ceil(height / stride), w = ceil(width / stride).
        """
        if stride < 1:
            raise ValueError(f"stride: expected at least 1, got {stride}")
        columns, rows = -(-self.width // stride), -(-self.height // stride)
        pixels = np.empty((rows, columns, 2))
        pixels[..., 0] = (np.arange(columns) + 0.5) * stride
        pixels[..., 1] = (np.arange(rows)[:, None] + 0.5) * stride
        return self.unproject(pixels)

    def resized(self, width: int, height: int) -> Camera:
        """The camera of the whole image resized; each axis by its own real factor."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self, width=width, height=height, fx=self.fx * sx, fy=self.fy * sy,
            cx=self.cx * sx, cy=self.cy * sy,
        )  # fmt: skip

    def cropped(self, left: float, top: float, width: int, height: int) -> Camera:
        """The camera of a window whose first pixel was at (left, top)."""
        return replace(self, width=width, height=height, cx=self.cx - left, cy=self.cy - top)

    def padded(self, left: int, top: int, right: int, bottom: int) -> Camera:
        """The camera of the image with a border added on each side."""
        return replace(
            self, width=self.width + left + right, height=self.height + top + bottom,
            cx=self.cx + left, cy=self.cy + top,
        )  # fmt: skip

    @property
    def hfov_rad(self) -> float:
        """Angle swept along the image's middle row, edge to edge (to the outermost rays if less).

        For a pinhole it is the angle between the two edge rays. 0 where no pixel has a ray.
        """
        middle = self.height / 2
        return self._angle_between((0.0, middle), (float(self.width), middle))

    @property
    def field_rad(self) -> float:
        """Like ``hfov_rad``, along the image's diagonal from corner to corner."""
        return self._angle_between((0.0, 0.0), (float(self.width), float(self.height)))

    def _angle_between(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """Angle swept along a pixel line; summed in steps, so that it may pass 180 degrees."""
        line = np.linspace(start, end, 257)
        rays, valid = self.unproject(line)
        rays = rays[valid]
        steps = np.linalg.norm(np.cross(rays[1:], rays[:-1]), axis=-1)
        return float(np.arctan2(steps, (rays[1:] * rays[:-1]).sum(-1)).sum())

    @classmethod
    def from_opencv(
        cls, matrix: ArrayLike, distortion: ArrayLike, model: str, size: tuple[int, int]
    ) -> Camera:
        """From the integer-centred world of OpenCV and ROS.

        Args:
            matrix: 3 x 3 camera matrix (or its 9 numbers, row by row).
            distortion: coefficients in the model's order.
            model: ``plumb_bob``, ``rational_polynomial``, ``equidistant`` or empty.
            size: (width, height).

        Raises:
            ValueError: uncalibrated (fx = 0), not finite, skewed, unknown model or wrong count.
        """
        k = _camera_matrix(matrix)
        lens = lens_from_opencv(distortion, model)
        return cls(
            width=size[0], height=size[1], fx=float(k[0, 0]), fy=float(k[1, 1]),
            cx=float(k[0, 2]) + 0.5, cy=float(k[1, 2]) + 0.5, lens=lens,
        )  # fmt: skip

    def opencv_matrix(self) -> FloatArray:
        """Camera matrix with integer pixel centres, shape (3, 3)."""
        return np.array(
            [[self.fx, 0.0, self.cx - 0.5], [0.0, self.fy, self.cy - 0.5], [0.0, 0.0, 1.0]]
        )

    def opencv_distortion(self) -> tuple[str, tuple[float, ...]]:
        """ROS distortion model and its coefficients."""
        match self.lens:
            case Ideal():
                return "plumb_bob", (0.0,) * 5
            case Equidistant(k1, k2, k3, k4):
                return "equidistant", (k1, k2, k3, k4)
            case Brown(k1, k2, p1, p2, k3, 0.0, 0.0, 0.0):
                return "plumb_bob", (k1, k2, p1, p2, k3)
            case Brown(k1, k2, p1, p2, k3, k4, k5, k6):
                return "rational_polynomial", (k1, k2, p1, p2, k3, k4, k5, k6)
        raise AssertionError(f"unknown lens {self.lens!r}")


def _camera_matrix(matrix: ArrayLike) -> FloatArray:
    """``matrix`` as (3, 3) without skew and with (0, 0, 1) below; ValueError otherwise."""
    k = numbers("camera matrix", matrix)
    if k.size != 9 or not np.all(np.isfinite(k)):
        raise ValueError(f"camera matrix: expected 9 finite numbers, got {matrix!r}")
    k = k.reshape(3, 3)
    if k[0, 0] == 0:
        raise ValueError("camera matrix: expected fx > 0, got 0: the camera is uncalibrated")
    if abs(k[0, 1]) > 1e-6 * abs(k[0, 0]):
        raise ValueError(f"camera matrix: expected no skew, got {k[0, 1]}")
    if k[1, 0] != 0 or k[2].tolist() != [0, 0, 1]:
        raise ValueError(
            f"camera matrix: expected rows (fx, 0, cx), (0, fy, cy), (0, 0, 1), got {k.tolist()}"
        )
    return k


def lens_from_opencv(distortion: ArrayLike, model: str) -> Ideal | Brown | Equidistant:
    """A lens from coefficients in OpenCV's order; see ``Camera.from_opencv``."""
    d = numbers("distortion", distortion).ravel()
    if not np.all(np.isfinite(d)):
        raise ValueError(f"distortion: expected finite coefficients, got {d.tolist()}")
    if model == "":
        if np.any(d != 0):
            raise ValueError(f"distortion model: expected a name beside {d.tolist()}, got ''")
        return Ideal()
    if model == "plumb_bob":
        _expect_count(d, model, (0, 4, 5))
        return Brown(*_named(d)) if np.any(d != 0) else Ideal()
    if model == "rational_polynomial":
        _expect_count(d, model, (8, 12, 14))
        if np.any(d[8:] != 0):
            raise ValueError(
                f"rational_polynomial: expected zeros after 8 coefficients, got {d[8:].tolist()}"
            )
        return Brown(*_named(d[:8])) if np.any(d != 0) else Ideal()
    if model == "equidistant":
        _expect_count(d, model, (4,))
        return Equidistant(*_named(d))
    raise ValueError(
        f"distortion model: expected plumb_bob, rational_polynomial or equidistant, got {model!r}"
    )


def _finite(name: str, value: object, expected: str) -> float:
    array = numbers(name, value)  # type: ignore[arg-type]
    if array.shape != () or not np.isfinite(array):
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    return float(array)


def _named(coefficients: FloatArray) -> list[float]:
    return [float(c) for c in coefficients]


def _expect_count(d: FloatArray, model: str, counts: Sequence[int]) -> None:
    if len(d) not in counts:
        raise ValueError(
            f"{model}: expected {' or '.join(map(str, counts))} coefficients, got {len(d)}"
        )
