"""The canonical face as a surface to build on: points and normals of it, and its texture space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ar_effects.face.canonical import MESH_COUNT, canonical_face
from tools.assets.meshes import Array, Indices, unit


@lru_cache(maxsize=1)
def triangles() -> Indices:
    """(m, 3) of the face with its eyes and mouth closed."""
    face = canonical_face()
    return np.concatenate([face.triangles, face.lid_triangles]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Map:
    """The face over its texture space.

    Attributes:
        places: (side, side, 3) head frame.
        normals: (side, side, 3).
        inside: (side, side) where the face is.
    """

    places: Array
    normals: Array
    inside: NDArray[np.bool_]


@lru_cache(maxsize=4)
def surface_map(side: int) -> Map:
    """Where each pixel of a texture lies on the mean face."""
    face = canonical_face()
    places = np.zeros((side, side, 3))
    normals = np.zeros((side, side, 3))
    inside = np.zeros((side, side), bool)
    corner_normals = face.normals()
    for triangle in triangles():
        corners = face.uvs[triangle].astype(np.float64) * side - 0.5
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, side)
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        (ax, ay), (bx, by), (cx, cy) = corners
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        wb = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        wc = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        hit = (wb >= -1e-6) & (wc >= -1e-6) & (wb + wc <= 1 + 1e-6)
        weights = np.stack([1 - wb - wc, wb, wc], axis=-1)[hit]
        places[y[hit], x[hit]] = weights @ face.vertices_mm[triangle]
        normals[y[hit], x[hit]] = weights @ corner_normals[triangle]
        inside[y[hit], x[hit]] = True
    normals[inside] = unit(normals[inside])
    return Map(places, normals, inside)


def sampled(count: int, seed: int) -> tuple[Array, Array, Array]:
    """Points spread evenly over the face by chance: (count, 3) places, (count, 3) normals, (count, 2) uvs."""
    face = canonical_face()
    random = np.random.default_rng(seed)
    corners = face.vertices_mm[triangles()]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = np.searchsorted(np.cumsum(areas) / areas.sum(), random.random(count))
    a, b = np.sqrt(random.random(count)), random.random(count)
    weights = np.stack([1 - a, a * (1 - b), a * b], axis=1)
    picked = triangles()[chosen]
    places = np.einsum("nk,nkx->nx", weights, face.vertices_mm[picked])
    normals = unit(np.einsum("nk,nkx->nx", weights, face.normals()[picked]))
    uvs = np.einsum("nk,nkx->nx", weights, face.uvs[picked].astype(np.float64))
    return places, normals, uvs


def vertices() -> Array:
    """(468, 3) of the mean face."""
    return np.asarray(canonical_face().vertices_mm[:MESH_COUNT])
