"""A ray caster for training scenes: boxes, frustums and ellipsoids in a room, any lens.

It takes one unit ray per pixel, so every camera model works unchanged and no lens maths lives here.
Compiled by numba; rays are traced tile by tile, a batch at a time (``render_shapes``). The MuJoCo
world of ``simulation`` is another renderer and shares no code with this one.

Arrays (metres, gravity frame with z up and the floor at z = 0):
    prims (P, 14): shape, centre xyz, half-sizes abc, cos yaw, sin yaw, albedo rgb, thing, grain
    things (N, 6): bounding-sphere centre xyz, radius, first prim, one past the last prim
    room (R,): see ``render_paint.ROOM_FIELDS``
    patches (K, 14): pictures on walls and rugs on the floor
"""

from __future__ import annotations

import math

import numpy as np

from camaware_ros.training.render_paint import ROOM, grain, room_normal, room_paint
from camaware_ros.training.render_shapes import (
    CLOSE_M,
    ONE,
    ZERO,
    candidates,
    inlined,
    jit,
    leave_room,
    look_from,
    meet,
    normal,
)

TILE = 16
LANES = 2 * TILE * TILE
WIDTH = 32
CONTRAST = np.float32(0.05)
_LIGHT, _AMBIENT = ROOM["light_x"], ROOM["ambient"]
_DIFFUSE, _SHADOW = ROOM["diffuse"], ROOM["shadow"]
_GAP_M = np.float32(4e-3)
_SKY, _BELOW = np.float32(0.25), np.float32(0.75)
_FALL = np.float32(0.03)
_EIGHTH, _THIRD = np.float32(0.125), np.float32(1 / 3)


@jit
def _surface(oz, n, rays, points, normals, colours, t, which, scene):
    """Points, normals and albedos of where n rays end."""
    prims, room, patches = scene
    dx, dy, dz = rays
    x, y, z = points
    nx, ny, nz = normals
    r, g, b = colours
    for i in range(n):
        x[i], y[i], z[i] = t[i] * dx[i], t[i] * dy[i], oz + t[i] * dz[i]
        k = which[i]
        if k < 0:
            r[i], g[i], b[i] = room_paint(-1 - k, x[i], y[i], z[i], room, patches)
            nx[i], ny[i], nz[i] = room_normal(-1 - k, room)
        else:
            rough = prims[k, 13]
            if rough > ZERO:
                rough *= grain(x[i], y[i], z[i])
            r[i], g[i], b[i] = prims[k, 9] + rough, prims[k, 10] + rough, prims[k, 11] + rough
            nx[i], ny[i], nz[i] = normal(prims[k], x[i], y[i], z[i])


# a loop over more than a handful of arrays is not vectorised, hence the small steps
@jit
def _from(points, light, n, rays, length):
    """Unit rays from a light to points, and their lengths."""
    for axis in range(3):
        p, d, at = points[axis], rays[axis], light[axis]
        for i in range(n):
            d[i] = p[i] - at
    _dot(rays, rays, n, length)
    for i in range(n):
        length[i] = math.sqrt(length[i] + CLOSE_M * CLOSE_M)
    for axis in range(3):
        d = rays[axis]
        for i in range(n):
            d[i] /= length[i]


@jit
def _dot(a, b, n, out):
    ax, ay, az = a
    bx, by, bz = b
    for i in range(n):
        out[i] = ax[i] * bx[i] + ay[i] * by[i] + az[i] * bz[i]


@jit
def _brightness(cosine, length, dark, nz, n, room):
    """Ambient, sky and lamp, in the place of ``cosine`` (that of lamp ray and normal)."""
    ambient, diffuse, shade = room[_AMBIENT], room[_DIFFUSE], ONE - room[_SHADOW]
    for i in range(n):
        lamp = max(-cosine[i], ZERO) * (shade if dark[i] >= 0 else ONE)
        fall = ONE + _FALL * (length[i] * length[i])
        cosine[i] = ambient * (_BELOW + _SKY * nz[i]) + diffuse * lamp / fall


