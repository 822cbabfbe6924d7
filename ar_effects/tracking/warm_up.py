"""Gets the tracker's compiled loops ready, which takes some seconds on a machine's first start only.

``python -m ar_effects.tracking.warm_up`` does it ahead of time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ar_effects.compiled import compiling_told
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.inference.nchw import write_planes
from ar_effects.messages import Message
from ar_effects.records import Points
from ar_effects.tracking.attention import PATCH, patches, place_patches, sample_patches, scatter
from ar_effects.tracking.distance import iris_scale
from ar_effects.tracking.expression import ExpressionMeter
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.pose.solver import solve_pose
from ar_effects.tracking.region import max_abs, region_from_landmarks
from ar_effects.tracking.smoothing import FaceSmoother
from ar_effects.tracking.track import extent_of, extrapolate

FIRST_TIME = Message("status.preparing-once")
EVERY_TIME = Message("status.preparing-always")


def warm_up(tell: Callable[[str], None] | None = None) -> None:
    """Compile what tracking needs, or load it; does nothing the second time.

    Args:
        tell: is called once with a sentence for people, if and when something must be compiled.
    """
    announced: list[str] = []

    def say(kept: bool) -> None:
        if tell is not None and not announced:
            announced.append(str(FIRST_TIME if kept else EVERY_TIME))
            tell(announced[0])

    with compiling_told(say):
        _run_all()


@lru_cache(maxsize=1)
def _run_all() -> None:
    """Everything that is compiled, on the mean face."""
    camera = Camera.assumed(640, 480)
    pose = transform(rotation_from_angles_deg(5.0, 5.0, 5.0), [0.0, 0.0, -500.0])
    points = apply(pose, canonical_face().vertices_mm)
    pixels = np.column_stack([camera.project(points), -points[:, 2]])
    landmarks = region_from_landmarks(pixels.astype(np.float32)).to_frame(pixels.astype(np.float32), 192)
    smoother = FaceSmoother()
    for time_s in (0.0, 0.03):
        smoother.update(landmarks, time_s)
    found = solve_pose(landmarks, camera)
    found = solve_pose(landmarks, camera, found.camera_from_head)
    ExpressionMeter().update(landmarks, found, camera, 0.0)
    iris_scale(landmarks, found, camera)
    _run_patches(landmarks)
    eyes_of(landmarks)
    extent_of(landmarks)
    extrapolate(found.camera_from_head, found.camera_from_head)
    max_abs(landmarks)


def _run_patches(landmarks: Points) -> None:
    p, mesh = patches(), landmarks[:MESH_COUNT]
    count = len(p.ends)
    places = place_patches(mesh, p.ends, p.subsets, p.factors)
    sample_patches(np.zeros((4, 4, 2), np.float32), places, np.zeros((2 * count, PATCH, PATCH), np.float32))
    scatter(mesh, np.zeros((len(p.owners), 2), np.float32), places, p.owners, p.sources, p.rings)
    channels = np.zeros((3, 4, 4), np.float32)
    write_planes(np.zeros((4, 4, 1), np.uint32), np.float32(1.0), np.float32(0.0), channels)


if __name__ == "__main__":
    warm_up(print)
