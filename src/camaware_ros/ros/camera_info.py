"""sensor_msgs/CameraInfo to Camera and back, by REP-104. Knows nothing of images but their size.

A raw image obeys K and D, a rectified one P. Both describe the full calibrated resolution; the
picture that comes with the message shows the region of interest of it, binned.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from camaware_ros.geometry.camera import Camera


class _Calibration(NamedTuple):
    """What of a CameraInfo makes the camera, as values that can be compared."""

    width: int
    height: int
    model: str
    distortion: tuple[float, ...]
    matrix: tuple[float, ...]
    projection: tuple[float, ...]
    binning: tuple[int, int]
    roi: tuple[int, int, int, int]


def camera_from_info(
    info: CameraInfo, image_size: tuple[int, int], *, rectified: bool = False
) -> Camera:
    """The camera of the picture that came with this message.

    Args:
        info: live calibration.
        image_size: (width, height) of the picture itself.
        rectified: whether the picture was rectified; then P holds and the lens is ideal.

    Raises:
        ValueError: uncalibrated (K[0] or P[0] is zero), not finite, an unknown distortion model, a
            region of interest outside of the calibrated size, or a picture of another size.
    """
    calibration = _Calibration(
        width=info.width,
        height=info.height,
        model=info.distortion_model,
        distortion=tuple(info.d),
        matrix=tuple(info.k),
        projection=tuple(info.p),
        binning=(max(info.binning_x, 1), max(info.binning_y, 1)),
        roi=(info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height),
    )
    return _camera(calibration, image_size, rectified)


def info_from_camera(camera: Camera, header: Header) -> CameraInfo:
    """A CameraInfo for the raw picture of a camera; P is K, so a rectified one is not described."""
    matrix = np.asarray(camera.opencv_matrix(), dtype=np.float64)
    info = CameraInfo(header=header, width=camera.width, height=camera.height)
    info.k = matrix.reshape(-1).tolist()
    info.distortion_model, distortion = camera.opencv_distortion()
    info.d = [float(value) for value in distortion]
    info.r = np.eye(3).reshape(-1).tolist()
    info.p = np.hstack([matrix, np.zeros((3, 1))]).reshape(-1).tolist()
    return info


# Lenses search their invertible range when they are made: once per calibration, not per frame.
@lru_cache(maxsize=16)
def _camera(calibration: _Calibration, image_size: tuple[int, int], rectified: bool) -> Camera:
    size = (calibration.width, calibration.height)
    if min(size) <= 0:
        raise ValueError(f"camera_info size: expected more than zero, got {size[0]} x {size[1]}")
    full = _rectified(calibration, size) if rectified else _raw(calibration, size)
    left, top, width, height = _region(calibration)
    columns, rows = calibration.binning
    binned = (width // columns, height // rows)
    if binned != image_size:
        raise ValueError(
            f"camera_info does not fit the image: expected {binned[0]} x {binned[1]} "
            f"(calibrated {size[0]} x {size[1]}, region {width} x {height} at ({left}, {top}), "
            f"binning {columns} x {rows}), got an image of {image_size[0]} x {image_size[1]}"
        )
    # Pixels that do not fill a whole bin are not in the picture.
    seen = full.cropped(left, top, binned[0] * columns, binned[1] * rows)
    return seen.resized(*binned)


def _raw(calibration: _Calibration, size: tuple[int, int]) -> Camera:
    matrix = np.array(calibration.matrix).reshape(3, 3)
    _check_finite("K", matrix)
    _check_finite("D", np.array(calibration.distortion))
    if matrix[0, 0] == 0 or matrix[1, 1] == 0:
        raise ValueError("camera_info: uncalibrated, expected a focal length in K, got zero")
    distortion = np.array(calibration.distortion)
    try:
        return Camera.from_opencv(matrix, distortion, calibration.model, size)
    except np.linalg.LinAlgError as error:  # too large to be computed with
        raise ValueError(f"camera_info D: expected a distortion, got {distortion}") from error


def _rectified(calibration: _Calibration, size: tuple[int, int]) -> Camera:
    projection = np.array(calibration.projection).reshape(3, 4)
    _check_finite("P", projection)
    if projection[0, 0] == 0 or projection[1, 1] == 0:
        raise ValueError("camera_info: uncalibrated, expected a focal length in P, got zero")
    if projection[0, 3] != 0 or projection[1, 3] != 0:
        raise ValueError(
            "camera_info: P is that of the second camera of a stereo pair, seen from the first: "
            f"expected P[3] = P[7] = 0, got {projection[0, 3]:g} and {projection[1, 3]:g}"
        )
    return Camera.from_opencv(projection[:, :3], np.zeros(0), "", size)


def _region(calibration: _Calibration) -> tuple[int, int, int, int]:
    """(left, top, width, height) in full-resolution pixels; no region means the whole."""
    left, top, width, height = calibration.roi
    if width == 0 and height == 0 and left == 0 and top == 0:
        return 0, 0, calibration.width, calibration.height
    fits = left + width <= calibration.width and top + height <= calibration.height
    if width == 0 or height == 0 or not fits:
        raise ValueError(
            f"camera_info roi: expected a region inside of {calibration.width} x "
            f"{calibration.height}, got {width} x {height} at ({left}, {top})"
        )
    return left, top, width, height


def _check_finite(name: str, values: np.ndarray) -> None:
    if not np.all(np.isfinite(values)):
        raise ValueError(f"camera_info {name}: expected finite numbers, got {values.tolist()}")
