"""Shapes for the packs' models: grids, tubes, lathes, balls and cards with texture coordinates.

Millimetres; triangles counter-clockwise from outside; texture coordinates (0, 0) top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.assets.meshes import Array, Indices, TriMesh, Warp, unit


@dataclass(frozen=True, slots=True)
class Shape:
    """Triangles with what can be said of their corners.

    Attributes:
        positions, normals: (n, 3).
        triangles: (m, 3).
        uvs: (n, 2) or None.
        colours: (n, 4) linear, or None.
        joints, weights: (n, 4) of a skin, or None.
    """

    positions: Array
    normals: Array
    triangles: Indices
    uvs: Array | None = None
    colours: Array | None = None
    joints: NDArray[np.int64] | None = None
    weights: Array | None = None

    def moved(self, *by: float) -> Shape:
        """Shifted."""
        return replace(self, positions=self.positions + np.array(by))

    def turned(self, rotation: Array) -> Shape:
        """Turned by a (3, 3) rotation about the origin."""
        return replace(self, positions=self.positions @ rotation.T, normals=self.normals @ rotation.T)

    def scaled(self, *by: float) -> Shape:
        """Stretched along the axes, about the origin."""
        factors = np.array(by if len(by) == 3 else by * 3)
        return replace(self, positions=self.positions * factors, normals=unit(self.normals / factors))

    def mirrored(self) -> Shape:
        """Reflected in x = 0, still with its outside out."""
        flip = np.array([-1.0, 1.0, 1.0])
        return replace(
            self,
            positions=self.positions * flip,
            normals=self.normals * flip,
            triangles=self.triangles[:, ::-1].copy(),
        )

    def warped(self, warp: Warp) -> Shape:
        """Every point sent through ``warp``; normals follow."""
        mesh = TriMesh(self.positions, self.normals, self.triangles).warped(warp)
        return replace(self, positions=mesh.positions, normals=mesh.normals)

    def painted(self, colours: Array | Sequence[float]) -> Shape:
        """With linear RGB or RGBA per vertex, or one for all."""
        given = np.asarray(colours, dtype=np.float64)
        rgba = np.broadcast_to(given, (len(self.positions), given.shape[-1]))
        if rgba.shape[1] == 3:
            rgba = np.column_stack([rgba, np.ones(len(rgba))])
        return replace(self, colours=np.array(rgba))

    def both(self) -> Shape:
        """With its reflection."""
        return joined([self, self.mirrored()])

    def inside_out(self) -> Shape:
        """Seen from the other side."""
        return replace(self, normals=-self.normals, triangles=self.triangles[:, ::-1].copy())


def of_mesh(mesh: TriMesh) -> Shape:
    """A mesh of the older helpers."""
    return Shape(mesh.positions, mesh.normals, mesh.triangles)


def joined(shapes: Sequence[Shape]) -> Shape:
    """Several as one, nothing welded; they have the same attributes."""
    offsets = np.cumsum([0] + [len(s.positions) for s in shapes[:-1]])

    def all_of(name: str) -> Any:
        values = [getattr(s, name) for s in shapes]
        return None if values[0] is None else np.concatenate(values)

    return Shape(
        np.concatenate([s.positions for s in shapes]),
        np.concatenate([s.normals for s in shapes]),
        np.concatenate([s.triangles + o for s, o in zip(shapes, offsets, strict=True)]),
        *(all_of(name) for name in ("uvs", "colours", "joints", "weights")),
    )


def grid(points: Array, *, round_: bool = False) -> Shape:
    """A surface through (rows, columns, 3) points.

    The outside is along the cross product of the ways to the next row and to the next column. Rows whose
    points all fall together are tips. Texture coordinates run 0..1 along columns and down rows.

    Args:
        points: rows of points.
        round_: the last column is followed by the first, which must not be repeated.
    """
    if round_:
        points = np.concatenate([points, points[:, :1]], axis=1)
    rows, columns = points.shape[:2]
    if round_:
        wide = np.concatenate([points[:, -2:-1], points, points[:, 1:2]], axis=1)
        along = np.gradient(wide, axis=1)[:, 1:-1]
    else:
        along = np.gradient(points, axis=1)
    down = np.gradient(points, axis=0)
    normals = np.cross(down, along)
    length = np.linalg.norm(normals, axis=2)
    for row in (0, rows - 1):
        if np.ptp(points[row], axis=0).max() < 1e-9:  # a tip: the mean of its neighbours'
            near = normals[1 if row == 0 else rows - 2]
            normals[row] = near.mean(axis=0) if np.linalg.norm(near.mean(axis=0)) > 1e-9 else near
            length[row] = 1.0
    normals = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate(
        [np.stack([a, c, b], axis=-1).reshape(-1, 3), np.stack([a, d, c], axis=-1).reshape(-1, 3)]
    )
    flat = points.reshape(-1, 3)
    corners = flat[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    return Shape(
        flat,
        unit(normals.reshape(-1, 3)),
        triangles[area > 1e-6],
        np.stack([u.ravel(), v.ravel()], axis=1),
    )


def frames(
    path: Array, *, closed: bool = False, up: Sequence[float] | Array | None = None
) -> tuple[Array, Array]:
    """(n, 3) two directions across a path at each of its points, without twist.

    Args:
        path: (n, 3).
        closed: the last point is followed by the first.
        up: the first direction lies as near to this one as it can; otherwise parallel transport.
    """
    if closed:
        ahead, behind = np.roll(path, -1, axis=0), np.roll(path, 1, axis=0)
        along = unit(ahead - behind)
    else:
        along = unit(np.gradient(path, axis=0))
    if up is not None:
        side = unit(np.cross(along, np.asarray(up, dtype=np.float64)))
        return np.cross(side, along), side
    first = np.zeros_like(path)
    start = np.eye(3)[np.argmin(np.abs(along[0]))]
    first[0] = unit(np.cross(along[0], start)[None])[0]
    for i in range(1, len(path)):
        first[i] = first[i - 1] - along[i] * (along[i] @ first[i - 1])
        first[i] /= np.linalg.norm(first[i])
    return first, np.cross(along, first)


def tube(
    path: Array,
    radius: float | Array,
    around: int = 10,
    *,
    closed: bool = False,
    flat: float = 1.0,
    up: Sequence[float] | Array | None = None,
    power: float = 2.0,
    ends: float = 1.0,
) -> Shape:
    """A wire along a path, with round ends.

    Args:
        path: (n, 3).
        radius: one, or (n,).
        around: corners of its section.
        closed: a ring.
        flat: width across ``up`` over width along it.
        up: see ``frames``.
        power: of the section's superellipse; 2 is round.
        ends: how far the ends bulge, in radii; 0 leaves them open.
    """
    radii = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(path),))
    first, second = frames(path, closed=closed, up=up)
    t = -np.arange(around) * 2 * np.pi / around
    c, s = (np.sign(x) * np.abs(x) ** (2 / power) for x in (np.cos(t), np.sin(t)))
    ring = c[:, None] * first[:, None] + flat * s[:, None] * second[:, None]
    points = path[:, None] + radii[:, None, None] * ring
    if closed:
        points = np.concatenate([points, points[:1]])
        shape = grid(points, round_=True)
        # where the ring closes the two ends' normals are one
        normals = shape.normals.reshape(len(path) + 1, around + 1, 3)
        normals[[0, -1]] = unit(normals[0] + normals[-1])
        return replace(shape, normals=normals.reshape(-1, 3))
    if ends > 0:
        steps = np.linspace(0, np.pi / 2, 4)[:-1]
        caps = []
        for end, way in ((0, -1.0), (-1, 1.0)):
            along = unit(path[[1]] - path[[0]])[0] if end == 0 else unit(path[[-1]] - path[[-2]])[0]
            size = np.cos(np.pi / 2 - steps)  # 0 at the tip
            bulge = ends * radii[end] * np.sin(np.pi / 2 - steps)
            cap = (
                path[end]
                + size[:, None, None] * radii[end] * ring[end]
                + way * (bulge[:, None] * along)[:, None]
            )
            caps.append(cap if end == 0 else cap[::-1])
        points = np.concatenate([caps[0], points, caps[1]])
    return grid(points, round_=True)


def lathe(profile: Array, around: int = 32) -> Shape:
    """A solid of revolution about +Y from (radius, y) rows, from the top down."""
    t = np.arange(around) * 2 * np.pi / around
    ring = np.stack([np.sin(t), np.zeros(around), np.cos(t)], axis=1)
    return grid(profile[:, :1, None] * ring + profile[:, 1:, None] * np.array([0.0, 1.0, 0.0]), round_=True)


def ball(radii: float | Sequence[float] = 1.0, rings: int = 10, around: int = 16) -> Shape:
    """An ellipsoid about the origin."""
    t = np.linspace(0, np.pi, rings + 1)
    profile = np.stack([np.sin(t), np.cos(t)], axis=1)
    profile[[0, -1], 0] = 0.0
    size = (radii,) * 3 if isinstance(radii, int | float) else tuple(radii)
    return lathe(profile, around).scaled(*size)


def catmull(knots: Array, count: int, *, closed: bool = False, even: bool = True) -> Array:
    """(count, k) points of a Catmull-Rom spline through knots; evenly spaced by length."""
    n = len(knots)
    spans = n if closed else n - 1
    fine = np.linspace(0, spans, 64 * spans + 1)
    if closed:
        fine = fine[:-1]
    k = np.minimum(fine.astype(int), spans - 1)
    t = (fine - k)[:, None]
    if closed:
        p = [knots[(k + o) % n] for o in (-1, 0, 1, 2)]
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
        p = [padded[k + o] for o in range(4)]
    curve = 0.5 * (
        2 * p[1]
        + (p[2] - p[0]) * t
        + (2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]) * t**2
        + (3 * p[1] - p[0] - 3 * p[2] + p[3]) * t**3
    )
    return spaced(curve, count, closed=closed) if even else curve[:: max(len(curve) // count, 1)]


def spaced(curve: Array, count: int, *, closed: bool = False) -> Array:
    """(count, k) points at equal distances along a polyline."""
    line = np.concatenate([curve, curve[:1]]) if closed else curve
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0.0, arc[-1], count, endpoint=not closed)
    return np.stack([np.interp(at, arc, line[:, i]) for i in range(line.shape[1])], axis=1)


def turn(axis: str, degrees: float) -> Array:
    """(3, 3) rotation about "x", "y" or "z" by the right-hand rule."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    rotation = np.eye(3)
    rotation[j, j] = rotation[k, k] = c
    rotation[j, k], rotation[k, j] = -s, s
    return rotation


