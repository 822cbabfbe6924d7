"""``python -m tools.assets.make_previews [PACK ...]``: pictures of the packs in ``effects/``, by the app.

The demo clip's face wears each; what it does there is told, not tracked. Without names: all packs.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ar_effects.packs.files import MANIFEST
from ar_effects.packs.values import Value
from ar_effects.records import Expression, Face, Image, TrackedFrame
from ar_effects.sinks.picture import save_picture
from tools.assets.packs import EFFECTS
from tools.assets.strands import swirls
from tools.docs.previews import FIRST, SMILE, demo_frames, preview

FILE = "preview.jpg"
SIDE = 480

DOING = {
    "fire_breath": Expression(mouth_open=0.9),
    "fan": Expression(mouth_open=0.9),
    "dog": Expression(mouth_open=0.9),
}
"""What the face does from the frame ``SMILE`` on, where it is not smiling."""

ABOVE = ("cat", "dog", "crown", "party_hat")
"""Packs that stand on the head: an early frame, in which it is small, with more of the backdrop above it."""

ABOVE_LAST, ABOVE_SMILE, ABOVE_PX, ABOVE_SIDE = 18, 6, 110, 520
"""Last frame, first with a smile, rows added above, and side of what is shown; pixels of the demo clip."""

SHOWN: dict[str, dict[str, Value]] = {"background": {"background": "picture"}}
"""Parameters that show more of a pack than their defaults."""

WHOLE = ("vintage", "background", "neon")
"""Packs of the whole picture: more of it is shown."""


def picture(folder: Path, frames: list[TrackedFrame]) -> Image:
    """(480, 480, 3) the pack on the last of the frames."""
    doing = DOING.get(folder.name)
    if folder.name in ABOVE:
        early = [_with_room(t) for t in demo_frames(0, ABOVE_SMILE, ABOVE_LAST)]
        if doing is not None:
            early = [_doing(t, doing if i >= ABOVE_SMILE else Expression()) for i, t in enumerate(early)]
        large = preview(folder, early, ABOVE_SIDE)[:430, 45:475]
        return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    if doing is not None:
        frames = [_doing(t, doing if FIRST + i >= SMILE else Expression()) for i, t in enumerate(frames)]
    if folder.name in WHOLE:
        side = min(frames[0].frame.size)
        large = preview(folder, frames, side, SHOWN.get(folder.name))
        return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    return preview(folder, frames)


def _with_room(tracked: TrackedFrame) -> TrackedFrame:
    """The frame with its upper rows, which show the backdrop only, drawn out upwards; the face moves down.

    The lower rows are cut off, so that the face is below the middle.
    """
    image, camera = tracked.frame.image, tracked.camera
    height, width = image.shape[:2]
    above = cv2.resize(image[:8], (width, ABOVE_PX), interpolation=cv2.INTER_LINEAR)
    cloth = (
        cv2.resize(swirls(7, 9)[:64], (width, ABOVE_PX)) * 3.5
        + cv2.resize(swirls(8, 28)[:64], (width, ABOVE_PX)) * 1.5
    )
    above = cv2.GaussianBlur(above, (0, 0), 16.0) + cloth[..., None]
    above = np.clip(above + np.random.default_rng(9).normal(0, 1.2, above.shape), 0, 255)
    fade = np.linspace(0.0, 1.0, 12)[:, None, None]  # into the frame's own rows
    top = image[:12] * fade + above[-1:] * (1 - fade)
    picture = np.concatenate(
        [np.rint(above).astype(np.uint8), np.rint(top).astype(np.uint8), image[12 : height - ABOVE_PX // 2]]
    )
    lower = replace(camera, height=len(picture), cy=camera.cy + ABOVE_PX)
    faces = tuple(_lowered(face) for face in tracked.faces)
    return TrackedFrame(replace(tracked.frame, image=np.ascontiguousarray(picture)), faces, lower)


def _lowered(face: Face) -> Face:
    shift = np.array([0.0, ABOVE_PX], np.float32)
    landmarks = face.landmarks.copy()
    landmarks[:, :2] += shift
    eyes = replace(face.eyes, left=face.eyes.left + shift, right=face.eyes.right + shift)
    return replace(face, landmarks=landmarks, eyes=eyes)


def _doing(tracked: TrackedFrame, expression: Expression) -> TrackedFrame:
    return replace(tracked, faces=tuple(replace(f, expression=expression) for f in tracked.faces))


def main(names: list[str]) -> None:
    """Make those of the packs named, or of all."""
    frames = demo_frames()
    folders = [EFFECTS / name for name in names] or sorted(p.parent for p in EFFECTS.glob(f"*/{MANIFEST}"))
    for folder in folders:
        target = folder / FILE
        if not target.exists():  # the manifest may name it already
            save_picture(target, np.zeros((2, 2, 3), np.uint8))
        print(save_picture(target, picture(folder, frames)))


if __name__ == "__main__":
    main(sys.argv[1:])
