"""What masks of people cost, and how much they flicker, without and with the smoothing over time.

Runs on the demo clip; pictures and clips of faces may be named as well.
rest      a still picture plus fresh noise (sigma 4 of 255) in each frame: root mean square of the change from
          frame to frame where it is neither 0 nor 1 throughout; of the mask, and of the cut made from it
shake     the picture turned and moved by a known motion, with noise: mean difference to the network's mask
          of the same frame without noise; what smoothing must not make much worse
Times are medians, one thread, 1280x720.

Examples:
    python -m benchmarks.segmentation
    python -m benchmarks.segmentation face.jpg
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist.matte import Matte
from ar_effects.effects.effect import Effect
from ar_effects.effects.matting import matte_of
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import choose_provider
from ar_effects.packs.library import Library
from ar_effects.profiling.spans import record_spans
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.tracking.segmentation import PersonSegmentation
from benchmarks.common import DEMO_CLIP, parser, read_clip, table, write_results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ar_effects.records import Image

SIZE = (1280, 720)
FPS = 30.0
NOISE = 4.0
REST_FRAMES, SHAKE_FRAMES, SETTLE = 30, 45, 5
BACKGROUNDS = ("blur", "colour", "picture")


def rest(image: Image, segmenter: PersonSegmentation) -> tuple[float, float]:
    """Change of the mask, and of the cut, from frame to frame."""
    rng = np.random.default_rng(1)
    segmenter.reset()
    masks, cuts = [], []
    for i in range(REST_FRAMES):
        frame = _noisy(image, rng)
        mask = segmenter.mask(frame, i / FPS)
        if i >= SETTLE:
            masks.append(mask)
            cuts.append(_cut(matte_of(frame, mask), frame))
    return _flicker(masks), _flicker(cuts)


def shake(image: Image, segmenter: PersonSegmentation, bare: PersonSegmentation) -> float:
    """Mean difference to the mask of the frame without noise."""
    rng = np.random.default_rng(2)
    segmenter.reset()
    height, width = image.shape[:2]
    errors = []
    for i in range(SHAKE_FRAMES):
        phase = np.sin(2 * np.pi * i / FPS)
        motion = cv2.getRotationMatrix2D((width / 2, height / 2), 8 * phase, 1.0)
        motion[0, 2] += 0.08 * width * phase
        still = cv2.warpAffine(image, motion, (width, height), borderMode=cv2.BORDER_REFLECT)
        found = segmenter.mask(_noisy(still, rng), i / FPS)
        if i >= SETTLE:
            errors.append(float(np.abs(found - bare.mask(still, i / FPS)).mean()))
    return float(np.mean(errors))


def costs(image: Image, segmenter: PersonSegmentation, frames: int = 40) -> dict[str, float]:
    """Milliseconds of each part, and of the frame with the pack's backgrounds."""
    times = StageTimes()
    pack = Library().load("background")
    segmenter.reset()
    with open_headless() as context:
        renderer = Renderer(context.ctx, SIZE)
        try:
            for i in range(frames):
                with record_spans(times, "mask"):
                    mask = segmenter.mask(image, i / FPS)
                with times.stage("cut"):
                    matte_of(image, mask)
            tracked = TrackedFrame(Frame(image, 0.0), (), Camera.assumed(*SIZE), mask)
            for name in (None, *BACKGROUNDS):
                effect = Effect(pack if name else None)
                if name:
                    effect.set("background", name)
                for i in range(frames):
                    draws = effect.draw_list(tracked)
                    start = time.perf_counter()
                    renderer.draw(image, draws)
                    renderer.finish()
                    if i >= SETTLE:
                        times.add(f"draw {name or 'nothing'}", start, time.perf_counter() - start)
        finally:
            renderer.release()
    return {s.name: s.median_ms for s in times.summaries()}


def _noisy(image: Image, rng: np.random.Generator) -> Image:
    noisy: Image = np.clip(image + rng.normal(0.0, NOISE, image.shape), 0, 255).astype(np.uint8)
    return noisy


def _cut(matte: Matte, image: Image) -> NDArray[np.float32]:
    size = (matte.coefficients.shape[1], matte.coefficients.shape[0])
    guide = cv2.resize(image, size, interpolation=cv2.INTER_AREA)[:, :, ::-1] / np.float32(255.0)
    root = np.power(guide, np.float32(1.1))  # near enough to the root of linear light
    fraction = (matte.coefficients[:, :, :3] * root).sum(axis=2) + matte.coefficients[:, :, 3]
    clipped: NDArray[np.float32] = np.clip(fraction, 0.0, 1.0)
    return clipped


def _flicker(masks: Sequence[NDArray[np.float32]]) -> float:
    mean = np.mean(masks, axis=0)
    edge = (mean > 0.02) & (mean < 0.98)
    if not edge.any():
        return 0.0
    return float(np.sqrt(np.mean([((b - a)[edge] ** 2).mean() for a, b in pairwise(masks)])))


def _read(path: Path) -> Image:
    image = cv2.imread(str(path))
    if image is None:
        image = read_clip(path, limit=1)[0]
    scale = SIZE[1] / image.shape[0]
    resized: Image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return resized


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; writes ``results/segmentation.json`` when only the demo clip was measured."""
    cli = parser("segmentation", __doc__)
    cli.add_argument("pictures", nargs="*", type=Path, help="pictures and clips to measure as well")
    pictures = cli.parse_args(arguments).pictures
    cv2.setNumThreads(1)
    cpu = choose_provider("cpu")
    steady, bare = PersonSegmentation(cpu), PersonSegmentation(cpu, smooth=False)
    rows: dict[str, Any] = {}
    for path in (DEMO_CLIP, *pictures):
        image = _read(path)
        before, after = rest(image, bare), rest(image, steady)
        rows[path.stem] = {
            "rest mask": (before[0], after[0]),
            "rest cut": (before[1], after[1]),
            "shake": (shake(image, bare, bare), shake(image, steady, bare)),
        }
    cost = costs(cv2.resize(_read(DEMO_CLIP), SIZE), steady)
    shown = [(n, *(v for pair in r.values() for v in pair)) for n, r in rows.items()]
    header = ("picture", "mask, bare", "smoothed", "cut, bare", "smoothed", "shake, bare", "smoothed")
    print(table("Flicker and lag of masks", header, shown))
    print(table("Milliseconds", ("part", "ms"), list(cost.items())))
    if not pictures:
        command = "python -m benchmarks.segmentation"
        print(write_results("segmentation", command, {"demo": rows[DEMO_CLIP.stem], "ms": cost}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
