"""``python -m tools.docs.previews [PACK ...]``: preview.jpg of packs, made by the app on the demo clip.

Without arguments those of the templates.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from ar_effects.effects.effect import Effect
from ar_effects.inference.provider import choose_provider
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from ar_effects.packs.templates import SHARED, TEMPLATES
from ar_effects.packs.values import Value
from ar_effects.records import Expression, Image, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sinks.picture import save_picture
from ar_effects.sources.open import DEMO_CAMERA, open_source
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker

FIRST, SMILE, LAST = 85, 98, 112
"""Frames of the demo clip: the first that is drawn, the first with a smile, and the one that is shown."""

SIDE = 480


def preview(
    folder: Path, frames: list[TrackedFrame], side: int = SIDE, values: Mapping[str, Value] | None = None
) -> Image:
    """(side, side, 3) the pack after a second of the demo clip, around the face."""
    pack = load_pack(folder)
    effect = Effect(pack, with_candidates="face_candidates" in pack.needs)
    for name, value in (values or {}).items():
        effect.set(name, value)
    annotator = FrameAnnotator(AnalyserSetup(choose_provider("cpu")))
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, frames[0].frame.size)
        try:
            for tracked in frames:
                seen = annotator.annotate(tracked, pack.needs)
                renderer.draw(seen.frame.image, effect.draw_list(seen))
            picture = renderer.read()
        finally:
            renderer.release()
    x, y = frames[-1].faces[0].landmarks[:, :2].mean(axis=0)
    height, width = picture.shape[:2]
    side = min(side, height, width)
    left = int(np.clip(x - side / 2, 0, width - side))
    top = int(np.clip(y - side / 2, 0, height - side))
    return np.ascontiguousarray(picture[top : top + side, left : left + side])


def demo_frames(first: int = FIRST, smile: int = SMILE, last: int = LAST) -> list[TrackedFrame]:
    """The frames, tracked; their face smiles from one of them on."""
    tracker = FaceTracker(provider="cpu", camera=DEMO_CAMERA)
    found = []
    with open_source("demo") as source:
        for frame in islice(source.frames(), last + 1):
            faces = tracker.track(frame.image, frame.time_s)
            if frame.index >= first:
                smiles = Expression(smile=float(frame.index >= smile))
                smiling = tuple(replace(f, expression=smiles) for f in faces)
                found.append(TrackedFrame(frame, smiling, tracker.camera_for(*frame.size)))
    return found


def template_previews() -> None:
    """Those of the templates, which lack the files that they share."""
    from tempfile import TemporaryDirectory

    frames = demo_frames()
    for folder in sorted(p.parent for p in TEMPLATES.glob(f"*/{MANIFEST}")):
        with TemporaryDirectory() as temporary:
            for path in (*folder.iterdir(), *SHARED.get(folder.name, ())):
                (Path(temporary) / path.name).write_bytes(path.read_bytes())
            (Path(temporary) / "preview.jpg").touch()  # it is being made
            print(save_picture(folder / "preview.jpg", preview(Path(temporary), frames)))


if __name__ == "__main__":
    if sys.argv[1:]:
        shown = demo_frames()
        for name in sys.argv[1:]:
            print(save_picture(Path(name) / "preview.jpg", preview(Path(name), shown)))
    else:
        template_previews()
