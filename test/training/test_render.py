"""What the renderer draws, and its shadows, against solids that only say what is inside them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.training.cameras import Pose
from camaware_ros.training.parts import BOX, ELLIPSOID, FRUSTUM
from camaware_ros.training.render import cast
from camaware_ros.training.render_paint import ROOM

AMBIENT, DIFFUSE, ALBEDO, SHADE = 0.4, 0.5, 0.8, 0.7
LAMP = np.array([2.0, 0.7, 2.6])
EYE = np.array([0.0, 0.0, 1.3])
STEPS = 400


def plain_room() -> np.ndarray:
    """Six metres wide and long, one white, no patterns."""
    room = np.zeros(len(ROOM), np.float32)
    room[:7] = 1, 0, -1, 6, -3, 3, 3
    room[7:13] = *LAMP, AMBIENT, DIFFUSE, SHADE
    for name in ("fr", "fg", "fb", "wr", "wg", "wb", "cr", "cg", "cb"):
        room[ROOM[name]] = ALBEDO
    room[ROOM["floor_scale"]] = room[ROOM["wall_scale"]] = 1
    return room


def random_solids(rng: np.random.Generator) -> np.ndarray:
    """Nine solids of all shapes in front of the camera, as primitives, each its own thing."""
    prims = []
    for number in range(9):
        distance, bearing, yaw = rng.uniform((1.2, -0.6, -3), (4.0, 0.6, 3))
        half = rng.uniform(0.08, 0.35, 3)
        centre = distance * math.cos(bearing), distance * math.sin(bearing), rng.uniform(0.3, 1.4)
        shape = (BOX, FRUSTUM, ELLIPSOID)[number % 3]
        prims.append(
            (shape, *centre, *half, math.cos(yaw), math.sin(yaw), 0.5, 0.5, 0.5, number, 0)
        )
    return np.array(prims, np.float32)


def inside(points: np.ndarray, prim: np.ndarray) -> np.ndarray:
    """Which points (..., 3) lie in a solid."""
    co, si, (a, b, c) = prim[7], prim[8], prim[4:7]
    dx, dy, z = np.moveaxis(points - prim[1:4], -1, 0)
    x, y = co * dx + si * dy, co * dy - si * dx
    if prim[0] == BOX:
        return (abs(x) < a) & (abs(y) < b) & (abs(z) < c)
    if prim[0] == FRUSTUM:
        return (np.hypot(x, y) < a + (b - a) * (z + c) / (2 * c)) & (abs(z) < c)
    return (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 < 1


def way_through(start: np.ndarray, end: np.ndarray, prims: np.ndarray) -> np.ndarray:
    """How far lines (n, 3) to (n, 3) run inside some solid, m, shape (n,)."""
    points = start + np.linspace(0, 1, STEPS)[:, None, None] * (end - start)
    within = np.any([inside(points, prim) for prim in prims], axis=0)
    return within.sum(0) * np.linalg.norm(end - start, axis=-1) / STEPS


def drawn(seed: int) -> tuple[np.ndarray, ...]:
    """Solids, rays (gravity frame), brightness, distances and things of one picture."""
    optical, valid = Camera(width=96, height=64, fx=60, fy=60, cx=48, cy=32).ray_map()
    turn = Pose(height_m=EYE[2], pitch_rad=0.35, roll_rad=0.05).gravity_from_camera
    prims = random_solids(np.random.default_rng(seed))
    spheres = np.array([(*p[1:4], 0.7, k, k + 1) for k, p in enumerate(prims)], np.float32)
    rgb, far, thing_of = cast(
        optical, valid, turn, EYE[2], spheres, prims, plain_room(), np.zeros((0, 14), np.float32)
    )
    return prims, optical @ turn.T, rgb[..., 0], far, thing_of


@pytest.mark.parametrize("seed", range(4))
def test_every_ray_ends_at_the_first_solid_on_its_way(seed: int) -> None:
    prims, rays, _, far, thing_of = drawn(seed)
    before = (EYE + rays * (far[..., None] - 2e-3))[::2, ::2].reshape(-1, 3)
    assert way_through(np.broadcast_to(EYE, before.shape), before, prims).max() < 0.03
    behind = EYE + rays * (far[..., None] + 1e-3)
    hit = thing_of >= 0
    met = [inside(point, prims[k]) for point, k in zip(behind[hit], thing_of[hit], strict=True)]
    assert len(met) > 500 and np.mean(met) > 0.99


@pytest.mark.parametrize("seed", range(4))
def test_the_floor_is_dark_where_a_solid_hides_the_lamp(seed: int) -> None:
    prims, rays, brightness, far, thing_of = drawn(seed)
    ends = EYE + rays * far[..., None]
    floor = (abs(ends[..., 2]) < 1e-3) & (thing_of == -1)
    points = ends[floor]
    hidden = way_through(points + [0, 0, 1e-3], np.broadcast_to(LAMP, points.shape), prims)
    ray = LAMP - points
    square = (ray * ray).sum(-1)
    lamp = DIFFUSE * ray[:, 2] / np.sqrt(square) / (1 + 0.03 * square)
    clear, shaded = hidden == 0, hidden > 0.05
    expected = ALBEDO * (AMBIENT + (1 - SHADE * shaded) * lamp)
    wrong = abs(brightness[floor] - expected) > 1e-3
    assert clear.sum() > 200 and shaded.sum() > 30
    for group in (clear, shaded):  # a few lie at the smoothed edges of shapes and shadows
        assert wrong[group].mean() < 0.08
