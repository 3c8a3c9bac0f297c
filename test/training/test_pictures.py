"""Real pictures in a training run: explained by a teacher, silent about words and boxes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.training.data import RenderedScenes, collate
from camaware_ros.training.module import GroundingModule, build_network
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.samples import SampleConfig
from camaware_ros.training.spatial_losses import spatial_truth
from camaware_ros.training.teachers.pictures import (
    PictureConfig,
    WithPictures,
    open_teacher,
    read_lessons,
)

CAMERA = """
camera_name: phone
image_width: 200
image_height: 150
distortion_model: plumb_bob
camera_matrix: {rows: 3, cols: 3, data: [160, 0, 99.5, 0, 160, 74.5, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
"""
HEIGHT = 1.2


def album(folder: Path, mounting: bool, pictures: int = 2) -> PictureConfig:
    """A level camera over an endless floor; its point maps hold the floor below the horizon."""
    held = f"mounting: {{height_m: {HEIGHT}, pitch_down_deg: 0.0}}\n" if mounting else ""
    (folder / "camera.yaml").write_text(CAMERA + held)
    u, v = np.meshgrid(np.arange(200) + 0.5 - 100, np.arange(150) + 0.5 - 75)
    with np.errstate(divide="ignore"):
        depth = np.where(v > 8, HEIGHT * 160 / v, np.nan)
    points = np.stack([u / 160 * depth, v / 160 * depth, depth], -1).astype(np.float32)
    for index in range(pictures):
        image = np.random.default_rng(index).integers(0, 255, (150, 200, 3), np.uint8)
        cv2.imwrite(str(folder / f"p{index}.png"), image)
        np.savez(folder / f"p{index}.npz", points=points)
    return PictureConfig(folder=str(folder), teacher="disk", source=str(folder), share=0.5)


def test_a_lesson_holds_what_the_teacher_said(tmp_path: Path) -> None:
    lessons = read_lessons(album(tmp_path, mounting=True), (160, 128))
    assert len(lessons) == 2 and lessons[0]["mounted"] == 1
    batch = {k: torch.from_numpy(np.stack([x[k] for x in lessons])) for k in lessons[0]}
    truth, masks = spatial_truth(batch)
    seen = masks["point"][:, 0] > 0
    assert 200 < seen[0].sum() < 32 * 40
    heights = truth["point"][:, 2][seen]  # the teacher's points put on the rays, seen from above
    assert heights.abs().max() < 0.12 and heights.abs().median() < 0.03


def test_without_a_mounting_only_range_is_taught(tmp_path: Path) -> None:
    lessons = read_lessons(album(tmp_path, mounting=False), (160, 128))
    batch = {k: torch.from_numpy(np.stack([x[k] for x in lessons])) for k in lessons[0]}
    _, masks = spatial_truth(batch)
    assert masks["depth"].sum() > 0 and masks["ray"].sum() == masks["point"].sum() == 0


def test_pictures_and_scenes_learn_in_one_batch(tmp_path: Path) -> None:
    config = album(tmp_path, mounting=False)
    scenes = RenderedScenes(SampleConfig(), 12, WordTokenizer())
    mixed = WithPictures(scenes, read_lessons(config, (160, 128)), 0.5, seed=3)
    samples = [mixed[index] for index in range(12)]
    told = [bool(sample["labelled"]) for sample in samples]
    assert 2 <= sum(told) <= 10
    for index in np.flatnonzero(told)[:2]:
        assert (samples[index]["image"] == scenes[index]["image"]).all()
    shape = {
        "width": 32, "heads": 2, "stem": [8, 8, 16], "vision_layers": 1, "vision_hidden": 32,
        "language_layers": 1, "language_hidden": 32, "spatial_layers": [1],
    }  # fmt: skip
    run = TrainConfig(name="x", output="unused", images=12, model=shape)
    out = GroundingModule(build_network(run, WordTokenizer()))(**collate(samples))
    assert torch.isfinite(out["loss"])
    out["loss"].backward()


def test_albums_that_do_not_fit_are_refused_by_name(tmp_path: Path) -> None:
    config = album(tmp_path, mounting=True)
    cv2.imwrite(str(tmp_path / "p1.png"), np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(ValueError, match=r"p1\.png: expected a picture of"):
        read_lessons(config, (160, 128))
    (tmp_path / "p1.png").unlink()
    (tmp_path / "p0.npz").unlink()
    with pytest.raises(ValueError, match=r"p0\.npz: expected a point map"):
        read_lessons(config, (160, 128))
    (tmp_path / "p0.png").unlink()
    with pytest.raises(ValueError, match="expected pictures"):
        read_lessons(config, (160, 128))
    with pytest.raises(ValueError, match="expected own, pretrained or disk"):
        open_teacher("oracle", "delphi")
