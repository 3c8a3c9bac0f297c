"""Cameras against OpenCV and against themselves, on real calibrations and random ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from calibrations import real_calibrations

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal

REFUSED = {"MEI": "plumb_bob, rational_polynomial or equidistant", "plumb_bob": "0 or 4 or 5"}


def grid(camera: Camera, n: int = 60) -> np.ndarray:
    u, v = np.meshgrid(np.linspace(0, camera.width, n), np.linspace(0, camera.height, n))
    return np.stack([u, v], axis=-1).reshape(-1, 2)


def opencv_project(camera: Camera, rays: np.ndarray) -> np.ndarray:
    """Edge pixels according to OpenCV."""
    model, coefficients = camera.opencv_distortion()
    zero, k, d = np.zeros(3), camera.opencv_matrix(), np.array(coefficients)
    if model == "equidistant":
        pixels, _ = cv2.fisheye.projectPoints(rays[:, None], zero, zero, k, d)
    else:
        pixels, _ = cv2.projectPoints(rays[:, None], zero, zero, k, d)
    return pixels[:, 0] + 0.5


def check_against_opencv(camera: Camera) -> None:
    pixels = grid(camera)
    rays, valid = camera.unproject(pixels)
    assert valid.mean() > 0.6
    np.testing.assert_allclose(np.linalg.norm(rays[valid], axis=-1), 1, atol=1e-12)
    again, still = camera.project(rays[valid])
    assert still.all()
    assert np.abs(again - pixels[valid]).max() <= 1e-6
    assert np.isnan(rays[~valid]).all()
    front = valid & (np.nan_to_num(rays[:, 2]) > 0.05)
    assert np.abs(opencv_project(camera, rays[front]) - pixels[front]).max() <= 1e-3


@pytest.mark.parametrize(("matrix", "distortion", "model", "size"), real_calibrations())
def test_real_calibration(
    matrix: list[float], distortion: list[float], model: str, size: tuple[int, int]
) -> None:
    """Round trip <= 1e-6 px and OpenCV <= 1e-3 px, or refused for the right reason."""
    if model == "MEI" or len(distortion) == 14:
        with pytest.raises(ValueError, match=REFUSED[model]):
            Camera.from_opencv(matrix, distortion, model, size)
        return
    camera = Camera.from_opencv(matrix, distortion, model, size)
    check_against_opencv(camera)
    np.testing.assert_allclose(camera.opencv_matrix().ravel(), matrix, atol=1e-9)


def random_camera(seed: int) -> Camera:
    rng = np.random.default_rng(seed)
    width, height = int(rng.integers(80, 1300)), int(rng.integers(60, 1000))
    focal = width * rng.uniform(0.5, 1.6)
    lens = (
        Ideal(),
        Brown(*(rng.normal(0, 1, 5) * [0.12, 0.05, 2e-3, 2e-3, 0.01])),
        Brown(*(rng.normal(0, 1, 8) * [0.2, 0.05, 1e-3, 1e-3, 0.01, 0.2, 0.05, 0.01])),
        Equidistant(*(rng.normal(0, 1, 4) * [0.03, 0.01, 0.004, 0.001])),
    )[seed % 4]
    return Camera(
        width=width, height=height, fx=focal, fy=focal * rng.uniform(0.9, 1.1),
        cx=width * rng.uniform(0.35, 0.65), cy=height * rng.uniform(0.35, 0.65), lens=lens,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_random_camera(seed: int) -> None:
    camera = random_camera(seed)
    pixels = grid(camera, 40)
    rays, valid = camera.unproject(pixels)
    again, still = camera.project(rays[valid])
    assert still.all() and np.abs(again - pixels[valid]).max(initial=0) <= 1e-6
    front = valid & (np.nan_to_num(rays[:, 2]) > 0.05)
    assert front.sum() > 10
    assert np.abs(opencv_project(camera, rays[front]) - pixels[front]).max() <= 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_valid_tells_the_truth_about_every_pixel(seed: int) -> None:
    """A pixel has a ray exactly where a dense forward search finds one inside the lens's limit."""
    rng = np.random.default_rng(seed)
    lens = Brown(k1=-rng.uniform(0.2, 0.4), k2=rng.uniform(0.0, 0.02))
    camera = Camera(width=400, height=300, fx=90, fy=90, cx=200, cy=150, lens=lens)
    r = np.linspace(0, lens.limit, 20_000)
    reach = (r * (1 + lens.k1 * r**2 + lens.k2 * r**4)).max() * 90
    pixels = grid(camera)
    distance = np.linalg.norm(pixels - [200, 150], axis=-1)
    _, valid = camera.unproject(pixels)
    clear = np.abs(distance - reach) > 0.05
    assert (valid == (distance < reach))[clear].all()
    assert 0.05 < valid.mean() < 1


