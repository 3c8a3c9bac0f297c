"""The words the model is trained on, and the everyday words that mean the same.

This file knows words only. How a phrase is put together is in ``phrases``; how words become
numbers is in ``tokenizer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KINDS: tuple[str, ...] = (
    "box", "ball", "cylinder", "cone", "chair", "table", "sofa", "lamp", "door", "shelf", "bin",
    "mug", "bottle", "monitor", "bed", "plant", "person", "cart", "stool", "cabinet", "bench",
    "suitcase",
)  # fmt: skip
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
RELATIONS: tuple[str, ...] = ("left of", "right of", "on", "behind", "before")
SUPERLATIVES: tuple[str, ...] = ("closest", "farthest", "leftmost", "rightmost")

ARTICLES: frozenset[str] = frozenset({"the", "a", "an"})

WORDS: tuple[str, ...] = (
    *KINDS, *COLOURS, *SUPERLATIVES, "left", "right", "of", "on", "behind", "before", "thing",
)  # fmt: skip
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
        "bookcase": "shelf",
        "bookshelf": "shelf",
        "shelves": "shelf",
        "shelving unit": "shelf",
        "rack": "shelf",
        "trash can": "bin",
        "trash bin": "bin",
        "garbage can": "bin",
        "waste bin": "bin",
        "wastebasket": "bin",
        "dustbin": "bin",
        "cup": "mug",
        "coffee cup": "mug",
        "coffee mug": "mug",
        "water bottle": "bottle",
        "flask": "bottle",
        "screen": "monitor",
        "display": "monitor",
        "computer screen": "monitor",
        "television": "monitor",
        "tv": "monitor",
        "potted plant": "plant",
        "pot plant": "plant",
        "house plant": "plant",
        "houseplant": "plant",
        "flower": "plant",
        "human": "person",
        "man": "person",
        "woman": "person",
        "pedestrian": "person",
        "trolley": "cart",
        "pushcart": "cart",
        "bar stool": "stool",
        "cupboard": "cabinet",
        "filing cabinet": "cabinet",
        "dresser": "cabinet",
        "sideboard": "cabinet",
        "wardrobe": "cabinet",
        "luggage": "suitcase",
        "suit case": "suitcase",
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
        "on top of": "on",
        "standing on": "on",
        "lying on": "on",
        "sitting on": "on",
        "upon": "on",
        "atop": "on",
        "in front of": "before",
        "in back of": "behind",
    }
)
"""Everyday words and word groups, each mapped to words of ``WORDS``."""