@jit
def _light(n, points, normals, colours, lamp_lanes, dark, near, lamp, things, scene):
    """Multiply albedos by brightness: ambient, sky and one lamp with its shadow."""
    prims, room, _ = scene
    origins, prim_cones, thing_cones = lamp
    rays, length, left, cosine = lamp_lanes
    _from(points, room[_LIGHT : _LIGHT + 3], n, rays, length)
    _dot(normals, rays, n, cosine)
    for i in range(n):
        left[i], dark[i] = length[i] - _GAP_M, np.int32(-1)
    if room[_SHADOW] > ZERO:
        count = candidates(rays[0], rays[1], rays[2], n, things, thing_cones, prim_cones, near)
        meet(near, count, prims, origins, rays[0], rays[1], rays[2], n, left, dark)
    _brightness(cosine, length, dark, normals[2], n, room)
    for channel in range(3):
        c = colours[channel]
        for i in range(n):
            c[i] *= cosine[i]


@jit
def _trace(oz, n, lanes, near, eye, lamp, things, scene):
    """Rays from the camera at (0, 0, oz): fills their colours, lengths and parts."""
    rays, points, normals, colours, lamp_lanes, t, which, dark = lanes
    prims, room, _ = scene
    origins, prim_cones, thing_cones = eye
    while n % WIDTH:  # a loop's last few lanes would go one by one
        rays[0][n], rays[1][n], rays[2][n] = rays[0][0], rays[1][0], rays[2][0]
        n += 1
    leave_room(oz, rays[0], rays[1], rays[2], n, room, t, which)
    count = candidates(rays[0], rays[1], rays[2], n, things, thing_cones, prim_cones, near)
    meet(near, count, prims, origins, rays[0], rays[1], rays[2], n, t, which)
    _surface(oz, n, rays, points, normals, colours, t, which, scene)
    _light(n, points, normals, colours, lamp_lanes, dark, near, lamp, things, scene)


@inlined
def _put(rays, n, x, y, z, turn):
    """A ray of the optical frame into a lane, in the gravity frame."""
    rays[0][n] = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
    rays[1][n] = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
    rays[2][n] = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z


@jit
def _draw(optical, valid, turn, oz, lanes, near, eye, lamp, things, scene, rgb, distance, part_of):
    """One ray per pixel, tile by tile."""
    height, width = valid.shape
    rays, (r, g, b), t, which = lanes[0], lanes[3], lanes[5], lanes[6]
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            n = 0
            for i in range(top, min(top + TILE, height)):
                for j in range(left, min(left + TILE, width)):
                    if valid[i, j]:
                        _put(rays, n, optical[i, j, 0], optical[i, j, 1], optical[i, j, 2], turn)
                        n += 1
            if n == 0:
                continue
            _trace(oz, n, lanes, near, eye, lamp, things, scene)
            n = 0
            for i in range(top, min(top + TILE, height)):
                for j in range(left, min(left + TILE, width)):
                    if valid[i, j]:
                        rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2] = r[n], g[n], b[n]
                        distance[i, j], part_of[i, j] = t[n], which[n]
                        n += 1


@inlined
def _is_edge(valid, part_of, rgb, i, j):
    """Whether a pixel sees another part than a neighbour, and one that looks different."""
    p = part_of[i, j]
    same = part_of[i, j + 1] == p and part_of[i + 1, j] == p
    if same and part_of[i, j - 1] == p and part_of[i - 1, j] == p:
        return False
    around = valid[i, j + 1] and valid[i, j - 1] and valid[i + 1, j] and valid[i - 1, j]
    if not (around and valid[i, j]):
        return False
    across = max(_contrast(rgb, i, j, 0, 1), _contrast(rgb, i, j, 0, -1))
    return max(across, _contrast(rgb, i, j, 1, 0), _contrast(rgb, i, j, -1, 0)) > CONTRAST


@inlined
def _contrast(rgb, i, j, down, right):
    """Difference of a pixel from one of its neighbours, summed over channels."""
    k, n = i + down, j + right
    first, second = abs(rgb[i, j, 0] - rgb[k, n, 0]), abs(rgb[i, j, 1] - rgb[k, n, 1])
    return first + second + abs(rgb[i, j, 2] - rgb[k, n, 2])


@inlined
def _between(rays, i, j, a, b):
    """The ray a pixels right and b pixels below a pixel's own (twice the step over two)."""
    x = rays[i, j, 0] + a * (rays[i, j + 1, 0] - rays[i, j - 1, 0])
    y = rays[i, j, 1] + a * (rays[i, j + 1, 1] - rays[i, j - 1, 1])
    z = rays[i, j, 2] + a * (rays[i, j + 1, 2] - rays[i, j - 1, 2])
    x += b * (rays[i + 1, j, 0] - rays[i - 1, j, 0])
    y += b * (rays[i + 1, j, 1] - rays[i - 1, j, 1])
    z += b * (rays[i + 1, j, 2] - rays[i - 1, j, 2])
    n = ONE / math.sqrt(x * x + y * y + z * z)
    return x * n, y * n, z * n


