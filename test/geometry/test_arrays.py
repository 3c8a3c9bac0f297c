"""The checks at the edge: what they take, and that a refusal names what, expected and got."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.arrays import cross, finite_array, last_axis, numbers


@pytest.mark.parametrize("value", [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3], np.float32)])
def test_finite_arrays_are_read_only_copies(value: object) -> None:
    array = finite_array("center", value, (3,))
    assert array.dtype == np.float64 and array.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5


@pytest.mark.parametrize("value", [[1, 2], [[1, 2, 3]], [1, 2, np.nan], None, "abc", [1, [2], 3]])
def test_refused_arrays_are_named(value: object) -> None:
    with pytest.raises(ValueError, match=r"center: expected .*got"):
        finite_array("center", value, (3,))


def test_last_axis_keeps_the_batch_and_does_not_copy() -> None:
    points = np.zeros((4, 0, 3))
    assert last_axis("points", points, 3) is points
    with pytest.raises(ValueError, match=r"points: expected shape \(\.\.\., 3\), got \(\)"):
        last_axis("points", 1.0, 3)


def test_numbers_take_any_shape() -> None:
    assert numbers("x", 3).shape == () and numbers("x", [[1]]).shape == (1, 1)
    with pytest.raises(ValueError, match="x: expected an array of numbers"):
        numbers("x", {"a": 1})


def test_the_cross_product_is_numpys() -> None:
    rng = np.random.default_rng(0)
    for a, b in rng.normal(size=(20, 2, 3)):
        np.testing.assert_array_equal(cross(a, b), np.cross(a, b))
