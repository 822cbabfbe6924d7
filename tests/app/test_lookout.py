from __future__ import annotations

import numpy as np

from ar_effects.app.pipeline import lookout
from ar_effects.app.pipeline.lookout import Lookout
from ar_effects.app.pipeline.needed import Needed
from ar_effects.geometry.camera import Camera
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Frame, TrackedFrame, Watch

TRACKED = TrackedFrame(Frame(np.zeros((48, 64, 3), np.uint8), 0.0), (), Camera.assumed(64, 48))


class FakeWatcher:
    made = 0

    @classmethod
    def of(cls, _):
        cls.made += 1
        return cls()

    def look(self, _):
        return Watch(np.empty((0, 5)), round_frames=12)

    def look_closely(self, _):
        return Watch(np.empty((0, 5)), complete=True)


def test_networks_are_loaded_when_somebody_needs_them(monkeypatch):
    monkeypatch.setattr(lookout, "Watcher", FakeWatcher)
    FakeWatcher.made = 0
    times = StageTimes()
    watch = Lookout(None, times=times)
    assert watch.added(TRACKED, {"expression"}) is TRACKED
    assert FakeWatcher.made == 0
    for _ in range(3):
        assert watch.added(TRACKED, {"watch"}).watch.round_frames == 12
    assert FakeWatcher.made == 1
    assert [(s.name, s.count) for s in times.summaries()] == [("watch", 3)]
    assert watch.added(TRACKED, ()).watch is None


def test_single_pictures_are_looked_at_closely(monkeypatch):
    monkeypatch.setattr(lookout, "Watcher", FakeWatcher)
    assert Needed(None, single=True).added(TRACKED, {"watch"}).watch.complete
    assert not Needed(None).added(TRACKED, {"watch"}).watch.complete
    assert Needed(None).added(TRACKED, ()) is TRACKED
