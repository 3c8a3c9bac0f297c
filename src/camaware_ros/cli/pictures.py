"""Image files as arrays, refused where they are not whole. OpenCV only."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89PNG": b"IEND"}
_TAIL_BYTES = 1024


def read_picture(path: Path) -> NDArray[np.uint8]:
    """An image file as uint8 RGB, shape (h, w, 3), with the pixels as they are stored.

    An orientation that a JPEG may carry is ignored: a calibration describes the stored pixels.

    Raises:
        ValueError: naming the file, which is missing, cut off or no image.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: expected a readable image file, got {error.strerror}") from error
    for start, end in _ENDS.items():
        if data.startswith(start) and end not in data[-_TAIL_BYTES:]:
            raise ValueError(f"{path}: expected a whole image, got one without its end")
    decoded = None
    if data:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if decoded is None:
        raise ValueError(f"{path}: expected an image, got {len(data)} bytes that are none")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def write_picture(path: Path, image: NDArray[np.uint8]) -> None:
    """Write uint8 RGB, shape (h, w, 3); the ending of the name decides the format.

    Raises:
        ValueError: the folder is missing, or no format has that ending.
    """
    try:
        written = cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except cv2.error as error:
        raise ValueError(f"{path}: expected a name such as out.png, got {error.err}") from error
    if not written:
        raise ValueError(f"{path}: cannot be written")
