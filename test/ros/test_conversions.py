"""Poses, boxes and detections in messages, against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geometry_msgs.msg import Pose, Quaternion, Transform
from scipy.spatial.transform import Rotation
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.conversions import (
    box_from_message,
    box_to_message,
    detection_from_localization,
    detections_from_localizations,
    localization_from_detection,
    pose_from_rigid,
    rigid_from_pose,
    rigid_from_transform,
    transform_from_rigid,
)
from camaware_ros.types import Localization


def random_rotation(seed: int) -> Rotation:
    return Rotation.random(random_state=seed)


def localization(seed: int = 0, frame_id: str = "map") -> Localization:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(3, 3))
    return Localization(
        label="red chair",
        presence=0.9,
        score=0.75,
        frame_id=frame_id,
        box=Box3(
            center=rng.normal(size=3),
            size=rng.uniform(0.2, 2, 3),
            rotation=Rotation.from_euler("z", rng.uniform(-3, 3)).as_matrix(),
        ),
        covariance=half @ half.T,
        pixel=(1.0, 2.0),
    )


@pytest.mark.parametrize("seed", range(5))
def test_quaternions_are_x_y_z_w(seed: int) -> None:
    rotation = random_rotation(seed)
    x, y, z, w = rotation.as_quat()
    message = Transform(rotation=Quaternion(x=x, y=y, z=z, w=w))
    message.translation.x, message.translation.y, message.translation.z = 1.0, 2.0, 3.0
    rigid = rigid_from_transform(message)
    np.testing.assert_allclose(rigid.rotation, rotation.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(rigid.translation, (1, 2, 3))


@pytest.mark.parametrize("seed", range(5))
def test_transforms_and_poses_come_back_as_they_were(seed: int) -> None:
    rotation = random_rotation(seed).as_matrix()
    rigid = Rigid3(rotation=rotation, translation=np.array([seed, -2, 3.5]))
    for there, back in (
        (transform_from_rigid, rigid_from_transform),
        (pose_from_rigid, rigid_from_pose),
    ):
        got = back(there(rigid))
        np.testing.assert_allclose(got.rotation, rigid.rotation, atol=1e-12)
        np.testing.assert_allclose(got.translation, rigid.translation, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"w": 0.0}, "unit quaternion"),
        ({"w": 2.0}, "unit quaternion"),
        ({"x": math.nan}, "finite"),
    ],
)
def test_a_pose_that_makes_no_sense_is_refused(change: dict[str, float], match: str) -> None:
    pose = Pose()
    for name, value in change.items():
        setattr(pose.orientation, name, value)
    with pytest.raises(ValueError, match=match):
        rigid_from_pose(pose)


def test_a_box_comes_back_with_its_own_axes() -> None:
    box = localization(3).box
    got = box_from_message(box_to_message(box))
    for name in ("center", "size", "rotation"):
        np.testing.assert_allclose(getattr(got, name), getattr(box, name), atol=1e-12)


def test_a_box_of_no_size_is_refused() -> None:
    message = box_to_message(localization().box)
    message.size.x = -1.0
    with pytest.raises(ValueError):
        box_from_message(message)


def test_a_detection_says_where_and_how_sure() -> None:
    thing = localization(1)
    header = Header(frame_id="map")
    header.stamp.sec, header.stamp.nanosec = 12, 34
    detection = detection_from_localization(thing, header)
    assert detection.header == header
    (result,) = detection.results
    assert (result.hypothesis.class_id, result.hypothesis.score) == ("red chair", 0.75)
    assert result.pose.pose == detection.bbox.center
    position = detection.bbox.center.position
    np.testing.assert_allclose([position.x, position.y, position.z], thing.box.center)
    # Row major, x y z first: entry (1, 2) is the covariance of y and z.
    assert result.pose.covariance[1 * 6 + 2] == pytest.approx(thing.covariance[1, 2])
    assert result.pose.covariance[2 * 6 + 2] == pytest.approx(thing.covariance[2, 2])
    assert len(result.pose.covariance) == 36


def test_a_detection_in_the_wrong_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 'map', got 'odom'"):
        detection_from_localization(localization(), Header(frame_id="odom"))


def test_an_array_without_detections_still_says_which_image() -> None:
    header = Header(frame_id="map")
    header.stamp.sec = 5
    array = detections_from_localizations((), header)
    assert array.header == header and len(array.detections) == 0


def test_a_localization_comes_back_without_pixel() -> None:
    thing = localization(2)
    back = localization_from_detection(detection_from_localization(thing, Header(frame_id="map")))
    assert (back.label, back.score, back.frame_id) == ("red chair", 0.75, "map")
    np.testing.assert_allclose(back.covariance, thing.covariance, atol=1e-12)
    np.testing.assert_allclose(back.box.center, thing.box.center, atol=1e-12)
    assert np.isnan(back.pixel).all()


def test_a_detection_without_result_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one result at least"):
        localization_from_detection(Detection3D())
