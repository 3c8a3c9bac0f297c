"""Images in messages: sensor_msgs/Image and CompressedImage to and from uint8 RGB arrays.

Knows nothing of cameras. Everything a driver can get wrong ends as a ValueError that names it.
"""

from __future__ import annotations

import array

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

RgbImage = NDArray[np.uint8]

_TO_RGB = {"bgr8": cv2.COLOR_BGR2RGB, "bgra8": cv2.COLOR_BGRA2RGB, "rgba8": cv2.COLOR_RGBA2RGB}
_CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}
_END_OF_STREAM = {
    b"\xff\xd8": ("JPEG", b"\xff\xd9"),
    b"\x89PNG": ("PNG", b"IEND"),
}
_TAIL_BYTES = 1024


def rgb_from_image(message: Image) -> RgbImage:
    """The picture as read-only uint8 RGB, shape (height, width, 3).

    rgb8 is a view of the message's own memory, whatever its row padding; other encodings are
    converted once.

    Raises:
        ValueError: on an encoding other than rgb8, bgr8, rgba8, bgra8, mono8, on a size of zero,
            on rows shorter than the picture is wide, and on missing data.
    """
    channels = _CHANNELS.get(message.encoding)
    if channels is None:
        raise ValueError(
            f"image encoding: expected one of {', '.join(_CHANNELS)}, got {message.encoding!r}"
        )
    height, width, step = message.height, message.width, message.step
    if height == 0 or width == 0:
        raise ValueError(f"image size: expected more than zero, got {width} x {height}")
    if step < width * channels:
        raise ValueError(
            f"image step: expected at least {width * channels} bytes for {width} pixels of "
            f"{message.encoding}, got {step}"
        )
    needed = step * (height - 1) + width * channels
    if len(message.data) < needed:
        raise ValueError(
            f"image data: expected {step * height} bytes for {width} x {height} "
            f"{message.encoding}, got {len(message.data)}"
        )
    rows: RgbImage = np.ndarray(
        (height, width, channels), np.uint8, buffer=message.data, strides=(step, channels, 1)
    )
    return _read_only(_as_rgb(rows, message.encoding))


def rgb_from_compressed(message: CompressedImage) -> RgbImage:
    """The picture as read-only uint8 RGB, shape (height, width, 3).

    The orientation a JPEG may carry is ignored: CameraInfo describes the pixels as stored.

    Raises:
        ValueError: on data that is empty, cut off, or neither JPEG nor PNG.
    """
    data = np.frombuffer(message.data, np.uint8)
    what = f"compressed image of format {message.format!r} with {data.size} bytes"
    head, tail = data[:4].tobytes(), data[-_TAIL_BYTES:].tobytes()
    kind = next((kind for start, kind in _END_OF_STREAM.items() if head.startswith(start)), None)
    if kind is None:
        raise ValueError(f"{what}: expected JPEG or PNG, got data that begins with {head!r}")
    name, end = kind
    if end not in tail:
        raise ValueError(f"{what}: expected a whole {name}, got one without its end")
    try:
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ValueError(f"{what}: {name} cannot be decoded ({error.err})") from error
    if decoded is None:
        raise ValueError(f"{what}: {name} cannot be decoded")
    return _read_only(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))


def image_from_rgb(image: RgbImage, header: Header) -> Image:
    """An rgb8 message with a copy of the picture, shape (height, width, 3)."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image: expected uint8 (h, w, 3), got {image.dtype} {image.shape}")
    height, width, _ = image.shape
    message = Image(header=header, height=height, width=width, encoding="rgb8", step=3 * width)
    # The setter takes an array.array as it is; anything else it checks value by value.
    data = array.array("B")
    data.frombytes(memoryview(np.ascontiguousarray(image)).cast("B"))
    message.data = data
    return message


def compressed_from_rgb(image: RgbImage, header: Header, quality: int = 90) -> CompressedImage:
    """A JPEG message of the picture, shape (height, width, 3)."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"image: cannot be encoded as JPEG, got shape {image.shape}")
    message = CompressedImage(header=header, format="jpeg")
    message.data = array.array("B", encoded.tobytes())
    return message


def _as_rgb(rows: RgbImage, encoding: str) -> RgbImage:
    if encoding == "rgb8":
        return rows
    if encoding == "mono8":
        return np.repeat(rows, 3, axis=2)
    return np.asarray(cv2.cvtColor(rows, _TO_RGB[encoding]), dtype=np.uint8)


def _read_only(image: RgbImage) -> RgbImage:
    image.flags.writeable = False
    return image
