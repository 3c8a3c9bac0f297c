"""What nobody should send, and what comes back: an answer in numbers, or a reason by name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant
from camaware_ros.grounder import Grounder, GroundingResult
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.types import Mounting, Observation

HELD = Mounting(up_camera=np.array([0.0, -1.0, 0.0]), height_m=0.8)


@pytest.fixture(scope="module")
def grounder() -> Iterator[Grounder]:
    loaded = Grounder.load(backend="onnx")
    yield loaded
    loaded.close()


def taken_by(camera: Camera, fill: int | None = None) -> Observation:
    shape = (camera.height, camera.width, 3)
    image = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    return Observation(
        image=image if fill is None else np.full(shape, fill, np.uint8), camera=camera,
        mounting=HELD,
    )  # fmt: skip


def pinhole(width: int, height: int) -> Camera:
    return Camera(
        width=width, height=height, fx=width, fy=width, cx=width / 2, cy=height / 2
    )  # fmt: skip


def fisheye(field_deg: float) -> Camera:
    focal = 320 / math.radians(field_deg / 2)
    return Camera(width=640, height=480, fx=focal, fy=focal, cx=320, cy=240, lens=Equidistant())


def all_finite(result: GroundingResult) -> bool:
    found = [*result.localizations, *result.objects]
    numbers = [one.box.corners() for one in found] + [one.covariance for one in found]
    return all(np.isfinite(n).all() for n in [*numbers, result.range_map, result.heat])


@pytest.mark.parametrize("size", [(9, 7), (16, 16), (15, 400)])
def test_an_image_smaller_than_a_token_is_enlarged(
    grounder: Grounder, size: tuple[int, int]
) -> None:
    assert all_finite(grounder.ground(taken_by(pinhole(*size)), ["red chair"]))


def test_a_picture_too_thin_for_a_cell_is_refused_by_name(grounder: Grounder) -> None:
    with pytest.raises(ValueError, match="expected at least one cell with a ray"):
        grounder.ground(taken_by(pinhole(1, 64)), ["red chair"])


@pytest.mark.parametrize("fill", [0, 128, 255])
def test_a_picture_of_nothing_shows_nothing_surely(grounder: Grounder, fill: int) -> None:
    result = grounder.ground(taken_by(pinhole(640, 480), fill), ["red chair"])
    assert all_finite(result)
    assert not any(one.score > 0.9 for one in result.objects)


@pytest.mark.parametrize(
    "camera",
    [
        fisheye(200.0),
        fisheye(359.0),
        replace(fisheye(190.0), cx=40.0, cy=700.0),
        replace(pinhole(640, 480), fx=320.0, fy=320.0, lens=Brown(-0.4, 0.1, 0.0, 0.0, 0.0)),
    ],
    ids=["200 degrees", "359 degrees", "far off centre", "strong barrel"],
)
def test_pixels_without_a_ray_do_no_harm(grounder: Grounder, camera: Camera) -> None:
    rays = InputBuilder((160, 128), 8, grounder.tokenizer).rays(camera, HELD)
    assert np.isfinite(rays).all()
    assert all_finite(grounder.ground(taken_by(camera), ["red chair", "closest box"]))


def test_what_stands_where_there_is_no_ray_changes_nothing(grounder: Grounder) -> None:
    """The padding around a picture has no ray; the arrays there are zero whatever was sent."""
    camera = pinhole(640, 300)
    inputs = InputBuilder((160, 128), 8, grounder.tokenizer).build(taken_by(camera), ["box"])
    nowhere = np.kron(inputs.rays[0, 4] == 0, np.ones((4, 4), bool))
    assert nowhere.any() and not inputs.rays[0][:, inputs.rays[0, 4] == 0].any()
    edge = np.ones_like(nowhere)
    edge[26:102] = False
    assert not inputs.pixels[0][:, nowhere & edge].any()


def test_pixels_that_are_no_numbers_are_refused(grounder: Grounder) -> None:
    camera = pinhole(64, 48)
    with pytest.raises(ValueError, match="expected uint8"):
        Observation(image=np.full((48, 64, 3), np.nan), camera=camera)
    inputs = InputBuilder((160, 128), 8, grounder.tokenizer).build(taken_by(camera), ["box"])
    spoiled = np.array(inputs.pixels)
    spoiled[0, 1, 60, 70] = np.nan
    with pytest.raises(ValueError, match="expected finite numbers"):
        grounder.backend.infer(
            ModelInputs(pixels=spoiled, rays=inputs.rays, tokens=inputs.tokens)
        )  # fmt: skip


def test_words_nobody_taught_are_named_and_an_empty_prompt_is_refused(grounder: Grounder) -> None:
    assert grounder.unknown_words("the crimson zeppelin") == ("zeppelin",)
    for phrases in ([], [""], ["the"], ["?!"]):
        with pytest.raises(ValueError, match="at least one"):
            grounder.ground(taken_by(pinhole(64, 48)), phrases)


def test_cameras_mixed_in_one_batch_do_not_mix_their_answers() -> None:
    torch = pytest.importorskip("torch", reason="needs the train extra")
    from camaware_ros.language.tokenizer import WordTokenizer
    from camaware_ros.model.config import ModelConfig
    from camaware_ros.model.grounder import CameraAwareGrounder

    tokenizer = WordTokenizer()
    torch.manual_seed(0)
    network = CameraAwareGrounder(
        ModelConfig(vocabulary=tokenizer.size, kinds=22, colours=8, width=48, heads=2)
    ).eval()
    build = InputBuilder((160, 128), 8, tokenizer).build
    cameras = (pinhole(640, 480), pinhole(100, 300), fisheye(200.0))
    alone = [build(taken_by(camera), ["red chair", "box"]).arrays() for camera in cameras]
    together = {name: np.concatenate([one[name] for one in alone]) for name in alone[0]}
    with torch.inference_mode():
        batch = network(*map(torch.from_numpy, together.values()))
        for row, one in enumerate(alone):
            single = network(*map(torch.from_numpy, one.values()))
            for name, value in single.items():
                torch.testing.assert_close(batch[name][row], value[0], atol=1e-4, rtol=1e-3)


def test_a_batch_without_any_thing_has_a_finite_loss_and_gradient() -> None:
    torch = pytest.importorskip("torch", reason="needs the train extra")
    from camaware_ros.language.tokenizer import WordTokenizer
    from camaware_ros.model.config import ModelConfig
    from camaware_ros.model.grounder import CameraAwareGrounder
    from camaware_ros.training.data import collate
    from camaware_ros.training.losses import grounding_losses, point_targets, total_loss
    from camaware_ros.training.samples import SampleConfig, make_sample

    tokenizer = WordTokenizer()
    torch.manual_seed(0)
    network = CameraAwareGrounder(
        ModelConfig(vocabulary=tokenizer.size, kinds=22, colours=8, width=48, heads=2)
    )
    batch = collate([make_sample(SampleConfig(), index, tokenizer) for index in range(2)])
    for name in (name for name in batch if name.startswith("thing_")):
        batch[name] = torch.zeros_like(batch[name])
    batch["pixels_on_token"] = torch.zeros_like(batch["pixels_on_token"])
    batch["target"] = torch.full_like(batch["target"], -1)
    _, _, among = point_targets(batch)
    out = network(batch["pixels"], batch["rays"], batch["tokens"], among)
    loss = total_loss(grounding_losses(out, batch, True, network.config.grid))
    loss.backward()
    assert torch.isfinite(loss)
    assert all(
        torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None
    )  # fmt: skip
