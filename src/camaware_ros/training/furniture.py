"""Things that stand in a training scene, built from three primitives.

Knows shapes and colours. Does not know where things stand, cameras or pixels.

A part is ``(shape, centre xyz, half-sizes abc, role)`` in the thing's own frame: origin on the
floor below its middle, z up, metres. Roles pick the paint: 0 main colour, 1 legs and frame,
2 lighter, 3 darker. For a FRUSTUM the half-sizes are (bottom radius, top radius, half height).
"""

from __future__ import annotations

import colorsys

import numpy as np

from camaware_ros.language.vocabulary import KINDS

BOX, FRUSTUM, ELLIPSOID = 0, 1, 2
Part = tuple[int, tuple[float, float, float], tuple[float, float, float], int]

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
}

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


def sample_size(rng: np.random.Generator, kind: str) -> tuple[float, float, float]:
    """Length >= width, height, metres."""
    length, width, height = SIZES_M[kind]
    long_side = rng.uniform(*length)
    short_side = long_side if width is None else rng.uniform(*width)
    tall = long_side if height is None else rng.uniform(*height)
    return max(long_side, short_side), min(long_side, short_side), tall


def sample_paint(rng: np.random.Generator, colour: str) -> np.ndarray:
    """One RGB triple in [0, 1] that people would call by the colour's name, shape (3,)."""
    hue, saturation, value = PAINTS[colour]
    return np.array(
        colorsys.hsv_to_rgb(
            (rng.uniform(*hue) / 360) % 1, rng.uniform(*saturation), rng.uniform(*value)
        )
    )


def parts_of(rng: np.random.Generator, kind: str, size: tuple[float, float, float]) -> list[Part]:
    """Parts of one thing that tightly fill ``size`` (length, width, height)."""
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}")
    return _BUILDERS[kind](rng, *size)


