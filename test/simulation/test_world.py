"""The MuJoCo model of a room: complete, and different rooms look different."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import pytest

from camaware_ros.simulation.furniture import parts_of
from camaware_ros.simulation.scenes import demo_room, random_room
from camaware_ros.simulation.world import ROOM_ID, build_world, mjcf


@pytest.mark.parametrize("room", [demo_room(), random_room(11)], ids=lambda room: room.name)
def test_every_part_of_every_object_is_there_and_known(room):
    world = build_world(room)
    for index, thing in enumerate(room.objects):
        expected = len(parts_of(thing.kind, thing.size_m))
        assert (world.instance_of_geom == index + 1).sum() == expected, thing.label
    shell = [world.model.geom(i).name for i in np.nonzero(world.instance_of_geom == ROOM_ID)[0]]
    assert {"floor", "ceiling", "wall_north", "wall_east", "window", "rug"} <= set(shell)
    assert world.model.geom(world.ceiling_geom).name == "ceiling"


def test_geoms_lie_in_the_box_of_their_object_by_mujocos_own_reckoning():
    """MuJoCo's axis-aligned bounds of each geom, turned into the map, against Box3."""
    room = random_room(4)
    world = build_world(room)
    data = mujoco.MjData(world.model)
    mujoco.mj_forward(world.model, data)
    for index, thing in enumerate(room.objects):
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        for geom in np.nonzero(world.instance_of_geom == index + 1)[0]:
            middle, half = world.model.geom_aabb[geom].reshape(2, 3)
            own_from_geom = thing.box.rotation.T @ data.geom_xmat[geom].reshape(3, 3)
            centre = thing.box.rotation.T @ (data.geom_xpos[geom] - thing.box.center)
            centre = centre + own_from_geom @ middle
            reach = np.abs(own_from_geom) @ half
            low, high = np.minimum(low, centre - reach), np.maximum(high, centre + reach)
        np.testing.assert_allclose(high - low, thing.box.size, rtol=2e-3, err_msg=thing.label)
        np.testing.assert_allclose(high + low, 0.0, atol=2e-3, err_msg=thing.label)


def test_text_is_the_same_for_the_same_room_and_paint_differs_between_seeds():
    assert mjcf(random_room(3)) == mjcf(random_room(3))
    pictures = [mjcf(random_room(seed))[1] for seed in range(8)]
    assert len({files["floor.png"] for files in pictures}) == 8
    assert len({files["wall.png"] for files in pictures}) == 8


def test_every_named_picture_is_delivered():
    xml, files = mjcf(demo_room())
    named = {node.get("file") for node in ElementTree.fromstring(xml).iter("texture")}
    assert named == set(files)
    assert all(content.startswith(b"\x89PNG") for content in files.values())
