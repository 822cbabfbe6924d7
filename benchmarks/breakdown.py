"""Where the time of one ``FaceTracker.track`` goes, by the marks on its stages.

The marks themselves cost about a microsecond a frame when somebody watches, so this is a pass of its own.
"""

from __future__ import annotations

import time
from itertools import cycle, islice
from typing import TYPE_CHECKING

import numpy as np

from ar_effects.profiling.spans import record_spans
from ar_effects.profiling.stages import StageTimes
from ar_effects.tracking.tracker import FaceTracker

if TYPE_CHECKING:
    from ar_effects.records import Image


def measure_stages(frames: list[Image], count: int, warm_up: int, fps: float) -> dict[str, float]:
    """Median milliseconds of each stage's own time, and of the whole call."""
    tracker, times, total = FaceTracker(provider="cpu"), StageTimes(), []
    for i, shared in enumerate(islice(cycle(frames), warm_up + count)):
        image = shared.copy()
        if i < warm_up:
            tracker.track(image, i / fps)
            continue
        start = time.perf_counter()
        with record_spans(times, "track"):
            tracker.track(image, i / fps)
        total.append((time.perf_counter() - start) * 1e3)
    prefix = "track: "
    stages = {
        s.name.removeprefix(prefix): s.median_ms for s in times.summaries() if s.name.startswith(prefix)
    }
    return {**stages, "total": float(np.median(total))}
