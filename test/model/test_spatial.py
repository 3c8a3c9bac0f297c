"""SpatialSV heads: shapes, what they touch and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.rays import cells, ray_features
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.spatial import TASKS

CAMERA = Camera(width=160, height=128, fx=110, fy=110, cx=80, cy=64)


def network(**overrides: object) -> CameraAwareGrounder:
    torch.manual_seed(0)
    settings = {
        "vocabulary": 30, "kinds": 8, "colours": 8, "width": 32, "heads": 2, "stem": (8, 8, 16),
        "vision_layers": 1, "language_layers": 4, "vision_hidden": 32, "language_hidden": 32,
    }  # fmt: skip
    return CameraAwareGrounder(ModelConfig(**(settings | overrides))).eval()


def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    rays, valid = cells(CAMERA, np.ones((128, 160), bool))
    features = torch.from_numpy(ray_features(rays, valid))[None].repeat(2, 1, 1, 1)
    return torch.randn(2, 3, 128, 160), features, torch.randint(3, 30, (2, 3, 8))


@torch.inference_mode()
@pytest.mark.parametrize("layers", [(4,), (2, 4), (1, 2, 4), (1, 2, 3, 4)])
def test_maps_have_the_shapes_of_the_paper_at_stride_four(layers: tuple[int, ...]) -> None:
    pixels, rays, _ = inputs()
    maps = network(spatial_layers=layers).spatial_maps(pixels, rays)
    for task, channels in (("depth", 1), ("ray", 6), ("point", 3)):
        assert maps[task].shape == (2, channels, 32, 40)
        assert maps[f"{task}_log_confidence"].shape == (2, 1, 32, 40)
    assert (maps["depth"] > 0).all()


@torch.inference_mode()
def test_off_is_bit_identical_to_a_network_without_heads() -> None:
    """The same seed gives the same weights everywhere else, and the heads change no answer."""
    args = inputs()
    without, having = network(), network(spatial_layers=(1, 2, 3, 4))
    plain, silent, loud = without(*args), having(*args), having(*args, lift_first=len(args[0]))
    assert plain.keys() == silent.keys() and TASKS.keys() <= loud.keys()
    for name, value in plain.items():
        assert torch.equal(value, silent[name]) and torch.equal(value, loud[name]), name


@torch.inference_mode()
def test_the_window_needs_no_words_and_shows_what_training_saw() -> None:
    pixels, rays, _ = inputs()
    model = network(spatial_layers=(2, 4))
    beside, alone = model(*inputs(), lift_first=len(pixels)), model.spatial_maps(pixels, rays)
    one = model(*inputs(), lift_first=1)
    for task in TASKS:
        torch.testing.assert_close(beside[task], alone[task], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(one[task], alone[task][:1], atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="spatial_layers"):
        network().spatial_maps(pixels, rays)


def test_every_layer_has_its_own_projector_and_gradients_reach_its_layer_and_those_before() -> None:
    model, args = network(spatial_layers=(1, 2)), inputs()
    model(*args, lift_first=len(args[0]))["depth"].log().sum().backward()
    for projector in model.spatial.projectors:
        assert all(p.grad.abs().sum() > 0 for p in projector.parameters())
    reached = [layer.mlp.down_proj.weight.grad is not None for layer in model.language.layers]
    assert reached == [True, True, False, False]
    assert model.vision.to_half[0].weight.grad.abs().sum() > 0
    assert model.spatial.heads["ray"].out.weight.grad is None
    assert model.presence[0].weight.grad is None and model.dense.box[0].weight.grad is None


@torch.inference_mode()
def test_canonical_range_scales_with_the_angle_of_a_pixel() -> None:
    pixels, rays, _ = inputs()
    heads = network(spatial_layers=(4,)).spatial
    states, half = (torch.randn(2, 80, 32),), rays.clone()
    half[:, 3] -= np.log(2)
    near, far = heads(states, rays)["depth"], heads(states, half)["depth"]
    torch.testing.assert_close(far, 2 * near)


def test_the_heads_stay_small() -> None:
    model = CameraAwareGrounder(
        ModelConfig(vocabulary=60, kinds=20, colours=10, spatial_layers=(1, 2, 3))
    )
    assert sum(p.numel() for p in model.spatial.parameters()) < 500_000
