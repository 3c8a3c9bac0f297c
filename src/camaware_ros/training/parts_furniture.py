"""Furniture from primitives: what people sit on, lie on, put things on or walk through.

Every builder takes length (x) >= width (y) and height in metres and fills exactly that box.
"""

from __future__ import annotations

import numpy as np

from camaware_ros.training.parts import (
    BOX,
    DARK,
    FRAME,
    LIGHT,
    MAIN,
    METAL,
    Part,
    block,
    corners,
    legs,
    stump,
)


def table(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A slab on legs."""
    slab = rng.uniform(0.025, 0.07)
    top = block((-length / 2, -width / 2, height - slab), (length / 2, width / 2, height))
    return [top, *legs(rng, length, width, height - slab, FRAME if rng.random() < 0.5 else MAIN)]


def chair(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """The backrest is on the -x side."""
    seat, slab = height * rng.uniform(0.44, 0.56), rng.uniform(0.03, 0.09)
    back, rise = rng.uniform(0.025, 0.08), height - seat
    parts = [block((-length / 2, -width / 2, seat - slab), (length / 2, width / 2, seat))]
    parts += legs(rng, length, width, seat - slab)
    x = -length / 2 + back / 2
    style = rng.random()
    if style < 0.6:
        parts.append((BOX, (x, 0, seat + rise / 2), (back / 2, width / 2, rise / 2), MAIN))
    else:
        bar = rise * rng.uniform(0.15, 0.3)
        parts.append((BOX, (x, 0, height - bar), (back / 2, width / 2, bar), MAIN))
        for side in (-1, 1):
            post = (x, side * (width / 2 - 0.02), seat + rise / 2)
            parts.append((BOX, post, (back / 2, 0.02, rise / 2), MAIN if style < 0.8 else FRAME))
    if rng.random() < 0.2:
        for side in (-1, 1):
            arm = (0.02, side * (width / 2 - 0.02), seat + 0.22)
            parts.append((BOX, arm, (length / 2 - 0.03, 0.02, 0.02), FRAME))
    return parts


def sofa(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Length runs along x, the backrest is on the -y side."""
    seat, arm = height * rng.uniform(0.45, 0.58), rng.uniform(0.1, 0.22)
    back, arm_top = rng.uniform(0.16, 0.28), height * rng.uniform(0.6, 0.85)
    lift = rng.uniform(0.02, 0.1) if rng.random() < 0.5 else 0.0
    x, y = length / 2, width / 2
    parts = [
        block((-x, -y, lift), (x, y, seat)),
        block((-x, -y, lift), (x, back - y, height), DARK),
    ]
    for low, high in ((-x, arm - x), (x - arm, x)):
        parts.append(block((low, -y, lift), (high, y, arm_top)))
    cushions = int(rng.integers(0, 4))
    for i in range(cushions):
        step = (length - 2 * arm) / cushions
        centre = (-x + arm + (i + 0.5) * step, back / 2, seat + 0.03)
        parts.append((BOX, centre, (0.47 * step, (width - back) / 2 - 0.02, 0.04), LIGHT))
    if lift:
        feet = corners(x - 0.06, y - 0.06)
        parts += [(BOX, (cx, cy, lift / 2), (0.03, 0.03, lift / 2), FRAME) for cx, cy in feet]
    return parts


def bed(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A mattress and blanket on a frame, pillows and headboard on the -x side."""
    x, y = length / 2, width / 2
    deck = min(rng.uniform(0.2, 0.34), 0.5 * height)
    top = min(deck + rng.uniform(0.14, 0.24), 0.85 * height)
    fold = -x + rng.uniform(0.3, 0.45) * length
    parts = [
        block((-x, -y, 0), (-x + rng.uniform(0.04, 0.09), y, height), FRAME),
        block((-x, -y, deck - 0.12), (x, y, deck), FRAME),
        block((-x + 0.05, 0.03 - y, deck), (x - 0.02, y - 0.03, top - 0.03), LIGHT),
        block((fold, -y, deck - 0.04), (x, y, top), MAIN),
    ]
    feet = corners(x - 0.05, y - 0.05)
    parts += [(BOX, (cx, cy, deck / 2), (0.04, 0.04, deck / 2), FRAME) for cx, cy in feet]
    pillows = 2 if width > 1.2 else 1
    for i in range(pillows):
        middle = (i - (pillows - 1) / 2) * width / pillows
        parts.append((BOX, (-x + 0.3, middle, top), (0.17, 0.38 * width / pillows, 0.06), LIGHT))
    return parts


def bench(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Planks on two stands."""
    slab, x, y = rng.uniform(0.03, 0.07), length / 2, width / 2
    planks = int(rng.integers(1, 4))
    gap = 0.02
    wide = (width - gap * (planks - 1)) / planks
    parts = [
        block((-x, -y + i * (wide + gap), height - slab), (x, -y + i * (wide + gap) + wide, height))
        for i in range(planks)
    ]
    role = FRAME if rng.random() < 0.7 else MAIN
    inset, thick = rng.uniform(0.08, 0.2), rng.uniform(0.03, 0.06)
    for s in (-1, 1):
        stand = s * (x - inset)
        parts.append(
            block((stand - thick, 0.02 - y, 0), (stand + thick, y - 0.02, height - slab), role)
        )
    parts.append(block((inset - x, -0.02, 0.3 * height), (x - inset, 0.02, 0.4 * height), role))
    return parts


def stool(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A round seat on legs or a column, often with a foot ring."""
    slab, r = rng.uniform(0.03, 0.08), length / 2
    parts = [stump(0, 0, height - slab, height, r, r)]
    role = FRAME if rng.random() < 0.7 else MAIN
    if rng.random() < 0.6:
        half = (0.014, 0.014, (height - slab) / 2)
        spread = 0.62 * r
        parts += [(BOX, (cx, cy, half[2]), half, role) for cx, cy in corners(spread, spread)]
        z = 0.4 * height
        parts += [block((-spread, y - 0.01, z - 0.01), (spread, y + 0.01, z + 0.01), role)
                  for y in (-spread, spread)]  # fmt: skip
    else:
        parts.append(stump(0, 0, 0, height - slab, 0.028, 0.028, METAL))
        parts.append(stump(0, 0, 0, 0.03, 0.85 * r, 0.7 * r, METAL))
    return parts


def lamp(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Foot, pole and shade."""
    shade, foot = height * rng.uniform(0.16, 0.28), rng.uniform(0.3, 0.5) * length
    if height < 0.8:
        shade *= 1.7
    painted = MAIN if rng.random() < 0.6 else FRAME
    pole = 0.014 if height > 0.8 else 0.009
    return [
        stump(0, 0, 0, 0.03, foot, foot, painted),
        stump(0, 0, 0.01, height - 0.01, pole, pole, painted),
        stump(0, 0, height - shade, height, length / 2, length / 2 * rng.uniform(0.45, 1.0)),
    ]


def door(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A leaf with handles on both faces, panels, and a frame around it in most cases."""
    x, y, leaf = length / 2, width / 2, 0.3 * width
    framed = rng.random() < 0.7
    jamb = rng.uniform(0.05, 0.09) if framed else 0.0
    parts = [block((jamb - x, -leaf, 0.0), (x - jamb, leaf, height - jamb))]
    if framed:
        for s in (-1, 1):
            parts.append(block((s * x - (s > 0) * jamb, -y, 0), (s * x + (s < 0) * jamb, y, height),
                               LIGHT if rng.random() < 0.3 else FRAME))  # fmt: skip
        parts.append(block((-x, -y, height - jamb), (x, y, height), parts[-1][3]))
    side, z = (1 if rng.random() < 0.5 else -1), rng.uniform(0.46, 0.52) * height
    grip = side * (x - jamb - 0.09)
    parts.append(block((grip - 0.06, -y, z - 0.02), (grip + 0.06, y, z + 0.02), METAL))
    parts.append(block((grip + side * 0.02 - 0.025, -leaf - 0.006, z - 0.1),
                       (grip + side * 0.02 + 0.025, leaf + 0.006, z + 0.08), METAL))  # fmt: skip
    panels = int(rng.integers(0, 4))
    inset = x - jamb - 0.16
    for i in range(panels):
        step = (height - 0.3) / panels
        low, high = 0.12 + i * step, 0.12 + (i + 0.82) * step
        parts.append(block((-inset, -leaf - 0.008, low), (inset - 0.06, leaf + 0.008, high), DARK))
    return parts


def shelf(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Boards between two sides, open in front, with books on some boards."""
    x, y, thick = length / 2, width / 2, rng.uniform(0.012, 0.022)
    boards = max(2, min(6, round(height / rng.uniform(0.28, 0.42))))
    open_back = rng.random() < 0.4
    parts = [block((s * x - (s > 0) * 2 * thick, -y, 0), (s * x + (s < 0) * 2 * thick, y, height))
             for s in (-1, 1)]  # fmt: skip
    if not open_back:
        parts.append(block((-x, y - 0.012, 0), (x, y, height), DARK))
    step = (height - 2 * thick) / boards
    for i in range(boards + 1):
        parts.append(block((-x, -y, i * step), (x, y, i * step + 2 * thick)))
    for i in range(boards):
        if rng.random() < 0.55:
            start, wide = rng.uniform(0.05, 0.4), rng.uniform(0.2, 0.55)
            left = -x + 2 * thick + start * (length - 0.1)
            right = min(left + wide * length, x - 2 * thick)
            z, tall = i * step + 2 * thick, step * rng.uniform(0.5, 0.8)
            role = (FRAME, LIGHT, METAL)[int(3 * rng.random())]
            parts.append(block((left, 0.03 - y, z), (right, y - 0.02, z + tall), role))
    return parts


def cabinet(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A closed body with door or drawer fronts and handles on the -y side."""
    x, y = length / 2, width / 2
    foot = rng.uniform(0.04, 0.1)
    parts = [
        block((0.02 - x, 0.05 - y, 0), (x - 0.02, y - 0.02, foot), METAL),
        block((-x, 0.02 - y, foot), (x, y, height)),
    ]
    columns = max(1, round(length / rng.uniform(0.4, 0.6)))
    rows = max(1, round(height / 0.32)) if rng.random() < 0.5 else 1
    wide, tall = length / columns, (height - foot) / rows
    role = MAIN if rng.random() < 0.6 else LIGHT
    for i in range(columns):
        for j in range(min(rows, 4)):
            left, low = -x + i * wide, foot + j * (height - foot) / min(rows, 4)
            tall = (height - foot) / min(rows, 4)
            parts.append(
                block(
                    (left + 0.012, -y + 0.006, low + 0.012),
                    (left + wide - 0.012, 0.03 - y, low + tall - 0.012),
                    role,
                )
            )
            mx, mz = (left + 0.5 * wide, low + 0.75 * tall)
            if rows == 1:
                mx = left + (0.85 if i % 2 == 0 and columns > 1 else 0.15) * wide
            grip = (0.08, 0.012) if rows > 1 else (0.012, 0.07)
            parts.append(block((mx - grip[0], -y, mz - grip[1]),
                               (mx + grip[0], 0.02 - y, mz + grip[1]), METAL))  # fmt: skip
    return parts
