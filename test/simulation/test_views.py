"""Which pinhole views a lens needs, and that every pixel is fetched from its own ray."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.geometry.camera import Camera
from camaware_ros.simulation.views import plan_views

CAMERAS = {name: load_camera_yaml(path).camera for name, path in find_camera_files().items()}


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("realsense_d435i", 1, 1), ("usb_webcam", 1, 1), ("azure_kinect", 1, 1),
        ("gopro_hero9_wide", 2, 5), ("realsense_t265", 5, 5),
    ],
)  # fmt: skip
def test_number_of_views(name: str, least: int, most: int):
    assert least <= len(plan_views(CAMERAS[name]).views) <= most


@pytest.mark.parametrize("name", CAMERAS)
def test_every_pixel_is_fetched_along_its_ray(name: str):
    """Draw the ray of each atlas pixel instead of its colour: bending gives back the ray map."""
    camera = CAMERAS[name]
    plan = plan_views(camera)
    atlas = np.zeros((plan.atlas_size[1], plan.atlas_size[0], 3), dtype=np.float32)
    for view in plan.views:
        rays, _ = view.camera.ray_map()
        part = (slice(view.top, view.top + view.camera.height), slice(0, view.camera.width))
        atlas[part] = rays @ view.camera_from_view.T
    bent = plan.bend(atlas)
    rays, valid = camera.ray_map()
    np.testing.assert_array_equal(plan.has_ray, valid)
    apart = np.linalg.norm(bent[valid] - rays[valid], axis=-1)
    # fixed-point weights of cv2.remap: a 32nd of a pixel
    assert apart.max() < 0.05 / min(camera.fx, camera.fy) + 1e-5
    assert np.all(bent[~valid] == 0)


def test_plans_are_remembered():
    camera = CAMERAS["usb_webcam"]
    again = load_camera_yaml(find_camera_files()["usb_webcam"]).camera
    assert again is not camera and plan_views(again) is plan_views(camera)


def test_a_plain_pinhole_is_not_bent():
    camera = Camera(width=40, height=30, fx=30.0, fy=35.0, cx=22.0, cy=11.0)
    plan = plan_views(camera)
    picture = np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    assert plan.views[0].camera == camera
    np.testing.assert_array_equal(plan.bend(picture), picture)
