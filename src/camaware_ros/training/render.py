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
TILE = 8
CONTRAST = 0.05
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

# without _nrt=False numba counts references to every array at every pixel, which costs more than
# the rays; such functions may not allocate
_jit = njit(cache=True, fastmath=True, error_model="numpy", _nrt=False)
_inlined = njit(cache=True, fastmath=True, error_model="numpy", _nrt=False, inline="always")


@_inlined
def _slab(p, d, h):
    """Where a ray enters and leaves -h <= p + t d <= h."""
    inverse = 1.0 / (d if abs(d) > 1e-12 else 1e-12)
    t0, t1 = (-h - p) * inverse, (h - p) * inverse
    return min(t0, t1), max(t0, t1)


@_jit
def _hit_box(px, py, pz, dx, dy, dz, a, b, c):
    """Entry distance and outward normal of a ray against an axis-aligned box at the origin."""
    x0, x1 = _slab(px, dx, a)
    y0, y1 = _slab(py, dy, b)
    z0, z1 = _slab(pz, dz, c)
    near = max(x0, y0, z0)
    if near > min(x1, y1, z1) or near < 1e-4:
        return FAR_M, 0.0, 0.0, 0.0
    if near == x0:
        return near, -1.0 if dx > 0.0 else 1.0, 0.0, 0.0
    if near == y0:
        return near, 0.0, -1.0 if dy > 0.0 else 1.0, 0.0
    return near, 0.0, 0.0, -1.0 if dz > 0.0 else 1.0


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


@_jit
def _look_from(x, y, z, things, prims, origin, prim_cones, thing_cones):
    """Fills what rays from one point need of the primitives and things.

    origin (P, 3): the point in each primitive's frame; prim_cones (P, 4) and thing_cones (N, 4):
    direction and cosine of half the angle of the bounding spheres, -1 from inside.
    """
    for k in range(prims.shape[0]):
        dx, dy, dz = prims[k, 1] - x, prims[k, 2] - y, prims[k, 3] - z
        co, si, a, b, c = prims[k, 7], prims[k, 8], prims[k, 4], prims[k, 5], prims[k, 6]
        origin[k, 0], origin[k, 1], origin[k, 2] = -co * dx - si * dy, si * dx - co * dy, -dz
        if prims[k, 0] == 0:
            radius = math.sqrt(a * a + b * b + c * c)
        elif prims[k, 0] == 1:
            radius = math.sqrt(max(a, b) ** 2 + c * c)
        else:
            radius = max(a, b, c)
        _cone(dx, dy, dz, radius, prim_cones[k])
    for n in range(things.shape[0]):
        dx, dy, dz = things[n, 0] - x, things[n, 1] - y, things[n, 2] - z
        _cone(dx, dy, dz, things[n, 3], thing_cones[n])


@_inlined
def _cone(dx, dy, dz, radius, out):
    square = dx * dx + dy * dy + dz * dz
    n = 1.0 / math.sqrt(square + 1e-18)
    out[0], out[1], out[2] = dx * n, dy * n, dz * n
    out[3] = math.sqrt(1.0 - radius * radius / square) if square > radius * radius else -1.0


@_inlined
def _hit_prim(k, origin, dx, dy, dz, prims):
    """Distance and normal (gravity frame) of one primitive along a ray from ``origin``."""
    co, si = prims[k, 7], prims[k, 8]
    px, py, pz = origin[k, 0], origin[k, 1], origin[k, 2]
    ex, ey = co * dx + si * dy, co * dy - si * dx
    a, b, c = prims[k, 4], prims[k, 5], prims[k, 6]
    if prims[k, 0] == 0:
        t, nx, ny, nz = _hit_box(px, py, pz, ex, ey, dz, a, b, c)
    elif prims[k, 0] == 1:
        t, nx, ny, nz = _hit_frustum(px, py, pz, ex, ey, dz, a, b, c)
    else:
        t, nx, ny, nz = _hit_ellipsoid(px, py, pz, ex, ey, dz, a, b, c)
    return t, co * nx - si * ny, si * nx + co * ny, nz


