"""Where things sit on a tracked head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.face.geometry import NEAREST_MM, geometry_of
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_vector, transform
from ar_effects.records import Face, Matrix

Anchor = Literal[
    "eyes",
    "left_eye",
    "right_eye",
    "nose_tip",
    "mouth",
    "forehead",
    "chin",
    "left_ear",
    "right_ear",
    "head_top",
    "neck",
]
"""Where things may sit; left and right are the person's own."""

ANCHORS: tuple[Anchor, ...] = get_args(Anchor)

SCALE_LIMIT = 1.18
"""People's eyes lie at most so much farther apart (or nearer) for their face than the mean's."""

FULL_YAW_DEG, NO_YAW_DEG = 25.0, 60.0
"""The distance between the eyes says less and less about their size as the head turns."""

SEEN_FROM, SEEN_TO = -0.45, 0.05
"""Cosines between a landmark's normal and the line of sight: hidden below; an outline is seen well."""

NECK_LAG = 0.5
"""How far the neck stays behind when the head turns: angle - lag * sin(angle)."""

NECK_PIVOT_MM = np.array([0.0, -35.0, -92.0])
"""Where the skull rests on the spine, in the head frame."""


@dataclass(frozen=True, slots=True)
class _OnFace:
    """On the skin: the mean of these landmarks."""

    landmarks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _OnHead:
    """Behind the face mesh: a point of the head's model, carried along by the landmarks nearest to it."""

    point_mm: tuple[float, float, float]
    landmarks: tuple[int, ...]


# Ears and skull are those of tools/assets/make_head.py; the neck's point is on its axis, half-way down from
# the chin to the collarbones. Landmarks as in the face-mesh model card.
_SPOTS: dict[Anchor, _OnFace | _OnHead] = {
    "nose_tip": _OnFace((1, 4)),
    "mouth": _OnFace((0, 13, 14, 17)),
    "forehead": _OnFace((151, 108, 337)),
    "chin": _OnFace((152, 175, 199)),
    "left_ear": _OnHead((82.0, -20.0, -84.0), (454, 356, 323)),
    "right_ear": _OnHead((-82.0, -20.0, -84.0), (234, 127, 93)),
    "head_top": _OnHead((0.0, 110.0, -92.0), (10, 109, 338)),
    "neck": _OnHead((0.0, -160.0, -95.0), (172, 58, 397, 288)),
}


def camera_from_anchor(name: Anchor, face: Face, camera: Camera) -> Matrix:
    """(4, 4) similarity: a frame with the head's axes and millimetres, its origin at the anchor.

    Anchors on the face lie on the rays through this person's tracked landmarks, at the depth of the posed
    mean face; those on the head (ears, head_top, neck) on a model of the head, moved as far as the face's
    edge next to them was off, as long as that edge is seen. The eyes' frames are also scaled and leaned to
    this person's eyes, others have the pose's own size. The neck turns about half as far as the head.
    Nothing jumps while the head turns.
    """
    if name == "eyes":
        return camera_from_eyes(face, camera)
    head = face.pose.camera_from_head
    if name in ("left_eye", "right_eye"):
        place = camera_from_eyes(face, camera)
        ring = LEFT_EYE_RING if name == "left_eye" else RIGHT_EYE_RING
        depth_mm = -geometry_of(face, camera).posed_mm[list(ring), 2].mean()
        seen = face.eyes.left if name == "left_eye" else face.eyes.right
        place[:3, 3] = camera.unproject(seen[None], np.array([max(depth_mm, NEAREST_MM)]))[0]
        return place
    spot = _SPOTS[name]
    geometry, chosen = geometry_of(face, camera), list(spot.landmarks)
    if isinstance(spot, _OnFace):
        return transform(head[:3, :3], geometry.seen_mm[chosen].mean(axis=0))
    posed_mm = geometry.posed_mm[chosen]
    visible = _visible(posed_mm, geometry.normals[chosen])
    shift = (visible[:, None] * (geometry.seen_mm[chosen] - posed_mm)).mean(axis=0)
    turn, point = head, np.array(spot.point_mm)
    if name == "neck":
        pivot = apply(head, NECK_PIVOT_MM[None])[0]
        rotation = _lagging(head[:3, :3], NECK_LAG)
        turn = transform(rotation, pivot - rotation @ NECK_PIVOT_MM)
    return transform(turn[:3, :3], apply(turn, point[None])[0] + shift)


