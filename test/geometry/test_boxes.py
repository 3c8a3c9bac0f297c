"""Boxes: exact shared volume against convex hulls of half-space intersections and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, HalfspaceIntersection
from scipy.spatial.transform import Rotation

from camaware_ros.geometry.boxes import Box3, intersection_volume, iou
from camaware_ros.geometry.transforms import Rigid3


def random_box(rng: np.random.Generator, spread: float = 0.4) -> Box3:
    rotation = Rotation.random(random_state=int(rng.integers(1 << 30))).as_matrix()
    return Box3(rng.normal(0, spread, 3), rng.uniform(0.1, 2.0, 3), rotation)


def halfspaces(box: Box3) -> np.ndarray:
    rows = []
    for axis, half in zip(box.rotation.T, box.size / 2, strict=True):
        for sign in (-1, 1):
            rows.append([*(sign * axis), -(sign * axis @ box.center + half)])
    return np.array(rows)


def shared_volume_by_scipy(a: Box3, b: Box3) -> float:
    both = np.vstack([halfspaces(a), halfspaces(b)])
    widest = linprog(
        [0, 0, 0, -1], A_ub=np.c_[both[:, :3], np.ones(len(both))], b_ub=-both[:, 3],
        bounds=[(None, None)] * 3 + [(0, None)],
    )  # fmt: skip
    if not widest.success or widest.x[3] < 1e-6:
        return 0.0
    return float(ConvexHull(HalfspaceIntersection(both, widest.x[:3]).intersections).volume)


@pytest.mark.parametrize("seed", range(10))
def test_shared_volume_of_random_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    met = 0
    for _ in range(30):
        a, b = random_box(rng), random_box(rng)
        expected = shared_volume_by_scipy(a, b)
        assert intersection_volume(a, b) == pytest.approx(expected, abs=1e-6)
        assert iou(a, b) == pytest.approx(expected / (a.volume + b.volume - expected), abs=1e-6)
        assert iou(a, b) == pytest.approx(iou(b, a), abs=1e-9)
        met += expected > 0.01
    assert met > 5


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        ((0, 0, 0), 1.0),
        ((0.5, 0, 0), 1 / 3),
        ((0.5, 0.5, 0.5), 1 / 15),
        ((1, 0, 0), 0.0),
        ((3, 0, 0), 0.0),
    ],
)
@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_unit_cubes_by_hand(
    shift: tuple[float, float, float], expected: float, turn: float
) -> None:
    """Aligned, shifted, touching and apart; also when the world is turned (shared faces!)."""
    world = Rigid3(
        Rotation.from_euler("zyx", [turn, -turn, 2 * turn]).as_matrix(), np.array([1.0, 2, 3])
    )
    a = Box3.from_yaw([0, 0, 0], [1, 1, 1], 0).transformed(world)
    b = Box3.from_yaw(shift, [1, 1, 1], 0).transformed(world)
    assert iou(a, b) == pytest.approx(expected, abs=1e-7)


def test_one_box_inside_another_and_a_corner_on_a_face() -> None:
    big = Box3.from_yaw([0, 0, 0], [2, 2, 2], 0.4)
    assert iou(big, Box3.from_yaw([0.1, 0, 0], [1, 1, 1], 1.0)) == pytest.approx(1 / 8)
    flush = Box3.from_yaw([0, 0, 0.5], [2, 2, 1], 0.4)
    assert iou(big, flush) == pytest.approx(0.5)
    tiny = Box3.from_yaw([0, 0, 0], [1e-4, 1e-4, 1e-4], 0.7)
    assert iou(tiny, tiny) == pytest.approx(1)


def test_a_cube_turned_by_45_degrees_shares_a_regular_octagon() -> None:
    a, b = (Box3.from_yaw([0, 0, 0], [1, 1, 1], yaw) for yaw in (0.0, np.pi / 4))
    octagon = 2 * (np.sqrt(2) - 1)
    assert intersection_volume(a, b) == pytest.approx(octagon)


def test_moving_both_boxes_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    a, b = random_box(rng), random_box(rng)
    world = Rigid3(Rotation.random(random_state=1).as_matrix(), rng.normal(size=3))
    assert iou(a.transformed(world), b.transformed(world)) == pytest.approx(iou(a, b), abs=1e-9)


def test_corners_contain_and_yaw() -> None:
    box = Box3.from_yaw([1, 2, 3], [2, 4, 6], 0.5)
    corners = box.corners()
    assert corners.shape == (8, 3) and box.contains(corners).all()
    np.testing.assert_allclose(corners.mean(0), [1, 2, 3])
    assert ConvexHull(corners).volume == pytest.approx(box.volume)
    assert not box.contains(box.center + 1.01 * (corners - box.center)).any()
    assert box.yaw_rad == pytest.approx(0.5)
    np.testing.assert_allclose(corners[0] - corners[4], -2 * box.rotation[:, 0])


def test_size_stays_with_the_box_when_its_frame_turns() -> None:
    """The classic mistake rotates the size vector; a cube pitched by 45 degrees would vanish."""
    cube = Box3.from_yaw([0, 0, 0], [1, 1, 1], 0)
    pitched = cube.transformed(
        Rigid3(Rotation.from_euler("y", 45, degrees=True).as_matrix(), np.zeros(3))
    )
    np.testing.assert_allclose(pitched.size, [1, 1, 1])
    np.testing.assert_allclose(np.ptp(pitched.corners(), axis=0), [np.sqrt(2), 1, np.sqrt(2)])


@pytest.mark.parametrize(
    ("center", "size", "rotation", "name"),
    [
        ([0, 0], [1, 1, 1], np.eye(3), "center"),
        ([0, 0, 0], [1, 0, 1], np.eye(3), "size: expected positive"),
        ([0, 0, 0], [1, np.inf, 1], np.eye(3), "size: expected finite"),
        ([0, 0, 0], [1, 1, 1], np.ones((3, 3)), "rotation"),
    ],
)
def test_bad_boxes_are_refused(center: object, size: object, rotation: object, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Box3(center, size, rotation)
