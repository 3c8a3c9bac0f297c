"""What is drawn is where geometry says, through every shipped lens: OpenCV is the judge."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from camaware_ros.camera_file import CameraFile, find_camera_files, load_camera_yaml
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.simulation.render import Quality, Renderer
from camaware_ros.simulation.scenes import Furniture, Room, demo_room, random_room
from camaware_ros.simulation.views import plan_views
from camaware_ros.simulation.world import PAINT, build_world

CAMERAS = {name: load_camera_yaml(path) for name, path in find_camera_files().items()}
FAST = Quality(shadows=False, samples=0)
ODD_PINHOLE = Camera(width=500, height=380, fx=430.0, fy=470.0, cx=210.0, cy=230.0)
PINHOLE = Camera(width=320, height=240, fx=300.0, fy=300.0, cx=160.0, cy=120.0)


def look(x_m: float, y_m: float, height_m: float, yaw_deg: float, pitch_down_deg: float) -> Rigid3:
    """map_from_camera of a camera that looks along yaw, tilted down."""
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_down_deg)
    level = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    ahead = math.cos(pitch) * level - math.sin(pitch) * up
    down = -math.sin(pitch) * level - math.cos(pitch) * up
    return Rigid3(
        rotation=np.stack([np.cross(down, ahead), down, ahead], axis=1),
        translation=np.array([x_m, y_m, height_m]),
    )


def opencv_pixels(camera: Camera, points_camera: np.ndarray) -> np.ndarray:
    """Edge pixels of points by OpenCV, (n, 2)."""
    matrix, distortion = camera.opencv_matrix(), np.array(camera.opencv_distortion()[1])
    none = np.zeros(3)
    if isinstance(camera.lens, Equidistant):
        return (
            cv2.fisheye.projectPoints(points_camera[:, None], none, none, matrix, distortion)[
                0
            ].reshape(-1, 2)
            + 0.5
        )
    return cv2.projectPoints(points_camera, none, none, matrix, distortion)[0].reshape(-1, 2) + 0.5


def room_with(*objects: Furniture) -> Room:
    return Room(name="test", length_m=8, width_m=6, height_m=2.6, objects=objects, start=(0, 0, 0))


def pea(x_m: float, y_m: float, colour: str = "red") -> Furniture:
    size = (0.08, 0.08, 0.08)
    return Furniture(kind="ball", colour=colour, x_m=x_m, y_m=y_m, yaw_rad=0.0, size_m=size)


PEAS = room_with(*(pea(x, y) for x in (0.8, 1.5, 2.2) for y in (-1.6, -0.8, 0.0, 0.7, 1.5)))
STICKS = room_with(*(
    Furniture(kind="box", colour="blue", x_m=x, y_m=0.0, yaw_rad=0.0, size_m=(0.02, 5.0, 0.02))
    for x in (0.6, 1.2, 2.4)
))  # fmt: skip


@pytest.fixture(scope="module")
def peas() -> Iterator[Renderer]:
    with Renderer(build_world(PEAS), FAST) as renderer:
        yield renderer


@pytest.fixture(scope="module")
def sticks() -> Iterator[Renderer]:
    with Renderer(build_world(STICKS), FAST) as renderer:
        yield renderer


def all_cameras() -> list:
    odd = CameraFile(name="odd_pinhole", camera=ODD_PINHOLE)
    return [pytest.param(item.camera, id=item.name) for item in (*CAMERAS.values(), odd)]


@pytest.mark.parametrize("camera", all_cameras())
def test_small_balls_are_drawn_where_opencv_projects_them(peas: Renderer, camera: Camera):
    map_from_camera = look(-0.6, 0.1, 0.7, 3.0, 18.0)
    instance = peas.truth(camera, map_from_camera).instance
    checked = 0
    for index, thing in enumerate(PEAS.objects):
        centre = map_from_camera.inverse().apply(thing.box.center)
        rows, columns = np.nonzero(instance == index + 1)
        if len(rows) == 0 or _touches_border(rows, columns, camera):
            continue
        drawn = np.array([columns.mean(), rows.mean()]) + 0.5
        ours, valid = camera.project(centre)
        assert valid
        assert np.linalg.norm(drawn - ours) <= 1.0
        assert np.linalg.norm(drawn - opencv_pixels(camera, centre[None])[0]) <= 1.0
        checked += 1
    assert checked >= 4


def _touches_border(rows: np.ndarray, columns: np.ndarray, camera: Camera) -> bool:
    near = min(rows.min(), columns.min()) <= 1
    return near or rows.max() >= camera.height - 2 or columns.max() >= camera.width - 2


def bend_px(pixels: np.ndarray) -> float:
    """Largest distance of points from the straight line through them, pixels."""
    centred = pixels - pixels.mean(axis=0)
    normal = np.linalg.svd(centred, full_matrices=False)[2][1]
    return float(np.abs(centred @ normal).max())


@pytest.mark.parametrize("camera", all_cameras())
def test_straight_lines_bend_as_opencv_says(sticks: Renderer, camera: Camera):
    map_from_camera = look(-0.4, 0.0, 0.55, 0.0, 12.0)
    instance = sticks.truth(camera, map_from_camera).instance
    checked = 0
    for index, thing in enumerate(STICKS.objects):
        line = np.linspace(-2.4, 2.4, 4001)[:, None] * [0, 1, 0] + [thing.x_m, 0, 0.01]
        points = map_from_camera.inverse().apply(line)
        # far from the axis a strong barrel polynomial folds back into the image
        points = points[points[:, 2] > 0.65 * np.linalg.norm(points, axis=1)]
        pixels = opencv_pixels(camera, points)
        inside = np.all((pixels > 3) & (pixels < [camera.width - 3, camera.height - 3]), axis=-1)
        drawn = np.argwhere(instance == index + 1)[:, ::-1] + 0.5
        if inside.sum() < 500:
            continue
        gaps = np.linalg.norm(pixels[inside][::20, None] - drawn[None], axis=-1).min(axis=1)
        assert gaps.max() <= 1.5
        checked += 1
    assert checked >= 1


@pytest.mark.parametrize(
    ("name", "least_px", "most_px"),
    [("realsense_d435i", 0.0, 1.0), ("usb_webcam", 10.0, 99.0), ("gopro_hero9_wide", 10.0, 99.0)],
)
def test_lenses_bend_a_stick_across_the_image_or_do_not(
    sticks: Renderer, name: str, least_px: float, most_px: float
):
    camera = CAMERAS[name].camera
    instance = sticks.truth(camera, look(-0.4, 0.0, 0.55, 0.0, 12.0)).instance
    bends = [0.0]
    for index in range(len(STICKS.objects)):
        rows, columns = np.nonzero(instance == index + 1)
        if len(rows) == 0:
            continue
        middles = [
            (c, rows[columns == c].mean())
            for c in range(3, camera.width - 3)
            if (columns == c).any()
        ]
        bends.append(bend_px(np.array(middles)))
    assert least_px <= max(bends) <= most_px


@pytest.mark.parametrize(
    "room", [demo_room(), random_room(2), random_room(9)], ids=lambda r: r.name
)
def test_object_pixels_unproject_into_their_box_and_fill_it(room: Room):
    """MuJoCo's depth against Box3: nothing sticks out, and the box is not too big."""
    seen_low = {index: np.full(3, np.inf) for index in range(len(room.objects))}
    seen_high = {index: np.full(3, -np.inf) for index in range(len(room.objects))}
    with Renderer(build_world(room), FAST) as renderer:
        for index, thing in enumerate(room.objects):
            for turn in range(0, 360, 45):
                pose = _view_of(thing, turn)
                truth = renderer.truth(PINHOLE, pose)
                points = pose.apply(PINHOLE.ray_map()[0] * truth.range_m[..., None])
                own = points[truth.instance == index + 1]
                local = (own - thing.box.center) @ thing.box.rotation / (thing.box.size / 2)
                if len(local):
                    assert np.abs(local).max() <= 1.0 + 4e-3
                    seen_low[index] = np.minimum(seen_low[index], local.min(axis=0))
                    seen_high[index] = np.maximum(seen_high[index], local.max(axis=0))
    for index, thing in enumerate(room.objects):
        # a pixel is a few millimetres, and the tip of a cone is less
        slack = 0.07 if thing.kind in ("cone", "ball") else 0.02
        sides = seen_high[index][:2], -seen_low[index][:2]
        assert np.min(sides) > 0.9 and seen_high[index][2] > 1 - slack, thing.label


