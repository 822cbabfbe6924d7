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
    the mean's eyes project onto this person's. Scaling and leaning fade out as the head turns away;
    the middle between the eyes is met always.
    """
    head = face.pose.camera_from_head
    vertices = canonical_face().vertices_mm
    right, left = (
        head[:3, :3] @ vertices[list(ring)].mean(axis=0) + head[:3, 3]
        for ring in (RIGHT_EYE_RING, LEFT_EYE_RING)
    )
    middle, half = (left + right) / 2, (left - right) / 2
    depth = -middle[2]
    seen = camera.unproject(np.stack([face.eyes.right, face.eyes.left]), np.ones(2))[:, :2]
    trust = float(np.clip((NO_YAW_DEG - abs(face.pose.yaw_deg)) / (NO_YAW_DEG - FULL_YAW_DEG), 0.0, 1.0))

    # The eyes stay at depths depth -+ scale * half[2]; on the rays seen they lie |along - scale * away|
    # apart, which must be scale * 2 |half|: one quadratic equation in the scale.
    along, away = depth * (seen[1] - seen[0]), half[2] * (seen[1] + seen[0])
    b = along @ away
    root = np.sqrt(max(b * b + (4 * half[:2] @ half[:2] - away @ away) * (along @ along), 0.0))
    scale = float(np.clip(along @ along / max(b + root, 1e-9), 1 / SCALE_LIMIT, SCALE_LIMIT)) ** trust
    across = along - scale * away
    lean = np.arctan2(across[1], across[0]) - np.arctan2(half[1], half[0])
    lean = float((lean + np.pi) % (2 * np.pi) - np.pi) * trust

    c, s = np.cos(lean), np.sin(lean)
    correct = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) * scale
    shift = correct @ half
    target = middle.copy()  # where the middle goes so that the two eyes' pixels have the middle seen
    target[:2] = ((depth**2 - shift[2] ** 2) * seen.mean(axis=0) - shift[2] * shift[:2]) / depth
    about_middle = transform(correct, target - correct @ middle)
    return np.asarray(about_middle @ head, dtype=np.float64)
