"""Things that stand in a training scene: their sizes, their paints and their parts.

Knows names, metres and colours. How a kind is put together is in ``parts_furniture`` and
``parts_objects``. Does not know where things stand, cameras or pixels.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np

from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training import parts_furniture, parts_objects
from camaware_ros.training.parts import Part

# length, width, height ranges in metres; None = equal to the length
SIZES_M = {
    "box": ((0.22, 0.75), (0.22, 0.75), (0.22, 0.75)),
    "ball": ((0.18, 0.65), None, None),
    "cylinder": ((0.18, 0.55), None, (0.28, 0.95)),
    "cone": ((0.22, 0.65), None, (0.32, 0.95)),
    "chair": ((0.38, 0.58), (0.38, 0.58), (0.72, 1.10)),
    "table": ((0.65, 1.45), (0.48, 0.95), (0.42, 0.82)),
    "sofa": ((1.15, 2.1), (0.68, 1.0), (0.58, 0.95)),
    "lamp": ((0.24, 0.48), None, (1.15, 1.75)),
    "door": ((0.70, 1.0), (0.07, 0.14), (1.85, 2.15)),
    "shelf": ((0.50, 1.2), (0.24, 0.42), (0.70, 1.95)),
    "bin": ((0.22, 0.50), None, (0.28, 0.80)),
    "mug": ((0.105, 0.15), (0.075, 0.1), (0.08, 0.13)),
    "bottle": ((0.065, 0.11), None, (0.20, 0.38)),
    "monitor": ((0.40, 0.80), (0.14, 0.26), (0.34, 0.60)),
    "bed": ((1.70, 2.15), (0.80, 1.7), (0.55, 1.10)),
    "plant": ((0.25, 0.70), None, (0.40, 1.40)),
    "person": ((0.42, 0.56), (0.22, 0.32), (1.50, 1.92)),
    "cart": ((0.60, 1.1), (0.42, 0.60), (0.78, 1.08)),
    "stool": ((0.30, 0.44), None, (0.42, 0.78)),
    "cabinet": ((0.45, 1.2), (0.34, 0.55), (0.60, 1.80)),
    "bench": ((0.90, 1.7), (0.28, 0.48), (0.38, 0.50)),
    "suitcase": ((0.36, 0.52), (0.19, 0.32), (0.55, 1.00)),
}
TABLETOP_SIZES_M = {
    **{kind: SIZES_M[kind] for kind in ("mug", "bottle", "monitor")},
    "ball": ((0.09, 0.26), None, None),
    "box": ((0.12, 0.35), (0.1, 0.3), (0.08, 0.3)),
    "plant": ((0.14, 0.32), None, (0.22, 0.5)),
    "lamp": ((0.18, 0.34), None, (0.34, 0.6)),
}
"""Things that also stand on others, at the size that they then have."""
SUPPORTS: tuple[str, ...] = ("table", "cabinet", "shelf", "bench", "cart", "box")

# hue in degrees (from, to), saturation, value
PAINTS = {
    "red": ((-9, 8), (0.68, 1.0), (0.42, 1.0)),
    "orange": ((19, 33), (0.75, 1.0), (0.72, 1.0)),
    "yellow": ((47, 61), (0.62, 1.0), (0.75, 1.0)),
    "green": ((92, 152), (0.45, 1.0), (0.28, 0.85)),
    "blue": ((205, 242), (0.55, 1.0), (0.35, 1.0)),
    "purple": ((264, 300), (0.40, 0.95), (0.35, 0.85)),
    "white": ((0, 360), (0.0, 0.07), (0.85, 1.0)),
    "black": ((0, 360), (0.0, 0.25), (0.02, 0.14)),
}


def sample_size(
    rng: np.random.Generator, kind: str, tabletop: bool = False
) -> tuple[float, float, float]:
    """Length >= width, height, metres."""
    length, width, height = (TABLETOP_SIZES_M if tabletop else SIZES_M)[kind]
    a, b, c = rng.random(3).tolist()
    long_side = length[0] + a * (length[1] - length[0])
    short_side = long_side if width is None else width[0] + b * (width[1] - width[0])
    tall = long_side if height is None else height[0] + c * (height[1] - height[0])
    return max(long_side, short_side), min(long_side, short_side), tall


def sample_paint(rng: np.random.Generator, colour: str) -> np.ndarray:
    """One RGB triple in [0, 1] that people would call by the colour's name, shape (3,)."""
    hue, saturation, value = PAINTS[colour]
    return np.array(
        colorsys.hsv_to_rgb(
            (rng.uniform(*hue) / 360) % 1, rng.uniform(*saturation), rng.uniform(*value)
        )
    )


