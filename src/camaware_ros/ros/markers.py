"""What was found, as markers: box, label with distance, doubt as an ellipsoid, line of sight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point, Pose, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.conversions import pose_from_rigid
from camaware_ros.types import Localization

# Half axes of the ellipsoid, in standard deviations.
ELLIPSOID_SIGMAS = 2.0
_SMALLEST_M = 1e-3  # RViz refuses a scale of zero
_LETTER_M = 0.18
_BOX = ColorRGBA(r=1.0, g=0.75, b=0.1, a=0.45)
_TEXT = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
_DOUBT = ColorRGBA(r=0.3, g=0.6, b=1.0, a=0.3)
_SIGHT = ColorRGBA(r=1.0, g=1.0, b=0.4, a=0.8)


def markers_from_localizations(
    found: Sequence[Localization],
    in_camera: Sequence[Localization],
    header: Header,
    image_header: Header,
) -> MarkerArray:
    """Everything of one answer; the first marker deletes those of the answer before.

    Args:
        found: in the frame of the header.
        in_camera: the same things in the optical frame.
        header: of the detections.
        image_header: of the picture; the lines of sight are given in its frame. What several
            cameras have joined is seen from the robot: there both are the same.
    """
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for number, (placed, seen) in enumerate(zip(found, in_camera, strict=True)):
        parts = (
            ("box", header, _box(placed)),
            ("label", header, _label(placed, seen)),
            ("covariance", header, _ellipsoid(placed)),
            ("ray", image_header, _ray(seen)),
        )
        for namespace, its_header, marker in parts:
            marker.ns, marker.header, marker.id = namespace, its_header, number
            markers.append(marker)
    return MarkerArray(markers=markers)


def label_text(seen: Localization) -> str:
    """Name, distance from where it is seen with one sigma along the ray, and score."""
    centre = seen.box.center
    distance_m = float(np.linalg.norm(centre))
    ray = centre / max(distance_m, _SMALLEST_M)
    sigma_m = float(np.sqrt(max(ray @ seen.covariance @ ray, 0.0)))
    return f"{seen.label} {distance_m:.2f} ± {sigma_m:.2f} m ({seen.score:.0%})"


def _box(placed: Localization) -> Marker:
    pose = Rigid3(rotation=placed.box.rotation, translation=placed.box.center)
    return Marker(
        type=Marker.CUBE, pose=pose_from_rigid(pose), scale=_scale(placed.box.size), color=_BOX
    )


def _label(placed: Localization, seen: Localization) -> Marker:
    x, y, _ = placed.box.center
    z = placed.box.corners()[:, 2].max() + _LETTER_M
    return Marker(
        type=Marker.TEXT_VIEW_FACING,
        pose=Pose(position=Point(x=float(x), y=float(y), z=float(z))),
        scale=Vector3(z=_LETTER_M),
        color=_TEXT,
        text=label_text(seen),
    )


def _ellipsoid(placed: Localization) -> Marker:
    variances, axes = np.linalg.eigh(placed.covariance)
    # A rotation, not a reflection.
    axes[:, 2] *= np.sign(np.linalg.det(axes))
    pose = Rigid3(rotation=axes, translation=placed.box.center)
    full = 2 * ELLIPSOID_SIGMAS * np.sqrt(np.clip(variances, 0.0, None))
    return Marker(type=Marker.SPHERE, pose=pose_from_rigid(pose), scale=_scale(full), color=_DOUBT)


def _ray(seen: Localization) -> Marker:
    x, y, z = (float(value) for value in seen.box.center)
    return Marker(
        type=Marker.LINE_STRIP,
        scale=Vector3(x=0.01),
        color=_SIGHT,
        points=[Point(), Point(x=x, y=y, z=z)],
    )


def _scale(size: np.ndarray) -> Vector3:
    x, y, z = (max(float(value), _SMALLEST_M) for value in size)
    return Vector3(x=x, y=y, z=z)
