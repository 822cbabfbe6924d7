"""Fewer triangles for the same surface: what a model needs that is small on the screen.

Edges are collapsed onto one of their ends, cheapest first, by the error quadrics of Garland and Heckbert,
"Surface simplification using quadric error metrics", SIGGRAPH 1997. Vertices never move and none is made, so
texture coordinates, colours, skins and morph targets stay as they are, and seams between them stay closed: a
vertex at a seam goes along the seam only, on both of its sides at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled

LINE = 3.0
"""How much more an open border's or a seam's line counts than the surface: it is what is seen."""

LEAST_TURN = 0.6
"""Least cosine between a triangle's normals before and after: no folds."""

LOOKS = 0.05
"""Share of the way that a full change of a look counts as an error."""

SAME = 7
"""Digits behind the point to which costs, in shares of the error squared, are told apart."""

MOST_PASSES = 60
FEW = 0.02
"""A pass that finds so few of the triangles to take is the last."""

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


def simplified(
    positions: NDArray[np.floating],
    triangles: NDArray[np.integer],
    errors: Sequence[float],
    appearance: NDArray[np.floating] | None = None,
) -> Iterator[NDArray[np.uint32]]:
    """Triangle lists for rising errors, each made from the one before.

    Args:
        positions: (n, 3) finite. Vertices in the same place are one point of the surface; where triangles use
            different ones of them, a seam runs.
        triangles: (m, 3) indices.
        errors: how far the surface may move, in the units of the positions: root mean squares over what was
            merged into a vertex.
        appearance: (n, k) what is interpolated between vertices: normals, colours, weights of joints and
            the like. A twentieth of a vertex's largest change to a neighbour, times the root of the area
            around it over which that may be stretched, counts as an error.

    Yields:
        (k, 3) uint32 indices of the same vertices, one list for each error.
    """
    points = np.asarray(positions, np.float64)
    faces = np.ascontiguousarray(triangles, np.int64).reshape(-1, 3)
    at, place = np.unique(points, axis=0, return_inverse=True)
    place = place.reshape(-1).astype(np.int64)
    faces = faces[_whole(place[faces])]
    quadrics = _quadrics(at, place, faces)
    seen = np.zeros((len(at), 0 if appearance is None else appearance.shape[1]))
    if appearance is not None:
        seen[place] = appearance
    for error in errors:
        for _ in range(MOST_PASSES):
            if not len(faces):
                break
            collapsed, whole, faces = _pass(at, place, faces, quadrics, seen, float(error))
            if whole and collapsed <= FEW * len(faces):
                break
        yield faces.astype(np.uint32)


def pieces(triangles: NDArray[np.integer], count: int) -> NDArray[np.intp]:
    """What hangs together: for each of ``count`` vertices the lowest index among those of its piece.

    Args:
        triangles: (m, 3) indices.
        count: of vertices; those that no triangle uses are pieces by themselves.
    """
    corners = np.asarray(triangles, np.intp)
    piece = np.arange(count)
    while True:
        low = piece[corners].min(axis=1)
        before = piece.copy()
        for k in range(3):
            np.minimum.at(piece, corners[:, k], low)
        piece = piece[piece]
        if np.array_equal(before, piece):
            return piece


def _whole(corners: Indices) -> NDArray[np.bool_]:
    a, b, c = corners.T
    return np.asarray((a != b) & (b != c) & (c != a))