def support_height(kind: str, size: tuple[float, float, float]) -> float:
    """Height of the surface of one of ``SUPPORTS`` that things stand on, m."""
    return parts_objects.cart_deck(size) if kind == "cart" else size[2]


def parts_of(rng: np.random.Generator, kind: str, size: tuple[float, float, float]) -> list[Part]:
    """Parts of one thing that tightly fill ``size`` (length, width, height)."""
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}")
    return _BUILDERS[kind](rng, *size)


_BUILDERS: dict[str, Callable[[np.random.Generator, float, float, float], list[Part]]] = {
    "box": parts_objects.box,
    "ball": parts_objects.ball,
    "cylinder": parts_objects.cylinder,
    "cone": parts_objects.cone,
    "chair": parts_furniture.chair,
    "table": parts_furniture.table,
    "sofa": parts_furniture.sofa,
    "lamp": parts_furniture.lamp,
    "door": parts_furniture.door,
    "shelf": parts_furniture.shelf,
    "bin": parts_objects.bin_,
    "mug": parts_objects.mug,
    "bottle": parts_objects.bottle,
    "monitor": parts_objects.monitor,
    "bed": parts_furniture.bed,
    "plant": parts_objects.plant,
    "person": parts_objects.person,
    "cart": parts_objects.cart,
    "stool": parts_furniture.stool,
    "cabinet": parts_furniture.cabinet,
    "bench": parts_furniture.bench,
    "suitcase": parts_objects.suitcase,
}

_NEUTRAL = ((0.55, 0.4, 0.25), (0.12, 0.12, 0.12), (0.6, 0.6, 0.62), (0.85, 0.83, 0.8))
_SKIN = ((0.93, 0.76, 0.66), (0.80, 0.60, 0.46), (0.55, 0.37, 0.26), (0.33, 0.22, 0.16))


def paint_roles(rng: np.random.Generator, colour: str) -> tuple[tuple[float, ...], ...]:
    """Albedo (r, g, b) in [0, 1] for each of the 8 roles of ``parts``.

    Order: main colour, frame, a lighter and a darker shade, metal, screen, leaves, skin.
    """
    main = tuple(sample_paint(rng, colour).tolist())
    a, b, c, d, e, f, g = rng.random(7).tolist()
    frame = _dimmed(main, 0.6 + 0.4 * b) if a < 0.45 else _NEUTRAL[int(4 * b)]
    light = tuple(x + (1 - x) * 0.15 * d for x in main)
    metal = (0.06 + 0.2 * e if e < 0.7 else 0.7,) * 3
    screen = (0.03, 0.035, 0.05) if f < 0.6 else (0.13, 0.335, 0.55)
    leaves = (0.08 + 0.2 * g, 0.28 + 0.3 * f, 0.06 + 0.1 * c)
    dark = _dimmed(main, 0.75 + 0.25 * e)
    return (
        main,
        _dimmed(frame, 0.8 + 0.35 * c),
        light,
        dark,
        metal,
        screen,
        leaves,
        _SKIN[int(4 * g)],
    )


def _dimmed(paint: tuple[float, ...], by: float) -> tuple[float, ...]:
    r, g, b = paint
    return min(by * r, 1.0), min(by * g, 1.0), min(by * b, 1.0)
