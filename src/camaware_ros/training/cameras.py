"""Cameras and mountings that scenes are seen with.

Knows which cameras training may see and which bands stay held out of every training run. Pixels are
those of the network's input: a camera here is already framed (its content letterboxed).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal
from camaware_ros.geometry.rays import cells
from camaware_ros.training.pixels import pinhole_rays

ASPECTS = (4 / 3, 4 / 3, 4 / 3, 16 / 9, 16 / 9, 5 / 4, 1.0, 1.78, 3 / 2)
DISTORTED_POOL = 384


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A family of cameras.

    Attributes:
        hfov_deg: range of the horizontal field of the image content.
        off_centre: share of cameras whose principal point is far (10 to 22 %) off the middle.
        lens: ``mixed`` (as trained), ``pinhole``, ``brown`` or ``fisheye``.
    """

    hfov_deg: tuple[float, float]
    off_centre: float = 0.25
    lens: str = "pinhole"


TRAINED_HFOV_DEG = (38.0, 95.0)
TRAINED_FISHEYE_DEG = (100.0, 158.0)
TRAINED_HEIGHT_M = (0.1, 2.0)
BANDS = {
    "train": Band(hfov_deg=TRAINED_HFOV_DEG, lens="mixed"),
    "trained range": Band(hfov_deg=TRAINED_HFOV_DEG),
    "unseen narrow": Band(hfov_deg=(30.0, 38.0)),
    "unseen wide": Band(hfov_deg=(95.0, 110.0)),
    "off-centre": Band(hfov_deg=(50.0, 80.0), off_centre=1.0),
    "fisheye": Band(hfov_deg=TRAINED_FISHEYE_DEG, lens="fisheye"),
    "ablation": Band(hfov_deg=(55.0, 70.0), off_centre=0.0),
    "unseen fisheye": Band(hfov_deg=(160.0, 180.0), lens="fisheye"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A camera, the part of its image that has content, and one ray per pixel.

    Attributes:
        camera: intrinsics of the network's input image.
        content: which pixels come from the sensor, shape (h, w); the rest is padding.
        rays: unit rays in the optical frame, NaN where there is none, shape (h, w, 3).
        valid: content that has a ray, shape (h, w).
        cell_rays, cell_valid: the same per cell of the network's ray features.
    """

    camera: Camera
    content: NDArray[np.bool_]
    rays: NDArray[np.float32]
    valid: NDArray[np.bool_]
    cell_rays: NDArray[np.float64]
    cell_valid: NDArray[np.bool_]


def sample_view(rng: np.random.Generator, band: Band, size: tuple[int, int]) -> View:
    """A random camera of a band, letterboxed into ``size`` (width, height)."""
    lens_kind = band.lens
    if lens_kind == "mixed":
        draw = rng.random()
        lens_kind = "pinhole" if draw < 0.62 else "fisheye" if draw < 0.84 else "brown"
    if lens_kind == "pinhole" or band.lens != "mixed":
        return _draw_view(rng, band, lens_kind, size)
    return _pooled_view(int(rng.integers(DISTORTED_POOL)), lens_kind, size)


_POOL: dict[tuple[int, str, tuple[int, int]], View] = {}


def _pooled_view(index: int, lens_kind: str, size: tuple[int, int]) -> View:
    """One of a fixed set of training lenses: inverting a lens at every pixel costs milliseconds."""
    key = (index, lens_kind, size)
    if key not in _POOL:
        fisheye = lens_kind == "fisheye"
        hfov = TRAINED_FISHEYE_DEG if fisheye else TRAINED_HFOV_DEG
        rng = np.random.default_rng([index, fisheye])
        _POOL[key] = _draw_view(rng, Band(hfov_deg=hfov), lens_kind, size)
    return _POOL[key]


def _draw_view(rng: np.random.Generator, band: Band, lens_kind: str, size: tuple[int, int]) -> View:
    """Draw until the content's field really lies in the band (an off-centre one is narrower)."""
    while True:
        camera, (left, top, w, h) = _draw_camera(rng, band, lens_kind, size)
        hfov = math.degrees(field_of(camera.cropped(left, top, w, h)))
        if (lens_kind == "fisheye" or hfov >= band.hfov_deg[0]) and hfov <= band.hfov_deg[1]:
            break
    content = np.zeros((size[1], size[0]), bool)
    content[top : top + h, left : left + w] = True
    rays, valid = _ray_map(camera)
    cell_rays, cell_valid = cells(camera, content)
    return View(
        camera=camera, content=content, rays=rays, valid=valid & content,
        cell_rays=cell_rays, cell_valid=cell_valid,
    )  # fmt: skip


def field_of(camera: Camera) -> float:
    """``camera.hfov_rad``, in closed form where there is one: it is asked for every picture."""
    if not isinstance(camera.lens, Ideal):
        return camera.hfov_rad
    y = (camera.height / 2 - camera.cy) / camera.fy
    a, b = -camera.cx / camera.fx, (camera.width - camera.cx) / camera.fx
    return math.atan2((b - a) * math.hypot(1.0, y), a * b + y * y + 1.0)


def _ray_map(camera: Camera) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """``camera.ray_map()``; a pinhole's needs only two slopes per pixel."""
    if not isinstance(camera.lens, Ideal):
        rays, valid = camera.ray_map()
        return rays.astype(np.float32), valid
    x = ((np.arange(camera.width) + 0.5 - camera.cx) / camera.fx).astype(np.float32)
    y = ((np.arange(camera.height) + 0.5 - camera.cy) / camera.fy).astype(np.float32)
    return pinhole_rays(x, y), np.ones((camera.height, camera.width), bool)


def _draw_camera(
    rng: np.random.Generator, band: Band, lens_kind: str, size: tuple[int, int]
) -> tuple[Camera, tuple[int, int, int, int]]:
    """A letterboxed camera and its content window (left, top, width, height)."""
    width, height = size
    aspect = ASPECTS[int(len(ASPECTS) * rng.random())]
    w = width if aspect >= width / height else round(height * aspect)
    h = height if aspect <= width / height else round(width / aspect)
    left, top = (width - w) // 2, (height - h) // 2
    hfov = math.radians(rng.uniform(*band.hfov_deg))
    lens, focal = _lens_and_focal(rng, lens_kind, hfov, w)
    cx, cy = _principal_point(rng, band, w, h)
    camera = Camera(
        width=width, height=height, fx=focal, fy=focal * rng.uniform(0.98, 1.02),
        cx=left + cx, cy=top + cy, lens=lens,
    )  # fmt: skip
    return camera, (left, top, w, h)


def _principal_point(
    rng: np.random.Generator, band: Band, width: int, height: int
) -> tuple[float, float]:
    if rng.random() < band.off_centre:
        a, b, c, d = rng.random(4).tolist()
        across = math.copysign(0.10 + 0.12 * a, b - 0.5)
        down = math.copysign(0.06 + 0.10 * c, d - 0.5)
    else:
        across, down = (max(-0.06, min(0.06, s)) for s in rng.normal(0, 0.02, 2).tolist())
    return width * (0.5 + across), height * (0.5 + down)


def _lens_and_focal(
    rng: np.random.Generator, lens_kind: str, hfov: float, width: int
) -> tuple[Ideal | Brown | Equidistant, float]:
    """A lens and the focal length (pixels) that gives a centred image the field ``hfov``."""
    half = hfov / 2
    if lens_kind == "fisheye":
        k = rng.normal(0, (0.02, 0.01, 0.003, 0.001))
        angle = half * (1 + k @ [half**2, half**4, half**6, half**8])
        return Equidistant(*(float(c) for c in k)), float(width / 2 / angle)
    if lens_kind == "brown":
        r = math.tan(half)
        k1 = rng.uniform(-0.34, 0.12) / max(1.0, r)
        k2 = rng.uniform(0.05, 0.14) if k1 < -0.1 else rng.uniform(-0.05, 0.05)
        stretched = r * (1 + k1 * r**2 + k2 * r**4)
        if stretched > 0.6 * r and 1 + 3 * k1 * r**2 + 5 * k2 * r**4 > 0.1:
            p = rng.normal(0, 0.001, 2)
            lens = Brown(k1=k1, k2=k2, p1=float(p[0]), p2=float(p[1]), k3=0.0)
            return lens, width / 2 / stretched
    return Ideal(), width / 2 / math.tan(half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where the camera is held: height (m), pitch down and roll (radians)."""

    height_m: float
    pitch_rad: float
    roll_rad: float

    @property
    def gravity_from_camera(self) -> NDArray[np.float64]:
        """Rotation whose rows are forward-level, left and up in the optical frame, shape (3, 3)."""
        return _rotation(self.pitch_rad, self.roll_rad)


@lru_cache(maxsize=16)
def _rotation(pitch_rad: float, roll_rad: float) -> NDArray[np.float64]:
    cp, sp = math.cos(pitch_rad), math.sin(pitch_rad)
    cr, sr = math.cos(roll_rad), math.sin(roll_rad)
    optical = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    pitch = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    roll = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    rotation: NDArray[np.float64] = pitch @ roll @ optical
    rotation.flags.writeable = False
    return rotation


def sample_pose(rng: np.random.Generator) -> Pose:
    """Robot cameras: from a vacuum cleaner's to a tall mast's; low ones look level."""
    height = rng.uniform(*TRAINED_HEIGHT_M)
    level = 2 + 12 * height
    pitch = max(-8.0, min(38.0, rng.normal(level, 8)))
    return Pose(
        height_m=height,
        pitch_rad=math.radians(pitch),
        roll_rad=math.radians(float(rng.normal(0, 2.5))),
    )
