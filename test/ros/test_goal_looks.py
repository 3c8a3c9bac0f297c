"""Detections into the fixed frame at the picture's stamp, checked with scipy's rotations."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy")
from geometry_msgs.msg import TransformStamped
from scipy.spatial.transform import Rotation
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose

from camaware_ros.ros.goal_looks import looks_at, robot_xy, stamp_s
from camaware_ros.ros.tf import Buffer, TransformException

TURN = Rotation.from_euler("z", 0.8)
SPREAD = np.diag([0.09, 0.01, 0.04])


def moving_base(second: int, x: float) -> TransformStamped:
    message = TransformStamped(child_frame_id="base_footprint")
    message.header.frame_id, message.header.stamp.sec = "map", second
    message.transform.translation.x = x
    q = message.transform.rotation
    q.x, q.y, q.z, q.w = TURN.as_quat()
    return message


@pytest.fixture
def buffer() -> Buffer:
    """A robot that drives along x with one metre per second."""
    the_buffer = Buffer()
    the_buffer.set_transform(moving_base(10, 0.0), "test")
    the_buffer.set_transform(moving_base(12, 2.0), "test")
    return the_buffer


def seen(*labels: str, second: int = 11, frame: str = "base_footprint") -> Detection3DArray:
    message = Detection3DArray()
    message.header.frame_id, message.header.stamp.sec = frame, second
    message.header.stamp.nanosec = 500_000_000
    for label in labels:
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = label, 0.7
        covariance = np.zeros((6, 6))
        covariance[:3, :3] = SPREAD
        result.pose.covariance = covariance.ravel()
        detection = Detection3D(header=message.header, results=[result])
        detection.bbox.center.position.x = 3.0
        detection.bbox.size.x = detection.bbox.size.y = detection.bbox.size.z = 0.5
        message.detections.append(detection)
    return message


def test_a_look_is_where_the_robot_was_at_the_stamp(buffer: Buffer) -> None:
    (look,) = looks_at("red chair", seen("red chair"), buffer, "map")
    np.testing.assert_allclose(look.box.center, [1.5, 0, 0] + TURN.apply([3, 0, 0]), atol=1e-9)
    turn = TURN.as_matrix()
    np.testing.assert_allclose(look.covariance, turn @ SPREAD @ turn.T, atol=1e-9)
    assert (look.frame_id, look.label, look.score) == ("map", "red chair", 0.7)


def test_names_are_compared_by_meaning(buffer: Buffer) -> None:
    looks = looks_at("sofa", seen("blue chair", "The Couch", "sofa"), buffer, "map")
    assert [look.label for look in looks] == ["sofa", "sofa"]


def test_the_fixed_frame_needs_no_tf() -> None:
    (look,) = looks_at("chair", seen("chair", frame="map"), Buffer(), "map")
    np.testing.assert_allclose(look.box.center, [3, 0, 0])


@pytest.mark.parametrize("second", [5, 30])
def test_a_stamp_tf_does_not_know_is_an_error(buffer: Buffer, second: int) -> None:
    message = seen("red chair", second=second)
    with pytest.raises(TransformException):
        looks_at("red chair", message, buffer, "map")
    with pytest.raises(TransformException):
        robot_xy(buffer, "map", "base_footprint", message)


def test_the_robot_at_the_stamp_and_now(buffer: Buffer) -> None:
    at_stamp = robot_xy(buffer, "map", "base_footprint", seen())
    np.testing.assert_allclose(at_stamp, [1.5, 0.0], atol=1e-9)
    np.testing.assert_allclose(robot_xy(buffer, "map", "base_footprint"), [2.0, 0.0], atol=1e-9)


def test_a_detection_without_a_result_is_refused(buffer: Buffer) -> None:
    message = seen("chair")
    message.detections[0].results = []
    with pytest.raises(ValueError, match="expected one result"):
        looks_at("chair", message, buffer, "map")


def test_stamps_are_seconds() -> None:
    assert stamp_s(seen(second=7)) == pytest.approx(7.5)
