"""CameraInfo by REP-104, against OpenCV and by hand."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from camaware_ros.geometry.lenses import Ideal
from camaware_ros.ros.camera_info import camera_from_info, info_from_camera

SIZE = (640, 480)
K = [500.0, 0.0, 310.0, 0.0, 510.0, 245.0, 0.0, 0.0, 1.0]
P = [420.0, 0.0, 300.0, 0.0, 0.0, 430.0, 250.0, 0.0, 0.0, 0.0, 1.0, 0.0]
PLUMB_BOB = [-0.2, 0.05, 0.001, -0.002, 0.01]
RATIONAL = [-0.2, 0.05, 0.001, -0.002, 0.01, 0.03, 0.02, 0.001]
EQUIDISTANT = [0.02, -0.01, 0.003, -0.001]


def info(model: str = "plumb_bob", d: list[float] | None = None) -> CameraInfo:
    message = CameraInfo(width=SIZE[0], height=SIZE[1], distortion_model=model)
    message.d = PLUMB_BOB if d is None else d
    message.k, message.p = K, P
    return message


def points() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.uniform(-0.5, 0.5, (40, 2)), np.ones(40)])


def opencv_pixels(model: str, d: list[float]) -> np.ndarray:
    matrix, zero = np.array(K).reshape(3, 3), np.zeros(3)
    project = cv2.fisheye.projectPoints if model == "equidistant" else cv2.projectPoints
    if model == "equidistant":
        pixels, _ = project(points()[:, None], zero, zero, matrix, np.array(d))
    else:
        pixels, _ = project(points(), zero, zero, matrix, np.array(d))
    return pixels.reshape(-1, 2)


@pytest.mark.parametrize(
    ("model", "d"),
    [
        ("plumb_bob", PLUMB_BOB),
        ("plumb_bob", PLUMB_BOB[:4]),
        ("rational_polynomial", RATIONAL),
        ("equidistant", EQUIDISTANT),
    ],
)
def test_a_raw_image_obeys_k_and_d_as_opencv_does(model: str, d: list[float]) -> None:
    pixels, valid = camera_from_info(info(model, d), SIZE).project(points())
    assert valid.all()
    np.testing.assert_allclose(pixels - 0.5, opencv_pixels(model, d), atol=1e-6)


def test_a_rectified_image_obeys_p_without_lens() -> None:
    camera = camera_from_info(info(), SIZE, rectified=True)
    assert (camera.fx, camera.fy, camera.cx - 0.5, camera.cy - 0.5) == (420, 430, 300, 250)
    assert isinstance(camera.lens, Ideal)


def test_a_rectified_image_needs_no_distortion_model_we_know() -> None:
    assert camera_from_info(info("scheimpflug", [1.0]), SIZE, rectified=True).fx == 420


def test_binning_scales_and_a_region_shifts() -> None:
    message = info()
    message.binning_x, message.binning_y = 2, 4
    message.roi.x_offset, message.roi.y_offset = 100, 80
    message.roi.width, message.roi.height = 400, 320
    camera = camera_from_info(message, (200, 80))
    full, _ = camera_from_info(info(), SIZE).project(points())
    pixels, _ = camera.project(points())
    np.testing.assert_allclose(pixels, (full - (100, 80)) / (2, 4), atol=1e-9)


def test_pixels_that_fill_no_bin_are_not_in_the_image() -> None:
    message = info()
    message.binning_x, message.binning_y = 3, 7
    camera = camera_from_info(message, (213, 68))
    assert camera.fx == pytest.approx(500 / 3) and camera.fy == pytest.approx(510 / 7)
    assert camera.cx == pytest.approx(310.5 / 3)


def test_binning_of_one_is_no_binning() -> None:
    message = info()
    message.binning_x = message.binning_y = 1
    assert camera_from_info(message, SIZE) == camera_from_info(info(), SIZE)


def test_the_same_calibration_gives_the_same_camera_and_another_one_another() -> None:
    first, second, other = info(), info(), info()
    second.header.stamp.sec = 99
    other.k[0] = 501.0
    assert camera_from_info(first, SIZE) == camera_from_info(second, SIZE)
    assert camera_from_info(other, SIZE).fx == 501


def changed(**fields: object) -> CameraInfo:
    message = info()
    for name, value in fields.items():
        if name.startswith("roi_"):
            setattr(message.roi, name[4:], value)
        else:
            setattr(message, name, value)
    return message


@pytest.mark.parametrize(
    ("message", "match"),
    [
        (changed(k=[0.0] * 9), "uncalibrated"),
        (changed(k=[math.nan] + K[1:]), "K: expected finite"),
        (changed(k=[math.inf] + K[1:]), "K: expected finite"),
        (changed(d=[math.nan] * 5), "D: expected finite"),
        (changed(d=[0.1, 0.2]), "2"),
        (changed(d=[1.7e308, 1e30, 0.0, 0.0, 1e300]), "D: expected a distortion"),
        (changed(distortion_model="division"), "division"),
        (changed(distortion_model="", d=[0.1] * 5), "model"),
        (changed(width=0, height=0), "size: expected more than zero, got 0 x 0"),
        (changed(width=1280, height=960), "expected 1280 x 960.*got an image of 640 x 480"),
        (changed(binning_x=2, binning_y=2), "expected 320 x 240.*binning 2 x 2"),
        (changed(roi_x_offset=600, roi_width=100, roi_height=10), "roi: expected a region inside"),
        (changed(roi_x_offset=5), "roi: expected a region inside"),
    ],
)
def test_what_cannot_be_used_is_named(message: CameraInfo, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        camera_from_info(message, SIZE)


@pytest.mark.parametrize(
    ("p", "match"),
    [
        ([0.0] * 12, "uncalibrated"),
        ([math.nan] * 12, "P: expected finite"),
        ([*P[:3], -42.0, *P[4:]], "second camera of a stereo pair.*-42"),
    ],
)
def test_p_that_cannot_be_used_is_named(p: list[float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        camera_from_info(changed(p=p), SIZE, rectified=True)


@pytest.mark.parametrize(
    ("model", "d"),
    [
        ("plumb_bob", PLUMB_BOB),
        ("rational_polynomial", RATIONAL),
        ("equidistant", EQUIDISTANT),
        ("plumb_bob", [0.0] * 5),
    ],
)
def test_there_and_back_is_the_same_camera(model: str, d: list[float]) -> None:
    camera = camera_from_info(info(model, d), SIZE)
    message = info_from_camera(camera, Header(frame_id="cam"))
    assert message.header.frame_id == "cam"
    assert camera_from_info(message, SIZE) == camera
    assert list(message.r) == np.eye(3).ravel().tolist()
