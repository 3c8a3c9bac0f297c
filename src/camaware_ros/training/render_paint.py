"""What colour the surfaces of a training room have: patterns, skirting, patches on the walls.

Compiled by numba. Knows the arrays of ``render``; does not know rays, things or light.
"""

from __future__ import annotations

import math

import numpy as np

from camaware_ros.training.render_shapes import ONE, ZERO, inlined

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
_HASH_UNIT = np.float32(1 / 65536)
_QUARTER, _PLANK, _OFFSET = np.float32(0.25), np.float32(0.3), np.float32(0.37)
_INNER, _GRAINS, _SPOTS = np.float32(0.85), np.float32(25), np.float32(8)


@inlined
def _cell(x):
    """The whole number below x."""
    return np.int64(math.floor(x))


@inlined
def _hash(i, j, k):
    """A repeatable number in [0, 1) for a lattice cell."""
    h = (i * 73856093) ^ (j * 19349663) ^ (k * 83492791)
    h = (h ^ (h >> 13)) * 1274126177
    return np.float32((h ^ (h >> 16)) & 0xFFFF) * _HASH_UNIT


@inlined
def grain(x, y, z):
    """A repeatable number in [-0.5, 0.5) for a place, constant in cells of 4 cm."""
    return _hash(_cell(_GRAINS * x), _cell(_GRAINS * y), _cell(_GRAINS * z)) - np.float32(0.5)


@inlined
def _pattern(mode, u, v, scale, salt):
    """How much of the second colour a surface shows at (u, v): plain, checks, planks, spots."""
    if mode == 1:
        return ONE if (_cell(u / scale) + _cell(v / scale)) & 1 == 0 else ZERO
    if mode == 2:
        row = _cell(v / (_PLANK * scale))
        shift = _OFFSET * scale * np.float32(row)
        return _hash(row, _cell((u + shift) / (scale + scale)), salt)
    if mode == 3:
        return _hash(_cell(_SPOTS * u / scale), _cell(_SPOTS * v / scale), salt)
    if mode == 4:
        return ONE if _cell(u / (_QUARTER * scale)) & 1 == 0 else ZERO
    return ZERO


@inlined
def room_paint(surface, x, y, z, room, patches):
    """Albedo of floor (0), ceiling (1) or a wall (2..5) at a point."""
    if surface == 1:
        return room[_CEILING], room[_CEILING + 1], room[_CEILING + 2]
    u, v = room[0] * x + room[1] * y, room[0] * y - room[1] * x
    if surface > 0:
        u, v = (v if surface < 4 else u), z
    for k in range(patches.shape[0]):
        if patches[k, 0] != surface:
            continue
        du, dv = abs(u - patches[k, 1]), abs(v - patches[k, 2])
        if du > patches[k, 3] or dv > patches[k, 4]:
            continue
        du, dv = du / patches[k, 3], dv / patches[k, 4]
        if patches[k, 5] == ZERO or du * du + dv * dv <= ONE:
            o = 8 if du <= _INNER and dv <= _INNER else 11
            return patches[k, o], patches[k, o + 1], patches[k, o + 2]
    if surface == 0:
        w = _pattern(room[_FLOOR_MODE], u, v, room[_FLOOR_MODE + 1], 7)
        o, p = _FLOOR, _FLOOR2
    elif z < room[_SKIRTING]:
        return room[_SKIRT], room[_SKIRT + 1], room[_SKIRT + 2]
    else:
        w = _pattern(room[_WALL_MODE], u, v, room[_WALL_MODE + 1], surface)
        o, p = _WALL, _WALL2
    return (
        room[o] + w * (room[p] - room[o]),
        room[o + 1] + w * (room[p + 1] - room[o + 1]),
        room[o + 2] + w * (room[p + 2] - room[o + 2]),
    )


@inlined
def room_normal(surface, room):
    """Normal of one of the room's surfaces, into the room."""
    if surface == 0:
        return ZERO, ZERO, ONE
    if surface == 1:
        return ZERO, ZERO, -ONE
    s = -ONE if surface % 2 == 0 else ONE
    if surface < 4:
        return s * room[0], s * room[1], ZERO
    return -s * room[1], s * room[0], ZERO
