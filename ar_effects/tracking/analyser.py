"""What measures one thing on frames: faces, expressions, masks of people. ``analysers.py`` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, Self

from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider
from ar_effects.records import TrackedFrame

Mode = Literal["video", "picture"]

FACES = "faces"
"""What every tracked frame holds."""


@dataclass(frozen=True, slots=True)
class AnalyserSetup:
    """What analysers are made with.

    Attributes:
        provider: what networks run on.
        mode: "video": frames come in order, and what was seen before counts; "picture": each is looked at by
            itself, and may take longer.
        max_faces: how many are followed.
        camera: intrinsics where they are known.
    """

    provider: Provider
    mode: Mode = "video"
    max_faces: int = 1
    camera: Camera | None = None


class Analyser(Protocol):
    """Measures one thing on frames. Used by one thread at a time, and kept as long as it is needed.

    A class that derives from this has to have ``produces``, ``create`` and ``annotate``.

    Attributes:
        produces: the name that layers and triggers ask for it by.
        needs: what must have been measured before it, by name.
        cost_ms: about how long a frame of 640x480 takes on one core, milliseconds. Where ``needs`` leave a
            choice the cheaper one runs first.
        whole_frame: its product is of all of the picture: effects that ask for it draw where there is no
            face, too, and are given the whole of a large picture instead of the part around its faces.
        exact_faces: its product is of no use in a frame whose faces are predicted (``--predict``).
    """

    produces: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset({FACES})
    cost_ms: ClassVar[float] = 1.0
    whole_frame: ClassVar[bool] = True
    exact_faces: ClassVar[bool] = False

    @classmethod
    def create(cls, setup: AnalyserSetup) -> Self:
        """Load it. Called when somebody first needs it, in the thread that will use it."""
        ...

    def annotate(self, tracked: TrackedFrame) -> TrackedFrame:
        """The same frame with what was measured in it: ``TrackedFrame.with_measurement``."""
        ...

    def reset(self) -> None:
        """Nobody needs it for a while: the next frame has nothing to do with the last."""
        return

    def close(self) -> None:
        """Give back what it holds. Called once, after the last frame."""
        return
