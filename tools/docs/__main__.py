"""``python -m tools.docs``: every picture in the documentation, made by the app itself."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ar_effects.app.pipeline.stills import draw_picture
from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.rotations import apply
from ar_effects.packs.library import Library
from ar_effects.paths import ROOT
from ar_effects.records import TrackedFrame
from ar_effects.sinks.picture import save_picture
from ar_effects.sources.open import DEMO_CAMERA, open_source
from ar_effects.tracking.tracker import FaceTracker

PICTURES = ROOT / "docs" / "pictures"
STRIP = (28, 112, 205)
"""Frames of the demo clip: turned to one side, facing, turned to the other."""


def demo_strip(folder: Path) -> Path:
    """Three frames of the demo clip with the sunglasses, side by side."""
    tracker = FaceTracker(provider="cpu", camera=DEMO_CAMERA)
    pack = Library().load("sunglasses")
    shown = []
    with open_source("demo") as source:
        for frame in source.frames():
            faces = tracker.track(frame.image, frame.time_s)
            if frame.index in STRIP:
                tracked = TrackedFrame(frame, faces, tracker.camera_for(*frame.size))
                shown.append(draw_picture(tracked, pack)[:, 60:-60])
    return save_picture(folder / "demo.jpg", np.ascontiguousarray(np.hstack(shown)))


def landmark_strip(folder: Path) -> Path:
    """The same frames with the tracked mesh, the eyes' anchors and the head's axes drawn over them."""
    tracker = FaceTracker(provider="cpu", camera=DEMO_CAMERA)
    triangles = canonical_face().triangles
    shown = []
    with open_source("demo") as source:
        for frame in source.frames():
            faces = tracker.track(frame.image, frame.time_s)
            if frame.index not in STRIP:
                continue
            picture, camera = frame.image.copy(), tracker.camera_for(*frame.size)
            for face in faces:
                points = np.rint(face.landmarks[:, :2] * 16).astype(np.int32)
                for triangle in triangles:
                    cv2.polylines(picture, [points[triangle]], True, (150, 220, 120), 1, cv2.LINE_AA, 4)
                for eye in (face.eyes.left, face.eyes.right):
                    x, y = (round(float(v)) for v in eye)
                    cv2.circle(picture, (x, y), 4, (40, 40, 240), -1, cv2.LINE_AA)
                axes = apply(face.pose.camera_from_head, np.vstack([np.zeros(3), np.eye(3) * 60.0]))
                ends = np.rint(camera.project(axes)).astype(int)
                for end, colour in zip(ends[1:], ((60, 60, 255), (60, 255, 60), (255, 120, 60)), strict=True):
                    cv2.line(picture, tuple(ends[0]), tuple(end), colour, 2, cv2.LINE_AA)
            shown.append(picture[:, 60:-60])
    return save_picture(folder / "landmarks.jpg", np.ascontiguousarray(np.hstack(shown)))


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    print(demo_strip(PICTURES))
    print(landmark_strip(PICTURES))
