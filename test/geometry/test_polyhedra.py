"""Cutting solids against scipy's hulls, and what shared volumes do at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from camaware_ros.geometry.boxes import _FACES, Box3, intersection_volume, iou
from camaware_ros.geometry.polyhedra import Polyhedron

CUBE = Box3.from_yaw([0, 0, 0], [1, 1, 1], 0)


def solid(box: Box3) -> Polyhedron:
    return Polyhedron(box.corners(), _FACES)


def used(polyhedron: Polyhedron) -> np.ndarray:
    numbers = {i for edges in polyhedron.faces for edge in edges for i in edge}
    return polyhedron.vertices[sorted(numbers)]


@pytest.mark.parametrize("seed", range(12))
def test_cut_after_cut_agrees_with_hulls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation = Rotation.random(random_state=seed).as_matrix()
    part = solid(Box3(rng.normal(size=3), rng.uniform(0.5, 2, 3), rotation))
    whole = part.volume()
    middle = used(part).mean(axis=0)
    for _ in range(5):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        offset = float(normal @ middle) + rng.uniform(0.05, 0.3)
        other = part.cut(-normal, -offset)
        part = part.cut(normal, offset)
        assert (used(part) @ normal <= offset + 1e-12).all()
        assert part.volume() == pytest.approx(ConvexHull(used(part)).volume, abs=1e-10)
        assert part.volume() + other.volume() <= whole + 1e-10
        whole = part.volume()


def test_the_two_parts_of_a_cut_make_the_whole() -> None:
    normal = np.array([0.6, 0.0, 0.8])
    parts = [solid(CUBE).cut(sign * normal, sign * 0.1).volume() for sign in (1.0, -1.0)]
    assert sum(parts) == pytest.approx(1.0) and min(parts) > 0.3


@pytest.mark.parametrize(
    ("offset", "volume"),
    [(0.5, 1.0), (0.6, 1.0), (0.0, 0.5), (-0.25, 0.25), (-0.5, 0.0), (-2.0, 0.0)],
)
def test_planes_along_a_face_and_beyond(offset: float, volume: float) -> None:
    assert solid(CUBE).cut(np.array([0.0, 0.0, 1.0]), offset).volume() == pytest.approx(volume)


def test_a_corner_cut_off_is_a_tetrahedron() -> None:
    """What is left has its right angle at (0.5, 0.5, 0.5) and legs of 0.5."""
    corner = solid(CUBE).cut(-np.ones(3), -1.0)
    assert corner.volume() == pytest.approx(0.5**3 / 6)


def test_every_edge_of_a_cut_solid_is_used_once_each_way() -> None:
    part = solid(CUBE).cut(np.array([1.0, 0.2, 0.3]), 0.1).cut(np.array([-0.3, 1.0, 0.1]), 0.2)
    edges = [edge for face in part.faces for edge in face]
    assert len(edges) == len(set(edges)) and {edge[::-1] for edge in edges} == set(edges)


@pytest.mark.parametrize("seed", range(6))
def test_shared_volume_by_throwing_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = Box3.from_yaw([0, 0, 0.5], rng.uniform(0.5, 1.5, 3), rng.uniform(-3, 3))
    b = Box3.from_yaw(rng.normal(0, 0.3, 3) + [0, 0, 0.5], rng.uniform(0.5, 1.5, 3), 0.7)
    points = a.center + (rng.uniform(-0.5, 0.5, (100_000, 3)) * a.size) @ a.rotation.T
    share = b.contains(points).mean()
    noise = np.sqrt(share * (1 - share) / len(points))
    assert intersection_volume(a, b) / a.volume == pytest.approx(share, abs=5 * noise + 1e-5)


@pytest.mark.parametrize("exponent", range(-17, -3))
def test_almost_identical_boxes_are_almost_identical(exponent: int) -> None:
    """Where faces nearly coincide, rounding must not lose or double one."""
    rng, jitter = np.random.default_rng(exponent + 20), 10.0**exponent
    for _ in range(10):
        rotation = Rotation.random(random_state=int(rng.integers(1 << 30))).as_matrix()
        a = Box3(rng.normal(size=3), rng.uniform(0.2, 2, 3), rotation)
        turned = Rotation.from_rotvec(jitter * rng.normal(size=3)).as_matrix() @ rotation
        b = Box3(a.center + jitter * rng.normal(size=3), a.size, turned)
        assert iou(a, b) == pytest.approx(1, abs=200 * jitter + 1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_overlap_has_no_unit(scale: float) -> None:
    a = Box3.from_yaw([0, 0, 0], [1, 0.7, 0.4], 0.3)
    b = Box3.from_yaw([0.2, 0.1, 0.1], [0.5, 1.0, 0.6], -0.4)
    small = [Box3(scale * box.center, scale * box.size, box.rotation) for box in (a, b)]
    assert iou(*small) == pytest.approx(iou(a, b), rel=1e-12)


@pytest.mark.parametrize("gap", [1e-9, 1e-3, 1.0, 1e3])
def test_boxes_with_a_gap_share_nothing(gap: float) -> None:
    """Also edge against face, where the enclosing spheres overlap."""
    a = Box3.from_yaw([0, 0, 0], [1, 1, 1], 0)
    b = Box3.from_yaw([0.5 + np.sqrt(0.5) + gap, 0, 0], [1, 1, 1], np.pi / 4)
    assert iou(a, b) == pytest.approx(0, abs=1e-15)


def test_a_needle_through_a_plate() -> None:
    plate = Box3.from_yaw([0, 0, 0], [2, 2, 0.01], 0.2)
    needle = Box3.from_yaw([0.3, 0.2, 0], [0.01, 0.01, 2], 0.9)
    assert intersection_volume(plate, needle) == pytest.approx(1e-6)
    assert intersection_volume(needle, plate) == pytest.approx(1e-6)
