"""Real pictures without any text, explained by a teacher: geometry for semi-supervised training.

A folder holds the pictures of one camera and its ``camera.yaml`` (with a ``mounting`` section, if
it is known how the camera was held).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from camaware_ros.camera_file import CameraFile, load_camera_yaml
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE, cells, ray_features
from camaware_ros.training.teachers.disk import DiskTeacher
from camaware_ros.training.teachers.own import OwnTeacher
from camaware_ros.training.teachers.point_maps import PointMap, Teacher, prior_of
from camaware_ros.types import Mounting

ENDINGS = (".jpg", ".jpeg", ".png")
TRUSTED = 0.3
Sample = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class PictureConfig:
    """Which pictures take part in a run.

    Attributes:
        folder: of pictures and ``camera.yaml``.
        teacher: ``own`` (a teacher's folder), ``pretrained`` (folder or hub name of a metric-depth
            network) or ``disk`` (folder of point maps).
        source: of that teacher.
        share: of all samples that are such pictures, 0 to 1.
    """

    folder: str
    teacher: str
    source: str
    share: float = 0.25


def open_teacher(kind: str, source: str) -> Teacher:
    """The teacher of a ``PictureConfig``; ValueError for an unknown kind."""
    if kind == "own":
        return OwnTeacher(Path(source))
    if kind == "disk":
        return DiskTeacher(Path(source))
    if kind == "pretrained":
        from camaware_ros.training.teachers.pretrained import PretrainedTeacher

        return PretrainedTeacher(source)
    raise ValueError(f"teacher: expected own, pretrained or disk, got {kind!r}")


def read_lessons(config: PictureConfig, size: tuple[int, int]) -> list[Sample]:
    """What a sample of every picture has instead of a rendered one's, for a network of ``size``.

    Raises:
        ValueError: naming the file that is missing or does not fit.
    """
    folder, teacher = Path(config.folder), open_teacher(config.teacher, config.source)
    camera = load_camera_yaml(folder / "camera.yaml")
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in ENDINGS)
    if not paths:
        raise ValueError(f"{folder}: expected pictures ending in {ENDINGS}, got none")
    lessons = []
    for path in paths:
        image = _read(path, camera)
        point_map = teacher.point_map(image, camera.camera, path.stem)
        lessons.append(lesson(image, camera, point_map, size))
    return lessons


def lesson(
    image: NDArray[np.uint8], camera: CameraFile, point_map: PointMap, size: tuple[int, int]
) -> Sample:
    """Image, content, rays and range as in ``samples.pack``; no text; mounting where known."""
    framing = Framing.letterbox((camera.camera.width, camera.camera.height), size)
    content = framing.content()
    carried = camera.mounting
    held = None if carried is None else Mounting.from_pose(carried.base_from_camera)
    up = None if held is None else held.up_camera
    height = None if held is None else held.height_m
    rays = ray_features(*cells(framing.camera(camera.camera), content), STRIDE, up, height)
    prior = prior_of(point_map, framing)
    distance = np.linalg.norm(prior[:3], axis=0)
    known = (prior[3] >= TRUSTED) & (distance > 0)
    return {
        "image": framing.image(image),
        "content": content,
        "rays": rays,
        "log_range": np.where(known, np.log(np.where(known, distance, 1.0)), 0).astype(np.float32),
        "up": np.float32([0, -1, 0] if up is None else up),
        "log_height": np.float32(0.0 if height is None else math.log(height)),
        "labelled": np.float32(0),
        "mounted": np.float32(held is not None),
    }


def _read(path: Path, camera: CameraFile) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    expected = (camera.camera.height, camera.camera.width)
    if image is None or image.shape[:2] != expected:
        got = "no image" if image is None else f"{image.shape[:2]}"
        raise ValueError(f"{path}: expected a picture of (height, width) {expected}, got {got}")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


class WithPictures(Dataset):
    """Rendered scenes, some of which give their place to a picture without text."""

    def __init__(self, scenes: Dataset, lessons: Sequence[Sample], share: float, seed: int) -> None:
        """``share`` of the samples, drawn by ``seed`` and index, are of ``lessons``."""
        self.scenes, self.lessons, self.share, self.seed = scenes, lessons, share, seed

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.scenes)  # type: ignore[arg-type]

    def __getitem__(self, index: int) -> Sample:
        """The scene, or a picture that takes its place and says nothing of words and boxes."""
        sample = {"labelled": np.float32(1)} | self.scenes[index] | {"mounted": np.float32(1)}
        rng = np.random.default_rng([self.seed, index, 1])
        if rng.random() >= self.share:
            return sample
        return sample | self.lessons[rng.integers(len(self.lessons))]
