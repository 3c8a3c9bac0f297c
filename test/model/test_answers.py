"""Written answers: what is kept equals what is computed anew; boxes are those of training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.rays import cells, ray_features
from camaware_ros.language.dialogue import DIALOGUE_LENGTH, encode_question, parse_question
from camaware_ros.language.dialogue_words import EOS
from camaware_ros.language.tokenizer import LOC_ID, PAD_ID, WordTokenizer
from camaware_ros.model.answers import AnswerPrefix, AnswerStep, write_answer
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder, spoken_states

TOKENIZER = WordTokenizer()
(EOS_ID,) = TOKENIZER.ids([EOS])
QUESTION = encode_question(TOKENIZER, parse_question("how far is the red chair?"))
NO_PHRASES = torch.zeros(1, 0, 1, dtype=torch.long)


@pytest.fixture(scope="module")
def network() -> CameraAwareGrounder:
    torch.manual_seed(0)
    config = ModelConfig(
        vocabulary=TOKENIZER.size, kinds=8, colours=8, width=32, heads=2, stem=(8, 8, 16),
        vision_layers=1, language_layers=2, vision_hidden=32, language_hidden=32, belief=True,
    )  # fmt: skip
    network = CameraAwareGrounder(config).eval()
    with torch.no_grad():
        network.language.embed_tokens.weight.mul_(20)
    return network


@pytest.fixture(scope="module")
def picture() -> tuple[torch.Tensor, torch.Tensor]:
    camera = Camera(width=160, height=128, fx=120, fy=120, cx=80, cy=64)
    rays, valid = cells(camera, np.ones((128, 160), bool))
    up = np.array([0.0, -np.cos(0.2), -np.sin(0.2)])
    torch.manual_seed(1)
    return torch.randn(1, 3, 128, 160), torch.from_numpy(ray_features(rays, valid, 4, up, 1.0))[
        None
    ]


@torch.inference_mode()
def test_steps_equal_one_pass_over_the_whole_dialogue(network, picture) -> None:
    """Whether ids come at once or one by one, states and next words are those of training."""
    ids = torch.tensor([[*QUESTION, LOC_ID, *range(30, 36)]])
    out = network(*picture, NO_PHRASES, dialogue=ids)
    _, _, keys, values = AnswerPrefix(network)(*picture)
    step, position = AnswerStep(network), 0
    for size in (len(QUESTION), 1, 3, 1, 2):
        part = ids[:, position : position + size]
        logits, _, keys, values = step(part, keys, values)
        position += size
        torch.testing.assert_close(logits, out["words"][:, position - 1], atol=1e-4, rtol=1e-4)
    assert position == ids.shape[1] and keys.shape[-2] == 80 + position


@torch.inference_mode()
def test_greedy_answers_equal_decoding_without_anything_kept(network, picture) -> None:
    written = write_answer(network, *picture, QUESTION, EOS_ID)
    ids = list(QUESTION)
    while len(ids) < DIALOGUE_LENGTH and ids[-1] != EOS_ID:
        words = network(*picture, NO_PHRASES, dialogue=torch.tensor([ids]))["words"]
        ids.append(int(words[0, -1].argmax()))
    assert written.ids == tuple(ids[len(QUESTION) :])


@torch.inference_mode()
def test_boxes_of_an_answer_are_those_of_its_loc_states(network, picture, monkeypatch) -> None:
    """The answer is forced to speak of three things."""
    said = iter([LOC_ID, 30, LOC_ID, LOC_ID, EOS_ID])

    def next_word(hidden: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.tensor([next(said)]), TOKENIZER.size).float()

    monkeypatch.setattr(network, "next_word", next_word)
    written = write_answer(network, *picture, QUESTION, EOS_ID)
    monkeypatch.undo()
    assert written.ids == (LOC_ID, 30, LOC_ID, LOC_ID, EOS_ID)
    whole = network(*picture, NO_PHRASES, dialogue=torch.tensor([[*QUESTION, *written.ids]]))
    for name in ("pointer", "direction", "log_range", "code"):
        expected = whole[f"said_{name}"][:, :3]
        torch.testing.assert_close(written.found[name], expected, atol=1e-4, rtol=1e-4)


def test_states_of_loc_come_in_order_and_missing_ones_are_zero() -> None:
    ids = torch.tensor([[2, LOC_ID, 9, LOC_ID, PAD_ID, PAD_ID], [2, 9, 9, 9, 9, LOC_ID]])
    hidden = torch.arange(1.0, 13).view(2, 6, 1)
    states = spoken_states(ids, hidden)
    assert states[:, :3, 0].tolist() == [[2.0, 4.0, 0.0], [12.0, 0.0, 0.0]]
