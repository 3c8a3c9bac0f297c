"""The window into the model: colours and places by hand."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.visualization.spatial import (
    coloured_points,
    depth_picture,
    direction_picture,
    spatial_panels,
    top_view,
)

VALID = np.ones((32, 40), bool)
VALID[:4, :4] = False


def maps() -> dict[str, np.ndarray]:
    depth = np.full((1, 32, 40), 2.0, np.float32)
    ray = np.zeros((6, 32, 40), np.float32)
    ray[3] = 1.0
    point = np.zeros((3, 32, 40), np.float32)
    point[0] = 2.0
    return {"depth": depth, "ray": ray, "point": point}


def test_near_is_red_far_is_blue_and_no_ray_is_dark() -> None:
    depth = np.geomspace(0.3, 12, 32 * 40).reshape(32, 40).astype(np.float32)
    picture = depth_picture(depth, VALID).astype(int)
    red, blue = picture[0, 10], picture[-1, -1]
    assert red[0] > red[2] and blue[2] > blue[0]
    assert picture[0, 0].max() < 40
    hollow = np.where(VALID, depth, np.nan)
    assert np.array_equal(depth_picture(hollow, VALID), picture)


def test_forward_is_red() -> None:
    pixel = direction_picture(maps()["ray"], VALID)[20, 20]
    assert pixel.tolist() == [255, 127, 127]


def test_points_take_the_colour_of_their_cell() -> None:
    image = np.zeros((128, 160, 3), np.uint8)
    image[64:, :80] = (200, 10, 30)
    point = np.stack(np.meshgrid(np.arange(32.0), np.arange(40.0), [0.5], indexing="ij"))[..., 0]
    points, colours = coloured_points(image, point.astype(np.float32), VALID)
    assert len(points) == len(colours) == VALID.sum()
    painted = (colours == (200, 10, 30)).all(axis=1)
    assert np.array_equal(painted, (points[:, 0] >= 16) & (points[:, 1] < 20))


def test_a_point_ahead_and_left_is_drawn_up_and_left() -> None:
    colour = np.array([[255, 0, 0]], np.uint8)
    picture = top_view(np.array([[6.0, 1.0, 0.2]], np.float32), colour, (90, 90))
    row, col = (a.mean() for a in np.nonzero((picture == (255, 0, 0)).all(-1)))
    assert abs(row - 20) < 1.5 and abs(col - 35) < 1.5


def test_panels_are_two_by_two_and_the_first_is_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 255, (128, 160, 3), np.uint8)
    panels = spatial_panels(image, maps(), VALID)
    assert panels.shape == (256, 320, 3) and panels.dtype == np.uint8
    assert np.array_equal(panels[:128, :160], image)
    with pytest.raises(ValueError, match=r"ray: expected a map of shape \(6, 32, 40\), got None"):
        spatial_panels(image, {k: v for k, v in maps().items() if k != "ray"}, VALID)
