"""CA-MLLM's own form of the ray embedding, against the pinhole formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.rays import cells, ray_features
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.paper_rays import PaperRayEmbedding, paper_rays
from camaware_ros.model.vision import VisionEncoder

FISHEYE = Camera(width=160, height=128, fx=45, fy=45, cx=80, cy=64, lens=Equidistant(k1=0.01))


def features(camera: Camera, content: np.ndarray | None = None) -> torch.Tensor:
    seen = np.ones((128, 160), bool) if content is None else content
    rays, valid = cells(camera, seen)
    up = np.array([0.0, -np.cos(0.2), -np.sin(0.2)])
    return torch.from_numpy(ray_features(rays, valid, 4, up, 1.0))[None]


@pytest.mark.parametrize(("fx", "fy", "cx", "cy"), [(120, 130, 80, 64), (70, 66, 55.5, 81.25)])
def test_it_is_the_papers_formula_on_a_pinhole(fx: float, fy: float, cx: float, cy: float) -> None:
    camera = Camera(width=160, height=128, fx=fx, fy=fy, cx=cx, cy=cy)
    values, share = paper_rays(features(camera))
    u, v = np.meshgrid(16 * np.arange(10) + 8.0, 16 * np.arange(8) + 8.0)
    np.testing.assert_allclose(values[0, 0], (u - cx) / fx, atol=1e-5)
    np.testing.assert_allclose(values[0, 1], (v - cy) / fy, atol=1e-5)
    np.testing.assert_allclose(values[0, 2], fx, rtol=1e-3)
    np.testing.assert_allclose(values[0, 3], fy, rtol=1e-3)
    assert (share == 1).all()


def test_resizing_changes_only_the_focal_lengths() -> None:
    small = Camera(width=160, height=128, fx=100, fy=100, cx=80, cy=64)
    large = Camera(width=320, height=256, fx=200, fy=200, cx=160, cy=128)
    rays, valid = cells(large, np.ones((256, 320), bool))
    of_large, _ = paper_rays(torch.from_numpy(ray_features(rays, valid))[None])
    of_small, _ = paper_rays(features(small))
    np.testing.assert_allclose(of_large[0, 2:, 0, 0], 2 * of_small[0, 2:, 0, 0], rtol=1e-3)
    pooled = torch.nn.functional.avg_pool2d(of_large[:, :2], 2)
    np.testing.assert_allclose(pooled, of_small[:, :2], atol=1e-5)


def test_padding_and_rays_beyond_the_form_say_nothing() -> None:
    content = np.ones((128, 160), bool)
    content[:, :32] = False
    embedding = PaperRayEmbedding(24)
    camera = Camera(width=160, height=128, fx=90, fy=90, cx=80, cy=64)
    out = embedding(features(camera, content))
    assert (out[..., :2] == 0).all() and (out[..., 2:].abs().amax(1) > 0).all()
    values, _ = paper_rays(features(camera, content))
    np.testing.assert_allclose(values[0, 2], 90, rtol=1e-3)
    values, share = paper_rays(features(FISHEYE))
    assert torch.isfinite(embedding(features(FISHEYE))).all()
    assert (share == 0).any() and values[:, :2].abs().max() < 10


def test_the_paper_form_reaches_tokens_only_and_knows_no_mounting() -> None:
    config = ModelConfig(
        vocabulary=9, kinds=1, colours=1, width=32, heads=2, stem=(8, 8, 16), vision_layers=1,
        vision_hidden=32, ray_form="paper",
    )  # fmt: skip
    torch.manual_seed(0)
    encoder, pixels = VisionEncoder(config).eval(), torch.randn(1, 3, 128, 160)
    rays = features(Camera(width=160, height=128, fx=120, fy=120, cx=80, cy=64))
    other = features(Camera(width=160, height=128, fx=60, fy=60, cx=80, cy=64))
    bare = rays.clone()
    bare[:, 5:] = 0
    with torch.inference_mode():
        assert torch.equal(encoder(pixels, rays), encoder(pixels, bare))
        assert not torch.equal(encoder(pixels, rays), encoder(pixels, other))
        for a, b in zip(encoder.stem(pixels, rays), encoder.stem(pixels, other), strict=True):
            assert torch.equal(a, b)
