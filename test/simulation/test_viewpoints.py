"""Viewpoints against what the renderer shows from them."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.localization.grid import GridMap
from camaware_ros.simulation.costmap import costmap_of
from camaware_ros.simulation.render import Quality
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room, demo_room, random_room
from camaware_ros.simulation.simulator import Simulator
from camaware_ros.simulation.viewpoints import Viewing, sees, viewpoints

CAMERAS = {name: load_camera_yaml(path) for name, path in find_camera_files().items()}


def grid_of(room: Room) -> GridMap:
    costmap = costmap_of(room)
    return GridMap(
        data=costmap.cost, resolution_m=costmap.resolution_m, origin_xy=np.array(costmap.origin_m)
    )


def boxes_of(room: Room) -> dict:
    return {thing.label: thing.box for thing in room.objects}


@pytest.mark.parametrize("camera", ["realsense_d455", "usb_webcam", "gopro_hero9_wide"])
@pytest.mark.parametrize("room", [demo_room(), random_room(5)], ids=lambda room: room.name)
def test_the_thing_is_in_the_picture_from_there(camera: str, room: Room) -> None:
    simulator = Simulator(room, CAMERAS[camera], Quality(shadows=False, samples=0))
    seen = 0
    for index, thing in enumerate(room.objects):
        rng = np.random.default_rng(index)
        places = viewpoints(
            boxes_of(room), thing.label, CAMERAS[camera], grid_of(room), rng=rng, count=2
        )
        for place in places:
            simulator.reset(place)  # refuses a place where the robot touches something
            pixels = int((simulator.truth().instance == index + 1).sum())
            assert pixels > 150, (thing.label, place)
            seen += 1
    simulator.close()
    assert seen >= 6


def test_what_is_behind_hidden_far_or_beside_is_not_seen() -> None:
    room = demo_room()
    boxes, camera, viewing = boxes_of(room), CAMERAS["realsense_d455"], Viewing()
    ahead = (-1.6, 0.9, 0.0)
    assert sees(ahead, boxes, "red chair", camera, viewing)
    assert not sees((*ahead[:2], np.pi), boxes, "red chair", camera, viewing)
    assert not sees((*ahead[:2], 0.9), boxes, "red chair", camera, viewing)
    assert not sees((-2.6, 0.9, 0.0), boxes, "red chair", camera, viewing)
    assert sees((-2.6, 0.9, 0.0), boxes, "red chair", camera, Viewing(far_m=4.0))
    # the chair stands before the white box
    assert not sees((-0.2, 1.1, -0.2), boxes, "white box", camera, viewing)


def test_places_are_free_floor_at_the_wanted_distance() -> None:
    room = demo_room()
    viewing = Viewing(near_m=1.5, far_m=2.0)
    places = viewpoints(
        boxes_of(room), "red chair", CAMERAS["usb_webcam"], grid_of(room), viewing,
        rng=np.random.default_rng(3), count=20,
    )  # fmt: skip
    points = np.array(places)[:, :2]
    chair = next(thing for thing in room.objects if thing.label == "red chair")
    distance = chair.distance(points)
    assert len(places) > 3 and distance.min() >= 1.5 and distance.max() <= 2.0
    assert room.clearance(points).min() > ROBOT_RADIUS_M
