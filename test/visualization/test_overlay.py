"""Pictures are judged by their pixels, at places that OpenCV computes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant
from camaware_ros.types import Localization, Observation
from camaware_ros.visualization.overlay import ESTIMATE_COLOUR, TRUTH_COLOUR, draw_overlay

TURN, _ = cv2.Rodrigues(np.array([0.5, -0.7, 0.2]))


def a_camera(lens: str, width: int = 640, height: int = 480) -> Camera:
    scale = width / 640
    lenses = {
        "brown": Brown(k1=-0.25, k2=0.06, p1=0.001, p2=-0.0005, k3=0.0),
        "fisheye": Equidistant(k1=0.02, k2=-0.004, k3=0.0, k4=0.0),
    }
    focal = {"brown": 450.0, "fisheye": 240.0}[lens] * scale
    return Camera(
        width=width,
        height=height,
        fx=focal,
        fy=focal * 1.02,
        cx=width / 2 + 3,
        cy=height / 2 - 5,
        lens=lenses[lens],
    )


def by_opencv(camera: Camera, points: np.ndarray) -> np.ndarray:
    """Integer-centred pixels, as OpenCV counts them."""
    zero = np.zeros(3)
    matrix, distortion = camera.opencv_matrix(), np.array(camera.opencv_distortion()[1])
    shaped = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 1, 3)
    if isinstance(camera.lens, Equidistant):
        pixels, _ = cv2.fisheye.projectPoints(shaped, zero, zero, matrix, distortion)
    else:
        pixels, _ = cv2.projectPoints(shaped, zero, zero, matrix, distortion)
    return pixels.reshape(-1, 2)


def an_observation(camera: Camera) -> Observation:
    return Observation(image=np.full((camera.height, camera.width, 3), 90, np.uint8), camera=camera)


def found(box: Box3, label: str = "red chair") -> Localization:
    return Localization(
        label=label,
        presence=0.9,
        score=0.9,
        frame_id="camera",
        box=box,
        covariance=0.01 * np.eye(3),
        pixel=(0.0, 0.0),
    )


def a_box(x: float = 0.1, y: float = 0.15, z: float = 2.5, size=(0.6, 0.5, 0.9)) -> Box3:
    return Box3(center=np.array([x, y, z]), size=np.array(size), rotation=TURN)


def colour_near(image: np.ndarray, pixel: np.ndarray, colour, reach: int = 1) -> bool:
    """Whether the colour is drawn within ``reach`` pixels of a place."""
    column, row = np.round(pixel).astype(int)
    patch = image[
        max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
    ]
    return bool((np.abs(patch.astype(int) - colour).max(axis=-1) < 40).any())


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080)])
@pytest.mark.parametrize("lens", ["brown", "fisheye"])
def test_box_corners_are_drawn_where_opencv_projects_them(lens: str, size: tuple[int, int]) -> None:
    camera = a_camera(lens, *size)
    box = a_box()
    image = draw_overlay(an_observation(camera), [found(box)])
    assert image.shape == (size[1], size[0], 3) and image.dtype == np.uint8
    nearest_first = box.corners()[np.argsort(np.linalg.norm(box.corners(), axis=1))]
    for pixel in by_opencv(camera, nearest_first)[:7]:
        assert colour_near(image, pixel, ESTIMATE_COLOUR)


def test_a_true_box_has_its_own_colour() -> None:
    camera, box = a_camera("brown"), a_box()
    image = draw_overlay(an_observation(camera), [], [box])
    pixels = by_opencv(camera, box.corners())
    assert sum(colour_near(image, pixel, TRUTH_COLOUR) for pixel in pixels) >= 7
    assert not any(colour_near(image, pixel, ESTIMATE_COLOUR) for pixel in pixels)


def test_edges_bend_on_a_fisheye() -> None:
    camera = a_camera("fisheye")
    box = Box3(
        center=np.array([0.0, -1.0, 1.2]), size=np.array([3.0, 0.5, 0.4]), rotation=np.eye(3)
    )
    start, end = np.array([-1.5, -1.25, 1.0]), np.array([1.5, -1.25, 1.0])
    image = draw_overlay(an_observation(camera), [], [box])
    ends = by_opencv(camera, np.array([start, end]))
    share = 0.2
    on_edge = by_opencv(camera, (start + share * (end - start))[None])[0]
    on_chord = ends[0] + share * (ends[1] - ends[0])
    assert np.linalg.norm(on_edge - on_chord) > 12
    assert colour_near(image, on_edge, TRUTH_COLOUR)


@pytest.mark.parametrize("z", [-2.5, -0.9])
def test_a_box_behind_a_pinhole_is_not_drawn(z: float) -> None:
    observation = an_observation(a_camera("brown"))
    plain = draw_overlay(observation, [found(a_box(z=2.0, x=90.0))])
    np.testing.assert_array_equal(draw_overlay(observation, [found(a_box(z=z))]), plain)


@pytest.mark.parametrize("lens", ["brown", "fisheye"])
def test_a_box_around_the_camera_is_drawn_without_wild_lines(lens: str) -> None:
    camera = a_camera(lens)
    box = Box3(center=np.array([0, 0, 0.3]), size=np.array([1.6, 1.2, 3.0]), rotation=np.eye(3))
    image = draw_overlay(an_observation(camera), [], [box])
    corners = box.corners()
    edges = [
        (a, b)
        for i, a in enumerate(corners)
        for b in corners[i + 1 :]
        if np.count_nonzero(np.abs(a - b) > 1e-9) == 1
    ]
    points = np.concatenate([a + np.linspace(0, 1, 400)[:, None] * (b - a) for a, b in edges])
    assert len(edges) == 12
    expected = by_opencv(camera, points[points[:, 2] > 0.01])
    drawn = np.argwhere(np.abs(image.astype(int) - TRUTH_COLOUR).max(axis=-1) < 12)
    drawn = drawn[drawn[:, 0] < camera.height - 30][::7]
    assert len(drawn) > 20
    distance = np.linalg.norm(drawn[:, None, ::-1] - expected[None], axis=-1).min(axis=1)
    assert distance.max() < 4


def test_the_input_is_not_touched() -> None:
    observation = an_observation(a_camera("brown"))
    draw_overlay(observation, [found(a_box())], [a_box()], np.ones((3, 4)))
    assert (observation.image == 90).all()


def test_heat_is_brightest_where_the_model_points() -> None:
    observation = an_observation(a_camera("brown"))
    heat = np.zeros((24, 32))
    heat[12, 24] = 0.3
    image = draw_overlay(observation, [], heat=heat).astype(int)
    change = np.abs(image - 90).sum(axis=-1)
    change[:40], change[-40:] = 0, 0
    row, column = np.unravel_index(change.argmax(), change.shape)
    assert abs(row - 250) < 15 and abs(column - 490) < 15
    assert change[300:, :300].max() == 0


def test_cold_heat_changes_nothing() -> None:
    observation = an_observation(a_camera("brown"))
    np.testing.assert_array_equal(
        draw_overlay(observation, [], heat=np.zeros((6, 8))), draw_overlay(observation, [])
    )


@pytest.mark.parametrize(
    "heat", [np.zeros(5), np.full((3, 4), np.nan), np.full((3, 4), -1.0), np.zeros((2, 3, 4))]
)
def test_a_heat_map_that_is_none_is_refused(heat: np.ndarray) -> None:
    with pytest.raises(ValueError, match="heat: expected"):
        draw_overlay(an_observation(a_camera("brown")), [], heat=heat)


def test_labels_of_one_place_do_not_cover_each_other() -> None:
    observation = an_observation(a_camera("brown", 320, 240))

    def drawn(*labels: str) -> np.ndarray:
        return draw_overlay(observation, [found(a_box(), label) for label in labels])

    def rows_that_differ(one: np.ndarray, other: np.ndarray) -> set[int]:
        return set(np.flatnonzero((one != other).any(axis=(1, 2))).tolist())

    first = rows_that_differ(drawn("red chair", "sofa"), drawn("caf\u00e9", "sofa"))
    second = rows_that_differ(drawn("red chair", "sofa"), drawn("red chair", "lamp left of it"))
    assert len(first) > 5 and len(second) > 5
    assert not first & second


def test_a_label_at_the_border_stays_inside() -> None:
    observation = an_observation(a_camera("brown", 320, 240))
    image = draw_overlay(observation, [found(a_box(x=1.1, y=-0.9), "a name that is rather long")])
    text = np.abs(image.astype(int) - ESTIMATE_COLOUR).max(axis=-1) < 40
    assert text[:60].sum() > 100
    assert not text[:, -1].any()
