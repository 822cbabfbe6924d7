"""Watching for every face in frames whose effect must not miss one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ar_effects.inference.provider import Provider
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import TrackedFrame
from ar_effects.tracking.watch import CandidateDetector


class Lookout:
    """Watches frames while somebody needs it; the networks are loaded when somebody first does.

    Args:
        provider: what the networks run on.
        detect_exhaustive: look at each frame by itself, all of it.
        times: clock of the stage "watch".
    """

    def __init__(
        self, provider: Provider, *, detect_exhaustive: bool = False, times: StageTimes | None = None
    ) -> None:
        self._provider, self._closely = provider, detect_exhaustive
        self._times = times or StageTimes()
        self._watcher: CandidateDetector | None = None

    def added(self, tracked: TrackedFrame, needs: Collection[str]) -> TrackedFrame:
        """The same tracked frame with what was watched, where that is needed."""
        if "watch" not in needs:
            return tracked
        if self._watcher is None:
            self._watcher = CandidateDetector.of(self._provider)
        infer = self._watcher.detect_exhaustive if self._closely else self._watcher.infer
        with self._times.stage("watch"):
            return replace(tracked, candidates=infer(tracked.frame.image))
