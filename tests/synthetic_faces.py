"""Faces that are known exactly: the canonical face projected from a pose."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from ar_effects.drawlist import FaceOccluderDraw
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import Face, HeadPose
from ar_effects.tracking.eyes import eyes_of

SIZES = ((640, 480), (1280, 720), (480, 640))


def landmarks_of(camera: Camera, camera_from_head: np.ndarray, z_scale: float = 1.0) -> np.ndarray:
    """(478, 3) float32 as a perfect network would give them: z in the scale of x, 0 at the head's origin."""
    points = apply(camera_from_head, canonical_face().vertices_mm)
    depth = -camera_from_head[2, 3]
    z = (-points[:, 2] - depth) * camera.fx / depth * z_scale
    return np.column_stack([camera.project(points), z]).astype(np.float32)


def face_of(camera: Camera, camera_from_head: np.ndarray) -> Face:
    landmarks = landmarks_of(camera, camera_from_head)
    return Face(1, 1.0, landmarks, HeadPose(camera_from_head), eyes_of(landmarks))


@st.composite
def cameras(draw) -> Camera:
    return Camera.assumed(*draw(st.sampled_from(SIZES)))


@st.composite
def poses(draw, camera: Camera, yaw: float = 60.0, pitch: float = 35.0, roll: float = 45.0) -> np.ndarray:
    """Heads anywhere in the picture, 0.3 to 2 m away, turned by at most the given degrees."""

    def upto(limit: float) -> float:
        return draw(st.floats(-limit, limit))

    rotation = rotation_from_angles_deg(upto(yaw), upto(pitch), upto(roll))
    pixel = [draw(st.floats(0, camera.width - 1)), draw(st.floats(0, camera.height - 1))]
    depth = draw(st.floats(300.0, 2000.0))
    return transform(rotation, camera.unproject(np.array([pixel]), np.array([depth]))[0])


def occluder_mesh(draw: FaceOccluderDraw, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) vertices in the camera frame, millimetres, and (m, 3) triangles, as the renderer draws them."""
    topology, place = draw.face.topology, draw.face.vertices[:MESH_COUNT]
    closed_by = [topology.mouth_triangles] + ([] if draw.open_eyes else [topology.eye_triangles])
    depth_mm = np.maximum(place[:, 2] + draw.inset_mm, 1.0)
    return camera.unproject(place[:, :2], depth_mm), np.concatenate([topology.triangles, *closed_by])
