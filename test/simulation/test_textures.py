"""Pictures for surfaces: the right size, seeded, near the paint they were asked for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from camaware_ros.simulation import textures

PAINTED = [textures.planks, textures.tiles, textures.plaster]


@pytest.mark.parametrize("draw", PAINTED, ids=lambda draw: draw.__name__)
def test_mean_is_near_the_paint(draw):
    picture = draw(np.random.default_rng(0), (0.6, 0.5, 0.4))
    assert picture.dtype == np.uint8 and picture.shape[0] == picture.shape[1]
    np.testing.assert_allclose(picture.mean(axis=(0, 1)) / 255, (0.6, 0.5, 0.4), atol=0.06)
    assert picture.std() > 1


@pytest.mark.parametrize(
    "draw", [textures.cloth, textures.rug, textures.landscape], ids=lambda draw: draw.__name__
)
def test_seeds_decide(draw):
    first, same, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)


@pytest.mark.parametrize("draw", [textures.plaster, textures.tiles], ids=lambda d: d.__name__)
def test_tiled_surfaces_repeat_without_a_seam(draw):
    """The step across the edge is no bigger than the steps inside."""
    picture = draw(np.random.default_rng(3), (0.6, 0.6, 0.6)).astype(float).mean(axis=-1)
    inside = np.abs(np.diff(picture, axis=0)).max()
    assert np.abs(picture[0] - picture[-1]).max() <= inside + 1e-9


def test_png_is_lossless():
    picture = textures.landscape(np.random.default_rng(0))
    read = cv2.imdecode(np.frombuffer(textures.png(picture), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(read[..., ::-1], picture)


def test_the_window_is_bright():
    assert textures.daylight().mean() > 180