def test_the_known_barrel_lens_ends_where_it_must() -> None:
    lens = Brown(k1=-0.30, k2=0.09, p1=5e-4, p2=-3e-4, k3=-0.012)
    assert lens.limit == pytest.approx(1.777, abs=1e-3)
    r = lens.limit
    assert r * (1 - 0.30 * r**2 + 0.09 * r**4 - 0.012 * r**6) == pytest.approx(1.017, abs=1e-3)
    beyond, valid = lens.distort(np.array([[2.0, 0.0, 1.0], [0.0, -3.0, 1.0]]))
    assert not valid.any() and np.isnan(beyond).all()


def test_points_behind_the_camera() -> None:
    behind = np.array([[0.1, 0.2, -1.0], [0.0, 0.0, -2.0], [1.0, 0.0, 0.0]])
    pinhole = Camera(width=100, height=80, fx=90, fy=90, cx=50, cy=40)
    pixels, valid = pinhole.project(behind)
    assert not valid.any() and np.isnan(pixels).all()
    fisheye = Camera(width=100, height=80, fx=30, fy=30, cx=50, cy=40, lens=Equidistant())
    pixels, valid = fisheye.project(np.array([[1.0, 0.0, -0.2], [1.0, 0.0, 0.0]]))
    assert valid.all()
    assert pixels[1, 0] == pytest.approx(50 + 30 * np.pi / 2)
    assert pixels[0, 0] > pixels[1, 0]


def test_the_axis_is_the_principal_point_and_pixel_centres_are_halves() -> None:
    camera = Camera.from_opencv([[90, 0, 49.5], [0, 90, 39.5], [0, 0, 1]], [], "", (100, 80))
    pixels, _ = camera.project([0.0, 0.0, 2.0])
    np.testing.assert_allclose(pixels, [50.0, 40.0])
    rays, _ = camera.ray_map()
    np.testing.assert_allclose(rays[0, 0], camera.unproject([0.5, 0.5])[0])
    assert rays.shape == (80, 100, 3)


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3)])
def test_batches_keep_their_shape(shape: tuple[int, ...]) -> None:
    for seed in range(4):
        camera = random_camera(seed)
        points = np.random.default_rng(0).normal(size=(*shape, 3)) + [0, 0, 4]
        pixels, valid = camera.project(points)
        assert pixels.shape == (*shape, 2) and valid.shape == shape
        rays, valid = camera.unproject(pixels)
        assert rays.shape == (*shape, 3) and valid.shape == shape


@pytest.mark.parametrize("seed", range(4))
def test_resize_crop_and_pad_move_pixels_as_opencv_does(seed: int) -> None:
    """A blob painted where the camera sees a point lands where the changed camera sees it."""
    camera = random_camera(seed + 100)
    camera = Camera(width=320, height=240, fx=camera.fx * 320 / camera.width,
                    fy=camera.fy * 320 / camera.width,
                    cx=150, cy=130, lens=camera.lens)  # fmt: skip
    point = camera.unproject([201.0, 99.0])[0]
    y, x = np.mgrid[0:240, 0:320] + 0.5
    image = np.exp(-((x - 201) ** 2 + (y - 99) ** 2) / 18).astype(np.float32)

    def blob(picture: np.ndarray) -> np.ndarray:
        rows, cols = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]] + 0.5
        return np.array([(cols * picture).sum(), (rows * picture).sum()]) / picture.sum()

    small = cv2.resize(image, (160, 90), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(blob(small), camera.resized(160, 90).project(point)[0], atol=0.02)
    window = image[40:200, 100:300]
    np.testing.assert_allclose(
        blob(window), camera.cropped(100, 40, 200, 160).project(point)[0], atol=1e-3
    )
    border = np.pad(image, ((5, 7), (11, 3)))
    np.testing.assert_allclose(
        blob(border), camera.padded(11, 5, 3, 7).project(point)[0], atol=1e-3
    )


def test_field_of_view() -> None:
    pinhole = Camera(width=640, height=480, fx=320, fy=320, cx=320, cy=240)
    assert np.degrees(pinhole.hfov_rad) == pytest.approx(90, abs=1e-3)
    assert np.degrees(pinhole.field_rad) == pytest.approx(
        2 * np.degrees(np.arctan(400 / 320)), abs=1e-3
    )
    fisheye = Camera(width=640, height=480, fx=180, fy=180, cx=320, cy=240, lens=Equidistant())
    assert fisheye.hfov_rad == pytest.approx(640 / 180, abs=1e-3)  # 204 degrees


def test_cameras_are_values() -> None:
    a, b = random_camera(1), random_camera(1)
    assert a == b and hash(a) == hash(b) and a != random_camera(2)
    assert a.resized(10, 10) != a
    with pytest.raises(AttributeError):
        a.fx = 3.0  # type: ignore[misc]


K = [[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]


@pytest.mark.parametrize(
    ("matrix", "distortion", "model", "reason"),
    [
        ([[0, 0, 0], [0, 0, 0], [0, 0, 1]], [], "", "uncalibrated"),
        ([[np.nan, 0, 1], [0, 5, 1], [0, 0, 1]], [], "", "9 finite numbers"),
        ([[5, 3, 1], [0, 5, 1], [0, 0, 1]], [], "", "no skew"),
        ([[5, 0, 1], [0, -5, 1], [0, 0, 1]], [], "", "fy: expected a positive"),
        ([1, 2, 3], [], "", "9 finite numbers"),
        ("abc", [], "", "camera matrix: expected an array of numbers"),
        ([[5, 0, 1], [0, 5, 1], [0, 0, 2]], [], "", r"expected rows \(fx, 0, cx\)"),
        (K, [0.1], "plumb_bob", "got 1"),
        (K, [0.1] * 6, "plumb_bob", "got 6"),
        (K, [0.1] * 5, "rational_polynomial", "8 or 12 or 14"),
        (K, [0.1] * 14, "rational_polynomial", "zeros after 8"),
        (K, [0.1] * 5, "equidistant", "expected 4"),
        (K, [0.1, 0, 0, 0], "", "expected a name"),
        (K, [np.inf, 0, 0, 0], "plumb_bob", "finite coefficients"),
        (K, [0.1, 0, 0, 0], "double_sphere", "got 'double_sphere'"),
    ],
)
def test_bad_calibrations_are_refused_by_name(
    matrix: list[list[float]], distortion: list[float], model: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Camera.from_opencv(matrix, distortion, model, (640, 480))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"width": 0}, "width"),
        ({"height": 2.5}, "height"),
        ({"fx": 0.0}, "fx"),
        ({"cy": np.nan}, "cy"),
    ],
)
def test_bad_fields_are_refused_by_name(change: dict[str, float], name: str) -> None:
    settings = {"width": 10, "height": 10, "fx": 9.0, "fy": 9.0, "cx": 5.0, "cy": 5.0} | change
    with pytest.raises(ValueError, match=f"{name}: expected"):
        Camera(**settings)


