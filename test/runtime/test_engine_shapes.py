"""Engines are built for the shapes that prompts have; buffers neither overlap nor lie askew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camaware_ros.runtime.contract import Arrays
from camaware_ros.runtime.engine_shapes import (
    ALIGNMENT,
    Profile,
    block_layout,
    filled,
    fitting_profile,
    profiles_for,
)
from camaware_ros.runtime.manifest import LANGUAGE_FILE, VISION_FILE, read_manifest
from camaware_ros.runtime.prompt import next_prompt, phrases_prompt

KEYS = (3, 6, -1, 32)


@pytest.fixture(scope="module")
def profiles(shipped: Path) -> list[Profile]:
    graph = {"keys": KEYS, "values": KEYS}
    return [
        {n: tuple(filled(s, graph.get(n, s)) for s in ranges) for n, ranges in profile.items()}
        for profile in profiles_for(LANGUAGE_FILE, read_manifest(shipped))
    ]  # type: ignore[misc]


def behind(prompt: Arrays, places: int) -> Arrays:
    kept = np.zeros((3, 6, places, 32), np.float32)
    return {"keys": kept, "values": kept, "features": np.zeros((1, 80, 192)), **prompt}


@pytest.mark.parametrize("count", [1, 2, 8, 64])
def test_phrases_have_a_profile(profiles: list[Profile], count: int) -> None:
    prompt = phrases_prompt(np.ones((1, count, 8), np.int64), 80)
    assert fitting_profile(profiles, behind(prompt, 80)) == 0


@pytest.mark.parametrize(("size", "earlier"), [(1, 80), (11, 80), (1, 91), (1, 143), (64, 80)])
def test_texts_have_a_profile(profiles: list[Profile], size: int, earlier: int) -> None:
    prompt = next_prompt(np.ones((1, size), np.int64), earlier)
    assert fitting_profile(profiles, behind(prompt, earlier)) == (earlier > 80)


def test_what_no_engine_was_built_for_is_refused(profiles: list[Profile]) -> None:
    prompt = phrases_prompt(np.ones((1, 65, 8), np.int64), 80)
    with pytest.raises(ValueError, match="do not fit.*at most .*64"):
        fitting_profile(profiles, behind(prompt, 80))


def test_vision_has_a_single_shape(shipped: Path) -> None:
    assert profiles_for(VISION_FILE, read_manifest(shipped)) == []


@given(sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=20))
def test_buffers_are_aligned_and_apart(sizes: list[int]) -> None:
    named = {str(i): size for i, size in enumerate(sizes)}
    offsets, total = block_layout(named)
    ends = 0
    for name, offset in offsets.items():
        assert offset % ALIGNMENT == 0 and offset >= ends
        ends = offset + named[name]
    assert ends <= total
