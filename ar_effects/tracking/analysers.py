"""What can be measured on frames: analysers, by the name of what they produce.

An effect says what it needs (``Pack.needs``), and ``FrameAnnotator`` runs just the analysers that bring it
about. Other packages add theirs by entry points::

    [project.entry-points."ar_effects.analysers"]
    hands = "my_package:HandAnalyser"

Each is a class that follows ``Analyser``, under the name of what it produces.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import cast

from ar_effects.messages import Message
from ar_effects.plugins import Registry
from ar_effects.tracking.analyser import FACES, Analyser


def _own(module: str, name: str) -> type[Analyser]:
    """One of ours, imported when somebody needs it."""
    return cast("type[Analyser]", getattr(import_module(f"ar_effects.tracking.{module}"), name))


OWN = {
    FACES: partial(_own, "tracker", "FaceTracker"),
    "expression": partial(_own, "expression", "PictureExpression"),
    "segmentation": partial(_own, "segmentation", "PersonSegmentation"),
    "face_candidates": partial(_own, "face_candidates", "CandidateDetector"),
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
