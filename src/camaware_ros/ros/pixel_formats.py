"""Memory of a camera driver to uint8 RGB, for the encodings that sensor_msgs names. Knows no ROS.

Encodings that say nothing about colour (8UC3, 32FC1, ...) and depths are refused. 16-bit samples
are scaled by 255 / 65535; a sensor of 12 bits that does not fill its 16 looks as dark as it is.
YUV is the limited range of BT.601, as OpenCV and video drivers have it.
"""

from __future__ import annotations

import array
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
Buffer = bytes | array.array | NDArray[np.uint8]  # type: ignore[type-arg]


@dataclass(frozen=True, slots=True)
class _Packed:
    """Samples of a pixel side by side; ``code`` is OpenCV's conversion, None for RGB itself."""

    channels: int
    code: int | None
    sample_bytes: int = 1
    width_multiple: int = 1


@dataclass(frozen=True, slots=True)
class _TwoPlanes:
    """Brightness, then both colours interleaved; ``shrink`` pixels share one colour per axis."""

    code: int
    shrink: int


_BAYER = {
    "rggb": cv2.COLOR_BayerBG2RGB,  # OpenCV names the pattern by its second row and column
    "bggr": cv2.COLOR_BayerRG2RGB,
    "gbrg": cv2.COLOR_BayerGR2RGB,
    "grbg": cv2.COLOR_BayerGB2RGB,
}
_COLOURS = {
    "rgb": (3, None),
    "bgr": (3, cv2.COLOR_BGR2RGB),
    "rgba": (4, cv2.COLOR_RGBA2RGB),
    "bgra": (4, cv2.COLOR_BGRA2RGB),
    "mono": (1, cv2.COLOR_GRAY2RGB),
    **{f"bayer_{pattern}": (1, code) for pattern, code in _BAYER.items()},
}
_UYVY = _Packed(2, cv2.COLOR_YUV2RGB_UYVY, width_multiple=2)
_YUYV = _Packed(2, cv2.COLOR_YUV2RGB_YUY2, width_multiple=2)
_FORMATS: dict[str, _Packed | _TwoPlanes] = {
    **{
        f"{name}{8 * size}": _Packed(channels, code, size)
        for size in (1, 2)
        for name, (channels, code) in _COLOURS.items()
    },
    "yuv422": _UYVY,
    "uyvy": _UYVY,
    "yuv422_yuy2": _YUYV,
    "yuyv": _YUYV,
    "nv12": _TwoPlanes(cv2.COLOR_YUV2RGB_NV12, 2),
    "nv21": _TwoPlanes(cv2.COLOR_YUV2RGB_NV21, 2),
    "nv24": _TwoPlanes(cv2.COLOR_YUV2RGB_NV12, 1),
}
ENCODINGS = tuple(_FORMATS)


def rgb_from_memory(
    data: Buffer, encoding: str, size: tuple[int, int], step: int, *, big_endian: bool = False
) -> RgbImage:
    """The picture as uint8 RGB, shape (height, width, 3).

    rgb8 is a view of ``data``, whatever its row padding; other encodings are converted once.

    Args:
        data: rows from top to bottom; the last one may lack its padding.
        encoding: as in sensor_msgs.
        size: (width, height).
        step: bytes from one row to the next; of the brightness where there are two planes.
        big_endian: order of the bytes of 16-bit samples.

    Raises:
        ValueError: on another encoding, on a size that is zero or that the encoding cannot have,
            on rows shorter than the picture is wide, and on missing data.
    """
    layout = _FORMATS.get(encoding)
    if layout is None:
        raise ValueError(
            f"image encoding: expected one of {', '.join(ENCODINGS)}, got {encoding!r}"
        )
    width, height = size
    if height <= 0 or width <= 0:
        raise ValueError(f"image size: expected more than zero, got {width} x {height}")
    if isinstance(layout, _TwoPlanes):
        return _from_two_planes(data, encoding, layout, size, step)
    if width % layout.width_multiple:
        raise ValueError(f"image size: expected an even width for {encoding}, got {width}")
    pixel_bytes = layout.channels * layout.sample_bytes
    _check_rows(encoding, size, step, width * pixel_bytes)
    _check_data(data, encoding, size, step * (height - 1) + width * pixel_bytes)
    sample = np.dtype(np.uint8 if layout.sample_bytes == 1 else ">u2" if big_endian else "<u2")
    pixels = np.ndarray(
        (height, width, layout.channels), sample, buffer=data,
        strides=(step, pixel_bytes, layout.sample_bytes),
    )  # fmt: skip
    return _converted(_eight_bits(pixels), layout.code)


def _eight_bits(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels  # type: ignore[return-value]
    scaled = cv2.convertScaleAbs(pixels.astype(np.uint16), alpha=255 / 65535)
    return np.asarray(scaled, dtype=np.uint8).reshape(pixels.shape)


def _converted(pixels: NDArray[np.uint8], code: int | None) -> RgbImage:
    if code is None:
        return pixels
    planes = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    if code in _BAYER.values() and min(planes.shape) < 3:
        raise ValueError(
            f"image size: expected at least 3 x 3 for a Bayer pattern, "
            f"got {planes.shape[1]} x {planes.shape[0]}"
        )
    return np.asarray(cv2.cvtColor(planes, code), dtype=np.uint8)


def _from_two_planes(
    data: Buffer, encoding: str, layout: _TwoPlanes, size: tuple[int, int], step: int
) -> RgbImage:
    (width, height), shrink = size, layout.shrink
    if width % shrink or height % shrink:
        raise ValueError(f"image size: expected even ones for {encoding}, got {width} x {height}")
    _check_rows(encoding, size, step, width)
    colour_step, colour_rows = 2 * step // shrink, height // shrink
    row_bytes = 2 * width // shrink
    start = step * height
    _check_data(data, encoding, size, start + colour_step * (colour_rows - 1) + row_bytes)
    luma = np.ndarray((height, width), np.uint8, buffer=data, strides=(step, 1))
    chroma = np.ndarray(
        (colour_rows, width // shrink, 2), np.uint8, buffer=data, offset=start,
        strides=(colour_step, 2, 1),
    )  # fmt: skip
    if shrink == 2:
        return np.asarray(cv2.cvtColorTwoPlane(luma, chroma, layout.code), dtype=np.uint8)
    # OpenCV has no conversion where every pixel has a colour of its own: one for each four of a
    # picture that is twice as large is the same.
    doubled = cv2.resize(luma, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(cv2.cvtColorTwoPlane(doubled, chroma, layout.code)[::2, ::2])


def _check_rows(encoding: str, size: tuple[int, int], step: int, row_bytes: int) -> None:
    if step < row_bytes:
        raise ValueError(
            f"image step: expected at least {row_bytes} bytes for {size[0]} pixels of "
            f"{encoding}, got {step}"
        )


def _check_data(data: Buffer, encoding: str, size: tuple[int, int], needed: int) -> None:
    if len(data) < needed:
        raise ValueError(
            f"image data: expected {needed} bytes for {size[0]} x {size[1]} {encoding}, "
            f"got {len(data)}"
        )
