"""Depth as a message, by REP-118."""

from __future__ import annotations

import array
import sys

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Header


def depth_to_message(depth: NDArray[np.float32], header: Header) -> Image:
    """A 32FC1 image of depth z in metres, NaN where unknown.

    Args:
        depth: float32, shape (height, width).
        header: of the picture that the depth belongs to, pixel by pixel.

    Raises:
        ValueError: on another type or shape.
    """
    if depth.ndim != 2 or depth.dtype != np.float32:
        raise ValueError(f"depth: expected float32 (h, w), got {depth.dtype} {depth.shape}")
    height, width = depth.shape
    message = Image(header=header, height=height, width=width, encoding="32FC1", step=4 * width)
    message.is_bigendian = int(sys.byteorder == "big")
    # The setter takes an array.array as it is; anything else it checks value by value.
    data = array.array("B")
    data.frombytes(memoryview(np.ascontiguousarray(depth)).cast("B"))
    message.data = data
    return message
