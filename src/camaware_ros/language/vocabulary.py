"""The words the model is trained on, and the everyday words that mean the same.

This file knows words only. How a phrase is put together is in ``phrases``; how words become
numbers is in ``tokenizer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KINDS: tuple[str, ...] = ("box", "ball", "cylinder", "cone", "chair", "table", "sofa", "lamp")
COLOURS: tuple[str, ...] = (
    "red",
    "green",
    "blue",
    "yellow",
    "orange",
    "purple",
    "white",
    "black",
)
RELATIONS: tuple[str, ...] = ("left of", "right of")
SUPERLATIVES: tuple[str, ...] = ("closest", "farthest", "leftmost", "rightmost")

ARTICLES: frozenset[str] = frozenset({"the", "a", "an"})

WORDS: tuple[str, ...] = (*KINDS, *COLOURS, *SUPERLATIVES, "left", "right", "of", "thing")
"""Every word a normalised phrase may hold. Order matters: token ids follow it."""

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        # kinds
        "couch": "sofa",
        "settee": "sofa",
        "loveseat": "sofa",
        "desk": "table",
        "crate": "box",
        "carton": "box",
        "cube": "box",
        "cuboid": "box",
        "package": "box",
        "parcel": "box",
        "sphere": "ball",
        "globe": "ball",
        "armchair": "chair",
        "seat": "chair",
        "floor lamp": "lamp",
        "standing lamp": "lamp",
        "light": "lamp",
        "drum": "cylinder",
        "traffic cone": "cone",
        "pylon": "cone",
        # colours
        "violet": "purple",
        "crimson": "red",
        "object": "thing",
        "item": "thing",
        # superlatives
        "nearest": "closest",
        "furthest": "farthest",
        "most distant": "farthest",
        "left most": "leftmost",
        "right most": "rightmost",
        # relations; articles are gone by the time these are looked up
        "to left of": "left of",
        "to right of": "right of",
        "on left of": "left of",
        "on right of": "right of",
        "on left side of": "left of",
        "on right side of": "right of",
    }
)
"""Everyday words and word groups, each mapped to words of ``WORDS``."""
