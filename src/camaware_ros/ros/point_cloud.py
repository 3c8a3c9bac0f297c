"""Coloured points as a PointCloud2 in the layout that PCL, RViz and Foxglove read."""

from __future__ import annotations

import array
import sys

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

_FIELDS = [
    PointField(name=name, offset=4 * place, datatype=PointField.FLOAT32, count=1)
    for place, name in enumerate(("x", "y", "z", "rgb"))
]


def cloud_to_message(
    points: NDArray[np.float64], colours: NDArray[np.uint8], header: Header
) -> PointCloud2:
    """An organised cloud; cells without a point stay in it as NaN.

    Args:
        points: metres in the header's frame, shape (h, w, 3).
        colours: uint8 RGB, shape (h, w, 3).
        header: stamp of the picture, frame of the points.

    Raises:
        ValueError: where the shapes differ.
    """
    if points.ndim != 3 or points.shape[2] != 3 or points.shape != colours.shape:
        raise ValueError(
            f"cloud: expected points and colours of one shape (h, w, 3), got {points.shape} and "
            f"{colours.shape}"
        )
    height, width, _ = points.shape
    packed = np.empty((height, width, 4), dtype=np.float32)
    packed[..., :3] = points
    red, green, blue = np.moveaxis(colours.astype(np.uint32), -1, 0)
    # PCL's convention: the bits 0x00RRGGBB in the memory of a float.
    packed[..., 3] = (red << 16 | green << 8 | blue).view(np.float32)
    data = array.array("B")
    data.frombytes(memoryview(packed).cast("B"))
    message = PointCloud2(
        header=header, height=height, width=width, fields=_FIELDS, point_step=16,
        row_step=16 * width, is_bigendian=sys.byteorder == "big",
        is_dense=bool(np.isfinite(points).all()),
    )  # fmt: skip
    message.data = data
    return message
