"""The robot's way into the network equals the training's, and nothing is computed twice."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.evaluation.rendered import observation_of
from camaware_ros.geometry.camera import Camera
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.data import collate
from camaware_ros.training.queries import Query
from camaware_ros.training.samples import SampleConfig, pack, picture_truth, render_picture
from camaware_ros.types import Mounting, Observation


def builder() -> InputBuilder:
    return InputBuilder((160, 128), 8, WordTokenizer())


@pytest.mark.parametrize("seed", range(8))
def test_a_training_sample_and_the_same_picture_from_a_robot_give_equal_arrays(seed: int) -> None:
    """Cut to its content, a rendered picture comes back through letterboxing unchanged."""
    config = SampleConfig(band=BANDS["train"], zoom=0.0)
    picture = render_picture(np.random.default_rng(seed), config)
    truth = picture_truth(picture)
    queries = (Query("red chair", -1, "absent"),)
    batch = collate([pack(config, picture, truth, queries, True, WordTokenizer())])
    inputs = builder().build(observation_of(picture), ["red chair"])
    np.testing.assert_allclose(inputs.pixels, batch["pixels"].numpy(), atol=1e-6)
    np.testing.assert_allclose(inputs.rays, batch["rays"].numpy(), atol=1e-4)
    np.testing.assert_array_equal(inputs.tokens, batch["tokens"].numpy())


def observation(width: int, height: int, mounting: Mounting | None = None) -> Observation:
    camera = Camera(width=width, height=height, fx=width, fy=width, cx=width / 2, cy=height / 2)
    return Observation(
        image=np.full((height, width, 3), 200, np.uint8), camera=camera, mounting=mounting
    )


@pytest.mark.parametrize(
    ("width", "height"), [(640, 480), (848, 480), (480, 640), (100, 100), (17, 9)]
)
def test_any_image_size(width: int, height: int) -> None:
    inputs = builder().build(observation(width, height), ["chair", "box"])
    assert inputs.pixels.shape == (1, 3, 128, 160) and inputs.pixels.dtype == np.float32
    assert inputs.rays.shape == (1, 14, 32, 40) and np.isfinite(inputs.rays).all()
    assert inputs.tokens.shape == (1, 2, 8)
    assert 0 < (inputs.pixels != 0).mean() <= 1


def test_rays_are_kept_per_camera_and_mounting_and_renewed_when_either_changes() -> None:
    make = builder()
    up = np.array([0.0, -1.0, 0.0])
    low, high = (Mounting(up_camera=up, height_m=h) for h in (0.3, 1.5))
    camera, other = observation(640, 480).camera, observation(320, 240).camera
    first = make.rays(camera, low)
    assert make.rays(camera, low) is first
    assert make.rays(camera, high) is not first
    assert np.abs(make.rays(camera, high) - first).max() > 0.5
    assert make.rays(other, low) is not first


@pytest.mark.parametrize(
    ("phrases", "reason"),
    [([], "at least one"), ([""], "at least one word"), (["red " * 30], "at most")],
)
def test_bad_phrases(phrases: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        builder().build(observation(64, 48), phrases)
