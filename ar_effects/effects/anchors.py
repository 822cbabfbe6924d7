"""Where things sit on a tracked head."""

from __future__ import annotations

import numpy as np

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import transform
from ar_effects.records import Face, Matrix
from ar_effects.tracking.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face

SCALE_LIMIT = 1.18
"""People's eyes lie at most so much farther apart (or nearer) for their face than the mean's."""

FULL_YAW_DEG, NO_YAW_DEG = 25.0, 60.0
"""The distance between the eyes says less and less about their size as the head turns."""


def camera_from_eyes(face: Face, camera: Camera) -> Matrix:
    """(4, 4) similarity: the head frame put exactly on this person's eyes.

    The head's pose fits all of the face to the mean face; one person's eyes lie a little higher,
    wider or more level than the mean's. What is worn on the eyes is moved, leaned and scaled so that
    the mean's eyes project onto this person's. Scaling fades out as the head turns away.
    """
    head = face.pose.camera_from_head
    vertices = canonical_face().vertices_mm
    right_mm, left_mm = (
        head[:3, :3] @ vertices[list(ring)].mean(axis=0) + head[:3, 3]
        for ring in (RIGHT_EYE_RING, LEFT_EYE_RING)
    )
    right_px, left_px = camera.project(np.stack([right_mm, left_mm]))
    seen_right, seen_left = face.eyes.right.astype(np.float64), face.eyes.left.astype(np.float64)
    expected, seen = left_px - right_px, seen_left - seen_right
    ratio = float(np.hypot(*seen) / max(float(np.hypot(*expected)), 1e-6))
    trust = float(np.clip((NO_YAW_DEG - abs(face.pose.yaw_deg)) / (NO_YAW_DEG - FULL_YAW_DEG), 0.0, 1.0))
    scale = float(np.clip(ratio, 1 / SCALE_LIMIT, SCALE_LIMIT)) ** trust
    # Picture angles grow clockwise, camera angles about +z counter-clockwise.
    lean = np.arctan2(expected[1], expected[0]) - np.arctan2(seen[1], seen[0])
    lean = float((lean + np.pi) % (2 * np.pi) - np.pi) * trust
    c, s = np.cos(lean), np.sin(lean)
    middle_mm = (right_mm + left_mm) / 2
    correct = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) * scale
    target = camera.unproject(((seen_right + seen_left) / 2)[None], np.array([-middle_mm[2]]))[0]
    about_middle = transform(correct, target - correct @ middle_mm)
    return np.asarray(about_middle @ head, dtype=np.float64)
