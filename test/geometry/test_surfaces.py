"""Rays against planes and boxes, checked by walking along the ray."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.surfaces import floor_range, ray_box, ray_plane
from camaware_ros.geometry.transforms import Rigid3


@pytest.mark.parametrize("seed", range(5))
def test_box_entry_lies_on_the_surface_and_misses_never_come_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    box = Box3(
        rng.normal(size=3) * 0.4 + [0, 0, 3],
        rng.uniform(0.6, 1.5, 3),
        Rigid3.from_yaw(seed).rotation,
    )
    rays = rng.normal(size=(400, 3)) * 0.4 + [0, 0, 1]
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    distance, valid = ray_box(np.zeros(3), rays, box)
    hits = rays[valid] * distance[valid, None]
    face = np.abs(((hits - box.center) @ box.rotation) / (box.size / 2)).max(-1)
    np.testing.assert_allclose(face, 1, atol=1e-9)
    walk = np.linspace(0, 8, 800)[:, None, None] * rays[~valid]
    assert not box.contains(walk).any()
    assert np.isnan(distance[~valid]).all() and 10 < valid.sum() < 400


def test_from_inside_a_box_and_along_its_faces() -> None:
    box = Box3.from_yaw([0, 0, 0], [2, 2, 2], 0)
    assert ray_box(np.zeros(3), [1, 0, 0], box)[0] == 0
    distance, valid = ray_box([-3, 0, 0], [[1, 0, 0], [-1, 0, 0], [0, 1, 0]], box)
    assert valid.tolist() == [True, False, False] and distance[0] == pytest.approx(2)


def test_planes() -> None:
    distance, valid = ray_plane(
        [0, 0, 1], [[0, 0, -1], [0.6, 0, -0.8], [0, 0, 1], [1, 0, 0]], [0, 0, 1], 0.0
    )
    assert valid.tolist() == [True, True, False, False]
    np.testing.assert_allclose(distance[:2], [1, 1.25])
    assert np.isnan(distance[2:]).all()
    assert not ray_plane([0, 0, 1], [np.nan, 0, 0], [0, 0, 1], 0.0)[1]


def test_floor_below_a_pitched_camera() -> None:
    pitch, height = 0.4, 0.8
    up = np.array([0, -np.cos(pitch), -np.sin(pitch)])
    distance, valid = floor_range([0.0, 0.0, 1.0], up, height)
    assert valid and distance == pytest.approx(height / np.sin(pitch))


def test_a_ray_without_direction_or_number_meets_nothing() -> None:
    box = Box3.from_yaw([0, 0, 5], [1, 1, 1], 0.3)
    distance, valid = ray_box([0, 0, 0], [[0, 0, 0], [np.nan, 0, 1], [0, 0, -1]], box)
    assert not valid.any() and np.isnan(distance).all()
    distance, valid = floor_range([[0, 0, 0], [np.nan] * 3], [0, -1, 0], 1.0)
    assert not valid.any() and np.isnan(distance).all()


@pytest.mark.parametrize("shape", [(), (0,), (4,), (2, 0, 5)])
def test_batches_keep_their_shape(shape: tuple[int, ...]) -> None:
    rays = np.broadcast_to([0.0, 0.6, 0.8], (*shape, 3))
    box = Box3.from_yaw([0, 0, 5], [1, 1, 1], 0.3)
    for distance, valid in (ray_box([0, 0, 0], rays, box), floor_range(rays, [0, -1, 0], 1.0)):
        assert distance.shape == shape and valid.shape == shape


def test_bad_shapes_are_refused_by_name() -> None:
    box = Box3.from_yaw([0, 0, 5], [1, 1, 1], 0.3)
    with pytest.raises(ValueError, match="rays: expected shape"):
        ray_box([0, 0, 0], [1.0, 0.0], box)
    with pytest.raises(ValueError, match="origin: expected finite"):
        ray_box([0, 0], [1.0, 0.0, 0.0], box)
    with pytest.raises(ValueError, match="normal: expected finite"):
        ray_plane([0, 0, 0], [1.0, 0.0, 0.0], [0, np.nan, 1], 0.0)
    with pytest.raises(ValueError, match="points: expected shape"):
        box.contains([1.0, 2.0])
