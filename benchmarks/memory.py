"""Peak memory of `render` on clips of different lengths: ``python -m benchmarks.memory``.

The clip is repeated to the lengths asked for, rendered by ``app.py render`` in a process of its own, and the
process's peak resident memory is read from the system. It must not grow with the length.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

from ar_effects.paths import ROOT
from ar_effects.sinks.video import VideoSink
from ar_effects.sources.video import VideoSource
from benchmarks.common import parser, table, write_results

BAR_MB = 600.0


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


def peak_mb(clip: Path, output: Path) -> float:
    """Peak resident memory of one rendering, megabytes."""
    command = [sys.executable, str(ROOT / "app.py"), "render", str(clip), str(output), "--quiet"]
    process = subprocess.Popen(command, env={**os.environ, "DISPLAY": ""})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"render failed with exit code {process.returncode}")
    return usage.ru_maxrss / (1024.0 if sys.platform.startswith("linux") else 1024.0**2)


def main() -> None:
    options = parser("memory", __doc__)
    options.add_argument("--clip", type=Path, default=ROOT / "assets" / "demo" / "demo.mp4")
    options.add_argument("--frames", type=int, nargs="+", default=[100, 1000])
    arguments = options.parse_args()
    rows, figures = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for count in arguments.frames:
            clip = Path(folder) / f"{count}.mp4"
            repeated_clip(arguments.clip, count, clip)
            figures[str(count)] = round(peak_mb(clip, Path(folder) / "out.mp4"), 1)
            rows.append([str(count), f"{figures[str(count)]:.0f}"])
    print(table(f"Peak memory of render, MB (bar {BAR_MB:.0f})", ["frames", "peak MB"], rows))
    write_results(
        "memory",
        "python -m benchmarks.memory",
        {"clip": arguments.clip.name, "peak_mb": figures, "bar_mb": BAR_MB},
    )


if __name__ == "__main__":
    main()
