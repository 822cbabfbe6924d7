"""Frames a second of `render`, against what the processor and the slowest of its stages allow.

No arrangement of decoding, tracking, drawing and encoding gives more than 1 / max(slowest stage, processor
time a frame / cores): a stage is not quicker than it is alone, and all of them share the cores. The stages
are timed one after the other, each over all of the clip, with nothing beside it; then the clip is rendered in
a process of its own, and its frames a second and processor time are taken between an early frame and the
last, without start and end. Other programs take away from the share of the bound that is reached what they
take of the cores: "busy" is how many of them the process itself had.

With ``--against`` another checkout renders the same clip by turns. Returns 2 when the share is below the bar.

Examples:
    python -m benchmarks.throughput
    python -m benchmarks.throughput --against /tmp/before --effect beard --clip VIDEO
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ar_effects.effects.effect import Effect
from ar_effects.packs.library import Library
from ar_effects.paths import ROOT
from ar_effects.records import TrackedFrame
from ar_effects.render.context import describe, open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sinks.video import VideoSink
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, parser, run_worker, table, version_of, write_results

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR = 0.9
EARLY = 20
"""Frames before the clock starts: shaders are compiled in the first."""

WORKER = """
import json, sys, time
from pathlib import Path
try:
    from ar_effects.app.pipeline.offline import render_file
except ImportError:  # an older checkout
    from ar_effects.app.offline import render_file
try:
    from ar_effects.__main__ import SWITCH_INTERVAL_S
    sys.setswitchinterval(SWITCH_INTERVAL_S)  # as the program does
except ImportError:
    pass
clip, output, effect, early = sys.argv[1:]
marks = []
def progress(info):
    return lambda: marks.append((time.perf_counter(), time.process_time()))
render_file(clip, Path(output), effect, provider="cpu", progress=progress)
(wall, cpu), (wall_end, cpu_end) = marks[int(early)], marks[-1]
frames = len(marks) - 1 - int(early)
print(json.dumps({"fps": frames / (wall_end - wall), "cpu s": (cpu_end - cpu) / frames}))
"""


def stages_alone(clip: Path, effect_name: str, limit: int) -> dict[str, float]:
    """Seconds a frame of each stage, with nothing beside it."""
    pack = Library().load(effect_name)
    with VideoSource(clip) as source:
        frames, took = [], {}
        iterator = source.frames()
        next(iterator, None)
        start = perf_counter()
        for frame in iterator:
            frames.append(frame)
            if len(frames) == limit:
                break
        took["decode"] = (perf_counter() - start) / len(frames)
        size, time_base = source.info.size, source.time_base
    with (
        FaceTracker(5, "video", "cpu") as tracker,
        FrameAnnotator(AnalyserSetup(tracker.provider)) as annotator,
    ):
        tracked, times_s = [], []
        for frame in frames:
            start = perf_counter()
            one = tracker.annotate(TrackedFrame(frame, (), tracker.camera_for(*frame.size)))
            tracked.append(annotator.annotate(one, pack.needs))
            times_s.append(perf_counter() - start)
    took["track"] = float(np.mean(times_s[EARLY:]))
    effect, lists, times_s = Effect(pack, with_candidates=True), [], []
    for one in tracked:
        start = perf_counter()
        lists.append(effect.draw_list(one))
        times_s.append(perf_counter() - start)
    took["effect"] = float(np.mean(times_s[EARLY:]))
    rgba, times_s = np.empty((size[1], size[0], 4), np.uint8), []
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, size)
        for frame, draws in zip(frames, lists, strict=True):
            start = perf_counter()
            renderer.draw(frame.image, draws)
            renderer.finish()
            renderer.read_rgba(rgba)
            times_s.append(perf_counter() - start)
        renderer.release()
    took["draw"] = float(np.mean(times_s[EARLY:]))
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        with VideoSink(Path(folder) / "out.mp4", *size, time_base=time_base) as sink:
            for frame in frames:
                sink.write(frame.image, frame.pts, duration=frame.duration)
        took["encode"] = (perf_counter() - start) / len(frames)
    return took


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/throughput.json``."""
    options = parser("throughput", __doc__)
    options.add_argument("--clip", type=Path, default=DEMO_CLIP)
    options.add_argument("--effect", default="sunglasses")
    options.add_argument("--against", type=Path, help="another checkout, run by turns with this one")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--no-results", action="store_true", help="keep the figures of the last run")
    given = options.parse_args(arguments)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    alone = stages_alone(given.clip, given.effect, 240)
    slowest = max(alone, key=lambda name: alone[name])
    checkouts = {"this": ROOT} | ({"other": given.against.resolve()} if given.against else {})
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(given.runs):
            for name in list(checkouts) if turn % 2 == 0 else list(reversed(checkouts)):
                words = (given.clip.resolve(), Path(folder) / "out.mp4", given.effect, EARLY)
                environment = {"DISPLAY": "", "OPENCV_FOR_THREADS_NUM": "1"}
                one = run_worker(WORKER, words, checkouts[name], **environment)
                one["bound"] = 1.0 / max(alone[slowest], one["cpu s"] / cores)
                one["share"], one["busy"] = one["fps"] / one["bound"], one["fps"] * one["cpu s"]
                runs[name].append(one)
    medians = {
        name: {key: statistics.median(r[key] for r in found) for key in found[0]}
        for name, found in runs.items()
    }
    print(table("A stage alone, ms a frame", ["stage", "ms"], [[n, s * 1e3] for n, s in alone.items()]))
    rows = [
        [name, m["fps"], m["cpu s"] * 1e3, m["bound"], m["share"], f"{m['busy']:.2f} of {cores}"]
        for name, m in medians.items()
    ]
    header = ["", "frames/s", "processor ms a frame", "bound", f"share (bar {BAR})", "busy cores"]
    print(table(f"render of {given.clip.name}, {given.effect}; medians of {given.runs}", header, rows))
    if not given.no_results:
        against = f" --against {version_of(given.against)}" if given.against else ""
        figures = {"driver": describe(), "cores": cores, "alone s": alone, "medians": medians, "runs": runs}
        print(write_results("throughput", f"python -m benchmarks.throughput{against}", figures))
    return 0 if medians["this"]["share"] >= BAR else 2


if __name__ == "__main__":
    sys.exit(main())
