"""Arrivals judged by hand."""

from __future__ import annotations

import math

import pytest

from camaware_ros.evaluation.arrival import Tolerance, judge_arrival
from camaware_ros.geometry.boxes import Box3

SOFA = Box3.from_yaw([2.0, 1.0, 0.4], [2.0, 1.0, 0.8], math.pi / 2)  # 1 m along x, 2 m along y


def test_distance_is_to_the_side_and_facing_to_the_centre() -> None:
    arrival = judge_arrival((0.7, 1.0, 0.0), SOFA, 0.8)
    assert arrival.distance_m == pytest.approx(0.8)
    assert arrival.facing_rad == pytest.approx(0.0)
    assert arrival.good


@pytest.mark.parametrize(
    ("pose", "distance_m", "facing_deg", "good"),
    [
        ((0.41, 1.0, 0.0), 1.09, 0, True),
        ((0.39, 1.0, 0.0), 1.11, 0, False),
        ((0.7, 1.0, math.radians(19)), 0.8, 19, True),
        ((0.7, 1.0, math.radians(-21)), 0.8, 21, False),
        ((2.0, 2.8, -math.pi / 2), 0.8, 0, True),
        ((2.0, 2.8, math.pi / 2), 0.8, 180, False),
        ((2.0, 1.0, 0.0), 0.0, 0, False),
        ((0.7, 1.0, 4 * math.pi), 0.8, 0, True),
    ],
)
def test_the_edges_of_good(pose, distance_m: float, facing_deg: float, good: bool) -> None:
    arrival = judge_arrival(pose, SOFA, 0.8)
    assert arrival.distance_m == pytest.approx(distance_m)
    assert math.degrees(arrival.facing_rad) == pytest.approx(facing_deg, abs=1e-6)
    assert arrival.good == good


def test_a_wider_tolerance_counts() -> None:
    pose = (0.3, 1.0, math.radians(25))
    assert not judge_arrival(pose, SOFA, 0.8).good
    assert judge_arrival(pose, SOFA, 0.8, Tolerance(distance_m=0.5, facing_rad=0.5)).good
