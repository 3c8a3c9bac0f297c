"""Objects from primitives: plain solids, what stands on tables, what is carried or rolled, people.

Every builder takes length (x) >= width (y) and height in metres and fills exactly that box.
"""

from __future__ import annotations

import math

import numpy as np

from camaware_ros.training.parts import (
    BOX,
    DARK,
    ELLIPSOID,
    FRAME,
    LEAVES,
    LIGHT,
    MAIN,
    METAL,
    SCREEN,
    SKIN,
    Part,
    block,
    corners,
    stump,
)


def box(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A plain box, sometimes with a strip of tape over it."""
    x, y = length / 2, width / 2
    if rng.random() < 0.7:
        return [block((-x, -y, 0), (x, y, height))]
    tape, thin = rng.uniform(0.05, 0.12) * width, 0.002
    return [
        block((thin - x, thin - y, 0), (x - thin, y - thin, height - thin)),
        block((-x, -tape, 0.6 * height), (x, tape, height), LIGHT),
        block((-tape, -y, 0.6 * height), (tape, y, height - thin / 2), LIGHT),
    ]


def ball(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A sphere."""
    return [(ELLIPSOID, (0, 0, height / 2), (length / 2, width / 2, height / 2), MAIN)]


def cylinder(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """An upright cylinder."""
    return [stump(0, 0, 0, height, length / 2, length / 2)]


def cone(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A plain cone, or one on a square plate."""
    if rng.random() < 0.6:
        return [stump(0, 0, 0, height, length / 2, rng.uniform(0, 0.04))]
    plate, foot = rng.uniform(0.02, 0.05), rng.uniform(0.36, 0.46) * length
    return [
        block((-length / 2, -width / 2, 0), (length / 2, width / 2, plate)),
        stump(0, 0, plate, height, foot, rng.uniform(0.01, 0.05)),
    ]


def bin_(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Wider at the top, with a rim around a dark inside, or under a domed lid."""
    r, foot = length / 2, rng.uniform(0.66, 0.82)
    lidded = rng.random() < 0.35
    if lidded:
        dome = min(0.6 * r, 0.3 * height)
        return [
            stump(0, 0, 0, height - dome, foot * r, 0.95 * r),
            stump(0, 0, height - dome - 0.03, height - dome, r, r, DARK),
            (ELLIPSOID, (0, 0, height - dome), (0.96 * r, 0.96 * r, dome), FRAME),
        ]
    rim = rng.uniform(0.02, 0.05)
    return [
        stump(0, 0, 0, height - rim, foot * r, 0.94 * r),
        stump(0, 0, height - rim, height - 0.002, r, r, LIGHT),
        stump(0, 0, height - 0.01, height, 0.9 * r, 0.9 * r, METAL),
    ]


def mug(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A cup with its handle towards +x and something in it."""
    r = width / 2
    middle, end = r - length / 2, length / 2
    thick, low, high = 0.12 * height, 0.2 * height, 0.82 * height
    depth = max(0.18 * r, 0.006)
    return [
        stump(middle, 0, 0, height - 0.001, r * rng.uniform(0.8, 1.0), r),
        stump(middle, 0, height - 0.01, height, 0.85 * r, 0.85 * r, METAL),
        block((middle + 0.8 * r, -depth, high - thick), (end, depth, high)),
        block((middle + 0.75 * r, -depth, low), (end, depth, low + thick)),
        block((end - thick, -depth, low), (end, depth, high)),
    ]


def bottle(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Body, shoulder, neck and cap, sometimes with a label."""
    r, neck = length / 2, rng.uniform(0.26, 0.4)
    shoulder, throat = rng.uniform(0.55, 0.66) * height, rng.uniform(0.74, 0.8) * height
    parts = [
        stump(0, 0, 0, shoulder, r, r),
        stump(0, 0, shoulder, throat, r, neck * r),
        stump(0, 0, throat, 0.93 * height, neck * r, neck * r),
        stump(0, 0, 0.9 * height, height, 1.25 * neck * r, 1.25 * neck * r, METAL),
    ]
    if rng.random() < 0.5:
        parts.append(stump(0, 0, 0.2 * height, 0.45 * height, 1.01 * r, 1.01 * r, LIGHT))
    return parts


def monitor(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A casing with a screen towards -y, on a column and a foot."""
    x, y = length / 2, width / 2
    chin = rng.uniform(0.16, 0.28) * height
    bezel, deep = rng.uniform(0.012, 0.03), rng.uniform(0.02, 0.05)
    foot = rng.uniform(0.22, 0.36) * length
    return [
        block((-x, -deep / 2, chin), (x, deep / 2, height)),
        block((bezel - x, -deep / 2 - 0.004, chin + bezel),
              (x - bezel, -deep / 2 + 0.01, height - bezel), SCREEN),
        block((-0.035, 0, 0.01), (0.035, deep / 2 + 0.015, chin + 0.3 * height)),
        block((-foot, -y, 0), (foot, y, 0.018)),
    ]  # fmt: skip


def plant(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A painted pot, foliage that fills the width, and blossoms in the pot's colour."""
    r = length / 2
    pot = height * rng.uniform(0.22, 0.36)
    rim = min(r * rng.uniform(0.5, 0.72), pot)
    parts = [stump(0, 0, 0, pot, rng.uniform(0.65, 0.85) * rim, rim)]
    crown = height - pot
    if height > 1.9 * length:
        parts.append(stump(0, 0, pot, pot + 0.6 * crown, 0.012, 0.012, FRAME))
        low = pot + rng.uniform(0.25, 0.4) * crown
    else:
        low = pot - 0.02
    middle, half = 0.5 * (low + height), 0.5 * (height - low)
    parts.append((ELLIPSOID, (0, 0, middle), (r * 0.62, r * 0.62, half), LEAVES))
    for i in range(4):
        a, z = i * math.pi / 2, middle + half * rng.uniform(-0.45, 0.35)
        reach = 0.42 * r
        x, y = (r - reach) * math.cos(a), (r - reach) * math.sin(a)
        parts.append((ELLIPSOID, (x, y, z), (reach, reach, 0.5 * half), LEAVES))
    for i in range(int(rng.integers(0, 5))):
        a = 0.8 + i * math.pi / 2
        x, y = 0.55 * r * math.cos(a), 0.55 * r * math.sin(a)
        size = 0.2 * r
        parts.append((ELLIPSOID, (x, y, middle + 0.55 * half), (size, size, size), MAIN))
    return parts


def person(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Somebody standing: shoes, legs, painted torso with arms, head with hair."""
    x, y = length / 2, width / 2
    hip, neck = 0.48 * height, 0.83 * height
    arm, head = 0.1 * length, 0.5 * (height - neck)
    leg, stride = 0.17 * length, rng.uniform(0.2, 0.26) * length
    waist = x - 2 * arm
    parts = []
    for s in (-1, 1):
        parts.append(block((s * stride - leg * 0.9, -y, 0), (s * stride + leg * 0.9, y * 0.5, 0.07),
                           METAL))  # fmt: skip
        parts.append(stump(s * stride, 0, 0.03, hip, 0.75 * leg, leg, FRAME))
        parts.append((ELLIPSOID, (s * (x - arm), 0, 0.66 * height), (arm, arm, 0.17 * height),
                      MAIN))  # fmt: skip
        parts.append((ELLIPSOID, (s * (x - arm), 0, 0.47 * height), (0.8 * arm, 0.8 * arm, 0.05),
                      SKIN))  # fmt: skip
    parts.append((BOX, (0, 0, 0.5 * (hip + neck)), (waist, 0.62 * y, 0.5 * (neck - hip)), MAIN))
    parts.append((ELLIPSOID, (0, 0, neck - 0.02), (x - arm, 0.62 * y, 0.06), MAIN))
    parts.append(
        (ELLIPSOID, (0, 0, neck + head), (0.72 * head, min(0.76 * head, 0.92 * y), head), SKIN)
    )
    hair = (0.78 * head, min(0.8 * head, 0.96 * y), 0.7 * head)
    parts.append((ELLIPSOID, (0, 0.04 * y, height - hair[2]), hair, METAL))
    parts.append(block((-0.3 * waist, 0.4 * y, hip), (0.3 * waist, y, hip + 0.01), MAIN))
    return parts


CART_DECK = 0.8
FLATBED_DECK = 0.24
FLATBED_LENGTH_M = 0.85


def cart_deck(size: tuple[float, float, float]) -> float:
    """Height of a cart's upper deck, m: long carts are flatbeds, short ones have two decks."""
    return size[2] * (FLATBED_DECK if size[0] > FLATBED_LENGTH_M else CART_DECK)


def cart(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """Decks on four wheels, with a push bar at the -x end."""
    x, y, post = length / 2, width / 2, 0.016
    wheel, deck = rng.uniform(0.05, 0.09), cart_deck((length, width, height))
    slab = 0.04
    parts = [block((-x, -y, deck - slab), (x, y, deck))]
    for cx, cy in corners(x - wheel, y - 0.03):
        parts.append((ELLIPSOID, (cx, cy, wheel), (wheel, 0.025, wheel), METAL))
    if deck > 0.5 * height:
        low = 2 * wheel + 0.03
        parts.append(block((-x, -y, low), (x, y, low + slab), MAIN))
        for cx, cy in corners(x - post, y - post):
            parts.append((BOX, (cx, cy, 0.5 * (low + deck)), (post, post, 0.5 * (deck - low)),
                          FRAME))  # fmt: skip
    else:
        parts.append(block((0.03 - x, 0.03 - y, 2 * wheel - 0.02), (x - 0.03, y - 0.03, deck),
                           DARK))  # fmt: skip
    for s in (-1, 1):
        side = s * (y - post)
        parts.append(block((-x, side - post, deck), (2 * post - x, side + post, height), FRAME))
    parts.append(block((-x, -y, height - 2 * post), (2 * post - x, y, height), FRAME))
    return parts


def suitcase(rng: np.random.Generator, length: float, width: float, height: float) -> list[Part]:
    """A ribbed shell on wheels with a pulled-out handle."""
    x, y, wheel = length / 2, width / 2, 0.03
    out = height * rng.uniform(0.12, 0.34)
    top, rib = height - out, 0.008
    parts = [block((rib - x, rib - y, 2 * wheel - 0.01), (x - rib, y - rib, top))]
    for cx, cy in corners(x - 0.05, y - 0.05):
        parts.append((ELLIPSOID, (cx, cy, wheel), (wheel, 0.02, wheel), METAL))
    ribs = int(rng.integers(2, 5))
    for i in range(ribs):
        middle = -x + (i + 0.5) * length / ribs
        parts.append(
            block((middle - 0.02, -y, 0.12 * height), (middle + 0.02, y, 0.93 * top), DARK)
        )
    parts.append(block((-x, -0.015, 0.08 * height), (x, 0.015, 0.97 * top), FRAME))
    grip = 0.36 * length
    for s in (-1, 1):
        parts.append(block((s * grip - 0.01, -0.01, top - 0.02), (s * grip + 0.01, 0.01, height),
                           METAL))  # fmt: skip
    parts.append(block((-grip, -0.015, height - 0.03), (grip, 0.015, height), METAL))
    return parts
