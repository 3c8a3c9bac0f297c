"""A network as it is trained now, exported: same places, same words, operators of an old parser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from camaware_ros.export.parser_operators import unsupported
from camaware_ros.export.to_onnx import export_graphs
from camaware_ros.language.dialogue import encode_question, parse_question
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.runtime.answering import write_answer
from camaware_ros.runtime.contract import CONTRACT_VERSION, ModelInputs
from camaware_ros.runtime.golden import largest_difference
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    LANGUAGE_FILE,
    VISION_FILE,
    WEIGHTS_FILE,
    Manifest,
    TrainedRange,
    graph_record,
    sha256,
)
from camaware_ros.runtime.onnx_backend import open_onnx
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs

# Tracing takes ten seconds of a quiet machine, and many more of a busy one.
pytestmark = pytest.mark.timeout(400)

TOKENIZER = WordTokenizer()
QUESTIONS = ("what do you see", "how far is the red chair", "how many boxes are there")


def make_network() -> CameraAwareGrounder:
    torch.manual_seed(5)
    network = CameraAwareGrounder(
        ModelConfig(
            vocabulary=TOKENIZER.size, kinds=8, colours=8, width=32, heads=2, stem=(8, 8, 16),
            vision_layers=1, language_layers=2, vision_hidden=32, language_hidden=32,
            image_width=96, image_height=64, belief=True,
        )
    )  # fmt: skip
    with torch.no_grad():
        network.language.get_input_embeddings().weight.normal_(std=1.0)
    return network.eval()


def made_up(seed: int) -> ModelInputs:
    rng = np.random.default_rng(seed)
    ids = [TOKENIZER.encode(p, 8) for p in ("red chair", "blue box left of sofa", "lamp")]
    return ModelInputs(
        pixels=rng.normal(size=(1, 3, 64, 96)).astype(np.float32),
        rays=rng.uniform(0.1, 1.0, size=(1, 14, 16, 24)).astype(np.float32),
        tokens=np.array(ids)[None],
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SplitNetwork, SplitNetwork]:
    """The folder, and the network by torch and by ONNX Runtime."""
    folder, network = tmp_path_factory.mktemp("model"), make_network()
    manifest = Manifest(
        name="tiny", contract=CONTRACT_VERSION, image_size=(96, 64), prompt_length=8,
        tokenizer=TOKENIZER.to_dict(), sigma_scale=(1.0, 1.0, 1.0),
        trained=TrainedRange(
            hfov_deg=(40, 90), fisheye_deg=(100, 150), height_m=(0.1, 2), familiarity_limit=1.0
        ),
        files={WEIGHTS_FILE: "0" * 64},
    )  # fmt: skip
    export_graphs(network, folder, graph_record(manifest))
    names = (VISION_FILE, LANGUAGE_FILE, GRAPH_WEIGHTS_FILE)
    manifest.files.update({name: sha256(folder / name) for name in names})  # type: ignore[attr-defined]
    return folder, SplitNetwork("torch", *torch_graphs(network)), open_onnx(folder, manifest, 1)


def test_same_places(both: tuple[Path, SplitNetwork, SplitNetwork]) -> None:
    _, torch_network, onnx_network = both
    for seed in range(3):
        inputs = made_up(seed)
        worst, where = largest_difference(torch_network.infer(inputs), onnx_network.infer(inputs))
        assert worst <= 1e-4, where


def test_same_words(both: tuple[Path, SplitNetwork, SplitNetwork]) -> None:
    _, *networks = both
    answers = []
    for seed, text in enumerate(QUESTIONS):
        question = encode_question(TOKENIZER, parse_question(text))
        said = [write_answer(n, n.see(made_up(seed)), question, TOKENIZER) for n in networks]
        assert said[0].tokens == said[1].tokens
        assert len(said[0].tokens) > 1
        np.testing.assert_allclose(said[0].outputs.direction, said[1].outputs.direction, atol=1e-4)
        answers.append(said[0].tokens)
    assert len(set(answers)) > 1  # they do depend on picture and question


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE])
def test_old_parsers_know_all_operators(
    both: tuple[Path, SplitNetwork, SplitNetwork], name: str
) -> None:
    assert unsupported(onnx.load(both[0] / name)) == []
