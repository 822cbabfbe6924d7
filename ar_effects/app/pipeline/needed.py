"""What effects need measured beside faces, measured for those that need it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ar_effects.app.pipeline.lookout import Lookout
from ar_effects.app.pipeline.masks import Masks
from ar_effects.inference.provider import Provider
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import TrackedFrame
from ar_effects.tracking.expression import ExpressionMeter


class Needed:
    """Masks of people, a watch for every face, and what faces in single pictures do.

    Args:
        provider: what the networks run on.
        single: each frame is a picture by itself, not one of a video.
        times: clock of the stages.
    """

    def __init__(self, provider: Provider, *, single: bool = False, times: StageTimes | None = None) -> None:
        self._single = single
        self._masks = Masks(provider, smooth=not single, times=times)
        self._lookout = Lookout(provider, detect_exhaustive=single, times=times)

    def added(self, tracked: TrackedFrame, needs: Collection[str]) -> TrackedFrame:
        """The same tracked frame with what ``needs`` names."""
        if self._single and "expression" in needs:
            tracked = self._with_expressions(tracked)
        return self._lookout.added(self._masks.added(tracked, needs), needs)

    @staticmethod
    def _with_expressions(tracked: TrackedFrame) -> TrackedFrame:
        """Compared with the mean face at rest: a picture does not show how this person rests."""
        time_s, camera = tracked.frame.time_s, tracked.camera
        faces = tuple(
            replace(f, expression=ExpressionMeter().update(f.landmarks, f.pose, camera, time_s))
            for f in tracked.faces
        )
        return replace(tracked, faces=faces)
