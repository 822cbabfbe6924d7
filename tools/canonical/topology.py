"""Triangles and mirror pairs of the 468-point mesh, from its published edges and a mean shape."""

from __future__ import annotations

import ast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

CONNECTIONS = "mediapipe/python/solutions/face_mesh_connections.py"
OVAL_CHIN, OVAL_TOP = 152, 10


def tesselation_edges(source: str) -> list[tuple[int, int]]:
    """The directed edges of FACEMESH_TESSELATION in the text of MediaPipe's module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FACEMESH_TESSELATION":
            assert isinstance(node.value, ast.Call)
            return [(int(a), int(b)) for a, b in ast.literal_eval(node.value.args[0])]
    raise ValueError("no FACEMESH_TESSELATION in the module")


def triangles_from_edges(edges: list[tuple[int, int]]) -> NDArray[np.uint32]:
    """(m, 3): the 3-cycles; each is listed as three edges in a row."""
    rows = []
    for i in range(0, len(edges), 3):
        (a, b), (c, d), (e, f) = edges[i : i + 3]
        if not (b == c and d == e and f == a):
            raise ValueError(f"edges {i}..{i + 2} are not a triangle")
        rows.append((a, b, d))
    return np.array(rows, np.uint32)


def mirror_pairs(shape: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) the index at the mirrored place; an involution. ``shape`` is frontal, x sideways."""
    mirrored = shape.copy()
    mirrored[:, 0] = shape[:, 0].min() + shape[:, 0].max() - shape[:, 0]
    cost = ((shape[:, None] - mirrored[None]) ** 2).sum(axis=-1)
    _, pairs = linear_sum_assignment(cost)
    if not (pairs[pairs] == np.arange(len(shape))).all():
        raise ValueError("the shape is too crooked to pair its sides")
    return np.asarray(pairs, dtype=np.int64)


def outward(triangles: NDArray[np.uint32], shape: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Every triangle turned so that its normal points out of the face.

    The published cycles are wound at random. Neighbours must run their shared edge in opposite
    directions, so the winding is spread from one triangle that faces the viewer.
    """
    edge_owner: dict[tuple[int, int], list[int]] = {}
    for i, t in enumerate(triangles):
        for a, b in ((t[0], t[1]), (t[1], t[2]), (t[2], t[0])):
            edge_owner.setdefault((min(a, b), max(a, b)), []).append(i)
    result = triangles.copy()
    corners = shape[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    seed = int(np.abs(normals[:, 2]).argmax())
    if normals[seed, 2] < 0:
        result[seed] = result[seed][::-1]
    done, queue = {seed}, [seed]
    while queue:
        i = queue.pop()
        t = result[i]
        for a, b in ((t[0], t[1]), (t[1], t[2]), (t[2], t[0])):
            for j in edge_owner[min(a, b), max(a, b)]:
                if j in done:
                    continue
                u = result[j]
                if (a, b) in ((u[0], u[1]), (u[1], u[2]), (u[2], u[0])):
                    result[j] = u[::-1]
                done.add(j)
                queue.append(j)
    if len(done) != len(triangles):
        raise ValueError("the mesh falls into pieces")
    return result


def boundary_loops(triangles: NDArray[np.uint32]) -> list[list[int]]:
    """Closed chains of the edges that one triangle alone has, longest first; they run with the winding."""
    directed = {(int(t[i]), int(t[(i + 1) % 3])) for t in triangles for i in range(3)}
    following = {a: b for a, b in directed if (b, a) not in directed}
    loops = []
    while following:
        start, step = next(iter(following.items()))
        loop = [start]
        while step != start:
            loop.append(step)
            step = following[step]
        for i in loop:
            del following[i]
        loops.append(loop)
    return sorted(loops, key=lambda loop: (-len(loop), min(loop)))


def close_loop(loop: list[int], shape: NDArray[np.float64]) -> list[tuple[int, int, int]]:
    """Triangles across a hole: a strip between its upper and lower chain (eyes, mouth).

    The hole's own winding is the reverse of its boundary's.
    """
    ring = loop[::-1]
    left = int(np.argmin([shape[i, 0] for i in ring]))
    ring = ring[left:] + ring[:left]
    a, b = 1, len(ring) - 1
    rows = []
    previous_a, previous_b = ring[0], ring[0]
    while a <= b:
        if a == b:
            rows.append((previous_b, previous_a, ring[a]))
            break
        take_a = shape[ring[a], 0] <= shape[ring[b], 0]
        if previous_a == previous_b:
            rows.append((ring[0], ring[a], ring[b]))
            previous_a, previous_b, a, b = ring[a], ring[b], a + 1, b - 1
        elif take_a:
            rows.append((previous_b, previous_a, ring[a]))
            previous_a, a = ring[a], a + 1
        else:
            rows.append((previous_b, previous_a, ring[b]))
            previous_b, b = ring[b], b - 1
    return rows
