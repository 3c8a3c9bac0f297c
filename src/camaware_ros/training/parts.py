"""The three primitives of training things, and the legs that many of them stand on.

A part is ``(shape, centre xyz, half-sizes abc, role)`` in the thing's own frame: origin on the
floor below its middle, z up, metres. For a FRUSTUM the half-sizes are (bottom radius, top radius,
half height). Roles pick the paint, see ``furniture.paint_roles``.
"""

from __future__ import annotations

import numpy as np

BOX, FRUSTUM, ELLIPSOID = 0, 1, 2
Part = tuple[int, tuple[float, float, float], tuple[float, float, float], int]
MAIN, FRAME, LIGHT, DARK, METAL, SCREEN, LEAVES, SKIN = range(8)


def block(
    low: tuple[float, float, float], high: tuple[float, float, float], role: int = MAIN
) -> Part:
    """A box between two corners."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    middle = (0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * (z0 + z1))
    return BOX, middle, (0.5 * (x1 - x0), 0.5 * (y1 - y0), 0.5 * (z1 - z0)), role


def stump(x: float, y: float, z0: float, z1: float, r0: float, r1: float, role: int = MAIN) -> Part:
    """An upright cone stump of radius r0 at z0 and r1 at z1."""
    return FRUSTUM, (x, y, 0.5 * (z0 + z1)), (r0, r1, 0.5 * (z1 - z0)), role


def corners(x: float, y: float) -> tuple[tuple[float, float], ...]:
    """The four corners of a rectangle with half-sides x and y."""
    return (-x, -y), (-x, y), (x, -y), (x, y)


def legs(
    rng: np.random.Generator, length: float, width: float, top: float, role: int = FRAME
) -> list[Part]:
    """Four legs, a pedestal or two side panels below ``top``."""
    style, thick = rng.random(), rng.uniform(0.018, 0.04)
    if style < 0.65:
        x, y = length / 2 - thick, width / 2 - thick
        shape = BOX if rng.random() < 0.6 else FRUSTUM
        half = (thick, thick, top / 2)
        return [(shape, (cx, cy, top / 2), half, role) for cx, cy in corners(x, y)]
    if style < 0.85:
        foot = 0.38 * min(length, width)
        return [
            stump(0, 0, 0, top, 1.4 * thick, 1.4 * thick, role),
            stump(0, 0, 0, 0.04, foot, 0.8 * foot, role),
        ]
    x = length / 2 - thick
    return [(BOX, (s * x, 0, top / 2), (thick, 0.9 * width / 2, top / 2), role) for s in (-1, 1)]
