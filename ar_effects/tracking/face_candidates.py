"""Finds whatever might be a face, every frame: for effects that must not miss one.

``search`` and ``confirm`` are sure of what they tell, and take their time. Here one detector's faint idea is
enough, and who is told of a face where there is none loses a piece of wall.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ar_effects.profiling.spans import stage
from ar_effects.records import FaceCandidates, Image, TrackedFrame
from ar_effects.tracking.analyser import Analyser, AnalyserSetup, Mode
from ar_effects.tracking.detector import FaceDetector, tiles, whole
from ar_effects.tracking.region import Region
from ar_effects.tracking.search import GRID, QUARTER_TURNS, View

FAINT_SCORE = 0.25
"""Faces half out of the picture and in half profile are mostly above this, and some walls, too."""


class CandidateDetector(Analyser):
    """Two detections a frame: the quick detector on the whole picture, the far-sighted one on a view in turn.

    Args:
        short, full: the detectors, which may be shared.
        mode: "picture" goes through all views in each frame.
    """

    produces = "face_candidates"
    cost_ms = 4.0
    exact_faces = True  # a guess where faces are is no cover

    def __init__(self, short: FaceDetector, full: FaceDetector, mode: Mode = "video") -> None:
        self._detectors = {"short": short, "full": full}
        self._mode = mode
        self._size: tuple[int, int] | None = None
        self._views: list[View] = []
        self._turn = 0

    @classmethod
    def create(cls, setup: AnalyserSetup) -> Self:
        """With detectors of its own."""
        return cls(FaceDetector(setup.provider, "short"), FaceDetector(setup.provider, "full"), setup.mode)

    def annotate(self, tracked: TrackedFrame) -> TrackedFrame:
        """The frame with its ``face_candidates``."""
        detect = self.detect_exhaustive if self._mode == "picture" else self.detect_incremental
        return replace(tracked, face_candidates=detect(tracked.frame.image))

    @stage("face_candidates", whole=True)
    def detect_incremental(self, image: Image) -> FaceCandidates:
        """What might be a face in the next frame of a video."""
        size = (image.shape[1], image.shape[0])
        if size != self._size:
            self._size, self._turn = size, 0
            self._views = view_round(image)
        view = self._views[self._turn]
        self._turn = (self._turn + 1) % len(self._views)
        boxes = self._boxes(image, [View("short", whole(image)), view])
        return FaceCandidates(boxes, round_frames=len(self._views))

    def detect_exhaustive(self, image: Image) -> FaceCandidates:
        """What might be a face in a single picture."""
        views = [View("short", whole(image)), *dict.fromkeys(view_round(image))]
        return FaceCandidates(self._boxes(image, views), complete=True)

    def _boxes(self, image: Image, views: list[View]) -> NDArray[np.float64]:
        found = [
            (*d.box, d.score)
            for v in views
            for d in self._detectors[v.reach].infer(image, v.square, threshold=FAINT_SCORE)
        ]
        return np.array(found).reshape(-1, 5)


def view_round(image: Image) -> list[View]:
    """Views in turn, the whole upright picture before each other one."""
    upright = whole(image)
    a, b, c, d = tiles(image, GRID)
    right, left, _ = (whole(image, roll) for roll in QUARTER_TURNS)
    others: tuple[Region, ...] = (a, d, right, b, c, left)
    return [View("full", square) for other in others for square in (upright, other)]
