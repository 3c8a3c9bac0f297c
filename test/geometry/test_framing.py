"""Framings: image, camera and pixels go the same way."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal

PLAN = Framing(
    source_size=(320, 240),
    crop=(40, 20, 200, 160),
    resized=(150, 100),
    pad=(7, 11),
    output_size=(160, 128),
)
PLANS = [
    PLAN,
    Framing.letterbox((320, 240), (160, 128)),
    Framing.letterbox((320, 240), (640, 640)),
    Framing.letterbox((240, 320), (160, 128)),
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("lens", [Ideal(), Brown(k1=-0.2, k2=0.03), Equidistant(k1=0.02)])
def test_camera_and_pixels_agree(plan: Framing, lens: object) -> None:
    width, height = plan.source_size
    camera = Camera(width=width, height=height, fx=200, fy=210, cx=150, cy=130, lens=lens)
    points = np.random.default_rng(0).normal(size=(50, 3)) * [0.4, 0.3, 0.2] + [0, 0, 2]
    moved = plan.to_output(camera.project(points)[0])
    np.testing.assert_allclose(plan.camera(camera).project(points)[0], moved, atol=1e-9)
    np.testing.assert_allclose(plan.to_source(moved), camera.project(points)[0], atol=1e-9)


@pytest.mark.parametrize("plan", PLANS)
def test_a_blob_in_the_image_moves_as_its_pixel_does(plan: Framing) -> None:
    width, height = plan.source_size
    centre = np.array([150.0, 110.0])
    y, x = np.mgrid[0:height, 0:width] + 0.5
    image = (255 * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 40)).astype(np.uint8)
    out = plan.image(image).astype(float)
    rows, cols = np.mgrid[0 : out.shape[0], 0 : out.shape[1]] + 0.5
    found = np.array([(cols * out).sum(), (rows * out).sum()]) / out.sum()
    np.testing.assert_allclose(found, plan.to_output(centre), atol=0.06)


@pytest.mark.parametrize("plan", PLANS)
def test_content_is_where_the_image_is(plan: Framing) -> None:
    image = np.full((plan.source_size[1], plan.source_size[0], 3), 255, np.uint8)
    out = plan.image(image, fill=3)
    np.testing.assert_array_equal(out[..., 0] == 255, plan.content())
    assert set(np.unique(out)) <= {3, 255}


def test_letterbox_keeps_the_aspect_and_fills_one_side() -> None:
    plan = Framing.letterbox((1280, 720), (160, 128))
    assert plan.resized == (160, 90) and plan.pad == (0, 19)
    assert Framing.letterbox((160, 128), (160, 128)).content().all()
    assert Framing.letterbox((4000, 3), (160, 128)).resized == (160, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"crop": (-1, 0, 10, 10)}, "crop: expected a window inside"),
        ({"crop": (0, 0, 400, 10)}, "crop: expected a window inside"),
        ({"crop": (0, 0, 0, 10)}, "crop: expected a window inside"),
        ({"resized": (161, 100)}, "expected to fit"),
        ({"pad": (20, 0)}, "expected to fit"),
    ],
)
def test_bad_plans_are_refused(change: dict[str, object], reason: str) -> None:
    settings = {"source_size": (320, 240), "crop": (40, 20, 200, 160), "resized": (150, 100),
                "pad": (7, 11), "output_size": (160, 128)} | change  # fmt: skip
    with pytest.raises(ValueError, match=reason):
        Framing(**settings)


def test_wrong_image_or_camera_is_refused() -> None:
    with pytest.raises(ValueError, match="image: expected 240 rows of 320"):
        PLAN.image(np.zeros((320, 240), np.uint8))
    with pytest.raises(ValueError, match="camera: expected size"):
        PLAN.camera(Camera(width=10, height=10, fx=1, fy=1, cx=1, cy=1))
