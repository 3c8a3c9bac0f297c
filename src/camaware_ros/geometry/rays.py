"""Ray features: what the network is told about the camera, one vector per cell of the image.

The network never sees a camera matrix. It sees, for every cell, the ray that the cell looks along
(dense camera-ray embedding, CA-MLLM section 4.2, here with the true lens and a unit ray instead of
pinhole coordinates) and, where the mounting is known, the same ray as a Pluecker line in a
gravity-aligned frame on the floor below the camera, together with the distance at which it meets
the floor. numpy only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera

FloatArray = NDArray[np.float64]

CHANNELS = (
    "ray_x", "ray_y", "ray_z", "log_pixel_angle", "valid",
    "forward", "left", "up", "moment_forward", "moment_left",
    "height", "inverse_floor_range", "log_floor_range", "mounting_known",
)  # fmt: skip
STRIDE = 4
PIXEL_ANGLE_UNIT_RAD = 0.01
MAX_FLOOR_RANGE_M = 20.0


def gravity_axes(up_camera: FloatArray) -> FloatArray:
    """Axes of the gravity frame as rows in camera coordinates: forward, left, up.

    Args:
        up_camera: unit vector against gravity, optical frame, shape (3,).

    Returns:
        gravity_from_camera rotation, shape (3, 3). Forward is the optical axis laid level; for a
        camera that looks straight up or down it is the image's downward axis laid level.
    """
    optical_axis = np.array([0.0, 0.0, 1.0])
    if abs(up_camera[2]) > 0.999:
        optical_axis = np.array([0.0, 1.0, 0.0])
    forward = optical_axis - (optical_axis @ up_camera) * up_camera
    forward /= np.sqrt(forward @ forward)
    return np.array([forward, _cross(up_camera, forward), up_camera])


def pixel_angle(rays: FloatArray, valid: NDArray[np.bool_], stride: int) -> FloatArray:
    """Angle that one pixel spans at each cell: root of its solid angle, radians, shape (h, w).

    Args:
        rays: unit rays at the cell centres, shape (h, w, 3), h and w at least 2.
        valid: which rays exist, shape (h, w).
        stride: pixels per cell side.

    Cells without two neighbours that have rays get the mean of the others.
    """
    across, down = _steps(rays), _steps(rays.swapaxes(0, 1)).swapaxes(1, 2)
    x, y, z = _cross(across, down)
    solid = np.sqrt(x * x + y * y + z * z) / stride**2
    good = valid & np.isfinite(solid) & (solid > 0)
    if good.all():
        return np.sqrt(solid)
    if not good.any():
        raise ValueError("rays: expected at least one cell with a ray and two neighbours, got none")
    angle: FloatArray = np.sqrt(np.where(good, solid, solid[good].mean()))
    return angle


def _steps(rays: FloatArray) -> FloatArray:
    """Change of rays (h, w, 3) from column to column: central, one-sided at the ends; (3, h, w)."""
    planes = np.ascontiguousarray(rays.transpose(2, 0, 1))
    out = np.empty_like(planes)
    np.subtract(planes[..., 2:], planes[..., :-2], out=out[..., 1:-1])
    out[..., 1:-1] *= 0.5
    out[..., 0] = planes[..., 1] - planes[..., 0]
    out[..., -1] = planes[..., -1] - planes[..., -2]
    return out


def _cross(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def ray_features(
    rays: FloatArray,
    valid: NDArray[np.bool_],
    stride: int = STRIDE,
    up_camera: FloatArray | None = None,
    height_m: float | None = None,
) -> NDArray[np.float32]:
    """The network's view of a camera.

    Args:
        rays: unit rays at cell centres in the optical frame, shape (h, w, 3); NaN where invalid.
        valid: which rays exist, shape (h, w).
        stride: pixels per cell side.
        up_camera: unit vector against gravity, shape (3,); None when the mounting is unknown.
        height_m: optical centre above the floor, metres; None when the mounting is unknown.

    Returns:
        float32 array of shape (len(CHANNELS), h, w); all zero where a cell has no ray.
    """
    angle = pixel_angle(rays, valid, stride)
    everywhere = bool(valid.all())
    direction = (rays if everywhere else np.where(valid[..., None], rays, 0.0)).transpose(2, 0, 1)
    out = np.zeros((len(CHANNELS), *valid.shape), dtype=np.float32)
    out[0:3] = direction
    out[3] = np.log(angle / PIXEL_ANGLE_UNIT_RAD)
    out[4] = 1.0
    if up_camera is not None and height_m is not None:
        _fill_mounting(out, direction, up_camera, height_m)
    if not everywhere:
        out *= valid
    return out


def _fill_mounting(
    out: NDArray[np.float32], direction: FloatArray, up: FloatArray, height_m: float
) -> None:
    """Channels 5..13: gravity-frame ray, Pluecker moment, height, floor distance, flag."""
    level = (gravity_axes(up) @ direction.reshape(3, -1)).reshape(direction.shape)
    inverse_range = np.maximum(-level[2], 0.0) / height_m
    out[5:8] = level
    out[8], out[9] = -height_m * level[1], height_m * level[0]
    out[10] = height_m
    out[11] = np.minimum(inverse_range, 4.0)
    out[12] = -np.log(np.maximum(inverse_range, 1.0 / MAX_FLOOR_RANGE_M))
    out[13] = 1.0


def cells(camera: Camera, content: NDArray[np.bool_]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Rays at the centres of the network's cells, and which cells see something.

    Args:
        camera: intrinsics of the network's input image; width and height multiples of ``STRIDE``.
        content: pixels that come from the sensor (the rest is padding), shape (height, width).

    Returns:
        Unit rays, NaN where there is none, shape (height / 4, width / 4, 3); and a mask of the
        cells that have a ray and are mostly content, shape (height / 4, width / 4).

    Raises:
        ValueError: sizes that do not fit.
    """
    if content.shape != (camera.height, camera.width):
        raise ValueError(
            f"content: expected shape {(camera.height, camera.width)}, got {content.shape}"
        )
    if camera.width % STRIDE or camera.height % STRIDE:
        raise ValueError(
            f"camera: expected a size in multiples of {STRIDE}, got {camera.width}x{camera.height}"
        )
    rays, valid = camera.ray_map(STRIDE)
    rows = np.stack([content[i::STRIDE] for i in range(STRIDE)]).sum(axis=0, dtype=np.uint8)
    filled = np.stack([rows[:, i::STRIDE] for i in range(STRIDE)]).sum(axis=0, dtype=np.uint8)
    return rays, valid & (filled >= STRIDE * STRIDE // 2)
