"""A plan of crop, resize and pad, applied alike to an image, its camera and pixels; invertible.

Order: the crop is cut out of the source, resized, and laid into the output at ``pad``. Pixels are
edge coordinates. Knows nothing of what the image shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camaware_ros.geometry.arrays import BoolArray, FloatArray, last_axis
from camaware_ros.geometry.camera import Camera

Resize = Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[np.uint8]]


def area_resize(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Shrink by area average, enlarge linearly. ``size`` is (width, height).

    By a whole even factor it goes in halves, which OpenCV does several times as fast; the means
    are the same but for the rounding of each step.
    """
    import cv2

    width, height = size
    while image.shape[0] % (2 * height) == 0 and image.shape[1] % (2 * width) == 0:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = cv2.resize(image, half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if image.shape[:2] == (height, width):
        return image
    shrinks = width < image.shape[1] or height < image.shape[0]
    return cv2.resize(  # type: ignore[return-value]
        image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """Where every pixel of a source image goes.

    Attributes:
        source_size: (width, height) of the source.
        crop: (left, top, width, height), whole pixels inside the source.
        resized: (width, height) of the crop after resizing.
        pad: (left, top) of the resized crop in the output.
        output_size: (width, height) of the output.
    """

    source_size: tuple[int, int]
    crop: tuple[int, int, int, int]
    resized: tuple[int, int]
    pad: tuple[int, int]
    output_size: tuple[int, int]

    def __post_init__(self) -> None:
        for name, count in (
            ("source_size", 2), ("crop", 4), ("resized", 2), ("pad", 2), ("output_size", 2)
        ):  # fmt: skip
            object.__setattr__(self, name, _whole_numbers(name, getattr(self, name), count))
        left, top, width, height = self.crop
        inside = left >= 0 and top >= 0 and width > 0 and height > 0
        if not inside or left + width > self.source_size[0] or top + height > self.source_size[1]:
            raise ValueError(f"crop: expected a window inside {self.source_size}, got {self.crop}")
        fits = all(
            p >= 0 and r > 0 and p + r <= o
            for p, r, o in zip(self.pad, self.resized, self.output_size, strict=True)
        )
        if not fits:
            raise ValueError(
                f"resized at pad: expected to fit in {self.output_size}, "
                f"got {self.resized} at {self.pad}"
            )

    @classmethod
    def letterbox(
        cls, source_size: tuple[int, int], output_size: tuple[int, int], zoom: float = 1.0
    ) -> Framing:
        """The whole source as large as fits, aspect kept, centred.

        Args:
            source_size: (width, height).
            output_size: (width, height).
            zoom: makes everything so much larger; what then leaves the output is cut off evenly on
                both sides, and below 1 the border grows.
        """
        if min(source_size) < 1 or min(output_size) < 1:
            raise ValueError(f"sizes: expected at least 1 pixel, got {source_size}, {output_size}")
        if not 0 < zoom < math.inf:
            raise ValueError(f"zoom: expected a positive number, got {zoom}")
        scale = zoom * min(output_size[0] / source_size[0], output_size[1] / source_size[1])
        across, down = (
            min(source, max(1, round(out / scale)))
            for source, out in zip(source_size, output_size, strict=True)
        )
        width, height = (
            min(max(1, round(kept * scale)), out)
            for kept, out in zip((across, down), output_size, strict=True)
        )
        return cls(
            source_size=source_size,
            crop=((source_size[0] - across) // 2, (source_size[1] - down) // 2, across, down),
            resized=(width, height),
            pad=((output_size[0] - width) // 2, (output_size[1] - height) // 2),
            output_size=output_size,
        )

    @property
    def _scale(self) -> FloatArray:
        return np.array([self.resized[0] / self.crop[2], self.resized[1] / self.crop[3]])

    def camera(self, camera: Camera) -> Camera:
        """The camera of the output image; ValueError when the source camera has another size."""
        if (camera.width, camera.height) != self.source_size:
            raise ValueError(
                f"camera: expected size {self.source_size}, got {(camera.width, camera.height)}"
            )
        left, top = self.pad
        width, height = self.resized
        right, bottom = self.output_size[0] - left - width, self.output_size[1] - top - height
        return camera.cropped(*self.crop).resized(width, height).padded(left, top, right, bottom)

    def image(
        self, image: NDArray[np.uint8], fill: int = 0, resize: Resize = area_resize
    ) -> NDArray[np.uint8]:
        """The output image, shape (height, width[, channels]).

        Args:
            image: uint8, shape (h, w) or (h, w, c) of ``source_size``.
            fill: value of the border.
            resize: how to resample; takes an image and (width, height).
        """
        shape = (self.output_size[1], self.output_size[0], *image.shape[2:])
        out: NDArray[np.uint8] = np.full(shape, fill, dtype=np.uint8)
        out[self.window] = self.inner_image(image, resize)
        return out

    def inner_image(
        self, image: NDArray[np.uint8], resize: Resize = area_resize
    ) -> NDArray[np.uint8]:
        """What of the output image comes from the source, without the border.

        Args:
            image: uint8, shape (h, w) or (h, w, c) of ``source_size``.
            resize: see ``image``.
        """
        if image.dtype != np.uint8 or image.ndim not in (2, 3):
            raise ValueError(
                f"image: expected uint8 of 2 or 3 axes, got {image.dtype} {image.shape}"
            )
        if image.shape[:2] != (self.source_size[1], self.source_size[0]):
            raise ValueError(
                f"image: expected {self.source_size[1]} rows of {self.source_size[0]}, "
                f"got {image.shape}"
            )
        left, top, width, height = self.crop
        content = resize(image[top : top + height, left : left + width], self.resized)
        # OpenCV drops a last axis of one channel
        return content.reshape(self.resized[1], self.resized[0], *image.shape[2:])

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the output that come from the source."""
        (x, y), (w, h) = self.pad, self.resized
        return slice(y, y + h), slice(x, x + w)

    def content(self) -> BoolArray:
        """Which output pixels come from the source, shape (height, width)."""
        mask = np.zeros((self.output_size[1], self.output_size[0]), dtype=bool)
        mask[self.window] = True
        return mask

    def to_output(self, pixels: ArrayLike) -> FloatArray:
        """Source pixels (..., 2) in the output."""
        result: FloatArray = (
            last_axis("pixels", pixels, 2) - self.crop[:2]
        ) * self._scale + self.pad
        return result

    def to_source(self, pixels: ArrayLike) -> FloatArray:
        """Output pixels (..., 2) in the source."""
        result: FloatArray = (last_axis("pixels", pixels, 2) - self.pad) / self._scale + self.crop[
            :2
        ]
        return result


def _whole_numbers(name: str, value: tuple[int, ...], count: int) -> tuple[int, ...]:
    if len(value) != count or any(v != int(v) for v in value):
        raise ValueError(f"{name}: expected {count} whole numbers of pixels, got {value!r}")
    return tuple(int(v) for v in value)
