"""Lenses against OpenCV, against themselves, and at the limits beyond which they have no answer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from calibrations import real_calibrations

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Brown, Equidistant, Ideal

KNOWN = Brown(k1=-0.30, k2=0.09, p1=5e-4, p2=-3e-4, k3=-0.012)
EXACT = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-15)


def random_brown(seed: int) -> Brown:
    """Barrel, pincushion and rational lenses with decentring from none to much."""
    rng = np.random.default_rng(seed)
    radial = rng.normal(0, 1, 3) * [0.3, 0.15, 0.05]
    p1, p2 = rng.normal(0, 1, 2) * [0.0, 1e-3, 1e-2][seed % 3]
    bottom = rng.normal(0, 1, 3) * [0.3, 0.15, 0.05] * (seed % 2)
    return Brown(*radial[:2], p1, p2, radial[2], *bottom)


def random_fisheye(seed: int) -> Equidistant:
    return Equidistant(*(np.random.default_rng(seed).normal(0, 1, 4) * [0.1, 0.05, 0.02, 0.005]))


def rays_within(lens: Brown | Equidistant, share: float, n: int = 500) -> np.ndarray:
    """Unit rays up to ``share`` of where the lens ends."""
    rng = np.random.default_rng(0)
    turn, part = rng.uniform(0, 2 * np.pi, n), share * np.sqrt(rng.uniform(0, 1, n))
    if isinstance(lens, Equidistant):
        angle = part * lens.limit_rad
    else:
        angle = np.arctan(part * min(lens.reach, 3.0))
    across = np.sin(angle)
    return np.stack([across * np.cos(turn), across * np.sin(turn), np.cos(angle)], axis=-1)


def opencv_distort(lens: Brown, slopes: np.ndarray) -> np.ndarray:
    """Distorted points (n, 2) according to OpenCV."""
    rays = np.concatenate([slopes, np.ones_like(slopes[:, :1])], axis=-1)
    d = np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3, lens.k4, lens.k5, lens.k6])
    points, _ = cv2.projectPoints(rays[:, None], np.zeros(3), np.zeros(3), np.eye(3), d)
    return points[:, 0]


@pytest.mark.parametrize("lens", [*map(random_brown, range(18)), *map(random_fisheye, range(6))])
def test_every_ray_inside_the_limit_comes_back_as_itself(lens: Brown | Equidistant) -> None:
    """Not only some ray of the same pixel: the lens is one-to-one where it says valid."""
    rays = rays_within(lens, 0.98)
    points, valid = lens.distort(rays)
    assert valid.all()
    back, valid = lens.undistort(points)
    assert valid.all()
    np.testing.assert_allclose(back, rays, atol=1e-8)


@pytest.mark.parametrize("lens", [*map(random_brown, range(6)), *map(random_fisheye, range(3))])
def test_rays_beyond_the_limit_have_no_image(lens: Brown | Equidistant) -> None:
    if isinstance(lens, Equidistant):
        angle = min(1.001 * lens.limit_rad, np.pi)
    else:
        angle = np.arctan(1.001 * lens.reach)
    points, valid = lens.distort(np.array([[np.sin(angle), 0.0, np.cos(angle)], [0.0, 0.0, -1.0]]))
    assert not valid.any() and np.isnan(points).all()


@pytest.mark.parametrize("seed", range(12))
def test_reach_is_where_the_lens_stops_being_one_to_one(seed: int) -> None:
    """OpenCV's map, differentiated numerically: stretched inside the disc, folded outside."""
    lens, h = random_brown(seed), 1e-6
    reach = min(lens.reach, 3.0)
    turn = np.linspace(0, 2 * np.pi, 721)

    def least_stretch(radius: float) -> float:
        at = radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        columns = [
            (opencv_distort(lens, at + step) - opencv_distort(lens, at - step)) / (2 * h)
            for step in (np.array([h, 0.0]), np.array([0.0, h]))
        ]
        return float(np.linalg.eigvalsh(np.stack(columns, axis=-1)).min())

    inside = [least_stretch(share * reach) for share in (0.2, 0.5, 0.8, 0.95, 0.999)]
    assert min(inside) > -1e-7
    if lens.reach < 3.0 and np.abs(opencv_distort(lens, np.array([[reach, 0.0]]))).max() < 10:
        assert least_stretch(1.002 * reach) < 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_a_point_has_a_ray_exactly_inside_the_image_of_the_rim(seed: int) -> None:
    """OpenCV maps the rim of the disc to a closed curve; exactly the points inside it are met."""
    rng = np.random.default_rng(seed)
    p1, p2 = rng.normal(0, 3e-3, 2)
    lens = Brown(k1=-rng.uniform(0.2, 0.4), k2=rng.uniform(0.0, 0.05), p1=p1, p2=p2)
    turn = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    rim = opencv_distort(lens, lens.reach * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    points = rng.uniform(-1.2, 1.2, (1500, 2)) * np.linalg.norm(rim, axis=-1).max()
    inside_by = np.array(
        [cv2.pointPolygonTest(rim.astype(np.float32), tuple(point), True) for point in points]
    )
    _, valid = lens.undistort(points)
    decided = np.abs(inside_by) > 1e-4 * np.abs(rim).max()
    assert decided.mean() > 0.99 and 0.05 < valid.mean() < 0.95
    np.testing.assert_array_equal(valid[decided], (inside_by > 0)[decided])


def test_where_the_known_barrel_lens_ends_opencv_makes_numbers_up_and_we_do_not() -> None:
    """Growth ends at r = 1.777, where the image is at 1.017: pixels farther out have no ray."""
    camera = Camera(width=640, height=480, fx=300, fy=300, cx=320, cy=240, lens=KNOWN)
    pixels = np.array([[1.0, 1.0], [639.0, 479.0], [320.0, 550.0], [640.0, 240.0], [560.0, 400.0]])
    distance = np.linalg.norm((pixels - [320, 240]) / 300, axis=-1)
    np.testing.assert_array_equal(distance < 1.012, [False, False, False, False, True])
    rays, valid = camera.unproject(pixels)
    np.testing.assert_array_equal(valid, distance < 1.012)
    assert np.isnan(rays[:4]).all() and np.isfinite(rays[4]).all()
    _, d = camera.opencv_distortion()
    k = camera.opencv_matrix()
    guessed = cv2.undistortPoints(pixels[:, None] - 0.5, k, np.array(d))[:, 0]
    lifted = np.concatenate([guessed, np.ones((5, 1))], axis=-1)
    again, _ = cv2.projectPoints(lifted[:, None], np.zeros(3), np.zeros(3), k, np.array(d))
    wrong_by = np.linalg.norm(again[:, 0] + 0.5 - pixels, axis=-1)
    assert np.isfinite(guessed).all() and (wrong_by[:4] > 3).all()


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999, 0.99999])
@pytest.mark.parametrize("lens", [KNOWN, Brown(k1=-0.3), Equidistant(k1=-0.12, k2=-0.02)])
def test_next_to_the_rim_the_inverse_still_lands_on_the_point(
    lens: Brown | Equidistant, share: float
) -> None:
    fisheye = isinstance(lens, Equidistant)
    angle = share * lens.limit_rad if fisheye else np.arctan(share * lens.reach)
    turn = np.linspace(0, 2 * np.pi, 50)
    across = np.sin(angle) * np.stack([np.cos(turn), np.sin(turn)])
    points, valid = lens.distort(np.stack([*across, np.full(50, np.cos(angle))], axis=-1))
    assert valid.all()
    rays, valid = lens.undistort(points)
    assert valid.all()
    np.testing.assert_allclose(lens.distort(rays)[0], points, atol=1e-10)


