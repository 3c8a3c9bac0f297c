"""Held-out rendered scenes as a data set in the Omni3D format.

``python -m camaware_ros.evaluation.omni3d_rendered "trained range" 100 FOLDER`` writes
``FOLDER/data.json`` and, below ``FOLDER/images``, PNG images and range maps.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from camaware_ros.evaluation.omni3d import Photo, Thing, write_omni3d
from camaware_ros.evaluation.rendered import (
    EVALUATION_SEED,
    content_window,
    held_out_pictures,
    observation_of,
    true_boxes,
)
from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training.cameras import BANDS, Band
from camaware_ros.training.samples import Picture, SampleConfig, picture_truth


def write_rendered(
    folder: Path, name: str, band: Band, count: int, size: tuple[int, int] = (160, 128),
    kinds: Sequence[str] = KINDS,
) -> Path:  # fmt: skip
    """``count`` pictures of a band with something in view; the path of the JSON file."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    config = SampleConfig(size=size, band=band, zoom=0.0, seed=EVALUATION_SEED, kinds=tuple(kinds))
    photos = [
        _photo(picture, images, f"{number:06d}")
        for number, (_, picture, _) in enumerate(held_out_pictures(config, count))
    ]
    path = folder / "data.json"
    write_omni3d(path, photos, images, name)
    return path


def _photo(picture: Picture, images: Path, stem: str) -> Photo:
    observation, (left, top, width, height) = observation_of(picture), content_window(picture)
    window = slice(top, top + height), slice(left, left + width)
    millimetres = np.clip(np.round(1000 * picture.range_m[window]), 0, 65535).astype(np.uint16)
    cv2.imwrite(str(images / f"{stem}.png"), observation.image[..., ::-1])
    cv2.imwrite(str(images / f"{stem}_range.png"), millimetres)
    return Photo(
        path=images / f"{stem}.png", camera=observation.camera, mounting=observation.mounting,
        things=_things(picture, picture.thing_of[window]), range_path=images / f"{stem}_range.png",
    )  # fmt: skip


def _things(picture: Picture, thing_of: NDArray[np.int16]) -> tuple[Thing, ...]:
    """Things with at least a pixel in view."""
    boxes = true_boxes(picture, picture_truth(picture))
    things = []
    for index, (thing, box) in enumerate(zip(picture.scene.things, boxes, strict=True)):
        rows, cols = np.nonzero(thing_of == index)
        if len(rows):
            tight = (cols.min(), rows.min(), cols.max() + 1, rows.max() + 1)
            things.append(
                Thing(
                    kind=thing.kind,
                    colour=thing.colour,
                    box=box,
                    pixels=len(rows),
                    tight=tuple(float(v) for v in tight),  # type: ignore[arg-type]
                )  # fmt: skip
            )
    return tuple(things)


def main(argv: Sequence[str]) -> int:
    """Band, count, folder."""
    band, count, folder = argv
    print(write_rendered(Path(folder), band, BANDS[band], int(count)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
