"""What the meshes of all faces share: triangles, texture coordinates, ways to outline and holes."""

from __future__ import annotations

from functools import lru_cache
from weakref import ref

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import Texture
from ar_effects.drawlist.face_mesh import FaceTopology
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.records import LANDMARK_COUNT

REACH_SIDE = 512

_painted: dict[int, tuple[ref[Texture], NDArray[np.uint32]]] = {}
"""By the picture's id()."""


@lru_cache(maxsize=1)
def face_topology() -> FaceTopology:
    """What all faces share. Raises AssetError when the canonical face is missing or damaged."""
    canonical = canonical_face()
    uvs = np.full((LANDMARK_COUNT, 2), 0.5, np.float32)  # the irises are in no triangle
    uvs[:MESH_COUNT] = canonical.uvs
    closed = np.concatenate([canonical.triangles, canonical.lid_triangles])
    lids = canonical.lid_triangles
    of_eye = np.isin(lids, [*RIGHT_EYE_RING, *LEFT_EYE_RING]).all(axis=1)
    rims = np.ones((LANDMARK_COUNT, 2), np.float32)
    rims[np.unique(lids[of_eye]), 0] = 0.0
    rims[np.unique(lids[~of_eye]), 1] = 0.0
    return FaceTopology(
        uvs=uvs,
        border_mm=_way_to_outline(canonical.vertices_mm, closed),
        rims=rims,
        triangles=canonical.triangles,
        eye_triangles=lids[of_eye],
        mouth_triangles=lids[~of_eye],
    )


def triangles_under(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(m,) which triangles of the open mesh a mask (h, w) of its texture space reaches where it is not 0."""
    marked = (mask > 0).view(np.uint8)
    marked *= 255  # so that one texel of 64 is still told when they are made one
    if max(mask.shape) > REACH_SIDE:
        marked = cv2.resize(marked, (REACH_SIDE, REACH_SIDE), interpolation=cv2.INTER_AREA)
    # textures are filtered, and read from their smaller versions: what is beside a triangle counts, too
    marked = cv2.dilate(marked, np.ones((7, 7), np.uint8))
    topology = face_topology()
    steps = np.linspace(0.0, 1.0, 25)
    b, c = (x[np.add.outer(steps, steps) <= 1.0 + 1e-9] for x in np.meshgrid(steps, steps))
    weights = np.stack([1.0 - b - c, b, c], axis=1)
    places = weights @ topology.uvs[topology.triangles].astype(np.float64)
    height, width = marked.shape
    x = np.clip(places[..., 0] * width, 0, width - 1).astype(np.intp)
    y = np.clip(places[..., 1] * height, 0, height - 1).astype(np.intp)
    return np.asarray((marked[y, x] > 0).any(axis=1))


def painted_triangles(texture: Texture) -> NDArray[np.uint32]:
    """(m, 3) triangles of the open mesh that a picture in texture space reaches: where it is not clear.

    Layers with the same picture share them for as long as it is there.
    """
    key = id(texture)
    found = _painted.get(key)
    if found is not None and found[0]() is texture:
        return found[1]
    reached = triangles_under(texture[..., 3])
    triangles = np.ascontiguousarray(face_topology().triangles[reached])
    _painted[key] = (ref(texture, lambda _: _painted.pop(key, None)), triangles)  # goes with it
    return triangles


def counted_edges(triangles: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """(n, 2) the edges of (m, 3) triangles, each once, the lower vertex first; and of how many triangles.

    Those of the outline are of one only.
    """
    sides = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]))
    edges, counts = np.unique(sides, axis=0, return_counts=True)
    return edges, counts


def _way_to_outline(vertices_mm: NDArray[np.float64], triangles: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Shortest way along edges from each vertex to the edges that have one triangle only."""
    edges, counts = counted_edges(triangles)
    a, b = edges.T
    length = np.linalg.norm(vertices_mm[a] - vertices_mm[b], axis=1)
    way = np.full(len(vertices_mm), np.inf)
    way[edges[counts == 1]] = 0.0
    while True:
        before = way.copy()
        np.minimum.at(way, a, way[b] + length)
        np.minimum.at(way, b, way[a] + length)
        if np.array_equal(before, way):
            break
    way[np.isinf(way)] = way[np.isfinite(way)].max()  # the irises
    return way.astype(np.float32)
