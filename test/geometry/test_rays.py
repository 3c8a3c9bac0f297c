"""Ray features against hand geometry and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal
from camaware_ros.geometry.rays import (
    CHANNELS,
    MAX_FLOOR_RANGE_M,
    PIXEL_ANGLE_UNIT_RAD,
    cells,
    gravity_axes,
    ray_features,
)
from camaware_ros.geometry.surfaces import floor_range

INDEX = {name: i for i, name in enumerate(CHANNELS)}
LENSES = (Ideal(), Brown(k1=-0.2, k2=0.05, p1=1e-3), Equidistant(k1=0.02))


def camera(lens: object) -> Camera:
    return Camera(width=160, height=128, fx=110, fy=108, cx=85, cy=60, lens=lens)


def pitched_up(pitch: float) -> np.ndarray:
    """Up in the optical frame of a camera that looks down by ``pitch``."""
    return np.array([0.0, -np.cos(pitch), -np.sin(pitch)])


@pytest.mark.parametrize("lens", LENSES)
def test_floor_channels_agree_with_ray_plane_geometry(lens: object) -> None:
    rays, valid = cells(camera(lens), np.ones((128, 160), bool))
    up, height = pitched_up(0.3), 0.9
    features = ray_features(rays, valid, 4, up, height)
    expected, meets = floor_range(rays, up, height)
    near = meets & (expected < MAX_FLOOR_RANGE_M) & (expected > 0.3)
    assert near.sum() > 300
    np.testing.assert_allclose(
        np.exp(features[INDEX["log_floor_range"]][near]), expected[near], rtol=1e-4
    )
    np.testing.assert_allclose(
        features[INDEX["inverse_floor_range"]][near], 1 / expected[near], rtol=1e-4
    )
    above = rays @ up > 0.01
    assert np.all(features[INDEX["inverse_floor_range"]][above] == 0)


@pytest.mark.parametrize("lens", LENSES)
def test_gravity_channels_are_a_pluecker_line_through_the_optical_centre(lens: object) -> None:
    rays, valid = cells(camera(lens), np.ones((128, 160), bool))
    height = 1.2
    features = ray_features(rays, valid, 4, pitched_up(-0.2), height)
    direction = np.moveaxis(features[INDEX["forward"] : INDEX["up"] + 1], 0, -1).astype(float)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=-1), 1, atol=1e-5)
    moment = np.cross([0, 0, height], direction)
    np.testing.assert_allclose(features[INDEX["moment_forward"]], moment[..., 0], atol=1e-5)
    np.testing.assert_allclose(features[INDEX["moment_left"]], moment[..., 1], atol=1e-5)


def test_pixel_angle_is_one_over_focal_length_on_the_axis() -> None:
    cam = Camera(width=160, height=128, fx=110, fy=110, cx=80, cy=64)
    rays, valid = cells(cam, np.ones((128, 160), bool))
    features = ray_features(rays, valid)
    angle = PIXEL_ANGLE_UNIT_RAD * np.exp(features[INDEX["log_pixel_angle"]][16, 20])
    assert angle == pytest.approx(1 / 110, rel=0.01)


def test_without_mounting_its_channels_are_zero_and_nothing_else_changes() -> None:
    rays, valid = cells(camera(Ideal()), np.ones((128, 160), bool))
    known = ray_features(rays, valid, 4, pitched_up(0.1), 0.5)
    unknown = ray_features(rays, valid)
    assert not unknown[INDEX["forward"] :].any()
    np.testing.assert_array_equal(known[: INDEX["forward"]], unknown[: INDEX["forward"]])
    assert known[INDEX["mounting_known"]].all()


def test_cells_without_ray_or_content_are_all_zero() -> None:
    content = np.ones((128, 160), bool)
    content[:20] = False
    cam = Camera(width=160, height=128, fx=30, fy=30, cx=80, cy=64, lens=Equidistant(k1=-0.06))
    rays, valid = cells(cam, content)
    features = ray_features(rays, valid, 4, pitched_up(0.0), 1.0)
    assert not valid[:5].any() and not valid.all()
    assert np.isfinite(features).all()
    assert not features[:, ~valid].any()


@pytest.mark.parametrize(
    "up", [pitched_up(0.2), np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0])]
)
def test_gravity_axes_are_a_rotation_whose_third_row_is_up(up: np.ndarray) -> None:
    axes = gravity_axes(up)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    np.testing.assert_allclose(axes[2], up)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="content: expected shape"):
        cells(camera(Ideal()), np.ones((10, 10), bool))
    odd = Camera(width=162, height=128, fx=100, fy=100, cx=80, cy=64)
    with pytest.raises(ValueError, match="multiples of 4"):
        cells(odd, np.ones((128, 162), bool))
    with pytest.raises(ValueError, match="at least one cell"):
        ray_features(np.full((4, 4, 3), np.nan), np.zeros((4, 4), bool))
