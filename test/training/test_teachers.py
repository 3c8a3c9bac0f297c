"""Teachers: point maps against the camera's own projection, real loading code, broken files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.model.teacher import GeometryNetwork, save_teacher, teacher_config
from camaware_ros.training.teachers.disk import DiskTeacher
from camaware_ros.training.teachers.own import OwnTeacher
from camaware_ros.training.teachers.point_maps import PointMap, points_from_depth, prior_of

CAMERA = Camera(width=64, height=48, fx=50, fy=52, cx=30, cy=25)
FISHEYE = Camera(width=64, height=48, fx=18, fy=18, cx=32, cy=24, lens=Equidistant(k1=0.01))
IMAGE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


@pytest.mark.parametrize("camera", [CAMERA, FISHEYE])
def test_depth_becomes_points_that_the_camera_sees_at_their_pixels(camera: Camera) -> None:
    depth = np.random.default_rng(1).uniform(0.5, 6, (48, 64))
    depth[3, 5], depth[4, 6] = np.nan, 0
    found = points_from_depth(depth, camera)
    assert found.confidence[3, 5] == found.confidence[4, 6] == 0
    known = found.confidence > 0
    np.testing.assert_allclose(found.points[known][:, 2], depth[known], rtol=1e-5)
    pixels, valid = camera.project(found.points[known].astype(float))
    v, u = np.nonzero(known)
    assert valid.all() and np.abs(pixels - np.stack([u + 0.5, v + 0.5], -1)).max() < 1e-2
    assert camera is CAMERA or known.mean() < 0.95  # a fisheye's rim has no depth


def test_a_prior_takes_the_points_of_its_cells_through_any_framing() -> None:
    """Cells of a letterboxed image look along the rays of the points they were given."""
    found = points_from_depth(np.full((48, 64), 2.0), CAMERA)
    framing = Framing.letterbox((64, 48), (160, 128))
    prior = prior_of(found, framing)
    assert prior.shape == (4, 32, 40)
    content = framing.content()[2::4, 2::4]
    assert (prior[3][content] == 1).all() and (prior[3][~content] == 0).all()
    assert (prior[:3][:, ~content] == 0).all()
    rays, _ = framing.camera(CAMERA).ray_map(4)
    points = np.moveaxis(prior[:3], 0, -1)[content]
    along = points / np.linalg.norm(points, axis=-1, keepdims=True)
    assert np.degrees(np.arccos(np.clip((along * rays[content]).sum(-1), -1, 1))).max() < 1.0


def test_maps_from_disk(tmp_path: Path) -> None:
    points = np.random.default_rng(2).normal(size=(6, 8, 3)).astype(np.float32)
    points[0, 0] = np.nan
    np.savez(tmp_path / "kitchen.npz", points=points, confidence=np.full((6, 8), 0.5))
    np.savez(tmp_path / "hall.npz", points=points)
    teacher = DiskTeacher(tmp_path)
    kitchen, hall = (teacher.point_map(IMAGE, CAMERA, name) for name in ("kitchen", "hall"))
    np.testing.assert_array_equal(kitchen.points, points)
    assert kitchen.confidence[0, 0] == 0 and kitchen.confidence[0, 1] == 0.5
    assert hall.confidence[0, 1] == 1
    assert np.isfinite(prior_of(hall, Framing.letterbox((64, 48), (160, 128)))).all()


@pytest.mark.parametrize("content", ["nothing", "text", "truncated", "no points", "flat"])
def test_broken_maps_are_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kitchen.npz"
    if content == "text":
        path.write_text("not a map")
    elif content == "truncated":
        np.savez(path, points=np.zeros((6, 8, 3)))
        path.write_bytes(path.read_bytes()[:100])
    elif content == "no points":
        np.savez(path, depth=np.zeros((6, 8)))
    elif content == "flat":
        np.savez(path, points=np.zeros((6, 8)))
    with pytest.raises(ValueError, match=r"kitchen\.npz: expected a point map"):
        DiskTeacher(tmp_path).point_map(IMAGE, CAMERA, "kitchen")
    with pytest.raises(ValueError, match="expected a folder"):
        DiskTeacher(path)


def test_our_own_teacher_covers_the_whole_image(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"width": 24, "heads": 2, "stem": (8, 8, 16), "vision_layers": 1, "vision_hidden": 32}
    save_teacher(tmp_path, GeometryNetwork(teacher_config(sizes)), {})
    found = OwnTeacher(tmp_path).point_map(IMAGE, CAMERA, "any")
    assert (found.confidence > 0).all()
    rows, cols = found.confidence.shape
    u, v = np.meshgrid((np.arange(cols) + 0.5) / cols * 64, (np.arange(rows) + 0.5) / rows * 48)
    rays, _ = CAMERA.unproject(np.stack([u, v], -1))
    along = found.points / np.linalg.norm(found.points, axis=-1, keepdims=True)
    assert np.degrees(np.arccos(np.clip((along * rays).sum(-1), -1, 1))).max() < 1.5


def tiny_depth_anything(folder: Path, kind: str) -> None:
    """A real, random Depth Anything of a few thousand weights with its preprocessing."""
    from transformers import (
        DepthAnythingConfig,
        DepthAnythingForDepthEstimation,
        Dinov2Config,
        DPTImageProcessorPil,
    )

    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        image_size=56, patch_size=14, out_features=["stage1", "stage2"],
        reshape_hidden_states=False, apply_layernorm=True,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, neck_hidden_sizes=[8, 8],
        reassemble_factors=[2, 1], fusion_hidden_size=8, head_hidden_size=4,
        depth_estimation_type=kind, max_depth=20,
    )  # fmt: skip
    DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    DPTImageProcessorPil(
        size={"height": 56, "width": 56}, keep_aspect_ratio=True, ensure_multiple_of=14
    ).save_pretrained(folder)


def tiny_zoe(folder: Path) -> None:
    """A real, random ZoeDepth."""
    from transformers import (
        BeitConfig,
        ZoeDepthConfig,
        ZoeDepthForDepthEstimation,
        ZoeDepthImageProcessorPil,
    )

    torch.manual_seed(0)
    stages = [f"stage{n}" for n in range(1, 5)]
    backbone = BeitConfig(
        image_size=64, patch_size=16, hidden_size=16, num_hidden_layers=4, num_attention_heads=2,
        intermediate_size=16, out_features=stages, reshape_hidden_states=False,
    )  # fmt: skip
    config = ZoeDepthConfig(
        backbone_config=backbone, neck_hidden_sizes=[8, 8, 8, 8], fusion_hidden_size=8,
        bottleneck_features=8, num_relative_features=4, num_attractors=[4, 2, 2, 1],
        bin_embedding_dim=8, bin_configurations=[
            {"n_bins": 8, "min_depth": 0.001, "max_depth": 10.0, "name": "indoors"}
        ],
    )  # fmt: skip
    ZoeDepthForDepthEstimation(config).save_pretrained(folder)
    ZoeDepthImageProcessorPil(
        size={"height": 64, "width": 64}, ensure_multiple_of=32
    ).save_pretrained(folder)


@pytest.mark.parametrize("family", ["depth_anything", "zoedepth"])
def test_a_network_from_transformers_is_loaded_and_asked(tmp_path: Path, family: str) -> None:
    pytest.importorskip("PIL")
    from camaware_ros.training.teachers.pretrained import PretrainedTeacher

    if family == "zoedepth":
        tiny_zoe(tmp_path)
    else:
        tiny_depth_anything(tmp_path, "metric")
    found = PretrainedTeacher(str(tmp_path)).point_map(IMAGE, CAMERA, "any")
    assert isinstance(found, PointMap) and found.points.shape == (48, 64, 3)
    known = found.confidence > 0
    assert known.mean() > 0.9 and (found.points[known][:, 2] <= 20).all()
    pixels, _ = CAMERA.project(found.points[known].astype(float))
    v, u = np.nonzero(known)
    assert np.abs(pixels - np.stack([u + 0.5, v + 0.5], -1)).max() < 1e-2


def test_a_network_without_metres_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    from camaware_ros.training.teachers.pretrained import PretrainedTeacher

    tiny_depth_anything(tmp_path, "relative")
    with pytest.raises(ValueError, match="expected a network that predicts metres"):
        PretrainedTeacher(str(tmp_path))
