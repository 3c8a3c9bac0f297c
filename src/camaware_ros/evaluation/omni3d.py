"""Data sets in the Omni3D format: images with K, oriented boxes in the optical frame (JSON).

Format: https://github.com/facebookresearch/omni3d/blob/main/DATA.md. A box's own axes there are
x along its length, y down its height and z along its width; ``dimensions`` are width, height,
length. What Omni3D has no word for stands in extra keys that its own tools ignore: ``camera_aware``
of an image (``distortion_model`` and ``D`` as in ROS, ``up_camera`` and ``height_m`` of the
mounting, ``range_path`` of a 16-bit PNG with millimetres along the ray), ``colour`` of a thing.
Values of -1 mean unknown, as in Omni3D.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.language.phrases import normalise_phrase
from camaware_ros.types import Mounting, Observation

EXTRA = "camera_aware"
UNKNOWN = -1
# Omni3D's vertex order v0..v7, as signs along its own axes (length, height, width)
_VERTICES = np.array([
    (-1, -1, -1), (1, -1, -1), (1, 1, -1), (-1, 1, -1),
    (-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1),
])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One annotated thing.

    Attributes:
        kind: category, in this package's words where it has one.
        colour: a word, empty where unknown.
        box: in the optical frame.
        pixels: of it that are visible, ``UNKNOWN`` where nobody counted.
        tight: left, top, right, bottom of these pixels; None where unknown.
    """

    kind: str
    box: Box3
    colour: str = ""
    pixels: int = UNKNOWN
    tight: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One image of a data set, not loaded yet.

    Attributes:
        path: of the image.
        camera: of the image.
        mounting: None where unknown.
        things: with a reliable box.
        range_path: 16-bit PNG, millimetres along the ray, 0 where unknown; None without one.
    """

    path: Path
    camera: Camera
    mounting: Mounting | None
    things: tuple[Thing, ...]
    range_path: Path | None = None

    def observation(self) -> Observation:
        """The image with its camera; ValueError where it is missing, damaged or of other size."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR) if self.path.is_file() else None
        if image is None:
            raise ValueError(f"{self.path}: expected a readable image, got none")
        try:
            rgb = np.ascontiguousarray(image[..., ::-1])
            return Observation(image=rgb, camera=self.camera, mounting=self.mounting)
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from error

    def range_m(self) -> NDArray[np.float64] | None:
        """Metres along each pixel's ray, 0 where unknown; None where the set has none."""
        if self.range_path is None:
            return None
        image = cv2.imread(str(self.range_path), cv2.IMREAD_UNCHANGED)
        expected = (self.camera.height, self.camera.width)
        if image is None or image.dtype != np.uint16 or image.shape != expected:
            got = "none" if image is None else f"{image.dtype} {image.shape}"
            raise ValueError(f"{self.range_path}: expected uint16 of shape {expected}, got {got}")
        return image / 1000.0


def box_to_omni3d(box: Box3) -> dict[str, Any]:
    """``center_cam``, ``dimensions``, ``R_cam`` and ``bbox3D_cam`` of a box."""
    forward, left, up = box.rotation.T
    rotation = np.stack([forward, -up, left], axis=1)
    length, width, height = box.size
    vertices = box.center + (_VERTICES * (length, height, width) / 2) @ rotation.T
    return {
        "center_cam": box.center.tolist(), "dimensions": [width, height, length],
        "R_cam": rotation.tolist(), "bbox3D_cam": vertices.tolist(),
    }  # fmt: skip


def box_from_omni3d(record: dict[str, Any]) -> Box3:
    """The inverse of :func:`box_to_omni3d`; ValueError for what is no box."""
    length_axis, down, width_axis = _numbers(record, "R_cam", (3, 3)).T
    width, height, length = _numbers(record, "dimensions", (3,))
    return Box3(
        _numbers(record, "center_cam", (3,)),
        np.array([length, width, height]),
        np.stack([length_axis, width_axis, -down], axis=1),
    )


def write_omni3d(path: Path, photos: Sequence[Photo], images: Path, name: str) -> None:
    """Write the JSON of photos whose files lie below ``images``."""
    kinds = sorted({thing.kind for photo in photos for thing in photo.things})
    annotations: list[dict[str, Any]] = []
    for image_id, photo in enumerate(photos):
        for thing in photo.things:
            found = _annotation(photo, thing)
            found |= {"id": len(annotations), "image_id": image_id, "dataset_id": 0}
            annotations.append(found | {"category_id": kinds.index(thing.kind)})
    record = {
        "info": {"id": 0, "source": "camaware_ros", "name": name, "split": "test",
                 "version": "1.0", "url": ""},
        "images": [_image_record(k, photo, images) for k, photo in enumerate(photos)],
        "categories": [
            {"id": k, "name": kind, "supercategory": ""} for k, kind in enumerate(kinds)
        ],
        "annotations": annotations,
    }  # fmt: skip
    path.write_text(json.dumps(record) + "\n")


