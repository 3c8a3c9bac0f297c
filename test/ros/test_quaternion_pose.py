"""Pose arithmetic against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from camaware_ros.ros.quaternion_pose import (
    IDENTITY,
    QuaternionPose,
    checked_pose,
    compose,
    interpolate,
    invert,
)


def random_pose(rng: np.random.Generator) -> QuaternionPose:
    quaternion = Rotation.random(random_state=rng).as_quat()
    return checked_pose(tuple(rng.normal(size=3)), tuple(quaternion))


def matrix(pose: QuaternionPose) -> np.ndarray:
    result = np.eye(4)
    result[:3, :3] = Rotation.from_quat(pose.quaternion_xyzw).as_matrix()
    result[:3, 3] = pose.translation
    return result


def test_compose_and_invert_are_the_matrix_product_and_inverse() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = random_pose(rng), random_pose(rng)
        np.testing.assert_allclose(matrix(compose(a, b)), matrix(a) @ matrix(b), atol=1e-12)
        np.testing.assert_allclose(matrix(invert(a)), np.linalg.inv(matrix(a)), atol=1e-12)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.93, 1.0])
def test_interpolation_is_scipys_slerp_and_a_straight_line(fraction: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        a, b = random_pose(rng), random_pose(rng)
        got = interpolate(a, b, fraction)
        both = Rotation.from_quat([a.quaternion_xyzw, b.quaternion_xyzw])
        expected = Slerp([0, 1], both)(fraction)
        apart = (Rotation.from_quat(got.quaternion_xyzw) * expected.inv()).magnitude()
        assert apart < 1e-9
        line = (1 - fraction) * np.array(a.translation) + fraction * np.array(b.translation)
        np.testing.assert_allclose(got.translation, line, atol=1e-12)


def test_interpolation_of_nearly_equal_rotations_keeps_its_precision() -> None:
    for angle in (0.0, 1e-12, 1e-8, 1e-5):
        b = checked_pose((0, 0, 0), tuple(Rotation.from_rotvec([0, 0, angle]).as_quat()))
        got = Rotation.from_quat(interpolate(IDENTITY, b, 0.25).quaternion_xyzw)
        assert got.magnitude() == pytest.approx(angle / 4, abs=1e-12)


def test_the_short_way_is_taken_when_signs_differ() -> None:
    x, y, z, w = Rotation.from_rotvec([0, 0, 0.4]).as_quat()
    end = QuaternionPose((0, 0, 0), (-x, -y, -z, -w))
    got = Rotation.from_quat(interpolate(IDENTITY, end, 0.5).quaternion_xyzw)
    assert got.magnitude() == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("translation", "quaternion", "match"),
    [
        ((0, float("nan"), 0), (0, 0, 0, 1), "finite"),
        ((0, 0, 0), (0, 0, float("inf"), 1), "finite"),
        ((0, 0, 0), (0, 0, 0, 0), "unit quaternion"),
        ((0, 0, 0), (0, 0, 0, 1.5), r"length 1\.5"),
    ],
)
def test_a_transform_that_makes_no_sense_is_refused(translation, quaternion, match) -> None:
    with pytest.raises(ValueError, match=match):
        checked_pose(translation, quaternion)


def test_a_quaternion_slightly_off_is_normalised() -> None:
    pose = checked_pose((0, 0, 0), (0, 0, 0.0, 1.001))
    assert np.linalg.norm(pose.quaternion_xyzw) == pytest.approx(1, abs=1e-15)
