"""Rigid motions against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from camaware_ros.geometry.transforms import Rigid3


def random_pose(seed: int) -> Rigid3:
    rng = np.random.default_rng(seed)
    return Rigid3(Rotation.random(random_state=seed).as_matrix(), rng.normal(size=3))


@pytest.mark.parametrize("seed", range(8))
def test_quaternions_agree_with_scipy(seed: int) -> None:
    rotation = Rotation.random(random_state=seed)
    pose = Rigid3.from_quaternion_xyzw(rotation.as_quat(), [1, 2, 3])
    np.testing.assert_allclose(pose.rotation, rotation.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(pose.quaternion_xyzw, rotation.as_quat(canonical=True), atol=1e-12)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0, 0.8)])
@pytest.mark.parametrize("angle", [0.0, 1e-9, np.pi / 2, np.pi - 1e-9, np.pi])
def test_quaternions_at_the_edges(axis: tuple[float, float, float], angle: float) -> None:
    rotation = Rotation.from_rotvec(angle * np.array(axis))
    quaternion = Rigid3(rotation.as_matrix(), np.zeros(3)).quaternion_xyzw
    assert quaternion[3] >= 0 and np.linalg.norm(quaternion) == pytest.approx(1)
    back = Rigid3.from_quaternion_xyzw(quaternion, np.zeros(3))
    np.testing.assert_allclose(back.rotation, rotation.as_matrix(), atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_products_cancel_and_inverses_undo(seed: int) -> None:
    a_from_b, b_from_c = random_pose(seed), random_pose(seed + 50)
    points = np.random.default_rng(seed).normal(size=(2, 5, 3))
    a_from_c = a_from_b @ b_from_c
    np.testing.assert_allclose(
        a_from_c.apply(points), a_from_b.apply(b_from_c.apply(points)), atol=1e-12
    )
    np.testing.assert_allclose(a_from_b.inverse().apply(a_from_b.apply(points)), points, atol=1e-12)
    identity = a_from_b @ a_from_b.inverse()
    np.testing.assert_allclose(identity.rotation, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(a_from_b.rotate(points), points @ a_from_b.rotation.T)


@pytest.mark.parametrize("yaw", [-3.0, 0.0, 1.2])
def test_yaw(yaw: float) -> None:
    pose = Rigid3.from_yaw(yaw, [1, 0, 0])
    assert pose.yaw_rad == pytest.approx(yaw)
    np.testing.assert_allclose(pose.apply([1, 0, 0]), [1 + np.cos(yaw), np.sin(yaw), 0], atol=1e-12)


@pytest.mark.parametrize(
    ("rotation", "translation", "reason"),
    [
        (np.diag([1, 1, -1]), np.zeros(3), "reflection"),
        (2 * np.eye(3), np.zeros(3), "orthonormal"),
        (np.eye(2), np.zeros(3), "rotation: expected finite numbers of shape"),
        (np.eye(3), [0, np.nan, 0], "translation: expected finite"),
        (np.eye(3), [0, 0], "translation: expected finite"),
    ],
)
def test_bad_motions_are_refused(rotation: np.ndarray, translation: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Rigid3(rotation, translation)


def test_bad_quaternions_and_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="expected norm 1"):
        Rigid3.from_quaternion_xyzw([0, 0, 0, 0], [0, 0, 0])
    with pytest.raises(ValueError, match="vectors: expected shape"):
        Rigid3.identity().apply(np.zeros((4, 2)))


def test_values_cannot_be_changed_behind_the_owners_back() -> None:
    translation = np.zeros(3)
    pose = Rigid3(np.eye(3), translation)
    translation[0] = 5
    assert pose.translation[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        pose.rotation[0, 0] = 2


@pytest.mark.parametrize("yaw", [np.nan, np.inf])
def test_a_yaw_must_be_finite(yaw: float) -> None:
    with pytest.raises(ValueError, match="yaw_rad: expected a finite angle"):
        Rigid3.from_yaw(yaw)
