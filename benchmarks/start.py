"""How long from starting the program to the first picture with the effect, and does it flow from there?

Starts ``app.py`` on the demo clip with an effect, in fresh processes on a virtual screen, by turns from this
checkout and from another one, and watches from outside (``start_watched.py``): when did the call that put the
first picture with a tracked face into the window return, and when those after it? That the effect is on it is
seen in the window's pixels. Starts are warm: each checkout is started once before the clock counts, which
compiles the loops and the modules and fills the caches of disk and driver. ``no shader cache`` is the same
with Mesa's cache switched off.

"pace" is the mean time from picture to picture over that of the clip. A gap of more than two frames of the
clip is a hitch if it is also longer than 1.3 times the longest among the pictures 61 to 90.

Returns 2 when, against another checkout, the first picture takes more than half of its time.

Examples:
    git worktree add /tmp/before ee416f6 && python -m benchmarks.start --against /tmp/before
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ar_effects.paths import ROOT
from benchmarks.common import parser, screen, table, version_of, write_results

BAR = 0.5
PICTURES, FIRST, LATER = 90, 30, 60
LIMIT_S = 180.0
FRAME_S = 1 / 30
"""Of the demo clip."""

WORN = 8.0
"""Of 255: so much an effect changes the picture between the brows and the mouth, at least."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/start.json``."""
    options = parser("start", __doc__)
    options.add_argument("--against", type=Path, help="another checkout, started by turns with this one")
    options.add_argument("--pairs", type=int, default=9)
    options.add_argument("--effect", default="sunglasses")
    options.add_argument(
        "--keep-cache", action="store_true", help="leave out the starts without Mesa's cache"
    )
    options.add_argument("--no-results", action="store_true", help="keep the figures of the last run")
    given = options.parse_args(arguments)
    checkouts = {"this": ROOT} | ({"other": given.against.resolve()} if given.against else {})
    ways: dict[str, dict[str, str]] = {"": {}}
    if not given.keep_cache:
        ways[", no shader cache"] = {"MESA_SHADER_CACHE_DISABLE": "1"}
    runs: dict[str, list[dict[str, float]]] = {f"{c}{way}": [] for way in ways for c in checkouts}
    with tempfile.TemporaryDirectory() as folder, screen() as display:
        for checkout in checkouts.values():
            start(checkout, given.effect, Path(folder), {"DISPLAY": display})
        for turn in range(given.pairs):
            names = list(checkouts) if turn % 2 == 0 else list(reversed(checkouts))
            for way, environment in ways.items():
                for name in names:
                    found = start(
                        checkouts[name], given.effect, Path(folder), {"DISPLAY": display, **environment}
                    )
                    runs[f"{name}{way}"].append(found)
                    print(
                        f"{turn + 1}/{given.pairs} {name}{way}: {found['first picture s']:.2f} s",
                        file=sys.stderr,
                    )
    medians = {
        name: {key: statistics.median(r[key] for r in found) for key in found[0]}
        for name, found in runs.items()
    }
    header = list(next(iter(medians.values())))
    rows = [(name, *values.values()) for name, values in medians.items()]
    print(table(f"{given.effect}; medians of {given.pairs} starts", ("", *header), rows))
    figures: dict[str, Any] = {"medians": medians, "starts": runs}
    good = True
    if given.against:
        for way in ways:
            ratios = [
                a["first picture s"] / b["first picture s"]
                for a, b in zip(runs[f"this{way}"], runs[f"other{way}"], strict=True)
            ]
            ratio = medians[f"this{way}"]["first picture s"] / medians[f"other{way}"]["first picture s"]
            figures[f"ratio{way}"] = {"of medians": ratio, "of pairs": ratios}
            print(f"first picture{way}: {ratio:.2f} of the other's ({min(ratios):.2f} to {max(ratios):.2f})")
        good = figures["ratio"]["of medians"] <= BAR
    if not given.no_results:
        command = f"python -m benchmarks.start --pairs {given.pairs}" + (
            f" --against {version_of(given.against)}" if given.against else ""
        )
        print(write_results("start", command, figures))
    return 0 if good else 2


def start(checkout: Path, effect: str, folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Start a checkout once and give its figures. Raises RuntimeError if no picture with the effect came."""
    output = folder / "shown.json"
    output.unlink(missing_ok=True)
    inherited = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}}
    watcher = Path(__file__).with_name("start_watched.py")
    command = [sys.executable, str(watcher), str(checkout), str(output), str(PICTURES), "--source", "demo"]
    began_s = time.perf_counter()
    done = subprocess.run(
        [*command, "--effect", effect],
        cwd=checkout,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if not output.exists():
        raise RuntimeError(f"{checkout} showed no picture:\n{done.stderr}")
    return figures_of(json.loads(output.read_text(encoding="utf-8")), began_s)


def figures_of(found: dict[str, Any], began_s: float) -> dict[str, float]:
    """Figures of what ``start_watched.py`` wrote down.

    Args:
        found: its output.
        began_s: when the process was started, on the same clock.
    """
    if found["changed"] < WORN:
        raise RuntimeError(f"no effect is seen in the first picture: it differs by {found['changed']:.1f}")
    shown = [picture["shown_s"] for picture in found["shown"]]
    gaps = [b - a for a, b in pairwise(shown)]
    later = gaps[LATER:]
    hitch = max(2 * FRAME_S, 1.3 * max(later))
    return {
        "window s": found["first_flip_s"] - began_s,
        "first picture s": shown[0] - began_s,
        "pace 2-30": statistics.fmean(gaps[: FIRST - 1]) / FRAME_S,
        "longest gap 2-30 ms": 1e3 * max(gaps[: FIRST - 1]),
        "hitches 2-30": float(sum(gap > hitch for gap in gaps[: FIRST - 1])),
        "pace 61-90": statistics.fmean(later) / FRAME_S,
        "longest gap 61-90 ms": 1e3 * max(later),
    }


if __name__ == "__main__":
    sys.exit(main())
