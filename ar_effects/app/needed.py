"""What effects need measured beside faces, measured for those that need it."""

from __future__ import annotations

from collections.abc import Collection

from ar_effects.app.lookout import Lookout
from ar_effects.app.masks import Masks
from ar_effects.inference.provider import Provider
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import TrackedFrame


class Needed:
    """Masks of people, and a watch for every face.

    Args:
        provider: what the networks run on.
        single: each frame is a picture by itself, not one of a video.
        times: clock of the stages.
    """

    def __init__(self, provider: Provider, *, single: bool = False, times: StageTimes | None = None) -> None:
        self._masks = Masks(provider, smooth=not single, times=times)
        self._lookout = Lookout(provider, closely=single, times=times)

    def added(self, tracked: TrackedFrame, needs: Collection[str]) -> TrackedFrame:
        """The same tracked frame with what ``needs`` names."""
        return self._lookout.added(self._masks.added(tracked, needs), needs)
