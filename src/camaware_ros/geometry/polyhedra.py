"""Convex solids with flat faces: cutting them by planes, and their volume. Knows no boxes.

A face is the set of its directed edges, counter-clockwise seen from outside. Cutting an edge makes
one new vertex that both of its faces share, so a solid stays closed however the arithmetic rounds,
also where a plane runs along a face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from camaware_ros.geometry.arrays import BoolArray, FloatArray

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Polyhedron:
    """A closed convex solid.

    Attributes:
        vertices: shape (n, 3); unused ones do no harm.
        faces: directed edges of each face, as pairs of vertex numbers.
    """

    vertices: FloatArray
    faces: tuple[tuple[Edge, ...], ...]

    def volume(self) -> float:
        """Sum of the signed tetrahedra between a vertex and the triangles of every face."""
        volume = 0.0
        for edges in self.faces:
            ends = self.vertices[np.array(edges)]
            apex = ends[0, 0]
            normals = np.cross(ends[:, 0] - apex, ends[:, 1] - apex).sum(axis=0)
            volume += float(normals @ apex) / 6
        return volume

    def cut(self, normal: FloatArray, offset: float) -> Polyhedron:
        """The part where normal . p <= offset, closed by a new face.

        Args:
            normal: of the plane, pointing to what is cut away, shape (3,).
            offset: of the plane along ``normal``.
        """
        height = self.vertices @ normal - offset
        inside: BoolArray = height <= 0
        if inside.all():
            return self
        vertices, crossing = self._crossings(height, inside)
        faces, lid = [], []
        for edges in self.faces:
            kept = [edge for edge in edges if inside[edge[0]] and inside[edge[1]]]
            leaving = [edge for edge in edges if inside[edge[0]] and not inside[edge[1]]]
            entering = [edge for edge in edges if inside[edge[1]] and not inside[edge[0]]]
            for out, back in zip(leaving, entering, strict=True):
                exit_, entry = crossing[out], crossing[back[::-1]]
                kept += [(out[0], exit_), (exit_, entry), (entry, back[1])]
                lid.append((entry, exit_))
            if kept:
                faces.append(tuple(kept))
        if lid:
            faces.append(tuple(lid))
        return Polyhedron(vertices, tuple(faces))

    def _crossings(
        self, height: FloatArray, inside: BoolArray
    ) -> tuple[FloatArray, dict[Edge, int]]:
        """All vertices with one more per cut edge, and its number by (inner, outer) end."""
        cut = sorted(
            {edge for edges in self.faces for edge in edges if inside[edge[0]] > inside[edge[1]]}
        )
        crossing = {edge: len(self.vertices) + i for i, edge in enumerate(cut)}
        inner, outer = np.array(cut, dtype=np.intp).reshape(-1, 2).T
        part = height[inner] / (height[inner] - height[outer])
        start = self.vertices[inner]
        new = start + part[:, None] * (self.vertices[outer] - start)
        return np.concatenate([self.vertices, new]), crossing
