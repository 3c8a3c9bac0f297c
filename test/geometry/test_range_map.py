"""Range maps as depth and points, against OpenCV's undistortion and planes of known depth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal
from camaware_ros.geometry.range_map import range_grid

SHAPE = (36, 48)  # of a network input of 192 x 144
LENSES = {
    "ideal": Ideal(),
    "brown": Brown(-0.25, 0.07, 0.001, -0.002, 0.0, 0.0, 0.0, 0.0),
    "equidistant": Equidistant(0.01, -0.003, 0.0, 0.0),
}


def camera(lens: object, width: int = 500, height: int = 300) -> Camera:
    return Camera(width=width, height=height, fx=310, fy=300, cx=255, cy=140, lens=lens)


def rays_by_opencv(cam: Camera, pixels: np.ndarray) -> np.ndarray:
    """Unit rays of edge pixels (n, 2), by OpenCV's own undistortion."""
    model, coefficients = cam.opencv_distortion()
    undistort = cv2.fisheye.undistortPoints if model == "equidistant" else cv2.undistortPoints
    points = (pixels - 0.5)[:, None]
    plane = undistort(points, cam.opencv_matrix(), np.array(coefficients))[:, 0]
    rays = np.concatenate([plane, np.ones((len(plane), 1))], axis=-1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_a_wall_has_the_same_depth_everywhere(lens: object) -> None:
    cam = camera(lens)
    grid = range_grid(cam, SHAPE)
    wall = 3.0 / grid.rays[..., 2]  # the range of each cell's centre
    depth = grid.depth(wall)
    assert depth.shape == (300, 500) and depth.dtype == np.float32
    assert np.isfinite(depth).mean() > 0.98
    np.testing.assert_allclose(depth[np.isfinite(depth)], 3.0, rtol=1e-5)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_points_lie_on_the_rays_of_their_pixels(lens: object) -> None:
    cam = camera(lens)
    grid = range_grid(cam, SHAPE)
    ranges = np.random.default_rng(0).uniform(0.5, 9, SHAPE)
    points = grid.points(ranges)
    known = np.isfinite(points).all(axis=-1)
    # A letterboxed 5:3 picture leaves bars above and below in a 4:3 grid.
    assert 0.75 < known.mean() < 0.85
    np.testing.assert_allclose(np.linalg.norm(points[known], axis=-1), ranges[known])
    # The pixel that a cell names is the one around its centre.
    rays = rays_by_opencv(cam, grid.pixels[known] + 0.5)
    angle = np.arccos(np.clip((points[known] / ranges[known][:, None] * rays).sum(-1), -1, 1))
    assert angle.max() < 1.0 / 300  # less than the corner of a pixel


def test_every_pixel_has_the_value_of_the_cell_that_it_lies_in() -> None:
    cam = camera(Ideal(), 96, 72)  # half of the network's size: one cell is 2 x 2 pixels
    grid = range_grid(cam, SHAPE)
    ranges = np.arange(36 * 48, dtype=float).reshape(SHAPE) + 1
    expected = (ranges * grid.rays[..., 2]).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_allclose(grid.depth(ranges), expected, rtol=1e-6)


def test_what_lies_beside_or_behind_has_points_but_no_depth() -> None:
    """An equidistant lens of 220 degrees."""
    radius = np.radians(110)
    cam = Camera(
        width=400, height=400, fx=200 / radius, fy=200 / radius, cx=200, cy=200,
        lens=Equidistant(0, 0, 0, 0),
    )  # fmt: skip
    grid = range_grid(cam, (48, 48))
    points = grid.points(np.full((48, 48), 2.0))
    assert (points[..., 2] < 0).any()
    depth = grid.depth(np.full((48, 48), 2.0))
    assert np.isnan(depth[200, 2]) and depth[200, 200] == pytest.approx(2.0, abs=1e-2)
    assert np.nanmin(depth) > 0