@_inlined
def _shadowed(dx, dy, dz, limit, origin, prim_cones, thing_cones, things, prims):
    """Whether anything stands nearer than ``limit`` along a ray from the light."""
    for n in range(things.shape[0]):
        if (
            thing_cones[n, 0] * dx + thing_cones[n, 1] * dy + thing_cones[n, 2] * dz
            < (thing_cones[n, 3])
        ):
            continue
        for k in range(int(things[n, 4]), int(things[n, 5])):
            if (
                prim_cones[k, 0] * dx + prim_cones[k, 1] * dy + prim_cones[k, 2] * dz
                < (prim_cones[k, 3])
            ):
                continue
            t, nx, ny, nz = _hit_prim(k, origin, dx, dy, dz, prims)
            if t < limit:
                return True
    return False


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
def _light(x, y, z, nx, ny, nz, origin, prim_cones, thing_cones, things, prims, room):
    """Brightness of a surface point: ambient, sky and one lamp with its shadow."""
    lx, ly, lz = room[_LIGHT] - x, room[_LIGHT + 1] - y, room[_LIGHT + 2] - z
    distance = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-9
    n = -1.0 / distance
    cosine = -(nx * lx + ny * ly + nz * lz) * n
    ambient = room[_AMBIENT] * (0.75 + 0.25 * nz)
    if cosine <= 0.0:
        return ambient
    if room[_AMBIENT + 2] > 0.0 and _shadowed(
        lx * n, ly * n, lz * n, distance - 4e-3, origin, prim_cones, thing_cones, things, prims
    ):
        cosine *= 1.0 - room[_AMBIENT + 2]
    return ambient + room[_AMBIENT + 1] * cosine / (1.0 + 0.03 * distance * distance)


@_inlined
def _trace(
    oz, dx, dy, dz, near, count, eye, lamp, lamp_prims, lamp_things, things, prims, room, patches
):
    """One ray from the camera at (0, 0, oz): r, g, b, range, thing (-1 room), part id."""
    t, surface, u, v = _hit_room(oz, dx, dy, dz, room)
    which, nx, ny, nz = -1, 0.0, 0.0, 0.0
    for i in range(count):
        k = near[i]
        d, ax, ay, az = _hit_prim(k, eye, dx, dy, dz, prims)
        if d < t:
            t, which, nx, ny, nz = d, k, ax, ay, az
    x, y, z = t * dx, t * dy, oz + t * dz
    if which < 0:
        r, g, b = _room_paint(surface, u, v, z, room, patches)
        nx, ny, nz = _room_normal(surface, room)
        thing, part = -1, -1 - surface
    else:
        grain = prims[which, 13]
        if grain > 0.0:
            grain *= _hash(math.floor(25 * x), math.floor(25 * y), math.floor(25 * z)) - 0.5
        r, g, b = prims[which, 9] + grain, prims[which, 10] + grain, prims[which, 11] + grain
        thing, part = int(prims[which, 12]), which
    s = _light(x, y, z, nx, ny, nz, lamp, lamp_prims, lamp_things, things, prims, room)
    return r * s, g * s, b * s, t, thing, part


@_jit
def _near_tile(rays, valid, top, left, cones, near):
    """Lists in ``near`` the primitives that rays of a tile (or half a pixel beside) can meet."""
    height, width = valid.shape
    bottom, right = min(top + TILE, height), min(left + TILE, width)
    mx, my, mz, any_ray = 0.0, 0.0, 0.0, False
    for i in range(top, bottom):
        for j in range(left, right):
            if valid[i, j]:
                mx, my, mz = mx + rays[i, j, 0], my + rays[i, j, 1], mz + rays[i, j, 2]
                any_ray = True
    if not any_ray:
        return -1
    n = 1.0 / math.sqrt(mx * mx + my * my + mz * mz)
    mx, my, mz, cosine = mx * n, my * n, mz * n, 1.0
    for i in range(top, bottom):
        for j in range(left, right):
            if valid[i, j]:
                cosine = min(cosine, mx * rays[i, j, 0] + my * rays[i, j, 1] + mz * rays[i, j, 2])
    angle = 1.2 * math.acos(max(min(cosine, 1.0), -1.0)) + 1e-3
    ct, st, count = math.cos(angle), math.sin(angle), 0
    for k in range(cones.shape[0]):
        ca = cones[k, 3]
        dot = mx * cones[k, 0] + my * cones[k, 1] + mz * cones[k, 2]
        if ca < 0.0 or dot >= ca * ct - math.sqrt(1.0 - ca * ca) * st:
            near[count] = k
            count += 1
    return count


@_jit
def _turned(optical_rays, valid, turn, rays):
    """Rays of the optical frame in the gravity frame."""
    for i in range(valid.shape[0]):
        for j in range(valid.shape[1]):
            if valid[i, j]:
                x, y, z = optical_rays[i, j, 0], optical_rays[i, j, 1], optical_rays[i, j, 2]
                rays[i, j, 0] = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
                rays[i, j, 1] = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
                rays[i, j, 2] = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z


@_inlined
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


@_inlined
def _contrast(rgb, i, j, down, right):
    """Difference of a pixel from one of its neighbours, summed over channels."""
    k, n = i + down, j + right
    first, second = abs(rgb[i, j, 0] - rgb[k, n, 0]), abs(rgb[i, j, 1] - rgb[k, n, 1])
    return first + second + abs(rgb[i, j, 2] - rgb[k, n, 2])