@jit
def _smooth_edges(
    optical, valid, turn, oz, lanes, near, eye, lamp, things, scene, rgb, part_of, edges
):
    """Average two more rays, on a diagonal, into pixels at the edge of a part."""
    height, width = valid.shape
    rays, (r, g, b) = lanes[0], lanes[3]
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            n = 0
            for i in range(max(top, 1), min(top + TILE, height - 1)):
                for j in range(max(left, 1), min(left + TILE, width - 1)):
                    if _is_edge(valid, part_of, rgb, i, j):
                        tilt = _EIGHTH if (i + j) % 2 else -_EIGHTH
                        x, y, z = _between(optical, i, j, -_EIGHTH, -tilt)
                        _put(rays, n, x, y, z, turn)
                        x, y, z = _between(optical, i, j, _EIGHTH, tilt)
                        _put(rays, n + 1, x, y, z, turn)
                        edges[n], edges[n + 1] = i, j
                        n += 2
            if n == 0:
                continue
            _trace(oz, n, lanes, near, eye, lamp, things, scene)
            for k in range(0, n, 2):
                i, j = edges[k], edges[k + 1]
                rgb[i, j, 0] = (rgb[i, j, 0] + r[k] + r[k + 1]) * _THIRD
                rgb[i, j, 1] = (rgb[i, j, 1] + g[k] + g[k + 1]) * _THIRD
                rgb[i, j, 2] = (rgb[i, j, 2] + b[k] + b[k + 1]) * _THIRD


@jit
def _name_things(part_of, prims, thing_of):
    """The thing of every pixel from its part."""
    for i in range(part_of.shape[0]):
        for j in range(part_of.shape[1]):
            k = part_of[i, j]
            if k >= 0:
                thing_of[i, j] = np.int16(prims[k, 12])
            elif k == NO_PART:
                thing_of[i, j] = -2
            else:
                thing_of[i, j] = -1


NO_PART = -99


def _seen_from(x, y, z, things, prims):
    """Origins, primitive cones and thing cones of ``look_from``."""
    origins = np.empty((len(prims), 3), np.float32)
    prim_cones, thing_cones = (np.empty((len(a), 5), np.float32) for a in (prims, things))
    look_from(x, y, z, things, prims, origins, prim_cones, thing_cones)
    return origins, prim_cones, thing_cones


def cast(optical_rays, valid, turn, eye_height, things, prims, room, patches):
    """Render one image; edges between parts are smoothed.

    Args:
        optical_rays: unit rays in the optical frame, shape (h, w, 3).
        valid: which pixels have a ray, shape (h, w).
        turn: gravity_from_camera rotation, shape (3, 3).
        eye_height: optical centre above the floor, m.
        things, prims, room, patches: as at the top of this file.

    Returns:
        rgb float32 (h, w, 3); range along the ray float32 (h, w), 0 without a ray; thing index
        int16 (h, w), -1 for the room, -2 without a ray.
    """
    optical, turn, things, prims, room, patches = (
        np.ascontiguousarray(a, np.float32)
        for a in (optical_rays, turn, things, prims, room, patches)
    )
    oz = np.float32(eye_height)
    rgb = np.zeros((*valid.shape, 3), np.float32)
    distance = np.zeros(valid.shape, np.float32)
    part_of = np.full(valid.shape, NO_PART, np.int32)
    thing_of = np.empty(valid.shape, np.int16)
    eye = _seen_from(ZERO, ZERO, oz, things, prims)
    lamp = _seen_from(*room[_LIGHT : _LIGHT + 3], things, prims)
    batches, whole = np.empty((19, LANES), np.float32), np.empty((3, LANES), np.int32)
    rows = tuple(batches)
    lamp_lanes = rows[12:15], rows[15], rows[16], rows[17]
    lanes = (rows[0:3], rows[3:6], rows[6:9], rows[9:12], lamp_lanes, rows[18], whole[0], whole[1])
    near, scene = np.empty(len(prims), np.int32), (prims, room, patches)
    _draw(optical, valid, turn, oz, lanes, near, eye, lamp, things, scene, rgb, distance, part_of)
    _smooth_edges(
        optical, valid, turn, oz, lanes, near, eye, lamp, things, scene, rgb, part_of, whole[2]
    )
    _name_things(part_of, prims, thing_of)
    return rgb, distance, thing_of