def facetted(shape: Shape) -> Shape:
    """With flat faces: no corner is shared."""
    corners = shape.positions[shape.triangles]
    normals = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    index = shape.triangles.ravel()
    return Shape(
        corners.reshape(-1, 3),
        np.repeat(normals, 3, axis=0),
        np.arange(len(index)).reshape(-1, 3),
        None if shape.uvs is None else shape.uvs[index],
        None if shape.colours is None else shape.colours[index],
    )


def toward(direction: Sequence[float] | Array, up: Sequence[float] | Array = (0.0, 1.0, 0.0)) -> Array:
    """(3, 3) rotation that takes +Z to a direction, +Y as near to ``up`` as can be."""
    z = unit(np.asarray(direction, dtype=np.float64)[None])[0]
    x = unit(np.cross(np.asarray(up, dtype=np.float64), z)[None])[0]
    return np.stack([x, np.cross(z, x), z], axis=1)


def recomputed(points: Array, shape: Shape) -> Array:
    """Normals of a shape whose points were moved; those of points at one place are one."""
    a, b, c = (points[shape.triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    keys = np.round(shape.positions, 5)
    _, same = np.unique(keys, axis=0, return_inverse=True)
    same = same.ravel()
    total = np.zeros((same.max() + 1, 3))
    np.add.at(total, same[shape.triangles], face[:, None])
    return unit(total)[same]