def _view_of(thing: Furniture, turn_deg: float) -> Rigid3:
    away = 0.9 + 1.2 * max(thing.size_m)
    turn = math.radians(turn_deg)
    x_m, y_m = thing.x_m + away * math.cos(turn), thing.y_m + away * math.sin(turn)
    height = 0.6 * thing.size_m[2] + 0.35
    tilt = math.degrees(math.atan2(height - thing.size_m[2] / 2, away))
    return look(x_m, y_m, height, turn_deg + 180.0, tilt)


@pytest.mark.parametrize("camera", all_cameras())
def test_floor_depth_is_the_floors(peas: Renderer, camera: Camera):
    """Range times ray ends on the plane z = 0, within the width of a pixel of the floor."""
    pose = look(0.0, 0.0, 1.0, 10.0, 40.0)
    truth = peas.truth(camera, pose)
    rays, valid = camera.ray_map()
    points = pose.apply(np.nan_to_num(rays * truth.range_m[..., None]))
    near = valid & (truth.instance == 0) & (truth.range_m < 3.0)
    inside = near & (np.abs(points[..., 0]) < 3.8) & (np.abs(points[..., 1]) < 2.8)
    floor = inside & ((pose.rotate(np.nan_to_num(rays)))[..., 2] < -0.2)
    assert floor.sum() > 5000
    assert np.percentile(np.abs(points[floor][:, 2]), 99) < 0.02
    np.testing.assert_allclose(
        truth.depth_m[floor], truth.range_m[floor] * rays[floor][:, 2], rtol=1e-12
    )