@_inlined
def _between(rays, i, j, a, b):
    """The ray a pixels right and b pixels below a pixel's own (twice the step over two)."""
    x = rays[i, j, 0] + a * (rays[i, j + 1, 0] - rays[i, j - 1, 0])
    y = rays[i, j, 1] + a * (rays[i, j + 1, 1] - rays[i, j - 1, 1])
    z = rays[i, j, 2] + a * (rays[i, j + 1, 2] - rays[i, j - 1, 2])
    x += b * (rays[i + 1, j, 0] - rays[i - 1, j, 0])
    y += b * (rays[i + 1, j, 1] - rays[i - 1, j, 1])
    z += b * (rays[i + 1, j, 2] - rays[i - 1, j, 2])
    n = 1.0 / math.sqrt(x * x + y * y + z * z)
    return x * n, y * n, z * n


@_jit
def _draw(
    rays, valid, oz, near, count, eye, eye_prims, lamp, lamp_prims, lamp_things,
    things, prims, room, patches, rgb, distance, thing_of, part_of,
):  # fmt: skip
    """One ray per pixel, tile by tile."""
    height, width = valid.shape
    cols = (width + TILE - 1) // TILE
    for tile in range(count.shape[0]):
        top, left = (tile // cols) * TILE, (tile % cols) * TILE
        here = near[tile]
        count[tile] = _near_tile(rays, valid, top, left, eye_prims, here)
        for i in range(top, min(top + TILE, height)):
            for j in range(left, min(left + TILE, width)):
                if valid[i, j]:
                    x, y, z = rays[i, j, 0], rays[i, j, 1], rays[i, j, 2]
                    r, g, b, t, thing, part = _trace(
                        oz, x, y, z, here, count[tile], eye, lamp, lamp_prims, lamp_things,
                        things, prims, room, patches,
                    )  # fmt: skip
                    rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2] = r, g, b
                    distance[i, j], thing_of[i, j], part_of[i, j] = t, thing, part


@_jit
def _smooth_edges(
    rays, valid, oz, near, count, eye, lamp, lamp_prims, lamp_things,
    things, prims, room, patches, rgb, part_of,
):  # fmt: skip
    """Average two more rays, on a diagonal, into pixels at the edge of a part."""
    height, width = valid.shape
    cols = (width + TILE - 1) // TILE
    for i in range(1, height - 1):
        for j in range(1, width - 1):
            if not _is_edge(valid, part_of, rgb, i, j):
                continue
            tile = (i // TILE) * cols + j // TILE
            here = near[tile]
            sr, sg, sb = rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2]
            tilt = 0.125 if (i + j) % 2 else -0.125
            for a in (-0.125, 0.125):
                x, y, z = _between(rays, i, j, a, tilt if a > 0.0 else -tilt)
                red, green, blue, t, thing, part = _trace(
                    oz, x, y, z, here, count[tile], eye, lamp, lamp_prims, lamp_things,
                    things, prims, room, patches,
                )  # fmt: skip
                sr, sg, sb = sr + red, sg + green, sb + blue
            rgb[i, j, 0], rgb[i, j, 1], rgb[i, j, 2] = sr / 3.0, sg / 3.0, sb / 3.0


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
    height, width = valid.shape
    rgb = np.zeros((height, width, 3), np.float32)
    distance = np.zeros((height, width), np.float32)
    thing_of = np.full((height, width), -2, np.int16)
    part_of = np.full((height, width), -99, np.int32)
    rays = np.zeros((height, width, 3))
    _turned(optical_rays, valid, turn, rays)
    eye, eye_prims = np.empty((len(prims), 3)), np.empty((len(prims), 4))
    lamp, lamp_prims = np.empty_like(eye), np.empty_like(eye_prims)
    eye_things, lamp_things = np.empty((2, len(things), 4))
    _look_from(0.0, 0.0, eye_height, things, prims, eye, eye_prims, eye_things)
    light = room[_LIGHT : _LIGHT + 3]
    _look_from(*light, things, prims, lamp, lamp_prims, lamp_things)
    tiles = ((height + TILE - 1) // TILE) * ((width + TILE - 1) // TILE)
    near, count = np.empty((tiles, len(prims)), np.int32), np.empty(tiles, np.int32)
    _draw(
        rays, valid, eye_height, near, count, eye, eye_prims, lamp, lamp_prims, lamp_things,
        things, prims, room, patches, rgb, distance, thing_of, part_of,
    )  # fmt: skip
    _smooth_edges(
        rays, valid, eye_height, near, count, eye, lamp, lamp_prims, lamp_things,
        things, prims, room, patches, rgb, part_of,
    )  # fmt: skip
    return rgb, distance, thing_of
