"""Does the privacy pack ever show a bare face? Adversarial clips, judged by what is left of the face.

Heads enter, leave, rush, come near, are covered by a bar, turn their back, pop up, while another is there or
not (``benchmarks/privacy_clip.py``); where their faces are is known from how the clip was put together. Each
frame goes through the app's own tracker, watcher, effect and renderer. It is uncovered when, of any face,
either a tenth of one of three by three parts came through bit for bit (a camera's noise is on the clip, so
that a covered pixel is like the source's by chance only once in a hundred), or the fine structure (details of
a 60th to a 20th of its width) has above 0.4 of the source's energy and correlates with it above 0.7. A mosaic
of 6 cells across these faces correlates up to 0.45, of 10 up to 0.70, of 16 above 0.84.
Bar: 0 frames uncovered. The same clips without an effect show that bare faces are noticed.

Examples:
    python -m benchmarks.privacy
    python -m benchmarks.privacy --faces FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ar_effects.effects.effect import Effect
from ar_effects.inference.provider import choose_provider
from ar_effects.packs.library import Library
from ar_effects.records import Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, DEMO_TRUTH, parser, read_clip, table, write_results
from benchmarks.privacy_clip import FPS, Card, Truth, compose, room, script

if TYPE_CHECKING:
    from ar_effects.packs.pack import Pack
    from ar_effects.records import Image

SIZE = (640, 480)
FINE, COARSE = 60.0, 20.0
PARTS = 3
ENERGY, CORRELATION = 0.4, 0.7
SAME = 0.1
LEAST_PX = 60
"""Of a face or a part of it to be judged."""

CLEAR = 0.2
"""Share of a picture's pixels that came through in a frame in which something else is to be seen, too."""

LEAST_SHARE = 0.25
"""Of a face, for its fine structure to be judged: slivers resemble one another by chance."""

CLIPS = (
    "KwaiVGI_LivePortrait/assets/examples/driving/d9.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d11.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d12.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d14.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d19.mp4",
    "cleardusk_3DDFA/demo@obama/obama.mp4",
)


def is_bare(source: Image, shown: Image, truth: Truth) -> bool:
    """Whether a face, or a part of one, is to be seen."""
    ys, xs = np.nonzero(truth.visible)
    if len(xs) < LEAST_PX:
        return False
    same = (source == shown).all(axis=2)
    rows = np.linspace(ys.min(), ys.max() + 1, PARTS + 1).round().astype(int)
    columns = np.linspace(xs.min(), xs.max() + 1, PARTS + 1).round().astype(int)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            inside = truth.visible[top:bottom, left:right]
            if inside.sum() >= LEAST_PX and same[top:bottom, left:right][inside].mean() > SAME:
                return True
    if len(xs) < LEAST_SHARE * truth.width_px**2:
        return False
    margin = int(truth.width_px / COARSE * 3) + 2
    box = np.s_[max(ys.min() - margin, 0) : ys.max() + margin, max(xs.min() - margin, 0) : xs.max() + margin]
    a, b = (_structure(p[box], truth.width_px)[truth.visible[box]] for p in (source, shown))
    a, b = a - a.mean(), b - b.mean()
    energy_a, energy_b = float(np.sqrt((a * a).mean())), float(np.sqrt((b * b).mean()))
    if energy_b < ENERGY * energy_a:
        return False
    return float((a * b).mean()) > CORRELATION * energy_a * energy_b


def _structure(picture: Image, width_px: float) -> Any:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), max(width_px / FINE, 0.6))
    return fine - cv2.GaussianBlur(grey, (0, 0), max(width_px / COARSE, 2.0))


def judge(
    frames: Iterator[tuple[Image, list[Truth]]],
    show: Callable[[Image, float], Image],
    keep: Callable[[int, Image, bool], None] = lambda *_: None,
    fps: float = FPS,
) -> dict[str, Any]:
    """Counts over a clip; ``keep`` is given each frame's number, picture, and verdict."""
    counted, with_face, clear, uncovered = 0, 0, 0, []
    for i, (image, truths) in enumerate(frames):
        shown = show(image, i / fps)
        bare = any(is_bare(image, shown, truth) for truth in truths)
        counted += 1
        with_face += any(truth.visible.any() for truth in truths)
        clear += (image == shown).all(axis=2).mean() > CLEAR
        if bare:
            uncovered.append(i)
        keep(i, shown, bare)
    return {
        "frames": counted,
        "with_face": with_face,
        "uncovered": len(uncovered),
        "which": uncovered[:20],
        "clear": int(clear),
    }


