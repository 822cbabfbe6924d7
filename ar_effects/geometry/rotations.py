"""Rotations and rigid transforms, in the conventions of CONVENTIONS.md.

``R = Ry(yaw) @ Rx(-pitch) @ Rz(-roll)``: yaw and pitch say where the nose points, roll how the
head leans about the line of the nose.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rotation = NDArray[np.float64]


def rotation_from_angles_deg(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Rotation:
    """(3, 3) camera-from-head rotation of the given head angles in degrees."""
    yaw, pitch, roll = np.radians([yaw_deg, -pitch_deg, -roll_deg])
    cy, sy, cp, sp, cr, sr = (
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
    )
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rx = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    rz = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(ry @ rx @ rz, dtype=np.float64)


def angles_deg_from_rotation(rotation: Rotation) -> tuple[float, float, float]:
    """(yaw, pitch, roll) in degrees of a (3, 3) rotation; at pitch = +-90 the roll is 0."""
    (r00, _, r02), (r10, r11, r12), (r20, _, r22) = rotation.tolist()
    sin_pitch = min(max(r12, -1.0), 1.0)
    if abs(sin_pitch) > 1.0 - 1e-12:  # the nose points straight up or down: yaw and roll turn alike
        yaw, roll = math.atan2(-r20, r00), 0.0
    else:
        yaw, roll = math.atan2(r02, r22), math.atan2(-r10, r11)
    return math.degrees(yaw), math.degrees(math.asin(sin_pitch)), math.degrees(roll)


def rotation_from_vector(vector: ArrayLike) -> Rotation:
    """(3, 3) rotation about ``vector`` (3,) by its length in radians (Rodrigues' formula)."""
    x, y, z = np.asarray(vector, dtype=np.float64).tolist()  # plain numbers: arrays so small only cost time
    angle = math.sqrt(x * x + y * y + z * z)
    a = math.sin(angle) / angle if angle > 1e-9 else 1.0
    half_sine = math.sin(0.5 * angle) / angle if angle > 1e-9 else 0.5
    b = 2.0 * half_sine * half_sine
    xy, xz, yz = b * x * y, b * x * z, b * y * z
    return np.array(
        [
            [1.0 - b * (y * y + z * z), xy - a * z, xz + a * y],
            [xy + a * z, 1.0 - b * (x * x + z * z), yz - a * x],
            [xz - a * y, yz + a * x, 1.0 - b * (x * x + y * y)],
        ]
    )


def vector_from_rotation(rotation: Rotation) -> NDArray[np.float64]:
    """(3,) axis times angle in radians of a (3, 3) rotation; the inverse of ``rotation_from_vector``.

    Near half a turn, where the skew part vanishes, the axis comes from the symmetric part.
    """
    (r00, r01, r02), (r10, r11, r12), (r20, r21, r22) = rotation.tolist()
    x, y, z = 0.5 * (r21 - r12), 0.5 * (r02 - r20), 0.5 * (r10 - r01)
    sine, cosine = math.sqrt(x * x + y * y + z * z), 0.5 * (r00 + r11 + r22 - 1.0)
    angle = math.atan2(sine, cosine)
    if sine > 1e-6:
        k = angle / sine
        return np.array([x * k, y * k, z * k])
    if cosine > 0:
        return np.array([x, y, z])
    outer = 0.5 * (rotation + np.eye(3))
    i = int(np.argmax(np.diag(outer)))
    return np.asarray(outer[i] / np.sqrt(outer[i, i]) * angle, dtype=np.float64)


def rotation_angle_deg(a: Rotation, b: Rotation) -> float:
    """The angle in degrees of the rotation that takes ``a`` to ``b``."""
    # atan2 of the skew and trace parts keeps its precision near 0 and 180 degrees, arccos does not
    d = a.T @ b
    skew = 0.5 * np.array([d[2, 1] - d[1, 2], d[0, 2] - d[2, 0], d[1, 0] - d[0, 1]])
    return float(np.degrees(np.arctan2(np.sqrt(skew @ skew), 0.5 * (np.trace(d) - 1.0))))


def transform(rotation: ArrayLike | None = None, translation: ArrayLike = (0.0, 0.0, 0.0)) -> Rotation:
    """(4, 4) rigid transform from a (3, 3) rotation (identity if None) and a (3,) translation."""
    m = np.eye(4)
    if rotation is not None:
        m[:3, :3] = np.asarray(rotation, dtype=np.float64)
    m[:3, 3] = np.asarray(translation, dtype=np.float64)
    return m


def apply(target_from_source: Rotation, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n, 3) points in the source frame -> (n, 3) float64 in the target frame."""
    return np.asarray(points @ target_from_source[:3, :3].T + target_from_source[:3, 3], dtype=np.float64)
