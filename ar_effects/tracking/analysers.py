"""What can be measured on frames: analysers, by the name of what they produce.

An effect says what it needs (``Pack.needs``), and ``FrameAnnotator`` runs just the analysers that bring it
about. Other packages add theirs by entry points::

    [project.entry-points."ar_effects.analysers"]
    hands = "my_package:HandAnalyser"

Each is a class that follows ``Analyser``, under the name of what it produces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, Self

from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider
from ar_effects.messages import Message
from ar_effects.plugins import Registry
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


def _faces() -> type[Analyser]:
    from ar_effects.tracking.tracker import FaceTracker  # noqa: PLC0415 - it is an analyser itself

    return FaceTracker


def _expression() -> type[Analyser]:
    from ar_effects.tracking.expression import PictureExpression  # noqa: PLC0415

    return PictureExpression


def _segmentation() -> type[Analyser]:
    from ar_effects.tracking.segmentation import PersonSegmentation  # noqa: PLC0415

    return PersonSegmentation


def _face_candidates() -> type[Analyser]:
    from ar_effects.tracking.face_candidates import CandidateDetector  # noqa: PLC0415

    return CandidateDetector


OWN: dict[str, Callable[[], type[Analyser]]] = {
    FACES: _faces,
    "expression": _expression,
    "segmentation": _segmentation,
    "face_candidates": _face_candidates,
}


def check_analyser(name: str, found: object) -> None:
    """Raise TypeError where a plug-in's thing is no analyser, or produces something else than its name."""
    if not isinstance(found, type) or not all(callable(getattr(found, m, 0)) for m in ("create", "annotate")):
        raise TypeError(Message("plugin.no-analyser", thing=repr(found)))
    produces = getattr(found, "produces", None)
    if produces != name:
        raise TypeError(
            Message(
                "plugin.other-product", analyser=found.__qualname__, produces=repr(produces), name=repr(name)
            )
        )


ANALYSERS: Registry[type[Analyser]] = Registry("analysers", OWN, check_analyser)
"""All there are, by what they produce."""


def is_whole_frame(name: str) -> bool:
    """Whether a product is of all of the picture; one that nobody knows is taken to be."""
    analyser = ANALYSERS.find(name)
    return analyser is None or analyser.whole_frame
