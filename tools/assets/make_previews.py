"""``python -m tools.assets.make_previews [PACK ...]``: pictures of the packs in ``effects/``, by the app.

The demo clip's face wears each; what it does there is told, not tracked. Without names: all packs.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ar_effects.effects.files import MANIFEST
from ar_effects.effects.values import Value
from ar_effects.records import Expression, Image, TrackedFrame
from ar_effects.sinks.picture import save_picture
from tools.assets.packs import EFFECTS
from tools.docs.previews import FIRST, SMILE, demo_frames, preview

FILE = "preview.jpg"
SIDE = 480

DOING = {
    "fire_breath": Expression(mouth_open=0.9),
    "fan": Expression(mouth_open=0.9),
    "dog": Expression(mouth_open=0.9),
}
"""What the face does from the frame ``SMILE`` on, where it is not smiling."""

SHOWN: dict[str, dict[str, Value]] = {"background": {"background": "picture"}}
"""Parameters that show more of a pack than their defaults."""

WHOLE = ("vintage", "background", "neon")
"""Packs of the whole picture: more of it is shown."""


def picture(folder: Path, frames: list[TrackedFrame]) -> Image:
    """(480, 480, 3) the pack on the last of the frames."""
    doing = DOING.get(folder.name)
    if doing is not None:
        frames = [_doing(t, doing if FIRST + i >= SMILE else Expression()) for i, t in enumerate(frames)]
    if folder.name in WHOLE:
        side = min(frames[0].frame.size)
        large = preview(folder, frames, side, SHOWN.get(folder.name))
        return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    return preview(folder, frames)


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
