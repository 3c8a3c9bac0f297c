"""The geometric prior: an injected point map, and our own frozen teacher."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.rays import cells, ray_features
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.prior import PriorEncoder, point_prior
from camaware_ros.model.teacher import (
    FrozenTeacher,
    GeometryNetwork,
    load_teacher,
    save_teacher,
    teacher_config,
    teacher_sizes,
)

FISHEYE = Camera(width=160, height=128, fx=22, fy=22, cx=80, cy=64, lens=Equidistant(k1=-0.1))
SMALL = {"width": 24, "heads": 2, "stem": (8, 8, 16), "vision_layers": 1, "vision_hidden": 32}


def rays_of(camera: Camera) -> torch.Tensor:
    rays, valid = cells(camera, np.ones((128, 160), bool))
    up = np.array([0.0, -np.cos(0.2), -np.sin(0.2)])
    return torch.from_numpy(ray_features(rays, valid, 4, up, 1.0))[None].repeat(2, 1, 1, 1)


def student(**overrides: object) -> CameraAwareGrounder:
    torch.manual_seed(0)
    settings = {
        "vocabulary": 30, "kinds": 8, "colours": 8, "language_layers": 1, "language_hidden": 32,
        "prior": "inject", "teacher": SMALL,
    }  # fmt: skip
    return CameraAwareGrounder(ModelConfig(**(SMALL | settings | overrides))).eval()


def awake(model: CameraAwareGrounder) -> CameraAwareGrounder:
    torch.nn.init.normal_(model.prior.layers[-1].weight, std=0.5)
    return model


PIXELS, TOKENS = torch.randn(2, 3, 128, 160), torch.randint(3, 30, (2, 2, 8))
CAMERA = Camera(width=160, height=128, fx=110, fy=110, cx=80, cy=64)


@torch.inference_mode()
def test_a_prior_of_nothing_or_of_an_untrained_encoder_changes_nothing() -> None:
    rays, model = rays_of(CAMERA), student()
    plain = student(prior="none")
    plain.load_state_dict(
        {k: v for k, v in model.state_dict().items() if not k.startswith(("prior.", "teacher."))}
    )
    without = plain(PIXELS, rays, TOKENS)
    fresh = model(PIXELS, rays, TOKENS)
    for name, value in without.items():
        assert torch.equal(value, fresh[name]), name


@torch.inference_mode()
def test_a_given_prior_is_seen_and_cells_without_confidence_are_not() -> None:
    rays, model = rays_of(CAMERA), awake(student())
    prior = point_prior(torch.full((2, 1, 32, 40), 0.7), torch.ones(2, 1, 32, 40), rays)
    farther = prior * torch.tensor([2.0, 2, 2, 1])[:, None, None]
    a, b = (model(PIXELS, rays, TOKENS, prior=p)["range_map"] for p in (prior, farther))
    assert not torch.equal(a, b)
    hollow, garbage = prior.clone(), prior.clone()
    hollow[:, 3, :16], garbage[:, 3, :16] = 0, 0
    garbage[:, :3, :16] = torch.nan
    a, b = (model(PIXELS, rays, TOKENS, prior=p)["range_map"] for p in (hollow, garbage))
    assert torch.equal(a, b) and torch.isfinite(a).all()


def test_the_teacher_learns_nothing_from_its_student() -> None:
    model, rays = awake(student()).train(), rays_of(CAMERA)
    before = {k: v.clone() for k, v in model.teacher.state_dict().items()}
    model(PIXELS, rays, TOKENS)["range_map"].square().mean().backward()
    assert all(p.grad is None for p in model.teacher.parameters())
    assert model.prior.layers[0].weight.grad.abs().sum() > 0
    for name, value in model.teacher.state_dict().items():
        assert torch.equal(value, before[name]), name  # batch norms count too


@torch.inference_mode()
def test_the_teacher_knows_the_mounting_only_where_the_student_may() -> None:
    rays = rays_of(CAMERA)
    bare = rays.clone()
    bare[:, 5:] = 0
    for use, same in ((False, True), (True, False)):
        model = awake(student(use_mounting=use))
        a, b = (model(PIXELS, r, TOKENS)["range_map"] for r in (rays, bare))
        assert torch.equal(a, b) == same


@torch.inference_mode()
def test_priors_lie_on_the_rays_and_fisheye_corners_are_empty() -> None:
    torch.manual_seed(0)
    rays = rays_of(FISHEYE)
    prior, features = FrozenTeacher(GeometryNetwork(teacher_config(SMALL)))(PIXELS, rays)
    assert prior.shape == (2, 4, 32, 40) and features.shape == (2, 80, 24)
    assert torch.isfinite(prior).all()
    valid = rays[:, 4] > 0
    assert (~valid).any() and (prior[:, 3][~valid] == 0).all() and (prior[:, 3][valid] > 0).all()
    along = torch.nn.functional.normalize(prior[:, :3], dim=1)
    assert ((along * rays[:, :3]).sum(1)[valid] > 0.9999).all()
    assert torch.isfinite(PriorEncoder(24)(prior)).all()


@torch.inference_mode()
def test_a_teacher_survives_its_folder(tmp_path) -> None:
    torch.manual_seed(0)
    teacher = GeometryNetwork(teacher_config(SMALL)).eval()
    save_teacher(tmp_path, teacher, {"note": "test"})
    loaded = load_teacher(tmp_path)
    assert teacher_config(teacher_sizes(loaded.config)) == teacher.config
    rays = rays_of(CAMERA)
    a, b = (t(PIXELS, rays)["log_range"] for t in (teacher, loaded))
    torch.testing.assert_close(a, b, atol=2e-2, rtol=2e-2)
    with pytest.raises(OSError, match="config.json"):
        load_teacher(tmp_path / "nowhere")