def test_rational_polynomial_with_zero_tail_is_taken_and_given_back() -> None:
    d = [0.3, -0.1, 1e-3, -1e-3, 0.02, 0.4, 0.05, 0.01]
    camera = Camera.from_opencv(K, [*d, 0, 0, 0, 0], "rational_polynomial", (640, 480))
    assert camera.opencv_distortion() == ("rational_polynomial", tuple(d))
    for model, coefficients in (
        ("plumb_bob", (0.1, 0.01, 0.0, 0.0, 0.0)),
        ("equidistant", (0.1, 0.0, 0.0, 0.0)),
    ):
        camera = Camera.from_opencv(K, coefficients, model, (640, 480))
        assert camera.opencv_distortion() == (model, coefficients)


def test_last_axis_is_checked() -> None:
    camera = random_camera(0)
    with pytest.raises(ValueError, match="points_camera: expected shape"):
        camera.project(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="pixels: expected shape"):
        camera.unproject(np.zeros(3))
    with pytest.raises(ValueError, match="stride"):
        camera.ray_map(0)


@pytest.mark.parametrize("width", [np.inf, np.nan, "wide", None, [3]])
def test_sizes_that_are_no_numbers_are_refused_by_name(width: object) -> None:
    with pytest.raises(ValueError, match="width: expected"):
        Camera(width=width, height=10, fx=9, fy=9, cx=5, cy=5)


def test_a_lens_must_be_a_lens() -> None:
    with pytest.raises(ValueError, match="lens: expected Ideal, Brown or Equidistant"):
        Camera(width=10, height=10, fx=9, fy=9, cx=5, cy=5, lens="fisheye")


def test_in_image_includes_the_border_and_nothing_beyond() -> None:
    camera = Camera(width=100, height=80, fx=90, fy=90, cx=50, cy=40)
    pixels = [[0, 0], [100, 80], [100.001, 5], [5, -0.001], [np.nan, 5], [50, 40]]
    assert camera.in_image(pixels).tolist() == [True, True, False, False, False, True]


@pytest.mark.parametrize("stride", [1, 4, 7, 1000])
def test_ray_maps_look_through_cell_centres(stride: int) -> None:
    camera = random_camera(3)
    rays, valid = camera.ray_map(stride)
    h, w = -(-camera.height // stride), -(-camera.width // stride)
    assert rays.shape == (h, w, 3) and valid.shape == (h, w)
    row, column = h // 2, w // 3
    centre = [(column + 0.5) * stride, (row + 0.5) * stride]
    np.testing.assert_array_equal(rays[row, column], camera.unproject(centre)[0])


def test_a_camera_all_of_whose_pixels_lie_beyond_the_lens_has_no_field() -> None:
    camera = Camera(width=50, height=50, fx=10, fy=10, cx=-500, cy=25, lens=Equidistant())
    rays, valid = camera.ray_map(10)
    assert not valid.any() and np.isnan(rays).all()
    assert camera.hfov_rad == 0
