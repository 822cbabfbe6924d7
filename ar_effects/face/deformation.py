"""Models that bend with a person's face: beards, moustaches, jewellery; made on the mean face.

Each vertex hangs on the four nearest of the face's landmarks, as on a skin's joints, and moves as they are
off their places on the mean face. Modified inverse distances: Franke and Nielson, "Smooth interpolation of
large sets of scattered data", 1980.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import Model, ModelPose, Primitive, Skinning
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.face.geometry import geometry_of
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.geometry.simplify import pieces
from ar_effects.records import Face

JOINTS = 120
"""Landmarks that a model hangs on, at most: they must fit into one skin."""

NEAR_MM = 25.0
"""How far from the model landmarks still count."""

PIECE_MM = 30.0
"""Pieces no larger than this (hairs, studs) move whole, by what is under the root: their deepest point."""

ACROSS_MM, ACROSS = 8.0, 1.6
"""Landmarks to which the way over the skin is so much longer are on the other lip, or the other lid."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FaceBend:
    """A model on a face.

    Attributes:
        model: with a skin of the landmarks.
        landmarks: (j,) that it hangs on.
    """

    model: Model
    landmarks: NDArray[np.intp]

    def pose(self, face: Face, camera: Camera) -> ModelPose:
        """Where the landmarks are off the mean face, in the head's frame."""
        chosen = self.landmarks
        head_from_camera = np.asarray(np.linalg.inv(face.pose.camera_from_head), np.float64)
        seen_mm = apply(head_from_camera, geometry_of(face, camera).seen_mm[chosen])
        return _pose(self.model, seen_mm - canonical_face().vertices_mm[chosen])


def bent_with_face(model: Model) -> FaceBend:
    """A model at rest, in the head frame, made to bend with faces."""
    vertices = canonical_face().vertices_mm[:MESH_COUNT]
    everything = np.concatenate([p.positions for p in model.primitives]).astype(np.float64)
    chosen = _chosen(vertices, everything)
    beyond = _ways()[:, chosen] > ACROSS * _away(vertices, vertices[chosen]) + ACROSS_MM
    primitives = tuple(_skinned(p, vertices, chosen, beyond) for p in model.primitives)
    bare = replace(model, primitives=primitives)
    return FaceBend(replace(bare, rest=_pose(bare, np.zeros((len(chosen), 3)))), chosen)


def _pose(model: Model, off: Floats) -> ModelPose:
    joints = np.tile(np.eye(4), (len(off), 1, 1))
    joints[:, :3, 3] = off
    # every vertex moves by a mean of these: nothing leaves the box that they reach
    low, high = model.bounds_mm.astype(np.float64)
    low, high = low + np.minimum(off.min(axis=0), 0.0), high + np.maximum(off.max(axis=0), 0.0)
    corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)])
    return ModelPose(np.eye(4)[None], (joints,), (), corners)


def _chosen(vertices: Floats, everything: Floats) -> NDArray[np.intp]:
    """Landmarks near the model, spread evenly: each next one is the farthest from those before."""
    step = max(len(everything) // 4000, 1)
    near = _away(vertices, everything[::step]).min(axis=1)
    candidates = np.flatnonzero(near <= max(NEAR_MM, float(np.partition(near, 8)[8])))
    places = vertices[candidates]
    order = [int(np.argmin(near[candidates]))]
    away = np.linalg.norm(places - places[order[0]], axis=1)
    while len(order) < min(JOINTS, len(candidates)):
        order.append(int(np.argmax(away)))
        away = np.minimum(away, np.linalg.norm(places - places[order[-1]], axis=1))
    return np.sort(candidates[order])


def _away(a: Floats, b: Floats) -> Floats:
    """(n, m) distances."""
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


@lru_cache(maxsize=1)
def _ways() -> Floats:
    """(468, 468) ways along the edges of the face with its eyes and mouth open (Floyd and Warshall, 1962)."""
    vertices = canonical_face().vertices_mm[:MESH_COUNT]
    triangles = canonical_face().triangles.astype(np.intp)
    a, b = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).T
    way = np.full((MESH_COUNT, MESH_COUNT), np.inf)
    np.fill_diagonal(way, 0.0)
    way[a, b] = way[b, a] = np.linalg.norm(vertices[a] - vertices[b], axis=1)
    for k in range(MESH_COUNT):
        np.minimum(way, way[:, k, None] + way[k], out=way)
    return way


def _skinned(
    primitive: Primitive, vertices: Floats, chosen: NDArray[np.intp], beyond: NDArray[np.bool_]
) -> Primitive:
    indices, of_root = np.unique(_roots(primitive, vertices), return_inverse=True)
    roots = primitive.positions[indices].astype(np.float64)
    joints = np.empty((len(roots), 4), np.uint16)
    weights = np.empty((len(roots), 4), np.float32)
    for start in range(0, len(roots), 4096):
        part = slice(start, start + 4096)
        away = _away(roots[part], vertices[chosen])
        away[beyond[_away(roots[part], vertices).argmin(axis=1)]] = np.inf
        order = np.argsort(away, axis=1)[:, :5]
        nearest = np.maximum(np.take_along_axis(away, order, axis=1), 1e-3)
        reach = np.minimum(nearest[:, 4:], 1e6)
        fraction = (np.maximum(reach - nearest[:, :4], 0.0) / (reach * nearest[:, :4])) ** 2
        fraction[:, 0] += 1e-12
        joints[part] = order[:, :4]
        weights[part] = fraction / fraction.sum(axis=1, keepdims=True)
    return replace(primitive, part=0, skin=Skinning(0, joints[of_root], weights[of_root]), morph=None)


def _roots(primitive: Primitive, vertices: Floats) -> NDArray[np.intp]:
    """(n,) the vertex by whose place each vertex moves: itself, or for small pieces their root."""
    count = len(primitive.positions)
    piece = pieces(primitive.triangles, count)
    positions = primitive.positions.astype(np.float64)
    low_corner, high_corner = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low_corner, piece, positions)
    np.maximum.at(high_corner, piece, positions)
    small = np.linalg.norm(high_corner[piece] - low_corner[piece], axis=1) <= PIECE_MM
    order = np.lexsort((_heights(positions, vertices), piece))
    first = np.empty(count, np.intp)
    starts = np.flatnonzero(np.diff(piece[order], prepend=-1))
    first[piece[order[starts]]] = order[starts]
    return np.where(small, first[piece], np.arange(count))


def _heights(positions: Floats, vertices: Floats) -> Floats:
    """(n,) how far above the skin, by the landmark nearest to each."""
    nearest = np.concatenate(
        [_away(positions[i : i + 4096], vertices).argmin(axis=1) for i in range(0, len(positions), 4096)]
    )
    return np.asarray(((positions - vertices[nearest]) * canonical_face().normals()[nearest]).sum(axis=1))