class App:
    """Tracker, watcher, effect and renderer, as ``render`` puts them together."""

    def __init__(self, renderer: Renderer, pack: Pack, max_faces: int = 1) -> None:
        provider = choose_provider("cpu")
        self._tracker = FaceTracker(max_faces, "video", provider)
        self._annotator = FrameAnnotator(AnalyserSetup(provider))
        self._effect = Effect(pack, with_candidates=True)
        self._needs = pack.needs
        self._renderer = renderer
        self.whole = 0

    def __call__(self, image: Image, time_s: float) -> Image:
        """The finished picture."""
        faces = self._tracker.track(image, time_s)
        camera = self._tracker.camera_for(image.shape[1], image.shape[0])
        tracked = self._annotator.annotate(TrackedFrame(Frame(image, time_s), faces, camera), self._needs)
        self._renderer.draw(image, self._effect.draw_list(tracked))
        return self._renderer.read()


def demo_card(mirrored: bool = False) -> Card:
    """The demo clip's head; where its face is, is written beside it."""
    images = read_clip(DEMO_CLIP)
    faces = []
    for line in DEMO_TRUTH.read_text(encoding="utf-8").splitlines()[: len(images)]:
        eyes = json.loads(line)["eyes"]
        left, right = np.array(eyes["left"]), np.array(eyes["right"])
        apart = float(np.hypot(*(left - right)))
        x, y = (left + right) / 2
        faces.append((float(x), float(y) + 0.42 * apart, 0.95 * apart, 1.05 * apart))
    if mirrored:
        width = images[0].shape[1]
        images = [np.ascontiguousarray(image[:, ::-1]) for image in images]
        faces = [(width - 1 - x, y, a, b) for x, y, a, b in faces]
    return Card(images, faces)


def clip_card(path: Path) -> Card | None:
    """A real head; its face was found in each picture by itself, which the judged run does not know."""
    images = read_clip(path, limit=120)
    tracker = FaceTracker(1, "picture", "cpu")
    kept, faces = [], []
    for image in images:
        found = tracker.track(image)
        if not found:
            continue
        points = found[0].landmarks[:468, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        half_size = (high - low) / 2
        middle = (low + high) / 2
        kept.append(image)
        faces.append(
            (float(middle[0]), float(middle[1]), float(half_size[0]) * 0.95, float(half_size[1]) * 0.95)
        )
    return Card(kept, faces) if kept else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/privacy.json``."""
    options = parser("privacy", __doc__)
    options.add_argument("--faces", type=Path, help="a folder with clips of real heads")
    options.add_argument("--show", type=Path, help="write every judged clip and the uncovered frames here")
    given = options.parse_args(arguments)
    cards = {"demo": demo_card(), "demo mirrored": demo_card(mirrored=True)}
    for name in CLIPS if given.faces else ():
        card = clip_card(given.faces / name)
        if card is not None:
            cards[Path(name).stem] = card
    names = list(cards)
    pack = Library().load("privacy")
    rows = []
    for k, name in enumerate(names):
        other = names[(k + 1) % len(names)]
        seconds, keys, bars = script()
        with open_headless() as headless:
            renderer = Renderer(headless.ctx, SIZE)

            def clip(
                pair: tuple[Card, Card] = (cards[name], cards[other]),
            ) -> Iterator[tuple[Image, list[Truth]]]:
                return compose(pair, room(*SIZE), keys, bars, seconds)  # noqa: B023 - used up in this turn

            control = judge(clip(), lambda image, _: image)
            writer = _Writer(given.show, f"{k}-{name.replace(chr(32), chr(45))}")
            found = judge(clip(), App(renderer, pack), writer)
            writer.close()
            renderer.release()
        rows.append({"heads": f"{name}, {other}", **found, "without_effect": control["uncovered"]})
    print(
        table(
            "Privacy pack",
            ["heads", "frames", "with a face", "uncovered", "without effect", "not all blurred"],
            [
                [r[key] for key in ("heads", "frames", "with_face", "uncovered", "without_effect", "clear")]
                for r in rows
            ],
        )
    )
    total, faces = (sum(r[key] for r in rows) for key in ("uncovered", "with_face"))
    print(f"Bar: 0 frames uncovered: {total} of {faces}, {'MISSED' if total else 'holds'}")
    command = "python -m benchmarks.privacy" + (" --faces FOLDER" if given.faces else "")
    write_results("privacy", command, {"size": SIZE, "clips": rows, "uncovered": total})
    return 2 if total else 0


class _Writer:
    """Keeps what was judged for looking at."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder, self._name = folder, name
        self._video: Any = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            self._video = cv2.VideoWriter(str(folder / f"{name}.mp4"), fourcc, FPS, SIZE)

    def __call__(self, i: int, picture: Image, bare: bool) -> None:
        if self._video is None or self._folder is None:
            return
        self._video.write(picture)
        if bare:
            cv2.imwrite(str(self._folder / f"{self._name}-{i:04d}.png"), picture)

    def close(self) -> None:
        if self._video is not None:
            self._video.release()


if __name__ == "__main__":
    sys.exit(main())
