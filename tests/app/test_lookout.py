from __future__ import annotations

import numpy as np

from ar_effects.app.pipeline import lookout
from ar_effects.app.pipeline.lookout import Lookout
from ar_effects.app.pipeline.needed import Needed
from ar_effects.geometry.camera import Camera
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import FaceCandidates, Frame, TrackedFrame

TRACKED = TrackedFrame(Frame(np.zeros((48, 64, 3), np.uint8), 0.0), (), Camera.assumed(64, 48))


class FakeWatcher:
    made = 0

    @classmethod
    def of(cls, _):
        cls.made += 1
        return cls()

    def infer(self, _):
        return FaceCandidates(np.empty((0, 5)), round_frames=12)

    def detect_exhaustive(self, _):
        return FaceCandidates(np.empty((0, 5)), complete=True)


def test_networks_are_loaded_when_somebody_needs_them(monkeypatch):
    monkeypatch.setattr(lookout, "CandidateDetector", FakeWatcher)
    FakeWatcher.made = 0
    times = StageTimes()
    candidates = Lookout(None, times=times)
    assert candidates.added(TRACKED, {"expression"}) is TRACKED
    assert FakeWatcher.made == 0
    for _ in range(3):
        assert candidates.added(TRACKED, {"watch"}).candidates.round_frames == 12
    assert FakeWatcher.made == 1
    assert [(s.name, s.count) for s in times.summaries()] == [("watch", 3)]
    assert candidates.added(TRACKED, ()).candidates is None


def test_single_pictures_are_looked_at_closely(monkeypatch):
    monkeypatch.setattr(lookout, "CandidateDetector", FakeWatcher)
    assert Needed(None, single=True).added(TRACKED, {"watch"}).candidates.complete
    assert not Needed(None).added(TRACKED, {"watch"}).candidates.complete
    assert Needed(None).added(TRACKED, ()) is TRACKED
