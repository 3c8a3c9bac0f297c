"""Every kind fills the size that its box claims, whatever style is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.training import furniture
from camaware_ros.training.parts import FRUSTUM


@pytest.mark.parametrize("kind", KINDS)
def test_parts_fill_the_stated_size(kind: str) -> None:
    rng = np.random.default_rng(1)
    for number in range(40):
        tabletop = kind in furniture.TABLETOP_SIZES_M and number % 2 == 0
        size = furniture.sample_size(rng, kind, tabletop)
        assert size[0] >= size[1]
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        for shape, centre, half, role in furniture.parts_of(rng, kind, size):
            a, b, c = half
            across = max(a, b) if shape == FRUSTUM else a
            reach = np.array([across, across if shape == FRUSTUM else b, c])
            low = np.minimum(low, np.array(centre) - reach)
            high = np.maximum(high, np.array(centre) + reach)
            assert 0 <= role < 8
            assert min(half) >= 0
        np.testing.assert_allclose(low, [-size[0] / 2, -size[1] / 2, 0], atol=0.002)
        np.testing.assert_allclose(high, [size[0] / 2, size[1] / 2, size[2]], atol=0.002)


@pytest.mark.parametrize("colour", COLOURS)
def test_paint_has_the_hue_of_its_name(colour: str) -> None:
    """An independent colour conversion (OpenCV) sees the named hue."""
    import cv2

    rng = np.random.default_rng(2)
    hues = {"red": (168, 12), "orange": (9, 17), "yellow": (23, 31), "green": (45, 77),
            "blue": (102, 122), "purple": (131, 151)}  # fmt: skip
    for _ in range(60):
        rgb = (255 * furniture.sample_paint(rng, colour)).astype(np.uint8)
        h, s, v = (int(x) for x in cv2.cvtColor(rgb[None, None], cv2.COLOR_RGB2HSV)[0, 0])
        if colour == "white":
            assert s <= 25 and v >= 210
        elif colour == "black":
            assert v <= 40
        else:
            low, high = hues[colour]
            assert (low <= h <= high) if low < high else (h >= low or h <= high)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind: expected one of"):
        furniture.parts_of(np.random.default_rng(0), "elephant", (1, 1, 1))
