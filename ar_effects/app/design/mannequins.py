"""Heads drawn by ourselves, in any pose: people for contact sheets whom nobody has to ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import DrawList, Material, Model, ModelDraw, Primitive, Scene
from ar_effects.face.canonical import (
    LEFT_EYE_RING,
    MESH_COUNT,
    RIGHT_EYE_RING,
    CanonicalFace,
    canonical_face,
)
from ar_effects.face.head import head_mesh
from ar_effects.face.topology import counted_edges
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.values import rgba_from_hex
from ar_effects.records import Expression, Face, Matrix
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.pose.solver import solve_pose

IRIS_BEFORE_MM, IRIS_SHOWN = 2.2, 0.8
"""Before the white of the eye, and so much of it that it does not reach over the lids."""

SEAM_MM, HIGHEST_STEP_MM = 30.0, 40.0
"""How wide the skull is raised around the face's outline, and to how high above it at most."""

EYE_LIDS_ABOVE_MM = -15.0
"""Lid triangles higher than this close the eyes, the others the mouth."""


@dataclass(frozen=True, slots=True)
class Mannequin:
    """One person.

    Attributes:
        name: for the sheet.
        skin: "#rrggbb".
        shape: width, height and depth of the head over the mean's.
    """

    name: str
    skin: str
    shape: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def model(self) -> Model:
        """The head, in the head frame."""
        face = canonical_face()
        stretch = np.array(self.shape)
        vertices = face.vertices_mm[:MESH_COUNT] * stretch
        skin = Material(base_colour=rgba_from_hex(self.skin), metallic=0.0, roughness=0.55, double_sided=True)
        lids = face.vertices_mm[face.lid_triangles].mean(axis=1)[:, 1] > EYE_LIDS_ABOVE_MM
        normals = face.normals()[:MESH_COUNT]
        parts = [
            _part(vertices, normals, face.triangles, skin),
            _part(vertices, normals, face.lid_triangles[lids], _matt("#e9e6e1")),
            _part(vertices, normals, face.lid_triangles[~lids], _matt("#8c4a45")),
        ]
        skull = head_mesh()
        inside = _met(np.asarray(skull.vertices, np.float64), skull.triangles, face) * stretch
        parts.append(_part(inside, _normals(inside, skull.triangles), skull.triangles, skin))
        for first, ring in ((MESH_COUNT, RIGHT_EYE_RING), (MESH_COUNT + 5, LEFT_EYE_RING)):
            iris = face.vertices_mm[first : first + 5] * stretch
            parts.append(_iris(iris, face.vertices_mm[list(ring)] * stretch))
        points = np.concatenate([p.positions for p in parts])
        return Model(self.name, tuple(parts), np.stack([points.min(axis=0), points.max(axis=0)]))

    def face(self, pose: Matrix, camera: Camera, expression: Expression | None = None) -> Face:
        """What a tracker that never errs would say of the posed head."""
        posed = apply(pose, canonical_face().vertices_mm * np.array(self.shape))
        px = camera.project(posed)
        per_mm = camera.fx / -pose[2, 3]
        z = (-(posed[:, 2] - pose[2, 3]) * per_mm)[:, None]
        landmarks = np.hstack([px, z]).astype(np.float32)
        return Face(
            1,
            1.0,
            landmarks,
            solve_pose(landmarks, camera),
            eyes_of(landmarks),
            expression=expression or Expression(),
        )

    def draw(self, model: Model, pose: Matrix, camera: Camera) -> DrawList:
        """The posed head."""
        return DrawList(camera, (Scene((), (ModelDraw(model, pose),)),))


PEOPLE = (
    Mannequin("mean head", "#d9a58b"),
    Mannequin("long and narrow", "#7a4a31", (0.92, 1.08, 1.04)),
    Mannequin("child", "#f0c8b0", (0.90, 0.84, 0.88)),
)


def posed(yaw_deg: float, pitch_deg: float, depth_mm: float, roll_deg: float = 0.0) -> Matrix:
    """``camera_from_head`` of a head in the lower half of the picture, with room for a hat."""
    return transform(rotation_from_angles_deg(yaw_deg, pitch_deg, roll_deg), [0.0, -40.0, -depth_mm])


def _part(
    vertices: NDArray[np.float64],
    normals: NDArray[np.float64],
    triangles: NDArray[np.uint32],
    material: Material,
) -> Primitive:
    n = len(vertices)
    return Primitive(
        vertices.astype(np.float32),
        normals.astype(np.float32),
        np.zeros((n, 2), np.float32),
        np.ones((n, 4), np.float32),
        np.ascontiguousarray(triangles, np.uint32),
        material,
    )


def _met(
    skull: NDArray[np.float64], triangles: NDArray[np.uint32], face: CanonicalFace
) -> NDArray[np.float64]:
    """The skull's vertices, raised along its normals until its surface meets the face's outline.

    The skull hides things, so it lies well inside of the head; drawn, it would leave a step there.
    """
    outline = face.vertices_mm[_outline(np.concatenate([face.triangles, face.lid_triangles]))]
    normals = _normals(skull, triangles)
    off = outline[None] - skull[:, None]
    above = np.einsum("ijk,ik->ij", off, normals)
    beside = np.sqrt(np.maximum((off * off).sum(axis=2) - above * above, 0.0))
    weights = np.exp(-((beside / SEAM_MM) ** 2)) * (np.abs(above) < HIGHEST_STEP_MM)
    total = weights.sum(axis=1)
    height = (weights * above).sum(axis=1) / np.maximum(total, 1e-9)
    fraction = np.minimum(weights.max(axis=1) * 1.2, 1.0)
    return np.asarray(skull + normals * (fraction * np.maximum(height, 0.0))[:, None])


def _outline(triangles: NDArray[np.uint32]) -> NDArray[np.intp]:
    """The points on the edges that only one triangle has."""
    edges, counts = counted_edges(triangles)
    return np.unique(edges[counts == 1]).astype(np.intp)


def _matt(colour: str) -> Material:
    return Material(base_colour=rgba_from_hex(colour), metallic=0.0, roughness=0.35, double_sided=True)


def _normals(vertices: NDArray[np.float64], triangles: NDArray[np.uint32]) -> NDArray[np.float64]:
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    total = np.zeros_like(vertices)
    np.add.at(total, triangles, np.cross(b - a, c - a)[:, None])
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9))


def _iris(points: NDArray[np.float64], lids: NDArray[np.float64]) -> Primitive:
    """A dark disc on the white of the eye, which is flat between the lids.

    Args:
        points: (5, 3) centre and rim of the iris.
        lids: (n, 3) the eye's outline.
    """
    middle = lids.mean(axis=0)
    normal = np.linalg.svd(lids - middle)[2][2]
    normal *= np.sign(normal[2])
    centre = points[0] - normal * ((points[0] - middle) @ normal) + normal * IRIS_BEFORE_MM
    right = np.cross([0.0, 1.0, 0.0], normal)
    right /= np.linalg.norm(right)
    up = np.cross(normal, right)
    radius = IRIS_SHOWN * float(np.linalg.norm(points[1:] - points[0], axis=1).mean())
    angle = np.linspace(0.0, 2.0 * np.pi, 17)[:-1]
    rim = centre + radius * (np.cos(angle)[:, None] * right + np.sin(angle)[:, None] * up)
    k = np.arange(16, dtype=np.uint32)
    triangles = np.stack([np.full(16, 16, np.uint32), k, (k + 1) % 16], axis=1)
    vertices = np.vstack([rim, centre])
    return _part(vertices, np.tile(normal, (17, 1)), triangles, _matt("#2b1d16"))
