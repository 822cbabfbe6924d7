"""What must hold of every result of the tracker, whatever it was given."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np

from ar_effects.records import LANDMARK_COUNT, Face
from ar_effects.tracking.video_tracker import LOST_AFTER_S


def check_faces(faces: tuple[Face, ...], max_faces: int) -> None:
    """Every number is one, states fit their times, nobody is there twice."""
    for face in faces:
        check_face(face)
    assert len({face.id for face in faces}) == len(faces)
    assert sum(face.state != "lost" for face in faces) <= max_faces


def check_face(face: Face) -> None:
    assert face.landmarks.shape == (LANDMARK_COUNT, 3)
    assert face.landmarks.dtype == np.float32
    assert np.isfinite(face.landmarks).all()
    pose = face.pose.camera_from_head
    assert np.isfinite(pose).all()
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-6)
    assert np.linalg.det(pose[:3, :3]) > 0.99
    assert pose[2, 3] < 0, "in front of the camera"
    assert np.isfinite(face.pose.reprojection_px)
    assert np.isfinite(face.eyes.left).all()
    assert np.isfinite(face.eyes.right).all()
    assert 0.0 <= face.score <= 1.0
    assert 0.0 <= face.quality <= 1.0
    assert np.isfinite(face.head_scale)
    assert 0.5 < face.head_scale < 2.0
    assert 0.94 <= face.pupil_span <= 1.06
    if face.state == "tracking":
        assert face.unseen_s == 0.0
    else:
        assert np.isfinite(face.unseen_s)
        assert face.unseen_s > 0.0
    if face.state == "coasting":
        assert face.unseen_s <= LOST_AFTER_S
    if face.state == "lost":
        assert face.quality == 0.0
    if face.expression is not None:
        *values, events = astuple(face.expression)
        assert np.isfinite(values).all()
        assert min(values) >= -1.0
        assert max(values) <= 1.0
        assert face.state == "tracking" or events == ()
