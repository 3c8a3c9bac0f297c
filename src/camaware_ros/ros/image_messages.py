"""Images in messages: sensor_msgs/Image and CompressedImage to and from uint8 RGB arrays.

Knows nothing of cameras. Everything a driver can get wrong ends as a ValueError that names it.
"""

from __future__ import annotations

import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from camaware_ros.ros.encoded_pictures import rgb_from_encoded
from camaware_ros.ros.pixel_formats import RgbImage, rgb_from_memory


def rgb_from_image(message: Image) -> RgbImage:
    """The picture as read-only uint8 RGB, shape (height, width, 3).

    rgb8 is a view of the message's own memory; other encodings are converted once.

    Raises:
        ValueError: as ``pixel_formats.rgb_from_memory`` does.
    """
    size = (message.width, message.height)
    rgb = rgb_from_memory(
        message.data, message.encoding, size, message.step, big_endian=bool(message.is_bigendian)
    )
    return _read_only(rgb)


def rgb_from_compressed(message: CompressedImage) -> RgbImage:
    """The picture as read-only uint8 RGB, shape (height, width, 3).

    The format says how the picture was before (``bgr8; jpeg compressed bgr8``); only its end
    matters, where an encoder that was given RGB for BGR says so.

    Raises:
        ValueError: as ``encoded_pictures.rgb_from_encoded`` does, naming the format.
    """
    data = np.frombuffer(message.data, np.uint8)
    try:
        rgb = rgb_from_encoded(data, red_first="compressed rgb" in message.format)
    except ValueError as error:
        what = f"compressed image of format {message.format!r} with {data.size} bytes"
        raise ValueError(f"{what}: {error}") from error
    return _read_only(rgb)


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


def _read_only(image: RgbImage) -> RgbImage:
    image.flags.writeable = False
    return image
