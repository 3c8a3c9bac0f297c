"""JPEG and PNG bytes to uint8 RGB. Knows no ROS.

OpenCV's decoders fill the missing part of a picture with grey and reserve whatever memory its
header or a PNG's chunk asks for, so the end and the sizes are looked at first.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MAXIMUM_PIXELS = 50_000_000
_END_OF_STREAM = {
    b"\xff\xd8": ("JPEG", b"\xff\xd9"),
    b"\x89PNG": ("PNG", b"IEND"),
}
_TAIL_BYTES = 1024
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def rgb_from_encoded(data: NDArray[np.uint8], *, red_first: bool = False) -> NDArray[np.uint8]:
    """The picture as uint8 RGB, shape (height, width, 3).

    The orientation a JPEG may carry is ignored: CameraInfo describes the pixels as stored.

    Args:
        data: the file, shape (n,).
        red_first: whoever encoded the picture took RGB for BGR; the colours are put right.

    Raises:
        ValueError: on data that is empty, cut off, too large, or neither JPEG nor PNG.
    """
    head, tail = data[:4].tobytes(), data[-_TAIL_BYTES:].tobytes()
    kind = next((kind for start, kind in _END_OF_STREAM.items() if head.startswith(start)), None)
    if kind is None:
        raise ValueError(f"expected JPEG or PNG, got data that begins with {head!r}")
    name, end = kind
    if end not in tail:
        raise ValueError(f"expected a whole {name}, got one without its end")
    size = _jpeg_size(data) if name == "JPEG" else _png_size(data)
    if size is None or 0 in size:
        raise ValueError(f"{name} cannot be decoded: no size, or parts longer than the data")
    if size[0] * size[1] > MAXIMUM_PIXELS:
        raise ValueError(f"expected at most {MAXIMUM_PIXELS} pixels, got {size[0]} x {size[1]}")
    try:
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ValueError(f"{name} cannot be decoded ({error.err})") from error
    if decoded is None:
        raise ValueError(f"{name} cannot be decoded")
    if red_first:
        return np.asarray(decoded, dtype=np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _png_size(data: NDArray[np.uint8]) -> tuple[int, int] | None:
    """(width, height) of the header, where all chunks lie inside of the data up to the last."""
    at, size = 8, None
    while at + 12 <= data.size:
        length, name = _number(data, at, 4), data[at + 4 : at + 8].tobytes()
        if name == b"IHDR":
            size = _number(data, at + 8, 4), _number(data, at + 12, 4)
        if size is None or name == b"IEND":
            return size
        at += 12 + length
    return None


def _jpeg_size(data: NDArray[np.uint8]) -> tuple[int, int] | None:
    """(width, height) of the frame's header, found by going from segment to segment."""
    at = 2
    while at + 9 <= data.size and data[at] == 0xFF:
        marker = int(data[at + 1])
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in _START_OF_FRAME:
            return _number(data, at + 7, 2), _number(data, at + 5, 2)
        else:
            at += 2 + max(_number(data, at + 2, 2), 2)
    return None


def _number(data: NDArray[np.uint8], at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length].tobytes(), "big")
