"""Questions answered end to end, by a small network that learnt six dialogues by heart."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml

from camaware_ros.cli.main import main
from camaware_ros.evaluation.rendered import observation_of
from camaware_ros.grounder import DEFAULT_MODEL, FAMILIARITY_FILE, Grounder
from camaware_ros.language.commands import CommandError
from camaware_ros.language.dialogue_text import LOC
from camaware_ros.language.dialogue_words import EOS
from camaware_ros.language.tokenizer import PAD_ID, WordTokenizer
from camaware_ros.model.checkpoint import load_checkpoint, save_checkpoint
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.resources import share_directory
from camaware_ros.runtime.answering import write_answer
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.manifest import (
    MANIFEST_FILE,
    WEIGHTS_FILE,
    read_manifest,
    sha256,
)
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs
from camaware_ros.training import samples
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.data import collate
from camaware_ros.training.dialogue_losses import dialogue_losses, with_spoken_targets
from camaware_ros.training.losses import point_targets
from camaware_ros.types import Observation

TOKENIZER = WordTokenizer()
CONFIG = samples.SampleConfig(
    dialogues=1, band=BANDS["trained range"], zoom=0.0, mounting_known=1.0
)
COUNT = 6
pytestmark = pytest.mark.timeout(400)
Batch = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def batch() -> Batch:
    return collate([samples.make_sample(CONFIG, index, TOKENIZER) for index in range(COUNT)])


@pytest.fixture(scope="module")
def model(batch: Batch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder without graphs: for torch."""
    torch.manual_seed(0)
    network = CameraAwareGrounder(
        ModelConfig(
            vocabulary=TOKENIZER.size, kinds=22, colours=8, width=48, heads=2, stem=(8, 16, 32),
            vision_layers=1, language_layers=2, vision_hidden=48, language_hidden=96,
        )
    )  # fmt: skip
    _, _, among = point_targets(with_spoken_targets(batch))
    optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3)
    for _ in range(120):
        out = network(batch["pixels"], batch["rays"], batch["tokens"], among, batch["dialogue"])
        losses = dialogue_losses(out, batch, canonical=True)
        optimiser.zero_grad()
        (losses["words"] + losses["said_pointer"]).backward()
        optimiser.step()
    folder = tmp_path_factory.mktemp("model")
    save_checkpoint(folder, network, TOKENIZER, {})
    np.savez(folder / FAMILIARITY_FILE, mean=np.zeros(48), whiten=np.eye(48))
    shipped = read_manifest(share_directory() / "models" / DEFAULT_MODEL)
    manifest = replace(
        shipped, name="by heart", tokenizer=TOKENIZER.to_dict(),
        files={name: sha256(folder / name) for name in (WEIGHTS_FILE, FAMILIARITY_FILE)},
    )  # fmt: skip
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    return folder


def learnt(batch: Batch, index: int) -> tuple[list[int], list[str]]:
    """Ids of a question and tokens of its answer."""
    ids = batch["dialogue"][index, 0].tolist()
    asked = int(batch["dialogue_answer"][index, 0].argmax())
    return ids[:asked], [TOKENIZER.tokens[i] for i in ids[asked:] if i != PAD_ID]


def inputs(batch: Batch, index: int) -> ModelInputs:
    return ModelInputs(**{
        name: batch[name][index : index + 1].numpy() for name in ("pixels", "rays", "tokens")
    })  # fmt: skip


def test_what_training_predicts_is_what_decoding_writes(model: Path, batch: Batch) -> None:
    """No id is read at the place of its neighbour."""
    network = SplitNetwork("torch", *torch_graphs(load_checkpoint(model)[0]))
    for index in range(COUNT):
        question, answer = learnt(batch, index)
        seen = network.see(inputs(batch, index))
        written = write_answer(network, seen, question, TOKENIZER)
        assert list(written.tokens) == answer and answer[-1] == EOS
        targets = batch["dialogue_target"][index, 0, : answer.count(LOC)]
        pointed = written.outputs.pointer.argmax(-1)
        assert (batch["pixels_on_token"][index, targets, pointed] > 0).all()


def observed(index: int) -> Observation:
    """The picture of a sample as a robot would hand it in."""
    picture = samples.render_picture(np.random.default_rng([CONFIG.seed, index]), CONFIG)
    return observation_of(picture)


def asked_aloud(batch: Batch, index: int) -> str:
    question, _ = learnt(batch, index)
    return " ".join(TOKENIZER.tokens[i] for i in question[1:])


def test_a_question_about_a_picture(model: Path, batch: Batch) -> None:
    grounder = Grounder.load(model, backend="torch")
    lengths = set()
    for index in range(COUNT):
        question, said = learnt(batch, index)
        answer = grounder.ask(observed(index), asked_aloud(batch, index))
        assert TOKENIZER.ids(answer.question.split()) == question[1:]
        assert len(answer.localizations) == len(answer.spelled) == said.count(LOC)
        lengths.add(len(answer.localizations))
        assert answer.text.endswith(".") and "<" not in answer.text.partition(" at ")[0]
        ranges = [np.linalg.norm(thing.box.center) for thing in answer.localizations]
        for number in re.findall(r"([\d.]+) m away", answer.text):
            assert min(abs(float(number) - r) for r in ranges) <= 0.0051
        assert [box is not None for box in answer.spelled] == ["<" in answer.text] * len(ranges)
    assert len(lengths) > 1
    answer = grounder.ask(observed(0), "where is the unicorn?")
    assert "never taught: unicorn" in answer.warnings
    with pytest.raises(CommandError, match="EMPTY"):
        grounder.ask(observed(0), "")
    with pytest.raises(ValueError, match="at most"):
        grounder.ask(observed(0), "where is the " + "red " * 40)
    grounder.close()


def test_the_shipped_model_answers_alike_on_every_backend_or_says_that_it_only_points() -> None:
    onnx, torch_ = (Grounder.load(backend=name) for name in ("onnx", "torch"))
    if EOS not in onnx.tokenizer.answers:
        with pytest.raises(ValueError, match="only points"):
            onnx.ask(observed(0), "what do you see?")
    else:
        for index in range(3):
            for question in ("what do you see?", "how far is the closest thing?"):
                texts = {g.ask(observed(index), question).text for g in (onnx, torch_)}
                assert len(texts) == 1
    onnx.close(), torch_.close()


def test_the_command(model: Path, batch: Batch, tmp_path: Path, capsys) -> None:
    """A picture and a calibration from disk; the answer is that of training."""
    seen = observed(0)
    camera = seen.camera
    cv2.imwrite(str(tmp_path / "p.png"), cv2.cvtColor(seen.image, cv2.COLOR_RGB2BGR))
    matrix = [camera.fx, 0, camera.cx - 0.5, 0, camera.fy, camera.cy - 0.5, 0, 0, 1]
    record = {
        "camera_name": "test", "image_width": camera.width, "image_height": camera.height,
        "camera_matrix": {"rows": 3, "cols": 3, "data": [float(v) for v in matrix]},
        "distortion_model": "plumb_bob",
        "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.0] * 5},
    }  # fmt: skip
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(record))
    words = [
        "ask", str(tmp_path / "p.png"), "--backend", "torch", "--model", str(model),
        "--camera", str(tmp_path / "camera.yaml"),
        "--question", asked_aloud(batch, 0), "--overlay", str(tmp_path / "o.png"),
    ]  # fmt: skip
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"question", "answer", "things", "warnings", "model"}
    assert said["model"] == "by heart" and said["answer"]
    assert cv2.imread(str(tmp_path / "o.png")).shape == seen.image.shape
