"""Which shapes an engine is built for, and how its buffers lie in one block of memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from camaware_ros.runtime.contract import Arrays
from camaware_ros.runtime.manifest import LANGUAGE_FILE, Manifest

Shape = tuple[int, ...]
Profile = dict[str, tuple[Shape, Shape, Shape]]
"""Smallest, usual and largest shape of every input with a free axis; 0: as the graph says."""

MOST_PHRASES, USUAL_PHRASES = 64, 8
LONGEST_TEXT = 64
ALIGNMENT = 256


def profiles_for(graph: str, manifest: Manifest) -> list[Profile]:
    """Optimisation profiles of a graph by file name: none for vision; phrases, texts for language.

    Phrases are read all at once behind the picture, a text word by word behind what is written.
    """
    if graph != LANGUAGE_FILE:
        return []
    width, height = manifest.image_size
    visual = (width // 16) * (height // 16)
    length = manifest.prompt_length
    usual_words = USUAL_PHRASES * length // 2  # padding is left out
    phrases = [
        _language(visual, words, count)
        for words, count in (
            (1, 1), (usual_words, USUAL_PHRASES), (MOST_PHRASES * length, MOST_PHRASES)
        )
    ]  # fmt: skip
    text = [
        _language(visual + earlier, size, 1)
        for earlier, size in ((0, 1), (length, 1), (LONGEST_TEXT, LONGEST_TEXT))
    ]
    return [
        {name: (low[name], usual[name], high[name]) for name in low}
        for low, usual, high in (phrases, text)
    ]


def _language(places: int, words: int, phrases: int) -> dict[str, Shape]:
    kept = (0, 0, places, 0)
    return {
        "keys": kept,
        "values": kept,
        "ids": (1, words),
        "position": (1, words),
        "mask": (1, 1, words, places + words),
        "select": (1, phrases, words),
    }


def filled(shape: Shape, graph_shape: Shape) -> Shape:
    """A profile's shape with its zeros replaced by what the graph says."""
    return tuple(s or g for s, g in zip(shape, graph_shape, strict=True))


def profiles_text(profiles: Sequence[Profile]) -> str:
    """As part of an engine's key."""
    return json.dumps(profiles, sort_keys=True)


def fitting_profile(profiles: Sequence[Profile], inputs: Arrays) -> int:
    """Index of the first profile that covers these inputs.

    Raises:
        ValueError: none does.
    """
    shapes = {name: inputs[name].shape for name in profiles[0]}
    for index, profile in enumerate(profiles):
        if all(_within(shapes[name], low, high) for name, (low, _, high) in profile.items()):
            return index
    largest = {name: high for name, (_, _, high) in profiles[0].items()}
    raise ValueError(f"inputs do not fit the network: expected at most {largest}, got {shapes}")


def _within(shape: Shape, low: Shape, high: Shape) -> bool:
    return len(shape) == len(low) and all(
        a <= s <= b for s, a, b in zip(shape, low, high, strict=True)
    )


def block_layout(sizes: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """Where each buffer (bytes by name) begins in one block, and the block's size; aligned."""
    offsets, end = {}, 0
    for name, size in sizes.items():
        offsets[name] = end
        end += -(-max(size, 1) // ALIGNMENT) * ALIGNMENT
    return offsets, end
