"""Everything in view: suppression in space by hand, and from the shipped model's tokens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.runtime.contract import ModelOutputs
from camaware_ros.runtime.detecting import groups, read_objects
from camaware_ros.runtime.reading import Spreads

WORDS = ("box", "chair", "red", "green", "blue", "left")
CAMERA = Camera(width=640, height=480, fx=500, fy=500, cx=320, cy=240)
UP = np.array([0.0, -1.0, 0.0])
SPREADS = Spreads(scale=(2.0, 1.0, 1.0))


def tokens() -> ModelOutputs:
    """Three tokens: two see one red chair 3 m ahead, one a blue box 2 m to the right of it."""
    centres = np.array([[0.0, 0.2, 3.0], [0.05, 0.2, 3.1], [2.0, 0.2, 3.0]])
    ranges = np.linalg.norm(centres, axis=1)
    none = np.zeros((0,), np.float32)
    return ModelOutputs(
        presence=none, pointer=none, direction=none, log_range=none, log_size=none, yaw=none,
        log_sigma=none, range_map=none, up=none, log_height=none, signature=none,
        object_direction=(centres / ranges[:, None]).astype(np.float32),
        object_log_range=np.log(ranges).astype(np.float32),
        object_log_size=np.log(np.full((3, 3), 0.6)).astype(np.float32),
        object_yaw=np.array([[np.sin(1.0), np.cos(1.0)]] * 3, np.float32),
        object_log_sigma=np.log(np.array([[0.01, 0.01, 0.05]] * 3)).astype(np.float32),
        object_kind=np.array([[0.1, 0.9], [0.2, 0.8], [0.7, 0.3]], np.float32),
        object_colour=np.array([[0.8, 0.1, 0.1], [0.5, 0.4, 0.1], [0, 0.1, 0.9]], np.float32),
        objectness=np.array([3.0, 4.0, 1.0], np.float32),
    )  # fmt: skip


def test_tokens_of_one_thing_become_one() -> None:
    chair, box = read_objects(tokens(), WORDS, CAMERA, UP, SPREADS)
    assert (chair.label, box.label) == ("red chair", "blue box")
    assert chair.score == pytest.approx(0.9 / (1 + np.exp(-3)))
    assert box.score == pytest.approx(0.7 / (1 + np.exp(-1)))
    weight = np.array([0.9 / (1 + np.exp(-3)), 0.8 / (1 + np.exp(-4))]) ** 3
    share = weight[1] / weight.sum()
    np.testing.assert_allclose(chair.box.center, [0.05 * share, 0.2, 3.0 + 0.1 * share], atol=1e-6)
    x, y, z = chair.box.center
    np.testing.assert_allclose(chair.pixel, [320 + 500 * x / z, 240 + 500 * y / z], atol=1e-3)
    np.testing.assert_allclose(chair.box.rotation[:, 2], UP, atol=1e-12)


def test_covariance_lies_along_the_line_of_sight_and_is_scaled() -> None:
    chair, _ = read_objects(tokens(), WORDS, CAMERA, UP, SPREADS)
    sight = chair.box.center / np.linalg.norm(chair.box.center)
    distance = np.linalg.norm(chair.box.center)
    assert sight @ chair.covariance @ sight == pytest.approx((0.05 * distance) ** 2, rel=1e-3)
    assert chair.covariance[0, 0] == pytest.approx((0.02 * distance) ** 2, rel=1e-3)


def test_an_empty_room_has_nothing() -> None:
    empty = replace(tokens(), objectness=np.full(3, -9, np.float32))
    assert read_objects(empty, WORDS, CAMERA, UP, SPREADS) == ()


@pytest.mark.parametrize("seed", range(5))
def test_what_stays_is_apart_and_what_goes_is_near_something_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, centres = rng.random(30), rng.uniform(-2, 2, (30, 3))
    sizes = rng.uniform(0.2, 1.5, (30, 3))
    reach = np.linalg.norm(sizes, axis=1)
    found = groups(scores, centres, sizes)
    best = [group[0] for group in found]

    def near(a: int, b: int) -> bool:
        return bool(np.linalg.norm(centres[a] - centres[b]) < 0.175 * (reach[a] + reach[b]))

    assert sorted(np.concatenate(found).tolist()) == list(range(30))
    assert list(scores[best]) == sorted(scores[best], reverse=True)
    assert not any(near(a, b) for a in best for b in best if a != b)
    for group in found:
        assert all(near(group[0], i) and scores[group[0]] > scores[i] for i in group[1:])
