"""A ray caster for training scenes: boxes, frustums and ellipsoids in a room, any lens.

It takes one unit ray per pixel, so every camera model works unchanged and no lens maths lives here.
Compiled by numba. The MuJoCo world of ``simulation`` is another renderer and shares no code with
this one.

Arrays (all float64, metres, gravity frame with z up and the floor at z = 0):
    prims (P, 14): shape, centre xyz, half-sizes abc, cos yaw, sin yaw, albedo rgb, thing, grain
    things (N, 6): bounding-sphere centre xyz, radius, first prim, one past the last prim
    room (R,): see ``ROOM_FIELDS``;  patches (K, 14): pictures on walls and rugs on the floor
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

FAR_M = 1e9
ROOM_FIELDS = (
    "cos_yaw", "sin_yaw", "x0", "x1", "y0", "y1", "height",
    "light_x", "light_y", "light_z", "ambient", "diffuse", "shadow",
    "floor_mode", "floor_scale", "fr", "fg", "fb", "gr", "gg", "gb",
    "wall_mode", "wall_scale", "wr", "wg", "wb", "vr", "vg", "vb",
    "skirting", "sr", "sg", "sb", "cr", "cg", "cb",
)  # fmt: skip
ROOM = {name: index for index, name in enumerate(ROOM_FIELDS)}
_FLOOR_MODE, _FLOOR, _FLOOR2 = ROOM["floor_mode"], ROOM["fr"], ROOM["gr"]
_WALL_MODE, _WALL, _WALL2 = ROOM["wall_mode"], ROOM["wr"], ROOM["vr"]
_SKIRTING, _SKIRT, _CEILING = ROOM["skirting"], ROOM["sr"], ROOM["cr"]
_LIGHT, _AMBIENT = ROOM["light_x"], ROOM["ambient"]

_jit = njit(cache=True, fastmath=True, error_model="numpy")
# numba passes every array as seven words; inlining the per-pixel helpers halves their cost
_inlined = njit(cache=True, fastmath=True, error_model="numpy", inline="always")


@_jit
def _hit_box(px, py, pz, dx, dy, dz, a, b, c):
    """Entry distance and outward normal of a ray against an axis-aligned box at the origin."""
    near, far, axis, sign = -FAR_M, FAR_M, 0, 1.0
    for k in range(3):
        p, d, h = (px, dx, a) if k == 0 else ((py, dy, b) if k == 1 else (pz, dz, c))
        if abs(d) < 1e-12:
            if abs(p) > h:
                return FAR_M, 0.0, 0.0, 0.0
            continue
        t0, t1, s = (-h - p) / d, (h - p) / d, -1.0
        if t0 > t1:
            t0, t1, s = t1, t0, 1.0
        if t0 > near:
            near, axis, sign = t0, k, s
        far = min(far, t1)
    if near > far or near < 1e-4:
        return FAR_M, 0.0, 0.0, 0.0
    return near, sign * (axis == 0), sign * (axis == 1), sign * (axis == 2)


@_jit
def _hit_frustum(px, py, pz, dx, dy, dz, r0, r1, c):
    """Upright cone stump at the origin: radius r0 at z = -c, r1 at z = +c."""
    best, nx, ny, nz = FAR_M, 0.0, 0.0, 0.0
    middle, slope = 0.5 * (r0 + r1), (r1 - r0) / (2.0 * c)
    radius, dr = middle + slope * pz, slope * dz
    qa = dx * dx + dy * dy - dr * dr
    qb = px * dx + py * dy - radius * dr
    qc = px * px + py * py - radius * radius
    disc = qb * qb - qa * qc
    if disc > 0.0 and abs(qa) > 1e-12:
        root = math.sqrt(disc)
        for s in (-1.0, 1.0):
            t = (-qb + s * root) / qa
            z = pz + t * dz
            if 1e-4 < t < best and abs(z) <= c and middle + slope * z >= 0.0:
                best, nx, ny = t, px + t * dx, py + t * dy
                nz = -slope * (middle + slope * z)
    if abs(dz) > 1e-12:
        for s in (-1.0, 1.0):
            t = (s * c - pz) / dz
            x, y, r = px + t * dx, py + t * dy, r1 if s > 0 else r0
            if 1e-4 < t < best and x * x + y * y <= r * r:
                best, nx, ny, nz = t, 0.0, 0.0, s
    length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
    return best, nx / length, ny / length, nz / length


@_jit
def _hit_ellipsoid(px, py, pz, dx, dy, dz, a, b, c):
    ux, uy, uz, vx, vy, vz = px / a, py / b, pz / c, dx / a, dy / b, dz / c
    qa, qb = vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
    disc = qb * qb - qa * (ux * ux + uy * uy + uz * uz - 1.0)
    if disc <= 0.0:
        return FAR_M, 0.0, 0.0, 0.0
    t = (-qb - math.sqrt(disc)) / qa
    if t < 1e-4:
        return FAR_M, 0.0, 0.0, 0.0
    nx, ny, nz = (ux + t * vx) / a, (uy + t * vy) / b, (uz + t * vz) / c
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    return t, nx / length, ny / length, nz / length


@_inlined
def _hit_things(ox, oy, oz, dx, dy, dz, things, prims, limit):
    """Nearest primitive along a unit ray: distance, primitive (-1 none), normal."""
    best, which, bx, by, bz = limit, -1, 0.0, 0.0, 0.0
    for n in range(things.shape[0]):
        cx, cy, cz = things[n, 0] - ox, things[n, 1] - oy, things[n, 2] - oz
        along, radius = cx * dx + cy * dy + cz * dz, things[n, 3]
        miss = cx * cx + cy * cy + cz * cz - along * along
        if miss > radius * radius or along < -radius or along - radius > best:
            continue
        for k in range(int(things[n, 4]), int(things[n, 5])):
            co, si = prims[k, 7], prims[k, 8]
            qx, qy, pz = ox - prims[k, 1], oy - prims[k, 2], oz - prims[k, 3]
            px, py = co * qx + si * qy, co * qy - si * qx
            ex, ey = co * dx + si * dy, co * dy - si * dx
            a, b, c = prims[k, 4], prims[k, 5], prims[k, 6]
            if prims[k, 0] == 0:
                t, nx, ny, nz = _hit_box(px, py, pz, ex, ey, dz, a, b, c)
            elif prims[k, 0] == 1:
                t, nx, ny, nz = _hit_frustum(px, py, pz, ex, ey, dz, a, b, c)
            else:
                t, nx, ny, nz = _hit_ellipsoid(px, py, pz, ex, ey, dz, a, b, c)
            if t < best:
                best, which = t, k
                bx, by, bz = co * nx - si * ny, si * nx + co * ny, nz
    return best, which, bx, by, bz


@_inlined
def _hash(i, j, k):
    """A repeatable number in [0, 1) for a lattice cell."""
    h = (int(i) * 73856093) ^ (int(j) * 19349663) ^ (int(k) * 83492791)
    h = (h ^ (h >> 13)) * 1274126177
    return ((h ^ (h >> 16)) & 0xFFFF) / 65536.0


@_inlined
def _pattern(mode, u, v, scale, salt):
    """How much of the second colour a surface shows at (u, v): plain, checks, planks, spots."""
    if mode == 1:
        return 1.0 if (math.floor(u / scale) + math.floor(v / scale)) % 2 == 0 else 0.0
    if mode == 2:
        row = math.floor(v / (0.3 * scale))
        return _hash(row, math.floor((u + 0.37 * scale * row) / (2.0 * scale)), salt)
    if mode == 3:
        return _hash(math.floor(8 * u / scale), math.floor(8 * v / scale), salt)
    if mode == 4:
        return 1.0 if math.floor(u / (0.25 * scale)) % 2 == 0 else 0.0
    return 0.0


@_inlined
def _room_paint(surface, u, v, z, room, patches):
    """Albedo of floor (0), ceiling (1) or a wall (2..5) at room coordinates."""
    if surface == 1:
        return room[_CEILING], room[_CEILING + 1], room[_CEILING + 2]
    for k in range(patches.shape[0]):
        if patches[k, 0] != surface:
            continue
        du, dv = u - patches[k, 1], (v if surface == 0 else z) - patches[k, 2]
        a, b = patches[k, 3], patches[k, 4]
        if abs(du) <= a and abs(dv) <= b:
            if patches[k, 5] > 0 and (du / a) ** 2 + (dv / b) ** 2 > 1.0:
                continue
            inner = abs(du) <= 0.85 * a and abs(dv) <= 0.85 * b
            o = 8 if inner else 11
            return patches[k, o], patches[k, o + 1], patches[k, o + 2]
    if surface == 0:
        w = _pattern(room[_FLOOR_MODE], u, v, room[_FLOOR_MODE + 1], 7)
        o, p = _FLOOR, _FLOOR2
    elif z < room[_SKIRTING]:
        return room[_SKIRT], room[_SKIRT + 1], room[_SKIRT + 2]
    else:
        w = _pattern(room[_WALL_MODE], u, z, room[_WALL_MODE + 1], surface)
        o, p = _WALL, _WALL2
    return (
        room[o] + w * (room[p] - room[o]),
        room[o + 1] + w * (room[p + 1] - room[o + 1]),
        room[o + 2] + w * (room[p + 2] - room[o + 2]),
    )


@_inlined
def _hit_room(oz, dx, dy, dz, room):
    """Where a ray from (0, 0, oz) leaves the room: distance, surface, room-frame u, v."""
    co, si = room[0], room[1]
    ex, ey = co * dx + si * dy, co * dy - si * dx
    best, surface = FAR_M, 1
    if dz < -1e-12:
        best, surface = -oz / dz, 0
    elif dz > 1e-12:
        best = (room[6] - oz) / dz
    if abs(ex) > 1e-12:
        t = room[3] / ex if ex > 0 else room[2] / ex
        if t < best:
            best, surface = t, 2 if ex > 0 else 3
    if abs(ey) > 1e-12:
        t = room[5] / ey if ey > 0 else room[4] / ey
        if t < best:
            best, surface = t, 4 if ey > 0 else 5
    x, y = best * ex, best * ey
    if surface == 2 or surface == 3:
        return best, surface, y, x
    return best, surface, x, y


@_inlined
def _room_normal(surface, room):
    if surface == 0:
        return 0.0, 0.0, 1.0
    if surface == 1:
        return 0.0, 0.0, -1.0
    s = -1.0 if surface % 2 == 0 else 1.0
    if surface < 4:
        return s * room[0], s * room[1], 0.0
    return -s * room[1], s * room[0], 0.0


@_inlined
def _light(x, y, z, nx, ny, nz, things, prims, room):
    """Brightness of a surface point: ambient, sky and one lamp with its shadow."""
    lx, ly, lz = room[_LIGHT] - x, room[_LIGHT + 1] - y, room[_LIGHT + 2] - z
    distance = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-9
    cosine = (nx * lx + ny * ly + nz * lz) / distance
    ambient = room[_AMBIENT] * (0.75 + 0.25 * nz)
    if cosine <= 0.0:
        return ambient
    if room[_AMBIENT + 2] > 0.0:
        e = 2e-3
        t, which, a, b, c = _hit_things(
            x + e * nx, y + e * ny, z + e * nz,
            lx / distance, ly / distance, lz / distance, things, prims, distance,
        )  # fmt: skip
        if which >= 0:
            cosine *= 1.0 - room[_AMBIENT + 2]
    return ambient + room[_AMBIENT + 1] * cosine / (1.0 + 0.03 * distance * distance)


@_inlined
def _trace(oz, dx, dy, dz, things, prims, room, patches):
    """One ray from the camera at (0, 0, oz): r, g, b, range, thing (-1 room), part id."""
    t_room, surface, u, v = _hit_room(oz, dx, dy, dz, room)
    t, which, nx, ny, nz = _hit_things(0.0, 0.0, oz, dx, dy, dz, things, prims, t_room)
    x, y, z = t * dx, t * dy, oz + t * dz
    if which < 0:
        r, g, b = _room_paint(surface, u, v, z, room, patches)
        nx, ny, nz = _room_normal(surface, room)
        thing, part = -1, -1 - surface
    else:
        grain = prims[which, 13] * (
            _hash(math.floor(25 * x), math.floor(25 * y), math.floor(25 * z)) - 0.5
        )
        r, g, b = prims[which, 9] + grain, prims[which, 10] + grain, prims[which, 11] + grain
        thing, part = int(prims[which, 12]), which
    s = _light(x, y, z, nx, ny, nz, things, prims, room)
    return r * s, g * s, b * s, t, thing, part


@_jit
def cast(rays, valid, eye_height, things, prims, room, patches, smooth):
    """Render one image.

    Args:
        rays: unit rays in the gravity frame from (0, 0, eye_height), shape (h, w, 3).
        valid: which pixels have a ray, shape (h, w).
        smooth: average four more rays where neighbouring pixels see different parts.

    Returns:
        rgb float32 (h, w, 3); range along the ray float32 (h, w), 0 without a ray; thing index
        int16 (h, w), -1 for the room, -2 without a ray.
    """
    height, width = valid.shape
    rgb = np.zeros((height, width, 3), np.float32)
    distance = np.zeros((height, width), np.float32)
    thing_of = np.full((height, width), -2, np.int16)
    part_of = np.full((height, width), -99, np.int32)
    for i in range(height):
        for j in range(width):
            if valid[i, j]:
                x, y, z = rays[i, j, 0], rays[i, j, 1], rays[i, j, 2]
                r, g, b, t, thing, part = _trace(eye_height, x, y, z, things, prims, room, patches)
                rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2] = r, g, b
                distance[i, j], thing_of[i, j], part_of[i, j] = t, thing, part
    if smooth:
        _smooth_edges(rays, valid, eye_height, things, prims, room, patches, part_of, rgb)
    return rgb, distance, thing_of


@_jit
def _smooth_edges(rays, valid, eye_height, things, prims, room, patches, part_of, rgb):
    height, width = valid.shape
    for i in range(1, height - 1):
        for j in range(1, width - 1):
            p = part_of[i, j]
            same = part_of[i, j + 1] == p and part_of[i + 1, j] == p
            same = same and part_of[i, j - 1] == p and part_of[i - 1, j] == p
            if same or not (
                valid[i, j + 1] and valid[i, j - 1] and valid[i + 1, j] and valid[i - 1, j]
            ):
                continue
            if not valid[i, j]:
                continue
            sr, sg, sb = rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2]
            for s in range(4):
                a, b = (0.125 if s % 2 else -0.125), (0.125 if s < 2 else -0.125)
                x = (
                    rays[i, j, 0]
                    + a * (rays[i, j + 1, 0] - rays[i, j - 1, 0])
                    + b * (rays[i + 1, j, 0] - rays[i - 1, j, 0])
                )
                y = (
                    rays[i, j, 1]
                    + a * (rays[i, j + 1, 1] - rays[i, j - 1, 1])
                    + b * (rays[i + 1, j, 1] - rays[i - 1, j, 1])
                )
                z = (
                    rays[i, j, 2]
                    + a * (rays[i, j + 1, 2] - rays[i, j - 1, 2])
                    + b * (rays[i + 1, j, 2] - rays[i - 1, j, 2])
                )
                n = 1.0 / math.sqrt(x * x + y * y + z * z)
                r, g, c, t, thing, part = _trace(
                    eye_height, x * n, y * n, z * n, things, prims, room, patches
                )
                sr, sg, sb = sr + r, sg + g, sb + c
            rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2] = 0.2 * sr, 0.2 * sg, 0.2 * sb