@pytest.mark.parametrize(("matrix", "distortion", "model", "size"), real_calibrations())
def test_unprojecting_real_cameras_agrees_with_opencv(
    matrix: list[float], distortion: list[float], model: str, size: tuple[int, int]
) -> None:
    """Within 1e-3 px wherever OpenCV's answer projects back onto its pixel from inside the lens.

    Beyond its fold a real fisheye polynomial reaches the same pixels once more, and OpenCV
    sometimes ends there.
    """
    try:
        camera = Camera.from_opencv(matrix, distortion, model, size)
    except ValueError:
        pytest.skip("refused; see test_camera.py")
    u, v = np.meshgrid(np.linspace(0, size[0], 40), np.linspace(0, size[1], 40))
    pixels = np.stack([u, v], axis=-1).reshape(-1, 2)
    rays, valid = camera.unproject(pixels)
    model, d = camera.opencv_distortion()
    k, d, corners = camera.opencv_matrix(), np.array(d), pixels[:, None] - 0.5
    zero = np.zeros(3)
    if model == "equidistant":
        slopes = cv2.fisheye.undistortPoints(corners, k, d, criteria=EXACT)
        lifted = cv2.convertPointsToHomogeneous(slopes)
        again, _ = cv2.fisheye.projectPoints(lifted, zero, zero, k, d)
    else:
        slopes = cv2.undistortPointsIter(corners, k, d, np.eye(3), np.eye(3), EXACT)
        lifted = cv2.convertPointsToHomogeneous(slopes)
        again, _ = cv2.projectPoints(lifted, zero, zero, k, d)
    settled = np.linalg.norm(again[:, 0] + 0.5 - pixels, axis=-1) < 1e-6
    both = settled & valid & (np.nan_to_num(rays[:, 2]) > 0.2) & camera.project(lifted[:, 0])[1]
    assert both.mean() > 0.5
    ours = rays[both, :2] / rays[both, 2:]
    np.testing.assert_allclose(
        ours * [camera.fx, camera.fy], slopes[both, 0] * [camera.fx, camera.fy], atol=1e-3
    )


