"""A window into the model: its depth, ray and point maps as pictures and coloured points.

Takes the maps of ``model.spatial`` as arrays of one image; does not know torch. Frames and units
are those of ``model.spatial``: range in metres, rays and points in the gravity frame (forward,
left, up) on the floor below the camera.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

NEAREST_M, FARTHEST_M = 0.3, 12.0
_MAP_AHEAD_M, _MAP_BEHIND_M = 8.0, 1.0
_BACKGROUND = (24, 26, 32)
_SHAPES = {"depth": 1, "ray": 6, "point": 3}


def checked_maps(maps: Mapping[str, NDArray[np.generic]], valid: BoolArray) -> None:
    """Raise ValueError unless depth (1, h, w), ray (6, h, w) and point (3, h, w) fit ``valid``."""
    for name, channels in _SHAPES.items():
        expected = (channels, *valid.shape)
        got = np.shape(maps[name]) if name in maps else None
        if got != expected:
            raise ValueError(f"{name}: expected a map of shape {expected}, got {got}")


def depth_picture(depth: FloatArray, valid: BoolArray) -> Image:
    """Range (h, w) as colours, near red and far blue on a log scale from 0.3 to 12 m, (h, w, 3)."""
    clear = np.clip(np.where(valid, depth, FARTHEST_M), NEAREST_M, FARTHEST_M)
    far = np.log(clear / NEAREST_M) / np.log(FARTHEST_M / NEAREST_M)
    colours = cv2.applyColorMap((255 * (1 - far)).astype(np.uint8), cv2.COLORMAP_TURBO)[..., ::-1]
    return np.where(valid[..., None], colours, np.uint8(_BACKGROUND))


def direction_picture(ray: FloatArray, valid: BoolArray) -> Image:
    """Directions of a ray map (6, h, w) as colours: forward red, left green, up blue, (h, w, 3)."""
    direction = np.moveaxis(ray[3:], 0, -1)
    length = np.linalg.norm(direction, axis=-1, keepdims=True)
    colours = 127.5 * (1 + direction / np.maximum(length, 1e-6))
    return np.where(valid[..., None], colours, _BACKGROUND).astype(np.uint8)


def coloured_points(
    image: Image, point: FloatArray, valid: BoolArray
) -> tuple[FloatArray, NDArray[np.uint8]]:
    """Points (n, 3) in metres with the colour (n, 3) that the image has at their cell.

    Args:
        image: uint8 RGB, (H, W, 3), whole multiples of the map's size.
        point: (3, h, w).
        valid: which cells see anything, (h, w).
    """
    rows, cols = valid.shape
    colours = cv2.resize(image, (cols, rows), interpolation=cv2.INTER_AREA)
    return np.moveaxis(point, 0, -1)[valid], colours[valid]


def top_view(points: FloatArray, colours: NDArray[np.uint8], size: tuple[int, int]) -> Image:
    """Points from above, the camera low in the middle and looking up, size (width, height)."""
    width, height = size
    out, drawn = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
    scale = height / (_MAP_AHEAD_M + _MAP_BEHIND_M)
    order = np.argsort(points[:, 2])
    row = np.floor((_MAP_AHEAD_M - points[order, 0]) * scale)
    col = np.floor(width / 2 - points[order, 1] * scale)
    inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    at = row[inside].astype(int), col[inside].astype(int)
    out[at], drawn[at] = colours[order][inside], 1
    dot = np.ones((3, 3), np.uint8)
    out = cv2.dilate(out, dot)
    out[cv2.dilate(drawn, dot) == 0] = _BACKGROUND
    camera = (width // 2, int(_MAP_AHEAD_M * scale))
    cv2.drawMarker(out, camera, (255, 255, 255), cv2.MARKER_TRIANGLE_UP, 9)
    return out


def spatial_panels(
    image: Image, maps: Mapping[str, NDArray[np.generic]], valid: BoolArray
) -> Image:
    """Picture, range, directions and points from above, two by two.

    Args:
        image: what the network saw, uint8 RGB, (H, W, 3).
        maps: depth (1, h, w), ray (6, h, w), point (3, h, w).
        valid: which cells have a ray, (h, w).

    Returns:
        uint8 RGB, (2H, 2W, 3).

    Raises:
        ValueError: a map is missing or has another shape.
    """
    checked_maps(maps, valid)
    height, width = image.shape[:2]

    def large(small: Image) -> Image:
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)

    seen = top_view(*coloured_points(image, maps["point"], valid), (width, height))
    upper = np.hstack([image, large(depth_picture(maps["depth"][0], valid))])
    return np.vstack([upper, np.hstack([large(direction_picture(maps["ray"], valid)), seen])])
