"""Our own geometry network (``model.teacher``) as a teacher for single pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE, cells, ray_features
from camaware_ros.model.teacher import FrozenTeacher, load_teacher
from camaware_ros.runtime.inputs import framed_pixels
from camaware_ros.training.teachers.point_maps import PointMap


class OwnTeacher:
    """A trained teacher's folder; its maps have a cell for every four pixels of its input."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError or ValueError when the folder holds no teacher."""
        network = load_teacher(folder)
        self.size = network.config.image_width, network.config.image_height
        self.network = FrozenTeacher(network)

    def point_map(self, image: NDArray[np.uint8], camera: Camera, name: str) -> PointMap:
        """See ``Teacher``; the mounting is not told."""
        framing = Framing.letterbox((camera.width, camera.height), self.size)
        rays = ray_features(*cells(framing.camera(camera), framing.content()))
        pixels = framed_pixels(framing, image)
        prior, _ = self.network(torch.from_numpy(pixels)[None], torch.from_numpy(rays)[None])
        return over_whole_image(prior[0].numpy(), framing)


def over_whole_image(prior: NDArray[np.float32], framing: Framing) -> PointMap:
    """A prior (4, H/4, W/4) of a framed image, laid back over the whole source image."""
    cols, rows = (max(1, side // STRIDE) for side in framing.resized)
    u, v = np.meshgrid((np.arange(cols) + 0.5) / cols, (np.arange(rows) + 0.5) / rows)
    source = np.stack([u, v], axis=-1) * framing.source_size
    at = np.floor(framing.to_output(source) / STRIDE).astype(int)
    values = np.moveaxis(prior, 0, -1)[at[..., 1], at[..., 0]]
    return PointMap(points=values[..., :3], confidence=values[..., 3])
