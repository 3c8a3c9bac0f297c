"""A box as lines in an image, bent as the lens bends them.

Knows boxes and cameras; does not draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera

FloatArray = NDArray[np.float64]
POINTS_PER_EDGE = 64
FAR_OUTSIDE = 8.0


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of a box in the image.

    Attributes:
        runs: pieces of the edge that have a place in the image plane, each (n >= 2, 2) edge pixels.
        hidden: whether the box itself hides it.
    """

    runs: tuple[FloatArray, ...]
    hidden: bool


def box_edges(box: Box3, camera: Camera) -> tuple[Edge, ...]:
    """The twelve edges of a box given in the camera frame, those without any ray left out.

    Pieces that the lens does not see (behind the camera, beyond its limit) or that lie several
    image sizes off are missing from the runs.
    """
    corners = box.corners()
    signs = (corners - box.center) @ box.rotation > 0
    along = np.linspace(0.0, 1.0, POINTS_PER_EDGE)[:, None]
    edges = []
    for first, second in combinations(range(8), 2):
        if np.count_nonzero(signs[first] != signs[second]) != 1:
            continue
        points = corners[first] + along * (corners[second] - corners[first])
        runs = _runs(points, camera)
        if runs:
            edges.append(Edge(runs, _is_hidden(signs[first], signs[second], box)))
    return tuple(edges)


def _runs(points: FloatArray, camera: Camera) -> tuple[FloatArray, ...]:
    pixels, valid = camera.project(points)
    size = np.array([camera.width, camera.height])
    near = np.abs(np.where(valid[:, None], pixels, np.inf) - size / 2) < FAR_OUTSIDE * size
    drawn = near.all(axis=-1)
    breaks = np.flatnonzero(np.diff(drawn.astype(np.int8))) + 1
    pieces = zip(np.split(pixels, breaks), np.split(drawn, breaks), strict=True)
    return tuple(piece for piece, good in pieces if good[0] and len(piece) > 1)


def _is_hidden(first: NDArray[np.bool_], second: NDArray[np.bool_], box: Box3) -> bool:
    """An edge is hidden when both faces that meet in it look away from a camera outside the box."""
    if box.contains(np.zeros(3)):
        return False
    for axis in np.flatnonzero(first == second):
        normal = (1.0 if first[axis] else -1.0) * box.rotation[:, axis]
        if normal @ (box.center + normal * box.size[axis] / 2) < 0:
            return False
    return True