@pytest.mark.parametrize("degrees", [60, 89.999, 90, 90.001, 120, 179])
def test_equidistant_is_the_angle_itself_also_past_90_degrees(degrees: float) -> None:
    angle = np.radians(degrees)
    ray = np.array([0.6 * np.sin(angle), 0.8 * np.sin(angle), np.cos(angle)])
    points, valid = Equidistant().distort(7.0 * ray)
    assert valid
    np.testing.assert_allclose(points, [0.6 * angle, 0.8 * angle], atol=1e-12)
    back, valid = Equidistant().undistort(points)
    assert valid
    np.testing.assert_allclose(back, ray, atol=1e-12)


def test_equidistant_ends_at_180_degrees_at_the_latest() -> None:
    assert Equidistant().limit_rad == pytest.approx(np.pi)
    assert not Equidistant().undistort(np.array([np.pi + 1e-9, 0.0]))[1]
    # r = a - a^3 / 3 grows until a = 1
    assert Equidistant(k1=-1 / 3).limit_rad == pytest.approx(1)
    assert Equidistant(k1=-1 / 3).undistort(np.array([[0.66, 0.0], [0.67, 0.0]]))[1].tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("lens", "limit"),
    [
        (Brown(), 40.0),
        (Brown(k1=0.1), 40.0),
        (Brown(k1=-1 / 3), 1.0),  # r - r^3 / 3
        (Brown(k4=1.0), 1.0),  # r / (1 + r^2)
        (Brown(k4=-0.25), 2.0),  # r / (1 - r^2 / 4) has a pole
    ],
)
def test_growth_limits_by_hand(lens: Brown, limit: float) -> None:
    assert lens.limit == pytest.approx(limit)
    assert lens.reach == lens.limit


def test_decentring_shortens_the_reach() -> None:
    # across p the map r + 3 p r^2 folds at r = 1 / (6 p) on the side against p
    assert Brown(p1=0.05).reach == pytest.approx(1 / 0.3)
    assert Brown(p2=-0.05).reach == pytest.approx(1 / 0.3)
    assert KNOWN.reach < KNOWN.limit < KNOWN.reach + 0.01


@pytest.mark.parametrize("lens", [Ideal(), KNOWN, Brown(k1=-0.2), Equidistant(k1=0.02)])
def test_the_axis_and_what_is_no_number(lens: Ideal | Brown | Equidistant) -> None:
    points, valid = lens.distort(np.array([[0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [np.nan, 0.0, 1.0]]))
    assert valid.tolist() == [True, False, False]
    np.testing.assert_array_equal(points[0], [0.0, 0.0])
    rays, valid = lens.undistort(np.array([[0.0, 0.0], [np.nan, 0.0], [np.inf, 1.0]]))
    assert valid.tolist() == [True, False, False]
    np.testing.assert_allclose(rays[0], [0.0, 0.0, 1.0], atol=1e-15)
    assert np.isnan(rays[1:]).all()


@pytest.mark.parametrize("lens", [Ideal(), KNOWN, Brown(k1=-0.2), Equidistant(k1=0.02)])
def test_one_point_is_answered_as_a_million_are(lens: Ideal | Brown | Equidistant) -> None:
    """Long inputs are cut into pieces; the pieces must fit."""
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (2, 9001, 2))
    rays, valid = lens.undistort(points)
    assert rays.shape == (2, 9001, 3) and valid.shape == (2, 9001)
    for i, j in [(0, 0), (0, 8191), (0, 8192), (1, 3), (1, 9000)]:
        alone, real = lens.undistort(points[i, j])
        assert real == valid[i, j]
        np.testing.assert_allclose(alone, rays[i, j], atol=1e-9)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Brown(k4=np.nan), "k4"),
        (lambda: Equidistant(k2=np.inf), "k2"),
        (lambda: Brown(p1=-np.inf), "p1"),
    ],
)
def test_coefficients_must_be_finite(make: object, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected a finite number"):
        make()
