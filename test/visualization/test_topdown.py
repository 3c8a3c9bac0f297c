"""The map is a real PNG, and its shapes are the right ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.goals import footprint_distance
from camaware_ros.localization.grid import GridMap
from camaware_ros.types import Goal, Localization
from camaware_ros.visualization.topdown import View, draw_topdown, ellipse, footprint

RED = np.array([0xD9, 0x43, 0x3B])


def a_box(yaw: float = 0.4) -> Box3:
    return Box3.from_yaw(np.array([2.0, 1.0, 0.4]), np.array([1.2, 0.6, 0.8]), yaw)


def painted(path: Path, colour: np.ndarray = RED) -> int:
    picture = cv2.imread(str(path))[..., ::-1].astype(int)
    return int((np.abs(picture - colour).max(axis=-1) < 8).sum())


def test_everything_together_makes_a_picture(tmp_path: Path) -> None:
    data = np.zeros((80, 120), np.int8)
    data[[0, -1]], data[:20, :20] = 100, -1
    grid = GridMap(data=data, resolution_m=0.05, origin_xy=np.array([-1.0, -1.0]))
    estimate = Localization(
        label="red chair",
        presence=0.9,
        score=0.9,
        frame_id="map",
        box=a_box(0.5),
        covariance=np.diag([0.04, 0.01, 0.01]),
        pixel=(0.0, 0.0),
    )
    out = draw_topdown(
        tmp_path / "map.png",
        objects=[("red chair", "red", a_box()), ("blue ball", "blue", a_box())],
        grid=grid,
        path=np.array([[0.0, 0.0], [0.5, 0.2], [1.0, 0.4]]),
        goal=Goal(x_m=1.0, y_m=0.4, yaw_rad=0.5, frame_id="map", label="red chair"),
        stand_off_m=0.8,
        estimate=estimate,
        view=View(x_m=0.0, y_m=0.0, yaw_rad=0.3, hfov_rad=1.2),
        title="a run",
    )
    picture = cv2.imread(str(out))
    assert picture.shape[0] > 500 and picture.shape[1] > 700
    assert picture.std() > 10


def test_paint_shows_exactly_when_the_thing_is_there(tmp_path: Path) -> None:
    grid = GridMap(data=np.zeros((40, 80), np.int8), resolution_m=0.05, origin_xy=np.zeros(2))
    with_it = draw_topdown(tmp_path / "a.png", objects=[("chair", "red", a_box())], grid=grid)
    without = draw_topdown(tmp_path / "b.png", grid=grid)
    assert painted(with_it) > 1000 and painted(without) == 0


def test_a_turned_map_stays_in_the_picture(tmp_path: Path) -> None:
    data = np.full((60, 90), 100, np.int8)
    grid = GridMap(data=data, resolution_m=0.1, origin_xy=np.array([50, -70]), origin_yaw_rad=0.7)
    out = draw_topdown(tmp_path / "turned.png", grid=grid)
    assert painted(out, np.array([0.55, 0.57, 0.62]) * 255) > 50_000


@pytest.mark.parametrize("margin", [0.3, 0.8])
def test_the_stand_off_line_keeps_its_distance(margin: float) -> None:
    outline = footprint(a_box(), margin)
    np.testing.assert_allclose(footprint_distance(a_box(), outline), margin, atol=1e-9)
    np.testing.assert_array_equal(outline[0], outline[-1])


def test_the_plain_footprint_is_the_box_from_above() -> None:
    corners = a_box().corners()[:, :2]
    outline = footprint(a_box())
    for corner in outline:
        assert np.linalg.norm(corners - corner, axis=1).min() < 1e-9
    assert len(np.unique(outline.round(9), axis=0)) == 4


def test_the_ellipse_is_two_sigma_everywhere() -> None:
    covariance = np.array([[0.5, 0.2], [0.2, 0.3]])
    outline = ellipse(covariance)
    squared = np.einsum("ni,ij,nj->n", outline, np.linalg.inv(covariance), outline)
    np.testing.assert_allclose(squared, 4.0, atol=1e-9)


@pytest.mark.parametrize("path", [np.zeros(3), np.zeros((4, 3))])
def test_a_path_that_is_none_is_refused(path: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="path: expected"):
        draw_topdown(tmp_path / "x.png", path=path)


def test_importing_does_not_load_matplotlib() -> None:
    code = (
        "import sys; import camaware_ros.visualization.topdown; "
        "sys.exit('matplotlib' in sys.modules)"
    )
    source = Path(__file__).resolve().parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(source)}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
