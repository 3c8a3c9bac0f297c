"""Written answers: what is kept equals what is computed anew; boxes are those of training."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.rays import cells, ray_features
from camaware_ros.language.dialogue import DIALOGUE_LENGTH, encode_question, parse_question
from camaware_ros.language.dialogue_places import Place, spell
from camaware_ros.language.dialogue_words import EOS
from camaware_ros.language.tokenizer import LOC_ID, PAD_ID, WordTokenizer
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import MAX_SPOKEN, CameraAwareGrounder, spoken_states
from camaware_ros.runtime.answering import measures, spelled_box, spelled_places, write_answer
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.prompt import next_prompt
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs

TOKENIZER = WordTokenizer()
(EOS_ID,) = TOKENIZER.ids([EOS])
QUESTION = encode_question(TOKENIZER, parse_question("how far is the red chair?"))
NO_PHRASES = torch.zeros(1, 0, 1, dtype=torch.long)
CAMERA = Camera(width=160, height=128, fx=120, fy=120, cx=80, cy=64)
UP = np.array([0.0, -np.cos(0.2), -np.sin(0.2)])


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
def backend(network: CameraAwareGrounder) -> SplitNetwork:
    return SplitNetwork("torch", *torch_graphs(network))


@pytest.fixture(scope="module")
def picture() -> ModelInputs:
    rays, valid = cells(CAMERA, np.ones((128, 160), bool))
    pixels = np.random.default_rng(1).normal(size=(1, 3, 128, 160)).astype(np.float32)
    return ModelInputs(
        pixels=pixels, rays=ray_features(rays, valid, 4, UP, 1.0)[None],
        tokens=np.array([[TOKENIZER.encode("thing", 8)]]),
    )  # fmt: skip


def whole(network: CameraAwareGrounder, picture: ModelInputs, ids: list[int]) -> dict:
    """The form of training: everything in one pass."""
    pixels, rays = torch.from_numpy(picture.pixels), torch.from_numpy(picture.rays)
    with torch.inference_mode():
        return network(pixels, rays, NO_PHRASES, dialogue=torch.tensor([[ids]]))


def test_steps_equal_one_pass_over_the_whole_dialogue(network, backend, picture) -> None:
    """Whether ids come at once or one by one, the next words are those of training."""
    ids = [*QUESTION, LOC_ID, *range(30, 36)]
    expected = whole(network, picture, ids)["words"][0, 0]
    behind, position = dict(backend.see(picture)), 0
    for size in (len(QUESTION), 1, 3, 1, 2):
        part = np.array([ids[position : position + size]])
        step = backend.read(behind, next_prompt(part, behind["keys"].shape[2]))
        for name in ("keys", "values"):
            behind[name] = np.concatenate([behind[name], step[f"new_{name}"]], axis=2)
        np.testing.assert_allclose(
            step["logits"][0], expected[position : position + size], atol=1e-4, rtol=1e-4
        )
        position += size
    assert position == len(ids) and behind["keys"].shape[2] == 80 + position


def test_greedy_answers_equal_decoding_without_anything_kept(network, backend, picture) -> None:
    written = write_answer(backend, backend.see(picture), QUESTION, TOKENIZER)
    ids = list(QUESTION)
    while len(ids) < DIALOGUE_LENGTH and ids[-1] != EOS_ID:
        ids.append(int(whole(network, picture, ids)["words"][0, 0, -1].argmax()))
    assert TOKENIZER.ids(written.tokens) == ids[len(QUESTION) :]
    assert len(written.outputs.presence) == ids[len(QUESTION) :].count(LOC_ID)


def test_boxes_of_an_answer_are_those_of_its_loc_states(network, backend, picture) -> None:
    """The answer is made to speak of three things."""
    wanted = [LOC_ID, 30, LOC_ID, LOC_ID, EOS_ID]

    class Forced:
        def read(self, seen, prompt):
            step, said = backend.read(seen, prompt), prompt["position"][0, -1] - 79 - len(QUESTION)
            logits = np.full_like(step["logits"], -1.0)
            logits[0, -1, wanted[said]] = 1.0
            return {**step, "logits": logits}

    written = write_answer(Forced(), backend.see(picture), QUESTION, TOKENIZER)
    assert TOKENIZER.ids(written.tokens) == wanted
    out = whole(network, picture, [*QUESTION, *wanted])
    pointer = out["said_choice"][0, :3].softmax(-1)
    for name, expected in (
        ("pointer", pointer),
        ("direction", out["said_direction"][0, :3]),
        ("log_range", out["said_log_range"][0, :3]),
    ):
        found = getattr(written.outputs, name)
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


def test_the_word_behind_a_loc_sees_only_what_was_pointed_at(network, backend, picture) -> None:
    """Steps are what training learns from, where that is told the places pointed at."""
    ids = [*QUESTION, LOC_ID, 30, 31, LOC_ID, 32, EOS_ID]

    class Forced:
        steps: ClassVar[list] = []

        def read(self, seen, prompt):
            step, said = backend.read(seen, prompt), prompt["position"][0, -1] - 79
            self.steps.append(step)
            logits = np.full_like(step["logits"], -1.0)
            logits[0, -1, ids[min(said, len(ids) - 1)]] = 1.0
            return {**step, "logits": logits}

    forced, seen = Forced(), backend.see(picture)
    written = write_answer(forced, seen, QUESTION, TOKENIZER, looks_back=True)
    assert TOKENIZER.ids(written.tokens) == ids[len(QUESTION) :]
    among = torch.zeros(1, MAX_SPOKEN, 80, dtype=torch.bool)
    for number, pointer in enumerate(written.outputs.pointer):
        among[0, number, pointer.argmax()] = True
    looking = CameraAwareGrounder(replace(network.config, looks_back=True)).eval()
    looking.load_state_dict(network.state_dict())
    pixels, rays = torch.from_numpy(picture.pixels), torch.from_numpy(picture.rays)
    with torch.inference_mode():
        dialogue = torch.tensor([[ids]])
        words = looking(pixels, rays, NO_PHRASES, among, dialogue)["words"][0, 0]
    said = np.concatenate([step["logits"][0] for step in forced.steps])
    np.testing.assert_allclose(said, words[: len(said)], atol=1e-4, rtol=1e-4)
    freely = whole(network, picture, ids)["words"][0, 0]
    assert np.abs(freely[: len(said)].numpy() - said).max() > 1e-3


def test_an_answer_without_end_stops_where_there_is_no_room(backend, picture) -> None:
    class Endless:
        def read(self, seen, prompt):
            step = backend.read(seen, prompt)
            return {**step, "logits": np.eye(TOKENIZER.size)[None, LOC_ID : LOC_ID + 1]}

    written = write_answer(Endless(), backend.see(picture), QUESTION, TOKENIZER)
    room = DIALOGUE_LENGTH - len(QUESTION)
    assert written.tokens == ("<loc>",) * room and len(written.outputs.log_range) == room


def test_states_of_loc_come_in_order_and_missing_ones_are_zero() -> None:
    ids = torch.tensor([[2, LOC_ID, 9, LOC_ID, PAD_ID, PAD_ID], [2, 9, 9, 9, 9, LOC_ID]])
    hidden = torch.arange(1.0, 13).view(2, 6, 1)
    states = spoken_states(ids[None], hidden[None])
    assert states[0, :, :3, 0].tolist() == [[2.0, 4.0, 0.0], [12.0, 0.0, 0.0]]


def test_measures_are_those_of_a_level_robot() -> None:
    """One metre to the right, two ahead on the level plane of a camera that looks down."""
    forward = np.array([0.0, -np.sin(0.2), np.cos(0.2)])
    forward -= (forward @ UP) * UP
    forward /= np.linalg.norm(forward)
    right = np.array([1.0, 0.0, 0.0])
    box = Box3(right + 2 * forward - 0.3 * UP, np.array([0.5, 0.4, 0.9]), np.eye(3))
    found = measures(box, UP)
    assert found.range_m == pytest.approx(np.sqrt(1 + 4 + 0.09))
    assert found.bearing_rad == pytest.approx(np.arctan2(1, 2))
    assert found.size_m == (0.5, 0.4, 0.9)


def test_a_spelled_box_is_the_box_up_to_its_steps() -> None:
    """Through the camera's own projection and back."""
    centre = np.array([0.4, 0.2, 2.5])
    pixel, _ = CAMERA.project(centre)
    place = Place(
        pixel[0] / 160, pixel[1] / 128, float(np.linalg.norm(centre)), (0.5, 0.4, 0.9), 0.3
    )
    tokens = ("the", "chair", "<loc>", "is", "at", *spell(place), "<eos>", "<loc>")
    read, nothing = spelled_places(tokens)
    assert nothing is None
    box = spelled_box(read, CAMERA, UP)
    assert np.linalg.norm(box.center - centre) < 0.1
    np.testing.assert_allclose(box.size, (0.5, 0.4, 0.9), rtol=0.04)
    np.testing.assert_allclose(box.rotation[:, 2], UP, atol=1e-9)
    assert spelled_places(("<loc>", *spell(place)[:6], "<eos>")) == (None,)
