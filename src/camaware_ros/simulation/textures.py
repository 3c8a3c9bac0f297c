"""Pictures for surfaces, drawn with numpy from a seed: wood, tiles, plaster, cloth, a view outside.

All return uint8 RGB, shape (n, n, 3), and repeat at the edges where the surface is tiled.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


def png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    return cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()


def planks(rng: np.random.Generator, rgb: tuple[float, float, float], size: int = 512) -> Picture:
    """Wooden floor boards with grain along the columns and dark joints."""
    boards, ends = 8, 2
    row, column = np.mgrid[0:size, 0:size]
    board = column * boards // size
    shift = rng.integers(0, size, boards)[board]
    end = ((row + shift) % size) * ends // size
    tone = rng.normal(1.0, 0.06, (boards, ends))[board, end]
    grain = 0.06 * _noise(rng, size, (4, 128)) + 0.03 * _noise(rng, size, (8, 256))
    joint = (column % (size // boards) < 2) | ((row + shift) % (size // ends) < 2)
    return _paint(rgb, (tone + grain) * np.where(joint, 0.55, 1.0))


def tiles(rng: np.random.Generator, rgb: tuple[float, float, float], size: int = 512) -> Picture:
    """Square tiles with pale joints."""
    count = 4
    row, column = np.mgrid[0:size, 0:size]
    tone = rng.normal(1.0, 0.025, (count, count))[row * count // size, column * count // size]
    edge = size // count
    joint = (row % edge < 5) | (column % edge < 5)
    return _paint(rgb, np.where(joint, 1.14, tone + 0.03 * _noise(rng, size, (24, 24))))


def plaster(rng: np.random.Generator, rgb: tuple[float, float, float], size: int = 256) -> Picture:
    """A painted wall or a carpet: fine and coarse mottling."""
    mottle = 0.02 * _noise(rng, size, (8, 8)) + 0.02 * _noise(rng, size, (128, 128))
    return _paint(rgb, 1.0 + mottle)


def cloth(rng: np.random.Generator, size: int = 128) -> Picture:
    """Near-white weave that multiplies a colour."""
    row, column = np.mgrid[0:size, 0:size]
    weave = 0.04 * np.sin(row * np.pi / 4) * np.sin(column * np.pi / 4)
    return _paint((0.96, 0.96, 0.96), 1.0 + weave + 0.03 * _noise(rng, size, (32, 32)))


def rug(rng: np.random.Generator, size: int = 256) -> Picture:
    """A muted rug: bordered, with faint diamonds."""
    base = np.array([0.62, 0.58, 0.54]) * rng.uniform(0.85, 1.05)
    line = base * rng.uniform(0.6, 0.8)
    row, column = np.mgrid[0:size, 0:size] / size
    edge = np.minimum.reduce([row, column, 1 - row, 1 - column])
    diamond = (np.abs((row * 6) % 1 - 0.5) + np.abs((column * 6) % 1 - 0.5)) < 0.16
    dark = ((edge > 0.04) & (edge < 0.065)) | (diamond & (edge > 0.1))
    pile = 1.0 + 0.05 * _noise(rng, size, (128, 128))
    return _to_uint8(np.where(dark[..., None], line, base) * pile[..., None])


def landscape(rng: np.random.Generator, size: int = 128) -> Picture:
    """A muted framed picture: hills under a pale sky."""
    row, column = np.mgrid[0:size, 0:size] / size
    picture = np.stack([0.78 - 0.15 * row, 0.76 - 0.1 * row, 0.74 - 0.05 * row], axis=-1)
    for step in range(3):
        phase, beat = rng.uniform(0, 6.28), rng.uniform(1, 3)
        ridge = 0.45 + 0.17 * step + 0.08 * np.sin(beat * 6.28 * column + phase)
        shade = np.array([0.52, 0.53, 0.48]) * (1.0 - 0.2 * step) * rng.uniform(0.9, 1.1)
        picture = np.where((row > ridge)[..., None], shade, picture)
    return _to_uint8(picture)


def daylight(size: int = 128) -> Picture:
    """What the window shows: bright sky over a hazy horizon."""
    row = np.linspace(0, 1, size)[:, None] * np.ones((1, size))
    sky = np.stack([0.80 + 0.18 * row, 0.88 + 0.1 * row, 0.98 + 0.0 * row], axis=-1)
    ground = np.broadcast_to([0.72, 0.76, 0.68], sky.shape)
    return _to_uint8(np.where((row > 0.75)[..., None], ground, sky))


def _noise(rng: np.random.Generator, size: int, cells: tuple[int, int]) -> FloatArray:
    """Smooth unit-variance noise that repeats at the edges, (size, size)."""
    coarse = np.pad(rng.normal(size=cells), 1, mode="wrap").astype(np.float32)
    step = (size / cells[0], size / cells[1])
    whole = (round(size + 2 * step[1]), round(size + 2 * step[0]))
    fine = cv2.resize(coarse, whole, interpolation=cv2.INTER_LINEAR)
    top, left = round(step[0]), round(step[1])
    return fine[top : top + size, left : left + size].astype(np.float64)


def _paint(rgb: tuple[float, float, float], brightness: FloatArray) -> Picture:
    return _to_uint8(np.array(rgb) * brightness[..., None])


def _to_uint8(picture: FloatArray) -> Picture:
    return (np.clip(picture, 0.0, 1.0) * 255).round().astype(np.uint8)
