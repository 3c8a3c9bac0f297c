"""What the renderer draws against the boxes that are claimed: OpenCV and a telescope judge."""

from __future__ import annotations

import math
from collections import Counter

import cv2
import numpy as np
import pytest

from camaware_ros.evaluation.rendered import true_boxes
from camaware_ros.geometry.camera import Camera
from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training import furniture, samples, scenes
from camaware_ros.training.cameras import BANDS, Band, Pose
from camaware_ros.training.queries import sample_queries
from camaware_ros.training.render import cast

FAR_M = 40.0
LARGEST_PX = 100
ELSEWHERE = (1.40, 1.45)
"""Bearings of the clutter, well away from what is looked at."""


def seen_through_a_telescope(kind: str, size: tuple[float, float, float], yaw: float) -> np.ndarray:
    """Width and height, m, of what one thing covers, seen level from so far that it looks flat."""
    rng = np.random.default_rng(KINDS.index(kind))
    thing = scenes.Thing(
        kind=kind, colour="red", centre=(FAR_M, 0.0, size[2] / 2), yaw_rad=yaw, size=size
    )
    sight = scenes.Sight(
        bearing_rad=ELSEWHERE, elevation_rad=(-0.1, 0.1), pixel_rad=0.01,
        eye_height_m=size[2] / 2,
    )  # fmt: skip
    room, patches = scenes.sample_room(rng, scenes._extent([thing]), sight.eye_height_m)
    prims, spheres = scenes._build(rng, [thing], room, sight)
    focal = LARGEST_PX * FAR_M / max(size)
    camera = Camera(width=128, height=128, fx=focal, fy=focal, cx=64, cy=64)
    rays, valid = camera.ray_map()
    pose = Pose(height_m=sight.eye_height_m, pitch_rad=0.0, roll_rad=0.0)
    _, _, thing_of = cast(
        rays, valid, pose.gravity_from_camera, pose.height_m, spheres, prims, room, patches
    )
    mask = thing_of == 0
    spans = [np.ptp(np.flatnonzero(mask.any(axis))) + 1 for axis in (0, 1)]
    return np.array(spans) * FAR_M / focal


@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_covers_exactly_the_size_that_its_box_claims(kind: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(3):
        size = furniture.sample_size(rng, kind)
        pixel = max(size) / LARGEST_PX
        long_side = seen_through_a_telescope(kind, size, math.pi / 2)
        np.testing.assert_allclose(long_side, [size[0], size[2]], atol=2 * pixel, rtol=0.03)
        if kind != "door":  # the wall that a door stands in hides it from the side
            short_side = seen_through_a_telescope(kind, size, 0.0)
            np.testing.assert_allclose(short_side, [size[1], size[2]], atol=2 * pixel, rtol=0.03)


def test_every_pixel_of_a_thing_lies_inside_the_box_that_opencv_projects() -> None:
    checked = 0
    config = samples.SampleConfig(band=BANDS["trained range"], zoom=0.0)
    for index in range(25):
        picture = samples.render_picture(np.random.default_rng([21, index]), config)
        camera, turn = picture.camera, picture.pose.gravity_from_camera
        matrix, distortion = camera.opencv_matrix(), np.zeros(4)
        for number, thing in enumerate(picture.scene.things):
            v, u = np.nonzero(picture.thing_of == number)
            c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
            unit = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
            level = unit * thing.size @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
            corners = (level + thing.centre - [0, 0, picture.pose.height_m]) @ turn
            if len(u) == 0 or corners[:, 2].min() < 0.05:
                continue
            pixels, _ = cv2.projectPoints(corners, np.zeros(3), np.zeros(3), matrix, distortion)
            hull = cv2.convexHull(pixels.astype(np.float32))
            inside = [
                cv2.pointPolygonTest(hull, (float(x), float(y)), True)
                for x, y in zip(u, v, strict=True)
            ]
            assert min(inside) > -0.6, (index, thing.kind)
            checked += 1
    assert checked > 60


def test_lenses_beyond_180_degrees_are_drawn_whole() -> None:
    """Rays that look backwards carry ranges too, and their points lie where their thing is."""
    band = Band(hfov_deg=(190.0, 200.0), off_centre=0.0, lens="fisheye")
    config = samples.SampleConfig(band=band, zoom=0.0)
    behind = 0
    for index in range(5):
        picture = samples.render_picture(np.random.default_rng([22, index]), config)
        rays, valid = picture.camera.ray_map()
        backwards = valid & picture.content & (np.nan_to_num(rays[..., 2]) < -0.01)
        behind += int(backwards.sum())
        assert (picture.range_m[backwards] > 0).all()
        boxes = true_boxes(picture, samples.picture_truth(picture))
        for number, box in enumerate(boxes):
            points = (rays * picture.range_m[..., None])[picture.thing_of == number]
            assert type(box)(box.center, box.size + 0.02, box.rotation).contains(points).all()
    assert behind > 1000


def test_every_kind_is_drawn_and_mostly_seen_and_every_type_of_phrase_is_asked() -> None:
    drawn, clear = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    asked: Counter[str] = Counter()
    for index in range(160):
        rng = np.random.default_rng([23, index])
        truth = samples.picture_truth(samples.render_picture(rng, samples.SampleConfig()))
        for kind, is_clear in zip(truth.in_view.kind, truth.in_view.clear, strict=True):
            drawn[kind] += 1
            clear[kind] += bool(is_clear)
        if truth.in_view.clear.any():
            asked.update(query.type for query in sample_queries(rng, truth.in_view, 8))
    assert min(drawn.values()) >= 12, drawn
    assert all(clear[kind] > 0.4 * drawn[kind] for kind in KINDS), (drawn, clear)
    share = {name: count / asked.total() for name, count in asked.items()}
    assert 0.10 < share["absent"] < 0.22 and share["superlative"] > 0.12
    assert share["relation"] > 0.14 and share["colour+kind"] > 0.2, share
