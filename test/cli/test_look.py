"""`camaware look`: a window into a model with spatial heads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.cli.main import main
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.checkpoint import save_checkpoint
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder

CAMERA = find_camera_files()["usb_webcam"]


def model(folder: Path, layers: tuple[int, ...]) -> Path:
    torch.manual_seed(0)
    config = ModelConfig(
        vocabulary=WordTokenizer().size, kinds=8, colours=8, width=32, heads=2, stem=(8, 8, 16),
        vision_layers=1, vision_hidden=32, language_layers=2, language_hidden=32,
        spatial_layers=layers,
    )  # fmt: skip
    save_checkpoint(folder, CameraAwareGrounder(config), WordTokenizer(), {})
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    camera = load_camera_yaml(CAMERA).camera
    image = np.random.default_rng(0).integers(0, 255, (camera.height, camera.width, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "in.png"), image)
    return tmp_path / "in.png"


def test_it_draws_panels_and_writes_points(picture: Path, tmp_path: Path) -> None:
    out, cloud = tmp_path / "out.png", tmp_path / "cloud.npz"
    words = ["look", picture, "--camera", CAMERA, "--height", 0.9, "--pitch", 20, "--model"]
    words += [model(tmp_path / "m", (1, 2)), "--out", out, "--points", cloud]
    assert main([str(word) for word in words]) == 0
    assert cv2.imread(str(out)).shape == (256, 320, 3)
    with np.load(cloud) as stored:
        points, colours = stored["points"], stored["colours"]
    assert points.shape == colours.shape and len(points) > 500 and np.isfinite(points).all()


def test_a_model_without_heads_is_refused(picture: Path, tmp_path: Path, capsys) -> None:
    words = ["look", picture, "--camera", CAMERA, "--model", model(tmp_path / "m", ())]
    words += ["--out", tmp_path / "out.png"]
    assert main([str(word) for word in words]) == 2
    assert "spatial_layers: expected at least one" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()
