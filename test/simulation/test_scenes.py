"""Rooms: what stands where, nothing in anything else, and boxes that are true."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from camaware_ros.language import vocabulary
from camaware_ros.simulation.scenes import (
    COLOURS,
    KINDS,
    SIZE_RANGES,
    Furniture,
    Room,
    demo_room,
    random_room,
    room_from_name,
)

SEEDS = range(25)


def thing(**changes: object) -> Furniture:
    values: dict = {
        "kind": "box", "colour": "red", "x_m": 0.0, "y_m": 0.0, "yaw_rad": 0.0,
        "size_m": (0.4, 0.2, 0.3),
    }  # fmt: skip
    return Furniture(**{**values, **changes})


def rotated_rectangle(item: Furniture) -> tuple:
    degrees = math.degrees(item.yaw_rad)
    return ((item.x_m, item.y_m), item.size_m[:2], degrees)


def test_words_are_those_of_the_model():
    assert set(KINDS) <= set(vocabulary.KINDS)
    assert set(COLOURS) == set(vocabulary.COLOURS)


@pytest.mark.parametrize("room", [demo_room(), *map(random_room, SEEDS)], ids=lambda r: r.name)
def test_nothing_overlaps_and_all_stand_inside(room: Room):
    for index, one in enumerate(room.objects):
        corners = cv2.boxPoints(rotated_rectangle(one))
        assert np.all(np.abs(corners) <= [room.length_m / 2, room.width_m / 2])
        for other in room.objects[index + 1 :]:
            kind, _ = cv2.rotatedRectangleIntersection(
                rotated_rectangle(one), rotated_rectangle(other)
            )
            assert kind == cv2.INTERSECT_NONE, (one.label, other.label)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_rooms_keep_their_promises(seed: int):
    room = random_room(seed)
    assert 6 <= room.length_m <= 8 and 5 <= room.width_m <= 6
    assert 5 <= len(room.objects) <= 8
    assert len({item.label for item in room.objects}) == len(room.objects)
    assert room.clearance(np.array(room.start[:2])) >= 0.6
    for item in room.objects:
        least, most = np.array(SIZE_RANGES[item.kind]).T
        assert np.all(least <= item.size_m) and np.all(item.size_m <= most)
        assert item.size_m[0] >= item.size_m[1]
        assert item.box.center[2] == pytest.approx(item.size_m[2] / 2)


def test_a_seed_gives_one_room_and_another_seed_another():
    assert random_room(3) == random_room(3)
    assert random_room(3) != random_room(4)


def test_demo_room_has_the_advertised_things():
    labels = {item.label for item in demo_room().objects}
    assert labels >= {
        "red chair", "blue table", "green sofa", "yellow lamp", "orange cone", "purple ball",
        "white box", "black cylinder",
    }  # fmt: skip


def test_distance_of_a_turned_rectangle_by_hand():
    item = thing(size_m=(2.0, 1.0, 0.5), yaw_rad=math.pi / 2, x_m=1.0)
    points = np.array([[1.0, 0.9], [2.0, 0.0], [1.0, 1.4], [1.5 + 0.3, 1.0 + 0.4]])
    np.testing.assert_allclose(item.distance(points), [0.0, 0.5, 0.4, 0.5], atol=1e-12)


def test_distance_of_a_disc_by_hand():
    item = thing(kind="ball", size_m=(0.4, 0.4, 0.4))
    np.testing.assert_allclose(item.distance(np.array([[0.3, 0.4], [0.1, 0.1]])), [0.3, 0.0])


def test_clearance_is_the_nearest_of_walls_and_things():
    room = Room(
        name="x", length_m=4, width_m=4, height_m=2, objects=(thing(),), start=(1.0, 1.0, 0.0)
    )
    points = np.array([[1.9, 0.0], [0.5, 0.0], [2.5, 0.0]])
    np.testing.assert_allclose(room.clearance(points), [0.1, 0.3, -0.5])


@pytest.mark.parametrize("name", ["", "kitchen", "seed:", "seed:-1", "seed:x", "seed:1.5", "demo "])
def test_unknown_rooms_are_refused(name: str):
    with pytest.raises(ValueError, match=r"room: expected 'demo' or 'seed:N'.*got"):
        room_from_name(name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "piano"}, "kind: expected one of"),
        ({"colour": "pink"}, "colour: expected one of"),
        ({"x_m": math.nan}, "finite pose"),
        ({"size_m": (1.0, 0.0, 1.0)}, "positive sizes"),
        ({"kind": "ball", "size_m": (0.3, 0.4, 0.3)}, "length equal to width"),
    ],
)
def test_impossible_furniture_is_refused(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        thing(**changes)