def _quadrics(at: Floats, place: Indices, faces: Indices) -> Floats:
    """(p, 11): ten numbers of each place's symmetric quadric, and the weights they were gathered with."""
    quadrics = np.zeros((len(at), 11))
    corners = place[faces]
    a, b, c = (at[corners[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    areas = 0.5 * np.linalg.norm(normals, axis=1)
    normals = normals / np.maximum(2.0 * areas, 1e-300)[:, None]
    for k in range(3):
        _gather(quadrics, corners[:, k], normals, a, areas)
    # where the surface ends, or its texture does, a plane upright on the edge keeps the line
    starts, ends = faces[:, [0, 1, 2]].reshape(-1), faces[:, [1, 2, 0]].reshape(-1)
    line = ~np.isin(starts * len(place) + ends, ends * len(place) + starts)
    from_, to = at[place[starts[line]]], at[place[ends[line]]]
    along = to - from_
    upright = np.cross(along, np.repeat(normals, 3, axis=0)[line])
    lengths = np.linalg.norm(along, axis=1)
    upright /= np.maximum(np.linalg.norm(upright, axis=1), 1e-300)[:, None]
    for ends_ in (place[starts[line]], place[ends[line]]):
        _gather(quadrics, ends_, upright, from_, LINE * lengths**2)
    return quadrics


def _gather(quadrics: Floats, where: Indices, normals: Floats, on: Floats, weights: Floats) -> None:
    """Add planes through ``on`` to the quadrics of places."""
    x, y, z = normals.T
    d = -(normals * on).sum(axis=1)
    parts = (x * x, x * y, x * z, x * d, y * y, y * z, y * d, z * z, z * d, d * d)
    for i, part in enumerate(parts):
        quadrics[:, i] += np.bincount(where, weights * part, len(quadrics))
    quadrics[:, 10] += np.bincount(where, weights, len(quadrics))


def _pass(
    at: Floats, place: Indices, faces: Indices, quadrics: Floats, seen: Floats, error: float
) -> tuple[int, bool, Indices]:
    """Collapse edges that do not touch, the cheapest part of them.

    Gives how many, whether all that are cheap enough were tried, and the triangles that are left.
    """
    count = len(at)
    corners = place[faces]
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    keys = np.unique(np.concatenate([pairs[:, 0] * count + pairs[:, 1], pairs[:, 1] * count + pairs[:, 0]]))
    source, target = keys // count, keys % count
    x, y, z = at[target].T
    q = quadrics[source].T
    squared = q[0] * x * x + 2.0 * (q[1] * x * y + q[2] * x * z + q[3] * x) + q[4] * y * y
    squared += 2.0 * (q[5] * y * z + q[6] * y) + q[7] * z * z + 2.0 * q[8] * z + q[9]
    costs = np.maximum(squared, 0.0) / np.maximum(q[10], 1e-300) / error**2  # 1 is as much as may be
    # of equally cheap ones the shorter first: flat parts then stay even
    length = ((at[source] - at[target]) ** 2).sum(axis=1) / error**2
    cheap = np.flatnonzero(costs <= 1.0)
    if seen.shape[1]:
        # the largest change to a neighbour: it is stretched even where the vertex goes the other way
        change = np.zeros(count)
        np.maximum.at(change, source, np.abs(seen[source] - seen[target]).sum(axis=1))
        a, b, c = (at[corners[:, k]] for k in range(3))
        areas = np.repeat(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1), 3)
        around = np.bincount(corners.reshape(-1), areas, count)  # what is stretched when a vertex goes
        costs[cheap] += ((LOOKS * change / error) ** 2 * around)[source[cheap]]
        cheap = cheap[costs[cheap] <= 1.0]
    if not len(cheap):
        return 0, True, faces
    # rounded, as processors differ in the last digits: the same model gets the same levels everywhere
    costs, length = np.round(costs, SAME), np.round(length, SAME)
    cheap = cheap[np.lexsort((length[cheap], costs[cheap]))]
    # what costs more waits until the cheap ones are gone: errors add up with the surface they stand for
    tried = int(np.searchsorted(costs[cheap], 2.0 * costs[cheap[len(cheap) // 3]], "right"))
    whole = tried == len(cheap)
    cheap = cheap[:tried]
    flat = corners.reshape(-1)
    order = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[order], np.arange(count + 1))
    becomes = np.arange(len(place))
    done = int(
        _collapse(at, place, faces, order // 3, starts, source[cheap], target[cheap], quadrics, becomes)
    )
    if done:
        faces = becomes[faces]
        faces = faces[_whole(place[faces])]
    return done, whole or not done, faces


@compiled
def _collapse(
    at: Floats,
    place: Indices,
    faces: Indices,
    around: Indices,
    starts: Indices,
    source: Indices,
    target: Indices,
    quadrics: Floats,
    becomes: Indices,
) -> int:
    """Fill in what vertices become. Each triangle is touched by one collapse at most."""
    touched = np.zeros(len(at), np.bool_)
    done = 0
    for edge in range(len(source)):
        p, q = source[edge], target[edge]
        if touched[p] or touched[q]:
            continue
        first, last = starts[p], starts[p + 1]
        shared, free = 0, True
        border = False
        # every vertex at p needs one vertex at q that the same triangles use
        for i in range(first, last):
            f = around[i]
            for k in range(3):
                v = faces[f, k]
                if touched[place[v]]:
                    free = False
                if place[v] == p:
                    becomes[v] = -1
                if place[v] == q:
                    shared += 1
        if free:
            for i in range(first, last):
                f = around[i]
                mine, yours = -1, -1
                for k in range(3):
                    if place[faces[f, k]] == p:
                        mine = faces[f, k]
                    elif place[faces[f, k]] == q:
                        yours = faces[f, k]
                if yours >= 0:
                    if becomes[mine] >= 0 and becomes[mine] != yours:
                        free = False
                    becomes[mine] = yours
        if free and (shared < 1 or shared > 2):
            free = False
        if free:
            # an edge of p with one triangle is a border: p then goes along a border only
            for i in range(first, last):
                f = around[i]
                for k in range(3):
                    other = place[faces[f, k]]
                    if other == p:
                        continue
                    uses = 0
                    for j in range(first, last):
                        g = around[j]
                        for m in range(3):
                            if place[faces[g, m]] == other:
                                uses += 1
                    if uses == 1:
                        border = True
                    elif uses > 2:
                        free = False
            if border and shared != 1:
                free = False
        if free:
            for i in range(first, last):
                f = around[i]
                has_q = False
                for k in range(3):
                    v = faces[f, k]
                    if place[v] == q:
                        has_q = True
                    if place[v] == p and becomes[v] < 0:
                        free = False
                if has_q or not free:
                    continue
                a, b, c = place[faces[f, 0]], place[faces[f, 1]], place[faces[f, 2]]
                na, nb, nc = a, b, c
                if a == p:
                    na = q
                if b == p:
                    nb = q
                if c == p:
                    nc = q
                ux, uy, uz = at[b, 0] - at[a, 0], at[b, 1] - at[a, 1], at[b, 2] - at[a, 2]
                vx, vy, vz = at[c, 0] - at[a, 0], at[c, 1] - at[a, 1], at[c, 2] - at[a, 2]
                ox, oy, oz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
                ux, uy, uz = at[nb, 0] - at[na, 0], at[nb, 1] - at[na, 1], at[nb, 2] - at[na, 2]
                vx, vy, vz = at[nc, 0] - at[na, 0], at[nc, 1] - at[na, 1], at[nc, 2] - at[na, 2]
                nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
                along = ox * nx + oy * ny + oz * nz
                size = np.sqrt((ox * ox + oy * oy + oz * oz) * (nx * nx + ny * ny + nz * nz))
                if along <= LEAST_TURN * size:
                    free = False
        if not free:
            for i in range(first, last):
                f = around[i]
                for k in range(3):
                    if place[faces[f, k]] == p:
                        becomes[faces[f, k]] = faces[f, k]
            continue
        for i in range(first, last):
            f = around[i]
            for k in range(3):
                touched[place[faces[f, k]]] = True
        for k in range(11):
            quadrics[q, k] += quadrics[p, k]
        done += 1
    return done
