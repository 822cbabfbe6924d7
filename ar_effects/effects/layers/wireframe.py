"""``wireframe``: the mesh of the face as glowing lines."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ar_effects.drawlist import PictureDraw, SpaceDraw
from ar_effects.drawlist.face_paint import WireframeDraw
from ar_effects.effects.layers.face_texture import fraction
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.face.geometry import face_mesh
from ar_effects.face.topology import counted_edges, face_topology
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext, Layer, StaticLayer
from ar_effects.packs.tables import ColourValue, LayerTable, NumberValue, ShareValue

Subset = Literal["all", "contours", "sparse"]
Edges = NDArray[np.uint32]

MAX_WIDTH_PX, MAX_GLOW_PX = 20.0, 60.0
SPARSE_COUNT = 50
"""Vertices of the sparse net beside those of the contours."""

# Contours of the face mesh's topology; each closes on itself unless its ends differ.
_RIGHT_BROW = (107, 66, 105, 63, 70, 46, 53, 52, 65, 55, 107)
_LIPS_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)
_LIPS_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)
_NOSE = (168, 6, 197, 195, 5, 4, 1, 19, 94, 2)
_NOSTRIL = (2, 97, 98, 64)


class WireframeTable(LayerTable):
    """The mesh of the face as glowing lines."""

    kind: Literal["wireframe"]
    colour: ColourValue = "#35e0ff"
    width_px: NumberValue = Field(default=1.4, description="of a line, at 720 rows of picture")
    glow_px: NumberValue = Field(default=6.0, description="how far the light of a line reaches")
    glow: ShareValue = Field(default=0.6, description="how bright that light is")
    hidden: ShareValue = Field(default=0.12, description="what is left of lines that the face itself hides")
    subset: Subset = Field(default="all", description="every edge, contours only, or a wide net")

    def load(self, files: PackFiles) -> Layer:  # noqa: ARG002 - all that it needs is the face
        """Nothing of the pack is read."""
        return WireframeLayer(self, edges_of(self.subset))


class WireframeLayer(StaticLayer):
    """Glowing lines on a face."""

    def __init__(self, table: WireframeTable, edges: Edges) -> None:
        self.table = table
        self.edges = edges

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The lines, unless they have no light."""
        assert worn is not None
        table, values = self.table, context.values
        *colour, alpha = values.colour(table.colour)
        width_px = values.number(table.width_px)
        if alpha <= 0.0 or width_px <= 0.0:
            return ()
        scale = context.camera.height / 720.0
        return (
            WireframeDraw(
                face_mesh(worn.face, context.camera),
                self.edges,
                (colour[0], colour[1], colour[2]),
                alpha,
                width_px=min(width_px * scale, MAX_WIDTH_PX),
                glow_px=min(max(values.number(table.glow_px) * scale, 0.0), MAX_GLOW_PX),
                glow=fraction(values.number(table.glow)),
                hidden=fraction(values.number(table.hidden)),
            ),
        )


@lru_cache
def edges_of(subset: Subset) -> Edges:
    """(n, 2) the lines of a subset, each once, the lower vertex first."""
    topology = face_topology()
    closed = np.concatenate([topology.triangles, topology.eye_triangles, topology.mouth_triangles])
    edges, counts = counted_edges(closed)
    outline = edges[counts == 1]
    if subset == "all":
        return _once(_sides(topology.triangles))
    if subset == "contours":
        return _once(np.concatenate([outline, *map(_chain, _contours())]))
    return _once(_net(outline))


def _contours() -> list[list[int]]:
    mirror = canonical_face().mirror
    eyes = [_ring(ring) for ring in (RIGHT_EYE_RING, LEFT_EYE_RING)]
    both = [[int(mirror[i]) for i in line] for line in (_RIGHT_BROW, _NOSTRIL)]
    return [
        *eyes,
        list(_RIGHT_BROW),
        list(_NOSTRIL),
        *both,
        list(_LIPS_OUTER),
        list(_LIPS_INNER),
        list(_NOSE),
    ]


def _ring(ring: tuple[int, ...]) -> list[int]:
    """The rings of the canonical face list the lower lid, then the upper one, each from the outer corner."""
    return [*ring[:9], *reversed(ring[9:]), ring[0]]


def _chain(line: list[int]) -> Edges:
    return np.array([line[:-1], line[1:]], np.uint32).T


def _sides(triangles: Edges) -> Edges:
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.sort(sides, axis=1)


def _once(edges: Edges) -> Edges:
    return np.ascontiguousarray(np.unique(np.sort(edges, axis=1), axis=0), np.uint32)


def _net(outline: Edges) -> Edges:
    """Outlines of face, eyes and lips, and a triangulation (Delaunay's) between that leaves the holes open.

    Its vertices are every other one of the outlines, the ridge of the nose, and more that are spread as in
    Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985: the next is the one that is
    farthest from all before.
    """
    points, uvs = canonical_face().vertices_mm[:MESH_COUNT], face_topology().uvs
    rings = [_ring(RIGHT_EYE_RING), _ring(LEFT_EYE_RING), list(_LIPS_OUTER)]
    chosen = sorted({*np.unique(outline)[::2].tolist(), *_NOSE[::2], *(i for r in rings for i in r[:-1:2])})
    way = np.linalg.norm(points[:, None] - points[None, chosen], axis=-1).min(axis=1)
    for _ in range(SPARSE_COUNT):
        chosen.append(int(way.argmax()))
        way = np.minimum(way, np.linalg.norm(points - points[chosen[-1]], axis=1))
    side = 1000
    plane = cv2.Subdiv2D((0, 0, side, side))
    names: dict[int, int] = {}
    for landmark in chosen:
        names[plane.insert(tuple(map(float, uvs[landmark] * side)))] = landmark
    holes = [uvs[ring] * side for ring in rings]
    found = []
    for x0, y0, x1, y1 in np.asarray(plane.getEdgeList()).tolist():
        if not all(0.0 <= c < side for c in (x0, y0, x1, y1)):
            continue  # to the corners of OpenCV's own
        middle = (0.5 * (x0 + x1), 0.5 * (y0 + y1))
        if all(cv2.pointPolygonTest(hole, middle, measureDist=False) < 0 for hole in holes):
            found.append([names[plane.findNearest(end)[0]] for end in ((x0, y0), (x1, y1))])
    return np.concatenate([np.array(found, np.uint32), outline, *map(_chain, rings)])
