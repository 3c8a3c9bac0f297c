"""Camera files: the YAML that ROS camera calibration writes, read into a Camera (numpy, yaml).

One extension, ignored by ROS tools: a ``mounting`` section that says where the simulator's robot
carries the camera. Knows nothing of CameraInfo messages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.resources import share_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedAt:
    """Where a level robot carries its camera, in the base frame (x forward, z up, on the floor).

    Attributes:
        height_m: optical centre above the floor, > 0.
        pitch_down_rad: optical axis below the horizon, within (-pi/2, pi/2).
        forward_m: optical centre ahead of the robot's middle.
    """

    height_m: float
    pitch_down_rad: float = 0.0
    forward_m: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not (math.isfinite(self.height_m) and self.height_m > 0):
            raise ValueError(f"height_m: expected a positive number, got {self.height_m!r}")
        if not abs(self.pitch_down_rad) < math.pi / 2:
            raise ValueError(
                f"pitch_down_rad: expected within (-pi/2, pi/2), got {self.pitch_down_rad!r}"
            )
        if not math.isfinite(self.forward_m):
            raise ValueError(f"forward_m: expected a finite number, got {self.forward_m!r}")

    @property
    def base_from_camera(self) -> Rigid3:
        """Pose of the optical frame (x right, y down, z forward) in the base frame."""
        sin, cos = math.sin(self.pitch_down_rad), math.cos(self.pitch_down_rad)
        right, down, ahead = (0.0, -1.0, 0.0), (-sin, 0.0, -cos), (cos, 0.0, -sin)
        return Rigid3(
            rotation=np.array([right, down, ahead]).T,
            translation=np.array([self.forward_m, 0.0, self.height_m]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFile:
    """What a camera file says: a name, the camera, and (extension) how a robot carries it."""

    name: str
    camera: Camera
    mounting: CarriedAt | None = None


def load_camera_yaml(path: str | Path) -> CameraFile:
    """Read one camera file.

    Raises:
        ValueError: naming the file, the field, what was expected and what was found; also for a
            missing or unreadable file.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: expected a readable camera YAML file, got {error}") from error
    try:
        return _camera_file(content, default_name=path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def find_camera_files(directory: str | Path | None = None) -> dict[str, Path]:
    """Camera files by name (the file's stem), sorted; by default those that came with the package.

    Raises:
        ValueError: where ``directory`` is no folder or holds no camera file.
    """
    folder = Path(directory) if directory else share_directory() / "config" / "cameras"
    files = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not files:
        raise ValueError(f"camera directory: expected a folder of .yaml files, got '{folder}'")
    return files


def _camera_file(content: Any, default_name: str) -> CameraFile:
    if not isinstance(content, dict):
        raise ValueError(f"expected a mapping of fields, got {type(content).__name__}")
    name = content.get("camera_name", default_name)
    if not isinstance(name, str) or not name.replace("_", "").isalnum():
        raise ValueError(f"camera_name: expected letters, digits and underscores, got {name!r}")
    model = content.get("distortion_model", "")
    if not isinstance(model, str):
        raise ValueError(f"distortion_model: expected text, got {model!r}")
    camera = Camera.from_opencv(
        _matrix(content, "camera_matrix", 9).reshape(3, 3),
        _matrix(content, "distortion_coefficients", None),
        model,
        size=(_size(content, "image_width"), _size(content, "image_height")),
    )
    return CameraFile(name=name, camera=camera, mounting=_mounting(content.get("mounting")))


def _size(content: dict[str, Any], key: str) -> int:
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"{key}: expected a positive whole number of pixels, got {value!r}")
    return value


def _matrix(content: dict[str, Any], key: str, count: int | None) -> np.ndarray:
    """The ``data`` of an OpenCV matrix block as a flat float64 array of ``count`` numbers."""
    block = content.get(key)
    data = block.get("data") if isinstance(block, dict) else None
    wanted = f"{count} numbers" if count is not None else "a list of numbers"
    if not isinstance(data, list):
        raise ValueError(f"{key}: expected a mapping with 'data' of {wanted}, got {block!r}")
    try:
        numbers = np.array(
            [float(value) for value in data], dtype=np.float64
        )  # YAML 1.1: 1e-5 is text
    except (TypeError, ValueError) as error:
        raise ValueError(f"{key}: expected {wanted}, got {data!r}") from error
    if count is not None and len(data) != count:
        raise ValueError(f"{key}: expected {wanted}, got {len(data)}")
    return numbers


def _mounting(section: Any) -> CarriedAt | None:
    if section is None:
        return None
    known = {"height_m", "pitch_down_deg", "forward_m"}
    if not isinstance(section, dict) or not set(section) <= known or "height_m" not in section:
        raise ValueError(
            f"mounting: expected height_m and optionally {sorted(known)}, got {section!r}"
        )
    if not all(_is_number(value) for value in section.values()):
        raise ValueError(f"mounting: expected numbers, got {section!r}")
    return CarriedAt(
        height_m=float(section["height_m"]),
        pitch_down_rad=math.radians(section.get("pitch_down_deg", 0.0)),
        forward_m=float(section.get("forward_m", 0.0)),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
