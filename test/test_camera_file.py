"""Camera files: the shipped ones are their sources' numbers, and bad ones say what is wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from camaware_ros.camera_file import CarriedAt, find_camera_files, load_camera_yaml
from camaware_ros.geometry.lenses import Equidistant

ROOT = Path(__file__).resolve().parents[1]
CALIBRATIONS = ROOT.parent / "shared" / "data" / "calibrations.json"
FILES = find_camera_files()
# Shipped name -> (name in the collection of calibrations, what it was divided by)
SOURCES = {
    "realsense_d455": ("Intel RealSense D455 colour", 1),
    "realsense_d435i": ("Intel RealSense D435i colour 640x480", 1),
    "pi_camera_v2": ("Raspberry Pi camerav2_1280x960", 2),
    "usb_webcam": ("USB webcam (usb_cam default)", 1),
    "kinect_v1": ("Kinect v1 (TUM fr1 RGB)", 1),
    "azure_kinect": ("Azure Kinect colour 4096x3072", 8),
    "gopro_hero9_wide": ("GoPro HERO9 wide", 4),
    "realsense_t265": ("Intel RealSense T265 fisheye", 1),
}
GOOD = {
    "image_width": 640, "image_height": 480, "camera_name": "a_camera",
    "camera_matrix": {"rows": 3, "cols": 3, "data": [500, 0, 320, 0, 510, 240, 0, 0, 1]},
    "distortion_model": "plumb_bob",
    "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.1, -0.2, 0.001, 0.002, 0.0]},
}  # fmt: skip


def write(folder: Path, **changes: object) -> Path:
    content = {key: value for key, value in {**GOOD, **changes}.items() if value != "absent"}
    path = folder / "some.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_every_shipped_camera_has_a_known_source():
    assert set(FILES) == set(SOURCES)


@pytest.mark.skipif(not CALIBRATIONS.is_file(), reason="the shared calibrations are not here")
@pytest.mark.parametrize("name", SOURCES)
def test_shipped_cameras_see_what_the_calibrated_camera_saw(name: str):
    """Points through OpenCV at full resolution, scaled by pixel centres, land on our pixels."""
    record_name, divisor = SOURCES[name]
    record = next(r for r in json.loads(CALIBRATIONS.read_text()) if r["camera"] == record_name)
    matrix, distortion = np.array(record["K"]).reshape(3, 3), np.array(record["D"])
    camera = load_camera_yaml(FILES[name]).camera
    assert (camera.width * divisor, camera.height * divisor) == (record["width"], record["height"])
    points = np.random.default_rng(0).uniform([-0.5, -0.4, 1], [0.5, 0.4, 1.2], (100, 3))
    if isinstance(camera.lens, Equidistant):
        pixels = cv2.fisheye.projectPoints(
            points[:, None], np.zeros(3), np.zeros(3), matrix, distortion
        )[0]
    else:
        pixels = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, distortion)[0]
    expected = (pixels.reshape(-1, 2) + 0.5) / divisor
    found, valid = camera.project(points)
    assert valid.all()
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("name", SOURCES)
def test_shipped_files_are_complete_ros_files(name: str):
    content = yaml.safe_load(FILES[name].read_text())
    loaded = load_camera_yaml(FILES[name])
    assert loaded.name == content["camera_name"] == name
    assert loaded.mounting is not None
    for key in ("camera_matrix", "rectification_matrix", "projection_matrix"):
        block = content[key]
        assert len(block["data"]) == block["rows"] * block["cols"]
    projection = np.array(content["projection_matrix"]["data"]).reshape(3, 4)
    np.testing.assert_array_equal(projection[:, :3].ravel(), content["camera_matrix"]["data"])


def test_reads_name_camera_and_mounting(tmp_path: Path):
    mounting = {"height_m": 0.8, "pitch_down_deg": 30, "forward_m": 0.2}
    loaded = load_camera_yaml(write(tmp_path, mounting=mounting))
    assert loaded.name == "a_camera"
    assert (loaded.camera.width, loaded.camera.height, loaded.camera.fx) == (640, 480, 500.0)
    assert loaded.camera.cx == pytest.approx(320.5)  # edge pixels inside
    assert loaded.mounting == CarriedAt(
        height_m=0.8, pitch_down_rad=math.radians(30), forward_m=0.2
    )


def test_mounting_and_name_may_be_absent(tmp_path: Path):
    loaded = load_camera_yaml(write(tmp_path, camera_name="absent"))
    assert loaded.name == "some" and loaded.mounting is None


def test_numbers_that_yaml_takes_for_text_are_numbers(tmp_path: Path):
    data = [0.1, "-2e-1", "1e-3", 0.0, 0.0]
    block = {"rows": 1, "cols": 5, "data": data}
    loaded = load_camera_yaml(write(tmp_path, distortion_coefficients=block))
    assert loaded.camera.lens.k2 == pytest.approx(-0.2)


def test_where_a_robot_carries_its_camera():
    carried = CarriedAt(height_m=0.5, pitch_down_rad=math.radians(30), forward_m=0.1)
    base_from_camera = carried.base_from_camera
    ahead = base_from_camera.apply(np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(ahead, [0.1 + math.cos(math.pi / 6), 0, 0.0], atol=1e-12)
    right = base_from_camera.rotate(np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(right, [0, -1, 0], atol=1e-12)
    down = base_from_camera.rotate(np.array([0.0, 1.0, 0.0]))
    assert down[2] < 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_width": "absent"}, "image_width: expected a positive whole number.*got None"),
        ({"image_height": 0}, "image_height: expected a positive whole number.*got 0"),
        ({"image_height": 480.5}, "image_height: expected"),
        ({"camera_matrix": {"data": [1, 2, 3]}}, "camera_matrix: expected 9 numbers, got 3"),
        ({"camera_matrix": [1, 2]}, "camera_matrix: expected a mapping with 'data'"),
        ({"camera_matrix": "absent"}, "camera_matrix: expected a mapping.*got None"),
        ({"camera_matrix": {"data": [0] * 9}}, "uncalibrated"),
        ({"camera_matrix": {"data": [math.nan] * 9}}, "finite"),
        ({"distortion_coefficients": {"data": ["x"]}}, "distortion_coefficients: expected"),
        ({"distortion_coefficients": {"data": [0.1, 0.2]}}, "expected"),
        ({"distortion_model": "mei"}, "mei"),
        ({"distortion_model": 3}, "distortion_model: expected text, got 3"),
        ({"camera_name": "../x"}, "camera_name: expected letters"),
        ({"mounting": {"pitch_down_deg": 3}}, "mounting: expected height_m"),
        ({"mounting": {"height_m": 1, "yaw": 3}}, "mounting: expected"),
        ({"mounting": {"height_m": "high"}}, "mounting: expected numbers"),
        ({"mounting": {"height_m": -1}}, "height_m: expected a positive number, got -1"),
        ({"mounting": {"height_m": 1, "pitch_down_deg": 90}}, "pitch_down_rad: expected within"),
    ],
)
def test_bad_files_name_the_file_and_the_field(tmp_path: Path, changes: dict, message: str):
    with pytest.raises(ValueError, match=message) as caught:
        load_camera_yaml(write(tmp_path, **changes))
    assert "some.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "a: [1, 2\n", "\x00\x01"])
def test_files_that_are_no_mapping_are_refused(tmp_path: Path, text: str):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="broken.yaml: expected a"):
        load_camera_yaml(path)


def test_missing_and_binary_files_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="nowhere.yaml: expected a readable camera YAML file"):
        load_camera_yaml(tmp_path / "nowhere.yaml")
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(ValueError, match="picture.yaml: expected a readable"):
        load_camera_yaml(tmp_path / "picture.yaml")


def test_an_empty_folder_has_no_cameras(tmp_path: Path):
    with pytest.raises(ValueError, match="camera directory: expected a folder of .yaml files"):
        find_camera_files(tmp_path)
