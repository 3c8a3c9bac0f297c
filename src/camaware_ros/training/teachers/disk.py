"""Point maps that other programs wrote: UniDepth v2, MoGe-2, VGGT, Depth Anything 3 can teach."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.training.teachers.point_maps import PointMap


class DiskTeacher:
    """Reads ``<image name>.npz`` from a folder.

    Each holds ``points``, float (h, w, 3), metres in the optical frame (x right, y down, z
    forward), NaN or infinite where unknown, evenly over the whole undistorted or distorted image
    as the camera took it; and optionally ``confidence``, (h, w), 0 to 1 (1 where left out).
    """

    def __init__(self, folder: Path) -> None:
        """Raises ValueError when there is no such folder."""
        if not folder.is_dir():
            raise ValueError(f"{folder}: expected a folder of point maps")
        self.folder = folder

    def point_map(self, image: NDArray[np.uint8], camera: Camera, name: str) -> PointMap:
        """See ``Teacher``; raises ValueError naming the file that is missing or broken."""
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path) as stored:
                points = np.asarray(stored["points"], np.float32)
                known = stored["confidence"] if "confidence" in stored.files else None
            confidence = np.ones(points.shape[:2]) if known is None else known
            return PointMap(points=points, confidence=np.asarray(confidence, np.float32))
        except (OSError, KeyError, EOFError, BadZipFile, ValueError) as error:
            raise ValueError(f"{path}: expected a point map, got {error}") from error
