"""What the model says, drawn into the picture it saw.

Everything is in the camera frame. Pixels are edge coordinates; OpenCV draws on pixel centres, and
the half pixel between the two is taken off in one place here.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.types import Localization, Observation
from camaware_ros.visualization.wireframe import Edge, box_edges

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

ESTIMATE_COLOUR: Colour = (0, 200, 255)
TRUTH_COLOUR: Colour = (120, 255, 60)
_INK: Colour = (255, 255, 255)
_SHADE: Colour = (16, 20, 28)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SUBPIXEL_BITS = 4


def draw_overlay(
    observation: Observation,
    localizations: Sequence[Localization],
    truths: Sequence[Box3] = (),
    heat: ArrayLike | None = None,
    *,
    camera_name: str = "",
) -> Image:
    """The observation with boxes, labels, a caption and a legend; the input stays as it is.

    Args:
        observation: image and the camera that took it.
        localizations: what was found, boxes in the camera frame.
        truths: true boxes in the camera frame.
        heat: where the model points, non-negative, shape (h, w) of any size that covers the whole
            image; scaled to its own maximum.
        camera_name: for the caption.

    Returns:
        uint8 RGB, same shape as the image.

    Raises:
        ValueError: a heat map that is not two-dimensional, finite and non-negative.
    """
    image = observation.image.copy() if heat is None else _heated(observation.image, heat)
    camera = observation.camera
    for box in truths:
        _draw_box(image, box_edges(box, camera), TRUTH_COLOUR)
    taken: list[tuple[int, int, int, int]] = []
    for localization in localizations:
        edges = box_edges(localization.box, camera)
        _draw_box(image, edges, ESTIMATE_COLOUR)
        _draw_label(image, edges, _label(localization), taken)
    _draw_caption(image, _caption(camera, camera_name))
    entries = [("model", ESTIMATE_COLOUR)] if localizations else []
    entries += [("true", TRUTH_COLOUR)] if truths else []
    _draw_legend(image, entries)
    return image


def _label(localization: Localization) -> str:
    distance_m = float(np.linalg.norm(localization.box.center))
    return f"{localization.label}  {distance_m:.2f} m  {100 * localization.score:.0f} %"


def _caption(camera: Camera, name: str) -> str:
    lens = type(camera.lens).__name__.lower()
    view = f"{np.degrees(camera.hfov_rad):.0f} deg {lens}"
    return f"{name}  {view}" if name else view


def _heated(image: Image, heat: ArrayLike) -> Image:
    values = np.asarray(heat, dtype=np.float32)
    if values.ndim != 2 or not np.all(np.isfinite(values)) or values.min(initial=0) < 0:
        raise ValueError(f"heat: expected finite (h, w) >= 0, got shape {values.shape}")
    height, width = image.shape[:2]
    share = cv2.resize(values / max(float(values.max()), 1e-12), (width, height))
    hot = cv2.applyColorMap((255 * share).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    weight = 0.7 * share.clip(0, 1)[..., None]
    return ((1 - weight) * image + weight * hot).astype(np.uint8)


def _scale(image: Image) -> float:
    """1 for a picture 480 high; lines and letters grow with the picture."""
    return float(np.clip(min(image.shape[:2]) / 480, 0.6, 4.0))


def _draw_box(image: Image, edges: Sequence[Edge], colour: Colour) -> None:
    width = max(1, round(2 * _scale(image)))
    shade = image.copy()
    _draw_lines(shade, [run for edge in edges for run in edge.runs], _SHADE, width + 2)
    image[:] = cv2.addWeighted(image, 0.5, shade, 0.5, 0)
    faint = tuple(int(0.7 * part) for part in colour)
    hidden = [run for edge in edges for run in edge.runs if edge.hidden]
    _draw_lines(image, hidden, faint, max(1, width // 2))  # type: ignore[arg-type]
    seen = [run for edge in edges for run in edge.runs if not edge.hidden]
    _draw_lines(image, seen, colour, width)


def _draw_lines(
    image: Image, runs: Sequence[NDArray[np.float64]], colour: Colour, width: int
) -> None:
    lines = [_drawable(run) for run in runs]
    cv2.polylines(image, lines, False, colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _drawable(pixels: NDArray[np.float64]) -> NDArray[np.int32]:
    """Edge pixels as OpenCV's fixed-point pixel centres."""
    return np.round((pixels - 0.5) * 2**_SUBPIXEL_BITS).astype(np.int32)


def _draw_label(
    image: Image, edges: Sequence[Edge], text: str, taken: list[tuple[int, int, int, int]]
) -> None:
    """Above the box, inside the image, below labels that are already there."""
    height, width = image.shape[:2]
    points = [run for edge in edges for run in edge.runs]
    if not points:
        return
    every = np.concatenate(points)
    inside = every[((every >= 0) & (every <= (width, height))).all(axis=-1)]
    if not len(inside):
        return
    text_width, text_height = _text_size(image, text)
    top = inside[np.argmin(inside[:, 1])]
    left = int(np.clip(top[0] - text_width / 2, 0, max(0, width - text_width)))
    first = int(np.clip(top[1] - 1.3 * text_height, 1.2 * text_height, height - text_height))
    while any(
        left < x + w and x < left + text_width and first < y + h and y < first + text_height
        for x, y, w, h in taken
    ):
        first += text_height
    taken.append((left, first, text_width, text_height))
    _draw_text(image, text, (left, first), ESTIMATE_COLOUR)


def _draw_caption(image: Image, text: str) -> None:
    _draw_text(image, text, (0, 0), _INK)


def _draw_legend(image: Image, entries: Sequence[tuple[str, Colour]]) -> None:
    left = 0
    for text, colour in entries:
        text_width, text_height = _text_size(image, text)
        _draw_text(image, text, (left, image.shape[0] - text_height), colour)
        left += text_width


def _text_size(image: Image, text: str) -> tuple[int, int]:
    """Width and height of a text with its margin."""
    (width, height), below = cv2.getTextSize(_plain(text), _FONT, _font(image), _weight(image))
    return width + height, round(1.7 * (height + below / 2))


def _draw_text(image: Image, text: str, corner: tuple[int, int], colour: Colour) -> None:
    """Text on a darkened patch whose upper left corner is given, in pixels."""
    left, top = corner
    width, height = _text_size(image, text)
    patch = image[max(0, top) : top + height, max(0, left) : left + width]
    patch[:] = (0.3 * patch + 0.7 * np.array(_SHADE)).astype(np.uint8)
    (_, letters), _ = cv2.getTextSize(_plain(text), _FONT, _font(image), _weight(image))
    base = (left + letters // 2, top + (height + letters) // 2)
    cv2.putText(image, _plain(text), base, _FONT, _font(image), colour, _weight(image), cv2.LINE_AA)


def _font(image: Image) -> float:
    return 0.5 * max(0.75, _scale(image))


def _weight(image: Image) -> int:
    return max(1, round(_scale(image)))


def _plain(text: str) -> str:
    """OpenCV's fonts know ASCII only."""
    return text.encode("ascii", "replace").decode("ascii")
