"""Framings: image, camera and pixels go the same way."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing, area_resize
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
        ({"pad": (0.5, 0)}, "pad: expected 2 whole numbers"),
        ({"crop": (0, 0, 10)}, "crop: expected 4 whole numbers"),
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


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_an_image_keeps_its_channels(channels: tuple[int, ...]) -> None:
    out = PLAN.image(np.full((240, 320, *channels), 9, np.uint8), fill=1)
    assert out.shape == (128, 160, *channels) and out.dtype == np.uint8
    assert out[20, 20].min() == 9 and out[0, 0].max() == 1


def test_images_of_other_types_and_pixels_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="image: expected uint8"):
        PLAN.image(np.zeros((240, 320), np.float32))
    with pytest.raises(ValueError, match="image: expected uint8 of 2 or 3 axes"):
        PLAN.image(np.zeros(320, np.uint8))
    with pytest.raises(ValueError, match="pixels: expected shape"):
        PLAN.to_output([1.0, 2.0, 3.0])


def test_the_edges_of_a_patch_land_where_to_output_says() -> None:
    """Edge coordinates: a patch of columns 150..157 spans 150 to 158, and so does its image."""
    image = np.zeros((240, 320), np.uint8)
    image[60:64, 150:158] = 255
    corners = np.array([[150.0, 60.0], [158.0, 64.0]])
    out = PLAN.image(image)
    ys, xs = np.nonzero(out > 127)
    found = np.array([[xs.min(), ys.min()], [xs.max() + 1, ys.max() + 1]])
    np.testing.assert_allclose(found, PLAN.to_output(corners), atol=0.51)


@pytest.mark.parametrize("zoom", [0.5, 0.8, 1.2, 2.0, 3.7])
def test_zoom_scales_focal_lengths_and_keeps_the_middle(zoom: float) -> None:
    camera = Camera(width=1280, height=960, fx=900, fy=900, cx=640, cy=480)
    plain, zoomed = (Framing.letterbox((1280, 960), (160, 128), z) for z in (1.0, zoom))
    before, after = plain.camera(camera), zoomed.camera(camera)
    assert after.fx / before.fx == pytest.approx(zoom, rel=0.02)
    np.testing.assert_allclose(after.project([0, 0, 1])[0], [80, 64], atol=1)
    shown = zoomed.content().mean()
    assert shown == (1 if zoom > 1 else pytest.approx(zoom**2 * 15 / 16, abs=0.02))


def test_zoom_must_be_positive() -> None:
    for zoom in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="zoom: expected a positive number"):
            Framing.letterbox((640, 480), (160, 128), zoom)


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8, 12])
def test_a_whole_factor_gives_the_mean_of_each_block(factor: int) -> None:
    rng = np.random.default_rng(factor)
    image = rng.integers(0, 256, (9 * factor, 16 * factor, 3), dtype=np.uint8)
    blocks = image.reshape(9, factor, 16, factor, 3).astype(float).mean(axis=(1, 3))
    small = area_resize(image, (16, 9))
    assert small.shape == (9, 16, 3) and np.abs(small - blocks).max() < 1.5
    assert abs(float((small - blocks).mean())) < 0.4  # rounding halves up leaves no shade
