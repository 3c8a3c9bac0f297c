"""Every kind of furniture fills its box exactly."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.simulation.furniture import parts_of
from camaware_ros.simulation.scenes import KINDS, ROUND_KINDS, SIZE_RANGES


@pytest.mark.parametrize("kind", KINDS)
def test_parts_touch_all_faces_of_the_box_and_stay_inside(kind: str):
    rng = np.random.default_rng(KINDS.index(kind))
    for _ in range(20):
        size = [float(rng.uniform(*limits)) for limits in SIZE_RANGES[kind]]
        if kind in ROUND_KINDS:
            size[1] = size[0]
        parts = parts_of(kind, (size[0], size[1], size[2]))
        low = np.min([np.array(p.centre) - np.array(p.size) / 2 for p in parts], axis=0)
        high = np.max([np.array(p.centre) + np.array(p.size) / 2 for p in parts], axis=0)
        np.testing.assert_allclose(low, [-size[0] / 2, -size[1] / 2, 0], atol=1e-9)
        np.testing.assert_allclose(high, [size[0] / 2, size[1] / 2, size[2]], atol=1e-9)
        assert all(min(part.size) > 0 for part in parts)


@pytest.mark.parametrize("kind", KINDS)
def test_most_of_the_surface_has_the_objects_colour(kind: str):
    size = tuple(float(np.mean(limits)) for limits in SIZE_RANGES[kind])
    parts = parts_of(kind, (size[0], size[0] if kind in ROUND_KINDS else size[1], size[2]))
    area = {"main": 0.0, "other": 0.0}
    for part in parts:
        x, y, z = part.size
        key = "main" if part.finish in ("main", "accent") else "other"
        area[key] += 2 * (x * y + y * z + z * x)
    assert area["main"] > 1.5 * area["other"]


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind: expected one of .*got 'piano'"):
        parts_of("piano", (1.0, 1.0, 1.0))
