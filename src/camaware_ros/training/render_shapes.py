"""Boxes, cone stumps, ellipsoids and the room against a batch of rays with a common origin.

Compiled by numba. Rays lie in lanes (one array per coordinate, float32) and every loop over lanes
is free of branches, so that the compiler handles eight or sixteen rays at a time. Constants are
float32 because one float64 in a loop would halve its width. Knows no light, paint or pixels.

Whoever edits this file: numba's cache of ``render`` may keep the old code; remove ``__pycache__``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# without _nrt=False numba counts references to every array at every ray, which costs more than
# the rays; such functions may not allocate
jit = njit(cache=True, fastmath=True, error_model="numpy", _nrt=False)
inlined = njit(cache=True, fastmath=True, error_model="numpy", _nrt=False, inline="always")

BOX, FRUSTUM = 0, 1
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
FAR_M, CLOSE_M = np.float32(1e9), np.float32(1e-4)
_TINY = np.float32(1e-9)
_RIM = np.float32(1e-4)


@inlined
def _inverse(d):
    """1 / d, and a large number for 0."""
    return ONE / (d if abs(d) > _TINY else _TINY)


@jit
def leave_room(oz, dx, dy, dz, n, room, t, which):
    """Where rays from (0, 0, oz) leave the room: t, and which = -1 - surface (0 floor .. 5)."""
    co, si, x0, x1, y0, y1, top = room[0], room[1], room[2], room[3], room[4], room[5], room[6]
    for i in range(n):
        ex, ey, ez = co * dx[i] + si * dy[i], co * dy[i] - si * dx[i], dz[i]
        tx = (x1 if ex > ZERO else x0) * _inverse(ex)
        ty = (y1 if ey > ZERO else y0) * _inverse(ey)
        tz = ((top if ez > ZERO else ZERO) - oz) * _inverse(ez)
        sx, sy = np.int32(-3 if ex > ZERO else -4), np.int32(-5 if ey > ZERO else -6)
        sz = np.int32(-2 if ez > ZERO else -1)
        first = min(tx, ty, tz)
        t[i] = first
        which[i] = sz if first == tz else (sx if first == tx else sy)


@jit
def _meet_box(k, prim, origin, dx, dy, dz, n, t, which):
    co, si, a, b, c = prim[7], prim[8], prim[4], prim[5], prim[6]
    px, py, pz = origin[0], origin[1], origin[2]
    for i in range(n):
        ix, iy = _inverse(co * dx[i] + si * dy[i]), _inverse(co * dy[i] - si * dx[i])
        iz = _inverse(dz[i])
        mx, my, mz, hx, hy, hz = -px * ix, -py * iy, -pz * iz, a * abs(ix), b * abs(iy), c * abs(iz)
        near, far = max(mx - hx, my - hy, mz - hz), min(mx + hx, my + hy, mz + hz)
        hit = (near <= far) & (near > CLOSE_M) & (near < t[i])
        t[i], which[i] = (near if hit else t[i]), (k if hit else which[i])


@jit
def _meet_frustum(k, prim, origin, dx, dy, dz, n, t, which):
    """Four candidates: two on the side, two on the caps; rays start beside the middle."""
    co, si, r0, r1, c = prim[7], prim[8], prim[4], prim[5], prim[6]
    middle, slope = HALF * (r0 + r1), HALF * (r1 - r0) / c
    low, high = r0 * r0, r1 * r1
    for i in range(n):
        ex, ey, ez = co * dx[i] + si * dy[i], co * dy[i] - si * dx[i], dz[i]
        skip = -(origin[0] * ex + origin[1] * ey + origin[2] * ez)
        px, py, pz = origin[0] + skip * ex, origin[1] + skip * ey, origin[2] + skip * ez
        radius, dr = middle + slope * pz, slope * ez
        qa = ex * ex + ey * ey - dr * dr
        qb, qc = px * ex + py * ey - radius * dr, px * px + py * py - radius * radius
        disc, iqa, iz = qb * qb - qa * qc, _inverse(qa), _inverse(ez)
        root = math.sqrt(max(disc, ZERO))
        s0, s1 = (-qb - root) * iqa, (-qb + root) * iqa
        z0, z1 = pz + s0 * ez, pz + s1 * ez
        on0 = (disc > ZERO) & (abs(z0) <= c) & (middle + slope * z0 >= ZERO) & (s0 + skip > CLOSE_M)
        on1 = (disc > ZERO) & (abs(z1) <= c) & (middle + slope * z1 >= ZERO) & (s1 + skip > CLOSE_M)
        s2, s3 = (-c - pz) * iz, (c - pz) * iz
        x2, y2, x3, y3 = px + s2 * ex, py + s2 * ey, px + s3 * ex, py + s3 * ey
        on2 = (x2 * x2 + y2 * y2 <= low) & (s2 + skip > CLOSE_M)
        on3 = (x3 * x3 + y3 * y3 <= high) & (s3 + skip > CLOSE_M)
        side = min(s0 if on0 else FAR_M, s1 if on1 else FAR_M)
        near = skip + min(side, min(s2 if on2 else FAR_M, s3 if on3 else FAR_M))
        hit = near < t[i]
        t[i], which[i] = (near if hit else t[i]), (k if hit else which[i])


@jit
def _meet_ellipsoid(k, prim, origin, dx, dy, dz, n, t, which):
    co, si = prim[7], prim[8]
    ia, ib, ic = ONE / prim[4], ONE / prim[5], ONE / prim[6]
    for i in range(n):
        ex, ey, ez = co * dx[i] + si * dy[i], co * dy[i] - si * dx[i], dz[i]
        skip = -(origin[0] * ex + origin[1] * ey + origin[2] * ez)
        ux, uy = (origin[0] + skip * ex) * ia, (origin[1] + skip * ey) * ib
        uz, vx, vy, vz = (origin[2] + skip * ez) * ic, ex * ia, ey * ib, ez * ic
        qa, qb = vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
        disc = qb * qb - qa * (ux * ux + uy * uy + uz * uz - ONE)
        near = skip + (-qb - math.sqrt(max(disc, ZERO))) / qa
        hit = (disc > ZERO) & (near > CLOSE_M) & (near < t[i])
        t[i], which[i] = (near if hit else t[i]), (k if hit else which[i])


@jit
def meet(near, count, prims, origins, dx, dy, dz, n, t, which):
    """Shorten rays to the first of ``count`` primitives that they meet; ``which`` says which.

    origins (P, 3): where the rays start, in each primitive's frame.
    """
    for j in range(count):
        k = near[j]
        if prims[k, 0] == BOX:
            _meet_box(k, prims[k], origins[k], dx, dy, dz, n, t, which)
        elif prims[k, 0] == FRUSTUM:
            _meet_frustum(k, prims[k], origins[k], dx, dy, dz, n, t, which)
        else:
            _meet_ellipsoid(k, prims[k], origins[k], dx, dy, dz, n, t, which)


@inlined
def normal(prim, x, y, z):
    """Outward normal (gravity frame) of a primitive at a point of its surface."""
    co, si, a, b, c = prim[7], prim[8], prim[4], prim[5], prim[6]
    dx, dy, pz = x - prim[1], y - prim[2], z - prim[3]
    px, py = co * dx + si * dy, co * dy - si * dx
    nx, ny, nz = ZERO, ZERO, ZERO
    if prim[0] == BOX:
        sx, sy, sz = abs(px) - a, abs(py) - b, abs(pz) - c
        if sx >= sy and sx >= sz:
            nx = px
        elif sy >= sz:
            ny = py
        else:
            nz = pz
    elif prim[0] == FRUSTUM:
        slope = HALF * (b - a) / c
        r = math.sqrt(px * px + py * py)
        radius = HALF * (a + b) + slope * pz
        if abs(abs(pz) - c) <= abs(r - radius) + _RIM * c:
            nz = pz
        else:
            nx, ny, nz = px, py, -slope * r
    else:
        nx, ny, nz = px / (a * a), py / (b * b), pz / (c * c)
    n = ONE / math.sqrt(nx * nx + ny * ny + nz * nz + _TINY * _TINY)
    return (co * nx - si * ny) * n, (si * nx + co * ny) * n, nz * n


@jit
def look_from(x, y, z, things, prims, origins, prim_cones, thing_cones):
    """Fills what rays from one point need of the primitives and things.

    origins (P, 3): the point in each primitive's frame; prim_cones (P, 5) and thing_cones (N, 5):
    direction, cosine and sine of half the angle of the bounding spheres, cosine -1 from inside.
    """
    for k in range(prims.shape[0]):
        dx, dy, dz = prims[k, 1] - x, prims[k, 2] - y, prims[k, 3] - z
        co, si, a, b, c = prims[k, 7], prims[k, 8], prims[k, 4], prims[k, 5], prims[k, 6]
        origins[k, 0], origins[k, 1], origins[k, 2] = -co * dx - si * dy, si * dx - co * dy, -dz
        if prims[k, 0] == BOX:
            square = a * a + b * b + c * c
        elif prims[k, 0] == FRUSTUM:
            square = max(a, b) * max(a, b) + c * c
        else:
            square = max(a, b, c) * max(a, b, c)
        _cone(dx, dy, dz, square, prim_cones[k])
    for n in range(things.shape[0]):
        dx, dy, dz = things[n, 0] - x, things[n, 1] - y, things[n, 2] - z
        _cone(dx, dy, dz, things[n, 3] * things[n, 3], thing_cones[n])


@inlined
def _cone(dx, dy, dz, radius_square, out):
    square = dx * dx + dy * dy + dz * dz
    n = ONE / math.sqrt(square + _TINY)
    out[0], out[1], out[2] = dx * n, dy * n, dz * n
    sine_square = radius_square / (square + _TINY)
    out[3] = math.sqrt(ONE - sine_square) if sine_square < ONE else -ONE
    out[4] = math.sqrt(min(sine_square, ONE))


@inlined
def _overlap(everything, mx, my, mz, cosine, sine, cone):
    """Whether a cone of rays and a bounding cone have a direction in common."""
    dot = mx * cone[0] + my * cone[1] + mz * cone[2]
    return everything or cone[3] < ZERO or dot >= cone[3] * cosine - cone[4] * sine


@jit
def candidates(dx, dy, dz, n, things, thing_cones, prim_cones, near):
    """Lists in ``near`` the primitives that some of n rays can meet; returns their number."""
    mx, my, mz, cosine, count = ZERO, ZERO, ZERO, ONE, 0
    for i in range(n):
        mx, my, mz = mx + dx[i], my + dy[i], mz + dz[i]
    scale = ONE / math.sqrt(mx * mx + my * my + mz * mz + _TINY)
    mx, my, mz = mx * scale, my * scale, mz * scale
    for i in range(n):
        cosine = min(cosine, mx * dx[i] + my * dy[i] + mz * dz[i])
    everything = cosine <= CLOSE_M
    cosine = max(cosine - CLOSE_M, ZERO)
    sine = math.sqrt(ONE - cosine * cosine)
    for m in range(things.shape[0]):
        if not _overlap(everything, mx, my, mz, cosine, sine, thing_cones[m]):
            continue
        for k in range(np.int32(things[m, 4]), np.int32(things[m, 5])):
            if _overlap(everything, mx, my, mz, cosine, sine, prim_cones[k]):
                near[count] = k
                count += 1
    return count
