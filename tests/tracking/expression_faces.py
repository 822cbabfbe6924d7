"""The canonical face with moved lids, lips, brows and jaw, played through an ``ExpressionMeter``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import Expression, HeadPose
from ar_effects.tracking.expression import ExpressionMeter
from ar_effects.tracking.pose.solver import solve_pose
from tests.synthetic_faces import landmarks_of

UPPER_LIDS = {
    "right": {161: 163, 160: 144, 159: 145, 158: 153, 157: 154, 246: 7, 173: 155},
    "left": {388: 390, 387: 373, 386: 374, 385: 380, 384: 381, 466: 249, 398: 382},
}
LOWER_LIP = (14, 87, 317, 17, 84, 314, 15, 16, 85, 86, 315, 316, 18, 83, 313)
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
IRISES = range(468, 478)
CAMERA = Camera.assumed(1280, 720)


@dataclass(frozen=True)
class Doing:
    """How far each movement goes, 0..1 of a plain one; eyes 0 open, 1 shut."""

    shut_left: float = 0.0
    shut_right: float = 0.0
    mouth: float = 0.0
    smile: float = 0.0
    pucker: float = 0.0
    brows: float = 0.0
    jaw: float = 0.0
    look_x: float = 0.0
    look_y: float = 0.0


REST = Doing()


def vertices_of(doing: Doing) -> np.ndarray:
    """(478, 3) millimetres in the head frame."""
    rest = canonical_face().vertices_mm
    v = rest.copy()

    def pull(landmark: int, by: tuple[float, float, float], reach_mm: float) -> None:
        near = np.exp(-((rest - rest[landmark]) ** 2).sum(axis=1) / (2 * reach_mm**2))
        v[:] += near[:, None] * np.array(by)

    # An opening mouth draws its corners in by a sixth each and down by a third: so in filmed ones.
    out, up = (
        7.0 * doing.smile - 6.0 * doing.pucker - 3.5 * doing.mouth,
        4.0 * doing.smile - 6.5 * doing.mouth,
    )
    pull(61, (-out, up, 0.0), 9.0)
    pull(291, (out, up, 0.0), 9.0)
    v[list(LOWER_LIP), 1] -= 20.0 * doing.mouth
    below = rest[:, 1] < rest[18, 1]  # chin and jaw
    v[below, 1] -= 20.0 * doing.mouth
    v[below | np.isin(np.arange(478), LOWER_LIP), 0] += 8.0 * doing.jaw
    v[list(BROWS), 1] += 8.0 * doing.brows
    v[IRISES, 0] += 5.0 * doing.look_x
    v[IRISES, 1] += 3.5 * doing.look_y
    for side, fraction in (("left", doing.shut_left), ("right", doing.shut_right)):
        for upper, lower in UPPER_LIDS[side].items():
            v[upper] += fraction * (v[lower] - v[upper])
    return v


def seen(vertices_mm: np.ndarray, camera_from_head: np.ndarray, camera: Camera = CAMERA) -> np.ndarray:
    """(478, 3) float32 landmarks of a face of these vertices."""
    points = apply(camera_from_head, vertices_mm)
    landmarks = landmarks_of(camera, camera_from_head)
    landmarks[:, :2] = camera.project(points)
    return landmarks


def head(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, depth_mm: float = 600.0) -> np.ndarray:
    return transform(rotation_from_angles_deg(yaw, pitch, roll), (20.0, -10.0, -depth_mm))


class Player:
    """Plays faces to a meter at a frame rate, with the pose solved as in the tracker."""

    def __init__(self, fps: float = 30.0, camera: Camera = CAMERA, noise: float = 0.0) -> None:
        self.meter = ExpressionMeter()
        self.fps, self.camera, self.noise = fps, camera, noise
        self.time_s = 100.0
        self.events: list[str] = []
        self.seen: list[Expression] = []
        self._random = np.random.default_rng(5)
        self._pose: np.ndarray | None = None

    def show(self, doing: Doing, camera_from_head: np.ndarray | None = None) -> Expression:
        """One frame."""
        pose = head() if camera_from_head is None else camera_from_head
        landmarks = seen(vertices_of(doing), pose, self.camera)
        if self.noise:
            eyes_px = float(np.hypot(*(landmarks[468, :2] - landmarks[473, :2])))
            landmarks += self._random.normal(0.0, self.noise * eyes_px, landmarks.shape).astype(np.float32)
        solved: HeadPose = solve_pose(landmarks, self.camera, self._pose)
        self._pose = solved.camera_from_head
        expression = self.meter.update(landmarks, solved, self.camera, self.time_s)
        self.time_s += 1.0 / self.fps
        self.events += expression.events
        self.seen.append(expression)
        return expression

    def hold(self, doing: Doing, seconds: float, camera_from_head: np.ndarray | None = None) -> Expression:
        for _ in range(max(1, round(seconds * self.fps))):
            last = self.show(doing, camera_from_head)
        return last

    def move(self, pose_at: Callable[[float], np.ndarray], seconds: float, doing: Doing = REST) -> None:
        for k in range(round(seconds * self.fps)):
            self.show(doing, pose_at(k / self.fps))

    def values(self, name: str) -> Iterable[float]:
        return [getattr(e, name) for e in self.seen]
