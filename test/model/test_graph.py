"""The network split into two graphs says what the whole network says in training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.heads import SIZE, YAW
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs

TOKENIZER = WordTokenizer()


def network(**switches: object) -> CameraAwareGrounder:
    torch.manual_seed(3)
    net = CameraAwareGrounder(
        ModelConfig(
            vocabulary=TOKENIZER.size, kinds=8, colours=8, width=32, heads=2, stem=(8, 8, 16),
            vision_layers=1, language_layers=2, vision_hidden=32, language_hidden=32,
            image_width=96, image_height=64, **switches,  # type: ignore[arg-type]
        )
    )  # fmt: skip
    with torch.no_grad():
        for weight in net.refine[-1].parameters():
            weight.normal_(std=0.1)
    return net.eval()


def inputs() -> ModelInputs:
    rng = np.random.default_rng(0)
    phrases = ["red chair", "blue box left of sofa", "lamp"]
    ids = [TOKENIZER.encode(p, 8) for p in phrases] + [[0] * 8]
    return ModelInputs(
        pixels=rng.normal(size=(1, 3, 64, 96)).astype(np.float32),
        rays=rng.uniform(0.1, 1.0, size=(1, 14, 16, 24)).astype(np.float32),
        tokens=np.array(ids)[None],
    )


@pytest.mark.parametrize(
    "switches", [{}, {"belief": True}, {"canonical_range": False, "ray_form": "paper"}]
)
def test_split_is_the_whole(switches: dict[str, object]) -> None:
    net, given = network(**switches), inputs()
    with torch.inference_mode():
        whole = net(*map(torch.from_numpy, given.arrays().values()))
    split = SplitNetwork("torch", *torch_graphs(net)).infer(given)
    expected = {
        "presence": whole["presence"][0], "pointer": whole["choice"][0].softmax(-1),
        "direction": whole["direction"][0], "log_range": whole["log_range"][0],
        "log_size": whole["code"][0, :, SIZE], "yaw": whole["code"][0, :, YAW],
        "up": whole["up"][0], "log_height": whole["log_height"],
        "signature": whole["signature"][0], "object_log_size": whole["dense_code"][0, :, SIZE],
        "object_kind": whole["classes"][0, :, :8].softmax(-1),
        "object_colour": whole["classes"][0, :, 8:16].softmax(-1),
        "objectness": whole["classes"][0, :, 16],
    }  # fmt: skip
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(split, name), value, atol=2e-5, err_msg=name)
    cells = whole["range_map"][0].numpy().reshape(4, 6, 4, 4)
    assert split.range_map.shape == (16, 24)
    np.testing.assert_allclose(split.range_map[5, 9], cells[1, 2, 1, 1], atol=2e-5)


def test_a_phrase_is_read_like_the_token_it_points_at_plus_its_correction() -> None:
    """With the correction switched off both readings of a box agree."""
    net = network()
    with torch.no_grad():
        for weight in net.refine[-1].parameters():
            weight.zero_()
    said = SplitNetwork("torch", *torch_graphs(net)).infer(inputs())
    at = said.pointer.argmax(1)
    for name in ("direction", "log_range", "log_size", "yaw", "log_sigma"):
        dense = getattr(said, f"object_{name}")[at]
        np.testing.assert_allclose(getattr(said, name), dense, atol=1e-5, err_msg=name)
