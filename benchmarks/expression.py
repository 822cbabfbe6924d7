"""Blinks, winks, nods and shakes on real clips against frames listed by eye, and milliseconds a call.

The clips are not part of the project: tests/data/blinks.json names them and their hashes; give a folder
that holds them (folders inside are looked through, too). Faces are followed by the two networks themselves,
one face, every frame; landmarks are not smoothed.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider, choose_provider
from ar_effects.records import ExpressionEvent, HeadPose, Image, Points
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.detector import FaceDetector
from ar_effects.tracking.expression import ExpressionMeter
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.pose.solver import solve_pose
from ar_effects.tracking.region import region_from_landmarks
from benchmarks.common import parser, quantiles, table, write_results

LISTS = Path(__file__).parents[1] / "tests" / "data" / "blinks.json"
AFTERWARDS_S = 0.3
"""An event may come so long after the last shut frame: lids open gradually, or to look down."""


@dataclass(slots=True)
class Seen:
    """What one clip gave: (frame, time, event); milliseconds of a call behind the networks and alone."""

    events: list[tuple[int, float, ExpressionEvent]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    ms_alone: list[float] = field(default_factory=list)


class OneFace:
    """Follows one face, raw."""

    def __init__(self, provider: Provider) -> None:
        self._detector, self._mesh = FaceDetector(provider), LandmarkNetwork(provider)
        self.landmarks: Points | None = None

    def infer(self, image: Image) -> Points | None:
        """(478, 3) landmarks, or None where there is no face."""
        regions = [] if self.landmarks is None else [region_from_landmarks(self.landmarks)]
        self.landmarks = None
        for region in regions or [d.region for d in self._detector.detect(image)]:
            result = self._mesh.infer(image, region)
            if result.score > (0.5 if regions else 0.9):
                self.landmarks = result.landmarks
                break
        return self.landmarks


def watch(path: Path, provider: Provider) -> Seen:
    """Play one clip through a meter."""
    seen, face, meter, start = Seen(), OneFace(provider), ExpressionMeter(), None
    inputs: list[tuple[Points, HeadPose, Camera, float]] = []
    with VideoSource(path) as source:
        for frame in source.frames():
            seen.times_s.append(frame.time_s)
            landmarks = face.infer(frame.image)
            if landmarks is None:
                start = None
                continue
            camera = Camera.assumed(*frame.size)
            pose = solve_pose(landmarks, camera, start)
            start = pose.camera_from_head
            inputs.append((landmarks, pose, camera, frame.time_s))
            before = time.perf_counter()
            expression = meter.update(*inputs[-1])
            seen.ms.append(1e3 * (time.perf_counter() - before))
            seen.events += [(frame.index, frame.time_s, event) for event in expression.events]
    meter.reset()
    for given in inputs:
        before = time.perf_counter()
        meter.update(*given)
        seen.ms_alone.append(1e3 * (time.perf_counter() - before))
    return seen


def judge(clip: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """Hits, misses and false events of one clip."""
    left = list(seen.events)
    hits, missed = 0, []
    for event in ("blink", "wink_left", "wink_right"):
        for first, last in clip["blinks" if event == "blink" else event]:
            until = seen.times_s[last] + AFTERWARDS_S
            found = next((e for e in left if e[2] == event and e[0] > first and e[1] <= until), None)
            if found is None:
                missed.append([event, first, last])
            else:
                hits += 1
                left.remove(found)
    unclear = [
        e
        for e in left
        if e[2] not in {"nod", "shake"}
        and any(
            first <= e[0] and e[1] <= seen.times_s[last] + AFTERWARDS_S for first, last in clip["unclear"]
        )
    ]
    false = [[e[2], e[0]] for e in left if e not in unclear]
    return {
        "listed": hits + len(missed),
        "hits": hits,
        "missed": missed,
        "false": false,
        "in_unclear_frames": len(unclear),
        "seconds": seen.times_s[-1] - seen.times_s[0],
        "ms": quantiles(seen.ms),
        "ms_alone": quantiles(seen.ms_alone),
    }


def main() -> None:
    """Run over every listed clip that is found."""
    arguments = parser("expression", __doc__)
    arguments.add_argument("folder", type=Path, help="where the clips are")
    folder: Path = arguments.parse_args().folder
    provider = choose_provider("cpu")
    figures: dict[str, Any] = {}
    for clip in json.loads(LISTS.read_text(encoding="utf-8"))["clips"]:
        found = [
            p
            for p in sorted(folder.rglob(clip["clip"]))
            if hashlib.sha256(p.read_bytes()).hexdigest() == clip["sha256"]
        ]
        if not found:
            print(f"{clip['clip']}: not in {folder}", file=sys.stderr)
            continue
        figures[clip["clip"]] = judge(clip, watch(found[0], provider))
    if not figures:
        raise SystemExit(f"None of the clips of {LISTS.name} is in {folder}")
    rows: list[tuple[Any, ...]] = [
        (
            name,
            f["listed"],
            f["hits"],
            len(f["missed"]),
            len(f["false"]),
            f["in_unclear_frames"],
            f["seconds"],
            f["ms"]["median"],
            f["ms_alone"]["median"],
        )
        for name, f in figures.items()
    ]
    sums = [sum(row[k] for row in rows) for k in range(1, 7)]
    medians = [float(np.median([row[k] for row in rows])) for k in (7, 8)]
    header = ("clip", "listed", "hits", "missed", "false", "unclear", "s", "ms", "ms alone")
    print(table("Blinks and winks, listed by eye", header, [*rows, ("all", *sums, *medians)]))
    for name, f in figures.items():
        if f["missed"] or f["false"]:
            print(f"{name}: missed {f['missed']}, false {f['false']}")
    print(write_results("expression", "python -m benchmarks.expression <folder>", figures))


if __name__ == "__main__":
    main()
