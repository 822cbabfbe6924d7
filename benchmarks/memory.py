"""Peak memory of `render` on clips of different lengths, and its time and memory against another checkout.

Alone, the clip is repeated to the lengths asked for, each is rendered by ``app.py render`` in a process of
its own, and the process's peak resident memory is read from the system. It must not grow with the length.

With ``--against`` both checkouts render the same clip by turns, in fresh processes that do not run at the
same time, each started once beforehand so that what is compiled and kept is there. "wall s" is from start to
end, "cpu s" the processor time of the process and its threads (in software the driver's are among them),
which other programs disturb less. Ratios are of the medians; how far the pairs' own ratios lie apart tells
how far to trust them. Returns 2 when a ratio of wall time, processor time or peak memory is above the bar.

Examples:
    git worktree add /tmp/before ee416f6 && python -m benchmarks.memory --against /tmp/before
    python -m benchmarks.memory --against /tmp/before --clip VIDEO --frames 300 --effect beard
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ar_effects.paths import ROOT
from ar_effects.sinks.video import VideoSink
from ar_effects.sources.video import VideoSource
from benchmarks.common import DEMO_CLIP, parser, table, version_of, write_results

BAR_MB = 600.0
BAR_RATIO = 1.03


def repeated_clip(source: Path, frames: int, target: Path) -> None:
    """Write the clip again and again until it has that many frames."""
    with (
        VideoSource(source, loop=True) as video,
        VideoSink(target, *video.info.size, time_base=Fraction(1, 1000), quality="live") as sink,
    ):
        for i, frame in enumerate(video.frames()):
            if i == frames:
                break
            sink.write(frame.image, i * 40)


def rendered(clip: Path, output: Path, checkout: Path = ROOT, effect: str = "sunglasses") -> dict[str, float]:
    """Wall and processor time in seconds and peak resident memory in megabytes of one rendering.

    Raises SystemExit if it fails.
    """
    inherited = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}}
    command = [sys.executable, str(checkout / "app.py"), "render", str(clip), str(output), "--quiet"]
    began_s = time.perf_counter()
    process = subprocess.Popen([*command, "--effect", effect], cwd=checkout, env={**inherited, "DISPLAY": ""})
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"render of {checkout} failed with exit code {process.returncode}")
    peak_mb = usage.ru_maxrss / (1024.0 if sys.platform.startswith("linux") else 1024.0**2)
    return {"wall s": wall_s, "cpu s": usage.ru_utime + usage.ru_stime, "peak MB": peak_mb}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/memory.json``, or ``results/memory_against.json``."""
    options = parser("memory", __doc__)
    options.add_argument("--clip", type=Path, default=DEMO_CLIP)
    options.add_argument(
        "--frames", type=int, nargs="+", help="lengths to repeat the clip to (100 and 1000; as it is)"
    )
    options.add_argument("--effect", default="sunglasses")
    options.add_argument("--against", type=Path, help="another checkout, run by turns with this one")
    options.add_argument("--pairs", type=int, default=7)
    options.add_argument("--no-results", action="store_true", help="keep the figures of the last run")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        lengths = given.frames or ([] if given.against else [100, 1000])
        clips = {str(count): Path(folder) / f"{count}.mp4" for count in lengths}
        for count, clip in clips.items():
            repeated_clip(given.clip, int(count), clip)
        if given.against is None:
            name, figures, good = "memory", _lengths(clips, given.effect, Path(folder)), True
        else:
            name = "memory_against"
            clips = clips or {"as it is": given.clip.resolve()}
            figures, good = {}, True
            for count, clip in clips.items():
                figures[count] = _compared(clip, given.against.resolve(), given.effect, given.pairs)
                good &= max(figures[count]["ratios"].values()) <= BAR_RATIO
    if not given.no_results:
        command = "python -m benchmarks.memory" + (
            f" --against {version_of(given.against)} --pairs {given.pairs}" if given.against else ""
        )
        print(write_results(name, command, {"clip": given.clip.name, **figures}))
    return 0 if good else 2


def _lengths(clips: dict[str, Path], effect: str, folder: Path) -> dict[str, Any]:
    """The peaks at each length."""
    peaks = {
        count: round(rendered(clip, folder / "out.mp4", effect=effect)["peak MB"], 1)
        for count, clip in clips.items()
    }
    rows = [[count, f"{peak:.0f}"] for count, peak in peaks.items()]
    print(table(f"Peak memory of render, MB (bar {BAR_MB:.0f})", ["frames", "peak MB"], rows))
    return {"peak_mb": peaks, "bar_mb": BAR_MB}


def _compared(clip: Path, other: Path, effect: str, pairs: int) -> dict[str, Any]:
    """Both checkouts by turns: medians, their ratios, and the ratio of each pair."""
    checkouts = {"this": ROOT, "other": other}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.mp4"
        for checkout in checkouts.values():
            rendered(clip, output, checkout, effect)
        for turn in range(pairs):
            for name in list(checkouts) if turn % 2 == 0 else list(reversed(checkouts)):
                runs[name].append(rendered(clip, output, checkouts[name], effect))
                said = ", ".join(f"{key} {value:.2f}" for key, value in runs[name][-1].items())
                print(f"{turn + 1}/{pairs} {name}: {said}", file=sys.stderr)
    medians = {
        name: {k: statistics.median(r[k] for r in found) for k in found[0]} for name, found in runs.items()
    }
    of_pairs = {
        key: [a[key] / b[key] for a, b in zip(runs["this"], runs["other"], strict=True)]
        for key in medians["this"]
    }
    ratios = {key: medians["this"][key] / medians["other"][key] for key in of_pairs}
    rows = [
        (key, medians["this"][key], medians["other"][key], ratios[key], min(found), max(found))
        for key, found in of_pairs.items()
    ]
    header = ["", "this", "other", f"ratio (bar {BAR_RATIO})", "least of a pair", "most"]
    print(table(f"render of {clip.name}, {effect}; medians of {pairs}", header, rows))
    return {"medians": medians, "ratios": ratios, "ratios of pairs": of_pairs}


if __name__ == "__main__":
    sys.exit(main())
