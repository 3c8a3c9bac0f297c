"""How far outside the trained range a camera is said to be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.runtime.camera_range import camera_score, pixel_angle_rad
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.runtime.manifest import TrainedRange
from camaware_ros.types import Mounting

INPUTS = InputBuilder((160, 128), 8, WordTokenizer())
TRAINED = TrainedRange(
    hfov_deg=(38.0, 95.0), fisheye_deg=(100.0, 158.0), height_m=(0.1, 2.0), familiarity_limit=1.0
)


def pinhole(hfov_deg: float) -> Camera:
    focal = 320 / math.tan(math.radians(hfov_deg) / 2)
    return Camera(width=640, height=480, fx=focal, fy=focal, cx=320, cy=240)


def score(camera: Camera, height_m: float | None = 1.0) -> float:
    held = None
    if height_m is not None:
        held = Mounting(up_camera=np.array([0.0, -1.0, 0.0]), height_m=height_m)
    return camera_score(camera, held, INPUTS.rays(camera, held), TRAINED)


@pytest.mark.parametrize("hfov_deg", [38.5, 60, 94.5])
def test_inside_is_zero_with_and_without_mounting(hfov_deg: float) -> None:
    assert score(pinhole(hfov_deg)) == 0
    assert score(pinhole(hfov_deg), None) == 0


def test_a_quarter_beyond_is_one() -> None:
    assert score(pinhole(38 / 1.25)) == pytest.approx(1, abs=0.01)
    assert score(pinhole(95 * 1.25)) == pytest.approx(1, abs=0.01)
    assert score(pinhole(60), 2.5) == pytest.approx(1)
    assert score(pinhole(60), 0.08) == pytest.approx(1)


def test_both_add_up_and_farther_is_more() -> None:
    assert score(pinhole(38 / 1.25), 2.5) == pytest.approx(2, abs=0.01)
    wider = [score(pinhole(hfov)) for hfov in (96, 105, 120, 140)]
    assert 0 < wider[0] < wider[1] < wider[2] < wider[3]


def test_a_camera_whose_middle_row_has_no_rays_is_far_outside() -> None:
    camera = Camera(width=640, height=480, fx=200, fy=200, cx=320, cy=0, lens=Brown(k1=-0.4))
    assert camera.hfov_rad == 0
    assert 10 < score(camera) < math.inf


def test_a_fisheye_is_judged_by_the_fisheyes_trained_on() -> None:
    def fisheye(hfov_deg: float) -> Camera:
        focal = 320 / math.radians(hfov_deg / 2)
        return Camera(width=640, height=480, fx=focal, fy=focal, cx=320, cy=240, lens=Equidistant())

    assert score(fisheye(150)) == 0
    assert 0 < score(fisheye(170)) < score(fisheye(190))


def test_pixel_angle_of_a_pinhole() -> None:
    """On the axis a pixel spans 1 / f; the median over a 60 degree image is a little less."""
    camera = pinhole(60)
    angle = pixel_angle_rad(INPUTS.rays(camera, None))
    focal = 160 / 640 * camera.fx
    assert 0.8 / focal < angle < 1 / focal