def _box(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    return [(BOX, (0, 0, height / 2), (length / 2, width / 2, height / 2), 0)]


def _ball(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    return [(ELLIPSOID, (0, 0, height / 2), (length / 2, width / 2, height / 2), 0)]


def _cylinder(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    return [(FRUSTUM, (0, 0, height / 2), (length / 2, length / 2, height / 2), 0)]


def _cone(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    if rng.random() < 0.6:
        return [(FRUSTUM, (0, 0, height / 2), (length / 2, rng.uniform(0, 0.04), height / 2), 0)]
    plate, foot = rng.uniform(0.02, 0.05), rng.uniform(0.36, 0.46) * length
    tip = rng.uniform(0.01, 0.05)
    return [
        (BOX, (0, 0, plate / 2), (length / 2, width / 2, plate / 2), 0),
        (FRUSTUM, (0, 0, (height + plate) / 2), (foot, tip, (height - plate) / 2), 0),
    ]  # fmt: skip


def _legs(
    rng: np.random.Generator, length: float, width: float, top: float, role: int = 1
) -> list[Part]:
    """Four legs, a pedestal or two side panels below ``top``."""
    style, thick = rng.random(), rng.uniform(0.018, 0.04)
    if style < 0.65:
        x, y = length / 2 - thick, width / 2 - thick
        shape = BOX if rng.random() < 0.6 else FRUSTUM
        return [
            (shape, (sx * x, sy * y, top / 2), (thick, thick, top / 2), role)
            for sx in (-1, 1)
            for sy in (-1, 1)
        ]
    if style < 0.85:
        foot = 0.38 * min(length, width)
        return [
            (FRUSTUM, (0, 0, top / 2), (1.4 * thick, 1.4 * thick, top / 2), role),
            (FRUSTUM, (0, 0, 0.02), (foot, 0.8 * foot, 0.02), role),
        ]
    x = length / 2 - thick
    return [(BOX, (s * x, 0, top / 2), (thick, 0.9 * width / 2, top / 2), role) for s in (-1, 1)]


def _table(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    slab = rng.uniform(0.025, 0.07)
    z, half = height - slab / 2, slab / 2
    top: Part = (BOX, (0, 0, z), (length / 2, width / 2, half), 0)
    return [top, *_legs(rng, length, width, height - slab, 1 if rng.random() < 0.5 else 0)]


def _chair(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """The backrest is on the -x side."""
    seat, slab = height * rng.uniform(0.44, 0.56), rng.uniform(0.03, 0.09)
    back, rise = rng.uniform(0.025, 0.08), height - seat
    parts: list[Part] = [(BOX, (0, 0, seat - slab / 2), (length / 2, width / 2, slab / 2), 0)]
    parts += _legs(rng, length, width, seat - slab)
    x = -length / 2 + back / 2
    style = rng.random()
    if style < 0.6:
        parts.append((BOX, (x, 0, seat + rise / 2), (back / 2, width / 2, rise / 2), 0))
    else:
        bar = rise * rng.uniform(0.15, 0.3)
        parts.append((BOX, (x, 0, height - bar), (back / 2, width / 2, bar), 0))
        for side in (-1, 1):
            post = (x, side * (width / 2 - 0.02), seat + rise / 2)
            parts.append((BOX, post, (back / 2, 0.02, rise / 2), 0 if style < 0.8 else 1))
    if rng.random() < 0.2:
        for side in (-1, 1):
            arm = (0.02, side * (width / 2 - 0.02), seat + 0.22)
            parts.append((BOX, arm, (length / 2 - 0.03, 0.02, 0.02), 1))
    return parts


def _sofa(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Length runs along x, the backrest is on the -y side."""
    seat, arm = height * rng.uniform(0.45, 0.58), rng.uniform(0.1, 0.22)
    back, arm_top = rng.uniform(0.16, 0.28), height * rng.uniform(0.6, 0.85)
    lift = rng.uniform(0.02, 0.1) if rng.random() < 0.5 else 0.0
    middle = (height + lift) / 2
    parts: list[Part] = [
        (BOX, (0, 0, (seat + lift) / 2), (length / 2, width / 2, (seat - lift) / 2), 0),
        (BOX, (0, (back - width) / 2, middle), (length / 2, back / 2, (height - lift) / 2), 3),
    ]  # fmt: skip
    for side in (-1, 1):
        centre = (side * (length / 2 - arm / 2), 0, (arm_top + lift) / 2)
        parts.append((BOX, centre, (arm / 2, width / 2, (arm_top - lift) / 2), 0))
    cushions = int(rng.integers(0, 4))
    for i in range(cushions):
        step = (length - 2 * arm) / cushions
        x = -length / 2 + arm + (i + 0.5) * step
        parts.append(
            (BOX, (x, back / 2, seat + 0.03), (0.47 * step, (width - back) / 2 - 0.02, 0.04), 2)
        )
    if lift:
        for sx in (-1, 1):
            for sy in (-1, 1):
                foot = (sx * (length / 2 - 0.06), sy * (width / 2 - 0.06), lift / 2)
                parts.append((BOX, foot, (0.03, 0.03, lift / 2), 1))
    return parts


def _lamp(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    shade, foot = height * rng.uniform(0.16, 0.28), rng.uniform(0.3, 0.5) * length
    top = length / 2 * rng.uniform(0.45, 1.0)
    painted = 0 if rng.random() < 0.6 else 1
    return [
        (FRUSTUM, (0, 0, 0.015), (foot, foot, 0.015), painted),
        (FRUSTUM, (0, 0, height / 2), (0.014, 0.014, height / 2 - 0.01), painted),
        (FRUSTUM, (0, 0, height - shade / 2), (length / 2, top, shade / 2), 0),
    ]


_BUILDERS = {
    "box": _box, "ball": _ball, "cylinder": _cylinder, "cone": _cone,
    "chair": _chair, "table": _table, "sofa": _sofa, "lamp": _lamp,
}  # fmt: skip


def paint_roles(rng: np.random.Generator, colour: str) -> np.ndarray:
    """Albedo per role, shape (4, 3), in [0, 1]."""
    main = sample_paint(rng, colour)
    neutral = np.array([[0.55, 0.4, 0.25], [0.12, 0.12, 0.12], [0.6, 0.6, 0.62], [0.85, 0.83, 0.8]])
    legs = main * rng.uniform(0.6, 1.0) if rng.random() < 0.45 else neutral[rng.integers(4)]
    legs = legs * rng.uniform(0.8, 1.15)
    light = main + (1 - main) * rng.uniform(0.0, 0.15)
    return np.clip(np.stack([main, legs, light, main * rng.uniform(0.75, 1.0)]), 0, 1)
