"""The map of a run: what is given shows in the picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.grid import GridMap
from camaware_ros.types import Localization
from camaware_ros.visualization.topdown import View
from camaware_ros.visualization.tour import COLOURS, Stop, draw_tour

GRID = GridMap(data=np.zeros((60, 80), np.int8), resolution_m=0.1, origin_xy=np.array([-4.0, -3.0]))


def drawn(path: Path, stops: list[Stop]) -> np.ndarray:
    way = np.stack([np.linspace(-3, 1, 30), np.zeros(30)], axis=-1)
    draw_tour(path, objects=[], grid=GRID, path=way, stops=stops, stand_off_m=0.8)
    return cv2.imread(str(path))[..., ::-1].astype(int)


def near(image: np.ndarray, colour: str) -> int:
    """Pixels of about a colour."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(image - rgb).max(axis=-1) < 12).sum())


def stop(x_m: float) -> Stop:
    box = Box3.from_yaw([x_m, 1.5, 0.4], [0.6, 0.6, 0.8], 0.3)
    return Stop(
        camera="cam", goal=(x_m, 0.4, 1.57), view=View(x_m=-1, y_m=-1, yaw_rad=1, hfov_rad=1.2),
        estimate=Localization(
            label="red chair", presence=1.0, score=0.9, frame_id="map", box=box,
            covariance=0.01 * np.eye(3), pixel=(0.0, 0.0),
        ),
    )  # fmt: skip


def test_every_stop_has_its_own_colour(tmp_path: Path) -> None:
    none = drawn(tmp_path / "none.png", [])
    two = drawn(tmp_path / "two.png", [stop(-1.0), stop(2.0)])
    for colour in COLOURS[:2]:
        assert near(none, colour) == 0 and near(two, colour) > 200
    assert near(two, COLOURS[2]) == 0


def test_a_stop_that_saw_nothing_is_left_out(tmp_path: Path) -> None:
    image = drawn(tmp_path / "empty.png", [Stop(camera="cam"), stop(1.0)])
    assert near(image, COLOURS[0]) == 0 and near(image, COLOURS[1]) > 200
