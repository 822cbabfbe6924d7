"""Does the window keep the clip's rate? Shown frames of the demo clip, and at which step of detail.

Opens the real window on a virtual screen with the built-in clip, waits for two seconds after the first
picture, and then counts for some seconds which of the clip's frames were shown: ``kept`` is their share.
Every pack is worn in a process of its own, with the detail "auto" and, beside it, "full".

Examples:
    python -m benchmarks.rate
    python -m benchmarks.rate --packs sunglasses --seconds 20
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ar_effects.paths import ROOT
from benchmarks.common import parser, run_worker, screen, table, write_results

SETTLED_S = 2.0

WORKER = """
import json, sys, time
import pyglet
from ar_effects.app.pipeline.live_pipeline import LivePipeline
from ar_effects.app.window.window import FilterWindow
from ar_effects.packs.library import Library
from ar_effects.sources.open import open_source
from pathlib import Path

pack, detail, seconds, settled = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
window = FilterWindow(
    lambda wake: LivePipeline(
        lambda: open_source("demo", loop=True, realtime=True), max_faces=1, provider="auto", on_frame=wake
    ),
    library=Library(), effect=None if pack == "none" else pack, mirror=False, photos=Path("."), detail=detail,
)
shown, steps = [], []
drawn = window._frame_drawn

def counted(took_s):
    drawn(took_s)
    shown.append((time.perf_counter(), window.composer.current.frame.index))
    steps.append(window.composer.detail.step.name)
    if shown[-1][0] - shown[0][0] > settled + seconds:
        window.close()

window._frame_drawn = counted
window.run()
later = [index for at, index in shown if at - shown[0][0] > settled]
first = [k for k, (at, _) in enumerate(shown) if at - shown[0][0] > settled][0]
names = steps[first:]
print(json.dumps({
    "kept": len(set(later)) / (later[-1] - later[0] + 1),
    "step": max(set(names), key=names.count),
    "changes": sum(a != b for a, b in zip(names, names[1:])),
    "draw ms": window.pipeline.times.median_ms("draw"),
    "frame ms": window.pipeline.times.median_ms("frame"),
    "track ms": window.pipeline.times.median_ms("track"),
}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/rate.json``."""
    options = parser("rate", __doc__)
    options.add_argument("--packs", nargs="+", default=["sunglasses", "beard", "none"])
    options.add_argument("--details", nargs="+", default=["auto", "full"])
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--no-results", action="store_true", help="keep the figures of the last run")
    given = options.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    with screen() as display:
        for pack in given.packs:
            for detail in given.details:
                wanted = (pack, detail, given.seconds, SETTLED_S)
                found = run_worker(WORKER, wanted, ROOT, DISPLAY=display)
                rows.append({"pack": pack, "detail": detail, **found})
    print(table("after two seconds", list(rows[0]), [list(row.values()) for row in rows]))
    if not given.no_results:
        write_results("rate", f"python -m benchmarks.rate --seconds {given.seconds:g}", {"runs": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
