"""What a frame of each pack costs to draw, against another checkout, in one run.

Both checkouts draw the same frames of the demo clip, tracked beforehand, by turns in fresh processes that do
not run at the same time: upload, everything the pack draws, and the driver's own work until it is done. The
figures are the processor time of the whole process in milliseconds (in software the driver's threads are in
it), which other programs disturb less than the clock, and the clock: means over the frames, each at the
median of some repeats, and the median of some processes. ``similar`` is the structural
similarity (Wang et al., 2004) of what both drew; 1 is the same picture.
Warm: models have been uploaded, shaders compiled, and levels of detail made.

Examples:
    git worktree add /tmp/before ee416f6 && python -m benchmarks.draw --against /tmp/before
    python -m benchmarks.draw --against /tmp/before --packs sunglasses beard --rounds 7
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ar_effects.paths import EFFECTS, ROOT
from benchmarks.common import parser, run_worker, table, write_results

REPEATS = 5

WORKER = """
import json, pickle, sys, time
from pathlib import Path
import cv2, numpy as np
from ar_effects.effects.effect import Effect
try:
    from ar_effects.packs.library import Library
except ImportError:  # an older checkout
    from ar_effects.effects.library import Library
from ar_effects.geometry.camera import Camera
from ar_effects.records import TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sources.open import open_source
from ar_effects.tracking.tracker import FaceTracker

pack, every, repeats, pictures = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
tracked = Path(sys.argv[5])  # by this checkout, when it was asked for the first time
tracker = None
if not tracked.exists():
    focal = 391.6  # of the demo clip's camera, whatever this checkout assumes
    camera = Camera(640, 480, focal, focal, 319.5, 239.5)
    tracker = FaceTracker(1, "video", "cpu")
    tracker.use_camera(camera)
    frames = []
    with open_source("demo") as source:
        for i, frame in enumerate(source.frames()):
            faces = tracker.track(frame.image, frame.time_s)
            if i % every == 0:
                frames.append(TrackedFrame(frame, faces, camera))
    tracked.write_bytes(pickle.dumps(frames))
frames = pickle.loads(tracked.read_bytes())
needs = getattr(Library().load(pack), "needs", ())
if "segmentation" in needs:
    from ar_effects.inference.provider import choose_provider
    try:
        from ar_effects.tracking.analyser import AnalyserSetup
        from ar_effects.tracking.annotator import FrameAnnotator
        add = FrameAnnotator(AnalyserSetup(choose_provider("cpu"))).annotate
    except ImportError:  # an older checkout
        from ar_effects.app.masks import Masks
        add = Masks(choose_provider("cpu")).added
    frames = [add(f, {"segmentation"}) for f in frames]
effect = Effect(Library().load(pack))
lists = [effect.draw_list(f) for f in frames]
cpu, wall = [[] for _ in frames], [[] for _ in frames]
with open_headless() as headless:
    renderer = Renderer(headless.ctx, frames[0].frame.size)
    for turn in range(repeats + 1):
        for i, (frame, draws) in enumerate(zip(frames, lists)):
            a, b = time.process_time(), time.perf_counter()
            renderer.draw(frame.frame.image, draws)
            headless.ctx.finish()
            if turn:
                cpu[i].append(time.process_time() - a)
                wall[i].append(time.perf_counter() - b)
            elif i % 4 == 0:
                cv2.imwrite(f"{pictures}-{i}.png", renderer.read())
    renderer.release()
found = {name: float(np.median(ms, axis=1).mean()) * 1e3 for name, ms in (("cpu", cpu), ("wall", wall))}
print(json.dumps(found))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/draw.json``."""
    options = parser("draw", __doc__)
    options.add_argument("--against", type=Path, required=True, help="another checkout")
    options.add_argument(
        "--packs", nargs="+", default=sorted(p.parent.name for p in EFFECTS.glob("*/*.toml"))
    )
    options.add_argument("--rounds", type=int, default=3, help="processes of each checkout")
    options.add_argument("--every", type=int, default=12, help="take each so-many-th frame of the clip")
    options.add_argument("--no-results", action="store_true", help="keep the figures of the last run")
    given = options.parse_args(arguments)
    packs = list(dict.fromkeys(given.packs))
    with tempfile.TemporaryDirectory() as folder:
        others = given.against.resolve()
        rows = [_compared(pack, others, given.rounds, given.every, Path(folder)) for pack in packs]
    print(
        table("ms a frame, this checkout against the other", list(rows[0]), [list(r.values()) for r in rows])
    )
    totals = {
        "mean of cpu ratios": statistics.mean(r["cpu ratio"] for r in rows),
        "ratio of cpu means": sum(r["cpu"] for r in rows) / sum(r["cpu, other"] for r in rows),
        "mean of wall ratios": statistics.mean(r["wall ratio"] for r in rows),
        "ratio of wall means": sum(r["wall"] for r in rows) / sum(r["wall, other"] for r in rows),
        "least similar": min(r["similar"] for r in rows),
    }
    print(", ".join(f"{name} {value:.3f}" for name, value in totals.items()))
    if not given.no_results:
        command = f"python -m benchmarks.draw --against CHECKOUT --rounds {given.rounds}"
        write_results("draw", command, {"packs": rows, **totals})
    return 0


def _compared(pack: str, other: Path, rounds: int, every: int, folder: Path) -> dict[str, Any]:
    found: dict[Path, list[dict[str, float]]] = {ROOT: [], other: []}
    for turn in range(rounds):
        for checkout in (ROOT, other) if turn % 2 == 0 else (other, ROOT):
            name = "this" if checkout == ROOT else "other"
            pictures, tracked = folder / f"{name}-{pack}", folder / f"{name}.tracked"
            found[checkout].append(run_worker(WORKER, (pack, every, REPEATS, pictures, tracked), checkout))
    similar = [
        similarity(_read(path), _read(path.with_name(path.name.replace("this-", "other-"))))
        for path in sorted(folder.glob(f"this-{pack}-*.png"))
    ]
    row: dict[str, Any] = {"pack": pack}
    for clock in ("cpu", "wall"):
        ours = statistics.median(r[clock] for r in found[ROOT])
        theirs = statistics.median(r[clock] for r in found[other])
        row |= {clock: ours, f"{clock}, other": theirs, f"{clock} ratio": ours / theirs}
    row["similar"] = min(similar)
    print(", ".join(f"{k} {v:.3f}" if isinstance(v, float) else v for k, v in row.items()), file=sys.stderr)
    return row


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.asarray(picture)


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity of two (h, w, 3) uint8 BGR pictures, by their grey values; 1 the same."""
    x, y = (cv2.cvtColor(p, cv2.COLOR_BGR2GRAY).astype(np.float64) for p in (a, b))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mx, my = mean(x), mean(y)
    xx, yy, xy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    fractions = (2 * mx * my + c1) * (2 * xy + c2) / ((mx * mx + my * my + c1) * (xx + yy + c2))
    return float(fractions.mean())


if __name__ == "__main__":
    sys.exit(main())
