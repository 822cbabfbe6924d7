"""``python -m tools.docs``: every picture in the documentation, made by the app itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ar_effects.app.offline import draw_picture
from ar_effects.effects.library import Library
from ar_effects.paths import ROOT
from ar_effects.records import TrackedFrame
from ar_effects.sinks.picture import save_picture
from ar_effects.sources.open import open_source
from ar_effects.tracking.tracker import FaceTracker

PICTURES = ROOT / "docs" / "pictures"
STRIP = (28, 112, 205)
"""Frames of the demo clip: turned to one side, facing, turned to the other."""


def demo_strip(folder: Path) -> Path:
    """Three frames of the demo clip with the sunglasses, side by side."""
    tracker = FaceTracker(provider="cpu")
    pack = Library().load("sunglasses")
    shown = []
    with open_source("demo") as source:
        for frame in source.frames():
            faces = tracker.track(frame.image, frame.time_s)
            if frame.index in STRIP:
                tracked = TrackedFrame(frame, faces, tracker.camera_for(*frame.size))
                shown.append(draw_picture(tracked, pack)[:, 60:-60])
    return save_picture(folder / "demo.jpg", np.ascontiguousarray(np.hstack(shown)))


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    print(demo_strip(PICTURES))
