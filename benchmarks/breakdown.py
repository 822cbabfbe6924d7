"""Where the time of one ``FaceTracker.track`` goes, by putting stop-watches on its stages.

The stop-watches themselves cost about a microsecond a stage, so this is a pass of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from ar_effects.inference.network import Network
from ar_effects.tracking import tracker as tracker_module
from ar_effects.tracking.region import Region
from ar_effects.tracking.tracker import FaceTracker

if TYPE_CHECKING:
    from ar_effects.records import Image

STAGES: dict[str, tuple[Any, str]] = {
    "cut": (Region, "cut"),
    "planes, network": (Network, "run_picture"),
    "pose": (tracker_module, "solve_pose"),
}
"""What each stage is called in the report, and where its function stands."""


def measure_stages(frames: list[Image], count: int, warm_up: int, fps: float) -> dict[str, float]:
    """Median milliseconds of each stage, of the rest, and of the whole call."""
    tracker = FaceTracker(provider="cpu")
    spent: dict[str, float] = {}
    taken: dict[str, list[float]] = {name: [] for name in (*STAGES, "rest", "total")}
    with _stop_watches(spent):
        for i, shared in enumerate(islice(cycle(frames), warm_up + count)):
            image = shared.copy()
            spent.update(dict.fromkeys(STAGES, 0.0))
            start = time.perf_counter()
            tracker.track(image, i / fps)
            total = (time.perf_counter() - start) * 1e3
            if i < warm_up:
                continue
            for name in STAGES:
                taken[name].append(spent[name])
            taken["rest"].append(total - sum(spent.values()))
            taken["total"].append(total)
    return {name: float(np.median(values)) for name, values in taken.items()}


@contextmanager
def _stop_watches(spent: dict[str, float]) -> Iterator[None]:
    patches = [
        patch.object(owner, attribute, _timed(getattr(owner, attribute), name, spent))
        for name, (owner, attribute) in STAGES.items()
        if hasattr(owner, attribute)
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] += (time.perf_counter() - start) * 1e3

    return timed
