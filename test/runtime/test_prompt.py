"""Prompts: the masks are those that the network was trained with, padding left out."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.language.tokenizer import LOC_ID, WordTokenizer
from camaware_ros.runtime.prompt import next_prompt, phrases_prompt

TOKENIZER = WordTokenizer()
VISUAL = 5


def encoded(*phrases: str) -> np.ndarray:
    return np.array([[TOKENIZER.encode(p, 8) for p in phrases]])


def test_masks_are_those_of_training() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")
    from camaware_ros.model.grounder import prefix_mask

    tokens = encoded("red chair", "blue box left of sofa", "lamp")
    trained = prefix_mask(
        torch.from_numpy(tokens.reshape(1, -1)), torch.arange(24) // 8, VISUAL
    ).numpy()[0, 0]
    seen = np.concatenate([np.ones(VISUAL, bool), tokens.ravel() != 0])
    prompt = phrases_prompt(tokens, VISUAL)
    np.testing.assert_array_equal(prompt["mask"][0, 0], trained[VISUAL:][seen[VISUAL:]][:, seen])
    positions = np.tile(VISUAL + np.arange(8), 3)[tokens.ravel() != 0]
    np.testing.assert_array_equal(prompt["position"][0], positions)
    np.testing.assert_array_equal(prompt["ids"][0], tokens[tokens != 0])


def test_every_phrase_is_read_at_its_loc() -> None:
    tokens = np.concatenate([encoded("red chair", "lamp"), np.zeros((1, 1, 8), np.int64)], 1)
    prompt = phrases_prompt(tokens, VISUAL)
    select = prompt["select"][0]
    assert select.shape == (3, prompt["ids"].shape[1])
    np.testing.assert_array_equal(select.sum(1), [1, 1, 0])
    for row in select[:2]:
        assert prompt["ids"][0, row.argmax()] == LOC_ID


def test_nothing_but_padding_is_still_a_prompt() -> None:
    prompt = phrases_prompt(np.zeros((1, 2, 8), np.int64), VISUAL)
    assert prompt["ids"].shape == (1, 1) and prompt["select"].sum() == 0


def test_a_text_goes_on_where_it_stopped() -> None:
    whole = next_prompt(np.arange(4, 9)[None], VISUAL)
    parts = [next_prompt(np.arange(4, 7)[None], VISUAL), next_prompt(np.array([[7, 8]]), 8)]
    for name in ("ids", "position"):
        joined = np.concatenate([part[name] for part in parts], 1)
        np.testing.assert_array_equal(joined, whole[name])
    np.testing.assert_array_equal(parts[1]["mask"], whole["mask"][:, :, 3:])
