"""The mask of people for frames whose effect needs one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ar_effects.inference.provider import Provider
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Frame, Mask, TrackedFrame
from ar_effects.tracking.segmentation import Segmenter


class Masks:
    """Segments frames while somebody needs it; the network is loaded when somebody first does.

    Args:
        provider: what the network runs on.
        smooth: steady over the frames of a video.
        times: clock of the stage "segment".
    """

    def __init__(self, provider: Provider, *, smooth: bool = True, times: StageTimes | None = None) -> None:
        self._provider, self._smooth = provider, smooth
        self._times = times or StageTimes()
        self._segmenter: Segmenter | None = None

    def of(self, frame: Frame, needs: Collection[str]) -> Mask | None:
        """The frame's mask; None where ``needs`` does not name it."""
        if "segmentation" not in needs:
            if self._segmenter is not None:
                self._segmenter.reset()
            return None
        if self._segmenter is None:
            self._segmenter = Segmenter(self._provider, self._smooth)
        with self._times.stage("segment"):
            return self._segmenter.segment(frame.image, frame.time_s)

    def added(self, tracked: TrackedFrame, needs: Collection[str]) -> TrackedFrame:
        """The same tracked frame with its mask, where that is needed."""
        mask = self.of(tracked.frame, needs)
        return tracked if mask is None else replace(tracked, segmentation=mask)