def in_true_millimetres(place: Matrix, name: Anchor, face: Face) -> Matrix:
    """A frame of ``camera_from_anchor`` with real millimetres: as large on a child as on its father.

    Poses are in the mean head's millimetres, so real ones are smaller there on a larger head.
    """
    fixed = np.zeros(3)  # what stays in its place
    if name == "eyes":
        vertices = canonical_face().vertices_mm
        fixed = (vertices[list(LEFT_EYE_RING)].mean(axis=0) + vertices[list(RIGHT_EYE_RING)].mean(axis=0)) / 2
    linear = place[:3, :3] / (np.cbrt(np.linalg.det(place[:3, :3])) * face.head_scale)
    middle = apply(place, fixed[None])[0]
    return transform(linear, middle - linear @ fixed)


def _visible(posed_mm: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) 0..1: what is hidden behind the face is guessed by the network and says nothing."""
    facing = -(normals * posed_mm).sum(axis=1) / np.maximum(np.linalg.norm(posed_mm, axis=1), 1e-9)
    t = np.clip((facing - SEEN_FROM) / (SEEN_TO - SEEN_FROM), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float64)


def _lagging(rotation: NDArray[np.float64], lag: float) -> NDArray[np.float64]:
    """The rotation about the same axis by ``angle - lag * sin(angle)``: no jump even at half a turn.

    By its quaternion: Shepperd, "Quaternion from rotation matrix", 1978.
    """
    m = rotation
    squares = np.array([np.trace(m), m[0, 0], m[1, 1], m[2, 2]])
    k = int(np.argmax(squares))
    w = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    if k == 0:
        q = np.array([1.0 + squares[0], *w])
    else:
        a, b, c = k - 1, k % 3, (k + 1) % 3
        q = np.empty(4)
        q[0], q[1 + a] = w[a], 1.0 + m[a, a] - m[b, b] - m[c, c]
        q[1 + b], q[1 + c] = m[a, b] + m[b, a], m[a, c] + m[c, a]
    q /= np.linalg.norm(q)
    if q[0] < 0.0:
        q = -q
    sine = float(np.linalg.norm(q[1:]))
    if sine < 1e-12:
        return np.eye(3)
    angle = 2.0 * np.arctan2(sine, q[0])
    return rotation_from_vector(q[1:] / sine * (angle - lag * np.sin(angle)))


def camera_from_eyes(face: Face, camera: Camera) -> Matrix:
    """(4, 4) similarity: the head frame put exactly on this person's eyes.

    The head's pose fits all of the face to the mean face; one person's eyes lie a little higher,
    wider or more level than the mean's. What is worn on the eyes is moved, leaned and scaled so that
    the mean's eyes project onto this person's. Scaling and leaning fade out as the head turns away;
    the middle between the eyes is met always. Then all is made as wide as this person's pupils lie apart
    (``Face.pupil_span``), as glasses are.
    """
    posed_mm = geometry_of(face, camera).posed_mm
    right, left = (posed_mm[list(ring)].mean(axis=0) for ring in (RIGHT_EYE_RING, LEFT_EYE_RING))
    middle, half_span = (left + right) / 2, (left - right) / 2
    depth = -middle[2]
    seen = camera.unproject(np.stack([face.eyes.right, face.eyes.left]), np.ones(2))[:, :2]
    trust = float(np.clip((NO_YAW_DEG - abs(face.pose.yaw_deg)) / (NO_YAW_DEG - FULL_YAW_DEG), 0.0, 1.0))

    # The eyes stay at depths depth -+ scale * half_span[2]; on the rays seen they lie |along - scale * away|
    # apart, which must be scale * 2 |half_span|: one quadratic equation in the scale.
    along, away = depth * (seen[1] - seen[0]), half_span[2] * (seen[1] + seen[0])
    b = along @ away
    root = np.sqrt(max(b * b + (4 * half_span[:2] @ half_span[:2] - away @ away) * (along @ along), 0.0))
    scale = float(np.clip(along @ along / max(b + root, 1e-9), 1 / SCALE_LIMIT, SCALE_LIMIT)) ** trust
    across = along - scale * away
    lean = np.arctan2(across[1], across[0]) - np.arctan2(half_span[1], half_span[0])
    lean = float((lean + np.pi) % (2 * np.pi) - np.pi) * trust

    scale = float(np.clip(scale * face.pupil_span**trust, 1 / SCALE_LIMIT, SCALE_LIMIT))
    c, s = np.cos(lean), np.sin(lean)
    correct = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) * scale
    shift = correct @ half_span
    target = middle.copy()  # where the middle goes so that the two eyes' pixels have the middle seen
    target[:2] = ((depth**2 - shift[2] ** 2) * seen.mean(axis=0) - shift[2] * shift[:2]) / depth
    about_middle = transform(correct, target - correct @ middle)
    return np.asarray(about_middle @ face.pose.camera_from_head, dtype=np.float64)
