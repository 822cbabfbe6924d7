"""Does tracking for hours cost more and more? Many frames of a looped clip through one tracker.

Everything on: smoothing, expression, identities. Memory is the process's resident set, read every tenth of
the way after a warm-up; time is the median of each tenth. Bar: growth below 5 MB, no slowdown.
"""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, parser, read_clip, table, there_and_back, write_results

BAR_MB = 5.0
WARM_UP = 2000


def resident_mb() -> float:
    """Resident memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> int:
    """Measure, print, write ``results/endurance.json``."""
    options = parser("endurance", __doc__)
    options.add_argument("--clip", type=Path, default=DEMO_CLIP)
    options.add_argument("--frames", type=int, default=100_000)
    given = options.parse_args()
    frames = there_and_back(read_clip(given.clip))
    tracker = FaceTracker(provider="cpu")
    for i, frame in enumerate(islice(cycle(frames), WARM_UP)):
        tracker.track(frame, i / 30)
    start_mb = resident_mb()
    rows: list[list[object]] = []
    part = max(given.frames // 10, 1)
    lost = 0
    endless = cycle(frames)
    for tenth in range(10):
        spent = []
        for i in range(part):
            frame, now = next(endless), (WARM_UP + tenth * part + i) / 30
            start = time.perf_counter()
            faces = tracker.track(frame, now)
            spent.append(time.perf_counter() - start)
            lost += not any(f.state == "tracking" for f in faces)
        rows.append([(tenth + 1) * part, float(np.median(spent)) * 1e3, resident_mb() - start_mb])
    print(table(f"{given.frames} frames, {lost} without a face", ["frames", "median ms", "grown MB"], rows))
    grown = float(str(rows[-1][2]))
    print(f"Bar: growth < {BAR_MB} MB: {grown:.2f}, {'holds' if grown < BAR_MB else 'MISSED'}")
    figures = {"frames": given.frames, "lost": lost, "start_mb": start_mb, "rows": rows, "bar_mb": BAR_MB}
    write_results("endurance", "python -m benchmarks.endurance", figures)
    return 0 if grown < BAR_MB else 2


if __name__ == "__main__":
    sys.exit(main())
