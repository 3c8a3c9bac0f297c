"""Poses, boxes and localizations to and from messages. Pictures and CameraInfo have own files.

Messages carry quaternions in the order x, y, z, w; this is the one place that says so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseWithCovariance, Quaternion, Transform, Vector3
from numpy.typing import NDArray
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox3D,
    Detection3D,
    Detection3DArray,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
)

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.quaternion_pose import checked_pose
from camaware_ros.types import Localization

# class_id of a second result, of score 0, that says why the first deserves less trust.
DOUBT = "outside_trained_range: "


def rigid_from_transform(transform: Transform) -> Rigid3:
    """``target_from_source`` of a TransformStamped's transform, whose header names the target.

    Raises:
        ValueError: on numbers that are not finite or a quaternion that is far from unit length.
    """
    t, q = transform.translation, transform.rotation
    return _rigid((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))


def transform_from_rigid(target_from_source: Rigid3) -> Transform:
    """The message of a rigid transform."""
    x, y, z = _floats(target_from_source.translation)
    return Transform(translation=Vector3(x=x, y=y, z=z), rotation=_quaternion(target_from_source))


def rigid_from_pose(pose: Pose) -> Rigid3:
    """``frame_from_thing`` of a pose in a frame.

    Raises:
        ValueError: on numbers that are not finite or a quaternion that is far from unit length.
    """
    p, q = pose.position, pose.orientation
    return _rigid((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))


def pose_from_rigid(frame_from_thing: Rigid3) -> Pose:
    """The pose of a thing in a frame."""
    x, y, z = _floats(frame_from_thing.translation)
    return Pose(position=Point(x=x, y=y, z=z), orientation=_quaternion(frame_from_thing))


def box_to_message(box: Box3) -> BoundingBox3D:
    """The message of an oriented box; sizes stay in the box's own axes."""
    x, y, z = _floats(box.size)
    pose = Rigid3(rotation=box.rotation, translation=box.center)
    return BoundingBox3D(center=pose_from_rigid(pose), size=Vector3(x=x, y=y, z=z))


def box_from_message(message: BoundingBox3D) -> Box3:
    """The oriented box of a message.

    Raises:
        ValueError: on a pose or a size that no box can have.
    """
    pose = rigid_from_pose(message.center)
    size = np.array([message.size.x, message.size.y, message.size.z])
    return Box3(center=pose.translation, size=size, rotation=pose.rotation)


def detection_from_localization(localization: Localization, header: Header) -> Detection3D:
    """One detection with both the box and the pose of its centre filled in.

    The covariance (6 x 6, row major: x, y, z, then rotations about them) has its position block
    filled; the rotation block is zero because the model does not tell that uncertainty here.

    Raises:
        ValueError: where the header names another frame than the localization.
    """
    if header.frame_id != localization.frame_id:
        raise ValueError(
            f"detection frame: expected {localization.frame_id!r}, got {header.frame_id!r}"
        )
    box = box_to_message(localization.box)
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = localization.covariance
    hypothesis = ObjectHypothesis(class_id=localization.label, score=float(localization.score))
    pose = PoseWithCovariance(pose=box.center, covariance=covariance.reshape(-1))
    result = ObjectHypothesisWithPose(hypothesis=hypothesis, pose=pose)
    return Detection3D(header=header, results=[result], bbox=box)


def detections_from_localizations(
    localizations: tuple[Localization, ...], header: Header, doubts: Sequence[str] = ()
) -> Detection3DArray:
    """All detections of one image; an empty array says that the image was looked at.

    Args:
        localizations: in the header's frame.
        header: stamp of the image, frame of the detections.
        doubts: why they deserve less trust; each becomes a further result of score 0.
    """
    detections = [detection_from_localization(found, header) for found in localizations]
    for detection in detections:
        detection.results += [
            ObjectHypothesisWithPose(hypothesis=ObjectHypothesis(class_id=DOUBT + text, score=0.0))
            for text in doubts
        ]
    return Detection3DArray(header=header, detections=detections)


def doubts_about(detection: Detection3D) -> tuple[str, ...]:
    """Why a detection deserves less trust."""
    names = [result.hypothesis.class_id for result in detection.results]
    return tuple(name.removeprefix(DOUBT) for name in names if name.startswith(DOUBT))


def localization_from_detection(detection: Detection3D) -> Localization:
    """What a detection says, in its own frame.

    A message carries neither presence nor pixel: presence is then the score, the pixel NaN.

    Raises:
        ValueError: on a detection without a result, or with a box that cannot be.
    """
    if not detection.results:
        raise ValueError("detection: expected one result at least, got none")
    best = max(detection.results, key=lambda result: result.hypothesis.score)
    covariance = np.array(best.pose.covariance, dtype=np.float64).reshape(6, 6)[:3, :3]
    return Localization(
        label=best.hypothesis.class_id,
        presence=best.hypothesis.score,
        score=best.hypothesis.score,
        frame_id=detection.header.frame_id,
        box=box_from_message(detection.bbox),
        covariance=covariance,
        pixel=(float("nan"), float("nan")),
    )


def _rigid(
    translation: tuple[float, float, float], quaternion: tuple[float, float, float, float]
) -> Rigid3:
    pose = checked_pose(translation, quaternion)
    return Rigid3.from_quaternion_xyzw(np.array(pose.quaternion_xyzw), np.array(pose.translation))


def _quaternion(rigid: Rigid3) -> Quaternion:
    x, y, z, w = _floats(rigid.quaternion_xyzw)
    return Quaternion(x=x, y=y, z=z, w=w)


def _floats(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in values]