def _image_record(image_id: int, photo: Photo, images: Path) -> dict[str, Any]:
    model, coefficients = photo.camera.opencv_distortion()
    extra: dict[str, Any] = {"distortion_model": model, "D": list(coefficients)}
    if photo.mounting is not None:
        extra["up_camera"] = photo.mounting.up_camera.tolist()
        extra["height_m"] = photo.mounting.height_m
    if photo.range_path is not None:
        extra["range_path"] = str(photo.range_path.relative_to(images))
    return {
        "id": image_id, "dataset_id": 0, "width": photo.camera.width,
        "height": photo.camera.height, "file_path": str(photo.path.relative_to(images)),
        "K": photo.camera.opencv_matrix().tolist(), "src_90_rotate": 0, "src_flagged": False,
        EXTRA: extra,
    }  # fmt: skip


def _annotation(photo: Photo, thing: Thing) -> dict[str, Any]:
    camera = photo.camera
    pixels, valid = camera.project(thing.box.corners())
    projected, cut = [UNKNOWN] * 4, [UNKNOWN] * 4
    if valid.all():
        low, high = pixels.min(0), pixels.max(0)
        size = np.array([camera.width, camera.height], dtype=float)
        projected = [*low.tolist(), *high.tolist()]
        cut = [*np.clip(low, 0, size).tolist(), *np.clip(high, 0, size).tolist()]
    return box_to_omni3d(thing.box) | {
        "category_name": thing.kind, "colour": thing.colour, "valid3D": True,
        "bbox2D_tight": list(thing.tight) if thing.tight else [UNKNOWN] * 4,
        "bbox2D_proj": projected, "bbox2D_trunc": cut,
        "behind_camera": bool((thing.box.corners()[:, 2] <= 0).any()),
        "visibility": UNKNOWN, "truncation": UNKNOWN, "segmentation_pts": thing.pixels,
        "lidar_pts": UNKNOWN, "depth_error": UNKNOWN,
    }  # fmt: skip


def read_omni3d(path: Path, images: Path) -> tuple[Photo, ...]:
    """Read a data set; things without a reliable box (``valid3D`` false) are left out.

    Args:
        path: of the JSON file.
        images: folder that ``file_path`` is relative to.

    Raises:
        ValueError: naming the file and what of it, what was expected and what was found: not JSON
            (truncated), a missing key, a wrong shape, no K, a box that is none.
    """
    try:
        record = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: expected an Omni3D JSON file, got {error}") from error
    try:
        return _photos(record, images)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _photos(record: Any, images: Path) -> tuple[Photo, ...]:
    things: dict[Any, list[Thing]] = {}
    entries = _entries(record, "images")
    for image in entries:
        things[_value(image, "id", "images")] = []
    for index, found in enumerate(_entries(record, "annotations")):
        place = f"annotations[{index}]"
        owner = _value(found, "image_id", place)
        if owner not in things:
            raise ValueError(f"{place}: expected the id of an image, got image_id {owner!r}")
        if found.get("valid3D", True):
            things[owner].append(_thing(found, place))
    return tuple(
        _photo(image, tuple(things[image["id"]]), images, f"images[{index}]")
        for index, image in enumerate(entries)
    )


def _thing(found: dict[str, Any], place: str) -> Thing:
    try:
        box = box_from_omni3d(found)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    tight = found.get("bbox2D_tight", UNKNOWN)
    known = isinstance(tight, list) and len(tight) == 4 and tight != [UNKNOWN] * 4
    return Thing(
        kind=normalise_phrase(str(_value(found, "category_name", place))), box=box,
        colour=str(found.get("colour", "")), pixels=int(found.get("segmentation_pts", UNKNOWN)),
        tight=tuple(float(v) for v in tight) if known else None,  # type: ignore[arg-type]
    )  # fmt: skip


def _photo(image: dict[str, Any], things: tuple[Thing, ...], images: Path, place: str) -> Photo:
    extra = image.get(EXTRA, {})
    size = tuple(_value(image, key, place) for key in ("width", "height"))
    try:
        camera = Camera.from_opencv(
            _numbers(image, "K", (3, 3)), extra.get("D", []), extra.get("distortion_model", ""),
            size,
        )  # fmt: skip
        mounting = None
        if "up_camera" in extra:
            mounting = Mounting(
                up_camera=_numbers(extra, "up_camera", (3,)), height_m=extra["height_m"]
            )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{place}: {error}") from error
    range_path = extra.get("range_path")
    return Photo(
        path=images / str(_value(image, "file_path", place)), camera=camera, mounting=mounting,
        things=things, range_path=images / range_path if range_path else None,
    )  # fmt: skip


def _entries(record: Any, key: str) -> list[dict[str, Any]]:
    entries = record.get(key) if isinstance(record, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        got = type(record).__name__ if not isinstance(record, dict) else type(entries).__name__
        raise ValueError(f"{key}: expected a list of records, got {got}")
    return entries


def _value(record: dict[str, Any], key: str, place: str) -> Any:
    if key not in record:
        raise ValueError(f"{place}: expected {key}, got keys {sorted(record)}")
    return record[key]


def _numbers(record: dict[str, Any], key: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    value = record.get(key)
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise ValueError(f"{key}: expected finite numbers of shape {shape}, got {value!r}")
    return numbers
