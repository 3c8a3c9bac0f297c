"""Images without text: their phrases and boxes count for nothing, their geometry does."""

from __future__ import annotations

import pytest
import torch

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.training.data import RenderedScenes, collate
from camaware_ros.training.module import GroundingModule, build_network
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.samples import SampleConfig

SPATIAL = ("spatial_depth", "spatial_ray", "spatial_point")


def module() -> GroundingModule:
    shape = {
        "width": 32, "heads": 2, "stem": [8, 8, 16], "vision_layers": 1, "vision_hidden": 32,
        "language_layers": 2, "language_hidden": 32, "spatial_layers": [1, 2],
    }  # fmt: skip
    config = TrainConfig(name="x", output="unused", images=4, model=shape)
    return GroundingModule(build_network(config, WordTokenizer())).eval()


def batch(labelled: list[float] | None) -> dict[str, torch.Tensor]:
    data = RenderedScenes(SampleConfig(dialogues=2), 4, WordTokenizer())
    out = collate([data[i] for i in range(4)])
    return out if labelled is None else out | {"labelled": torch.tensor(labelled)}


@pytest.fixture(scope="module")
def whole() -> dict[str, torch.Tensor]:
    return batch(None)


def test_only_labelled_images_count_for_words_and_boxes(whole: dict[str, torch.Tensor]) -> None:
    model = module()
    half = model(**whole | {"labelled": torch.tensor([1.0, 0, 1, 0])})["parts"]
    alone = model(**{name: value[[0, 2]] for name, value in whole.items()})["parts"]
    every = model(**whole)["parts"]
    for name, value in half.items():
        reference = every if name in SPATIAL else alone
        torch.testing.assert_close(value, reference[name], atol=1e-5, rtol=1e-5, msg=name)


def test_a_batch_without_any_text_teaches_geometry_only(whole: dict[str, torch.Tensor]) -> None:
    model = module()
    out = model(**whole | {"labelled": torch.zeros(4)})
    out["loss"].backward()
    assert all(
        (value > 0 if name in SPATIAL else value == 0) for name, value in out["parts"].items()
    )
    for name, weight in model.network.named_parameters():
        if weight.grad is not None and name.startswith(("presence", "dense", "point", "refine")):
            assert (weight.grad == 0).all(), name
    assert model.network.vision.to_half[0].weight.grad.abs().sum() > 0


def test_the_share_of_text_changes_nothing_else_in_a_sample() -> None:
    some, every = (
        RenderedScenes(SampleConfig(labelled=x), 40, WordTokenizer()) for x in (0.5, 1.0)
    )
    labels = [float(some[i]["labelled"]) for i in range(40)]
    assert 8 < sum(labels) < 32 and set(labels) == {0.0, 1.0}
    for name, value in every[3].items():
        assert (some[3][name] == value).all(), name