def test_pinhole_depth_is_exact(peas: Renderer):
    pose = look(0.0, 0.0, 1.0, 10.0, 60.0)
    truth = peas.truth(ODD_PINHOLE, pose)
    points = pose.apply(ODD_PINHOLE.ray_map()[0] * truth.range_m[..., None])
    floor = (truth.instance == 0) & (truth.range_m < 2.5)
    # the rug lies a millimetre above the floor
    assert floor.sum() > 50_000 and np.abs(points[floor][:, 2]).max() < 2e-3


@pytest.mark.parametrize("name", ["gopro_hero9_wide", "realsense_t265", "usb_webcam"])
def test_no_seams_between_views(peas: Renderer, name: str):
    """Range along the floor is smooth across the borders of the views it was put together from."""
    camera, pose = CAMERAS[name].camera, look(-1.0, 0.0, 1.2, 20.0, 15.0)
    plan = plan_views(camera)
    truth = peas.truth(camera, pose)
    floor_z = pose.rotate(np.nan_to_num(plan.rays))[..., 2]
    expected = np.where(floor_z < -0.25, 1.2 / np.maximum(-floor_z, 1e-9), np.nan)
    points = pose.apply(np.nan_to_num(plan.rays * np.nan_to_num(expected)[..., None]))
    inside = (np.abs(points[..., 0]) < 3.8) & (np.abs(points[..., 1]) < 2.8)
    floor = np.isfinite(expected) & (truth.instance == 0) & plan.has_ray & inside
    assert floor.sum() > 3000
    relative = np.abs(truth.range_m[floor] / expected[floor] - 1)
    assert np.percentile(relative, 99.9) < 0.03


def test_pixels_without_a_ray_are_black_and_have_no_depth(peas: Renderer):
    camera = CAMERAS["gopro_hero9_wide"].camera
    _, valid = camera.ray_map()
    assert 0 < (~valid).sum() < 0.1 * valid.size
    pose = look(0.0, 0.0, 1.0, 0.0, 10.0)
    assert np.all(peas.image(camera, pose)[~valid] == 0)
    truth = peas.truth(camera, pose)
    assert np.all(np.isnan(truth.range_m[~valid])) and np.all(np.isfinite(truth.range_m[valid]))


@pytest.mark.parametrize("camera", all_cameras())
def test_the_picture_is_filled_and_has_the_cameras_size(peas: Renderer, camera: Camera):
    picture = peas.image(camera, look(0.0, 0.0, 1.0, 0.0, 10.0))
    assert picture.shape == (camera.height, camera.width, 3) and picture.dtype == np.uint8
    _, valid = camera.ray_map()
    assert (picture[valid].max(axis=-1) > 5).mean() > 0.999


@pytest.mark.parametrize("colour", PAINT)
def test_colours_can_be_told(colour: str):
    """The mean colour of a box is nearest in hue to its own name, shadows and all."""
    box = Furniture(
        kind="box", colour=colour, x_m=0.0, y_m=0.0, yaw_rad=0.4, size_m=(0.5, 0.5, 0.5)
    )
    with Renderer(build_world(room_with(box))) as renderer:
        pose = look(-1.5, 0.3, 0.9, -10.0, 25.0)
        picture, truth = renderer.image(PINHOLE, pose), renderer.truth(PINHOLE, pose)
    mean = picture[truth.instance == 1].mean(axis=0)
    if colour == "black":
        assert mean.max() < 50
    elif colour == "white":
        assert mean.min() > 120 and mean.max() - mean.min() < 25
    else:
        names = [name for name in PAINT if name not in ("black", "white")]
        unit = np.array([PAINT[name] / np.linalg.norm(PAINT[name]) for name in names])
        assert names[int(np.argmax(unit @ (mean / np.linalg.norm(mean))))] == colour


def test_sizes_may_change_from_picture_to_picture(peas: Renderer):
    pose = look(0.0, 0.0, 1.0, 0.0, 20.0)
    first = peas.image(PINHOLE, pose)
    peas.image(CAMERAS["realsense_t265"].camera, pose)
    np.testing.assert_array_equal(peas.image(PINHOLE, pose), first)


def test_a_closed_renderer_says_so():
    renderer = Renderer(build_world(room_with(pea(1.0, 0.0))), FAST)
    renderer.close()
    renderer.close()
    with pytest.raises(ValueError, match="renderer: expected an open one"):
        renderer.image(PINHOLE, look(0, 0, 1, 0, 0))
