"""What a sensor does to a clean picture: exposure, white balance, blur, noise, vignetting, JPEG.

Knows pixels only. Geometry never changes here.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

NOISE_BANK = 32
NOISE_UNIT = 32


def develop(rng: np.random.Generator, rgb: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From rendered brightness to an 8-bit picture, exposed as a camera would do by itself.

    Args:
        rgb: linear-ish brightness, shape (h, w, 3), 0 where there is no content.

    Returns:
        uint8 RGB of the same shape.
    """
    height, width = rgb.shape[:2]
    flat = rgb.reshape(height, width * 3)
    middle = max(cv2.sumElems(flat)[0] / max(cv2.countNonZero(flat), 1), 1e-3)
    gain = min(max(rng.uniform(0.3, 0.62) / middle, 0.5), 3.0)
    image = flat * np.tile((gain * rng.uniform(0.93, 1.07, 3)).astype(np.float32), width)
    if rng.random() < 0.3:
        image *= 1 - np.float32(rng.uniform(0.05, 0.4)) * _half_square(height, width)
    out = cv2.convertScaleAbs(image, alpha=255).reshape(rgb.shape)
    out = cv2.LUT(out, _gamma_table(rng.uniform(0.75, 1.2)))
    draw = rng.random()
    if draw < 0.35:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, 0.9))
    elif draw < 0.45:
        out = _motion_blur(rng, out)
    if rng.random() < 0.6:
        out = _add_noise(rng, out)
    if rng.random() < 0.15:
        _, coded = cv2.imencode(
            ".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(45 + 50 * rng.random())]
        )
        out = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return out


def _gamma_table(gamma: float) -> NDArray[np.uint8]:
    return (255 * (np.arange(256) / 255) ** gamma + 0.5).astype(np.uint8)


@lru_cache(maxsize=4)
def _noise_bank(height: int, width: int) -> NDArray[np.uint8]:
    """Noise around 128; drawing it afresh for every picture would cost more than rendering."""
    bank = np.random.default_rng(0).normal(128, NOISE_UNIT, (NOISE_BANK, height, width, 3))
    return np.clip(np.rint(bank), 0, 255).astype(np.uint8)


def _add_noise(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    noise = _noise_bank(*image.shape[:2])[int(NOISE_BANK * rng.random())]
    weight = rng.uniform(0.5, 8.0) / NOISE_UNIT
    return cv2.addWeighted(image, 1.0, noise, weight, -128 * weight)


@lru_cache(maxsize=4)
def _half_square(height: int, width: int) -> NDArray[np.float32]:
    """Half of the square of the distance from the middle, 1 in the corners, shape (h, 3 w)."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return np.repeat((x * x + y * y) / 2, 3, axis=1)


def _motion_blur(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    length = int(rng.integers(2, 5))
    kernel = np.zeros((5, 5), np.float32)
    cv2.line(kernel, (2 - length // 2, 2), (2 + length // 2, 2 + int(rng.integers(-1, 2))), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())
