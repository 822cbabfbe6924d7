"""What is blurred before anything is drawn, so that no bare face is shown: ``blur_face`` and ``blur_frame``.

A cover hides faces that are known. This hides where a face may be: where one was lost; with ``blur_frame``
also what a watcher suspects, whatever is new in the picture until it was looked at, and everything while
no face is followed surely.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist.cover import CoverDraw, Place, whole_place
from ar_effects.effects.change_detector import ChangeDetector, shape_of
from ar_effects.face.outline import covering, face_outline
from ar_effects.packs.layer import ActiveFace, OnLost
from ar_effects.records import Face, TrackedFrame

WHOLE_CELLS, PART_CELLS = 12.0, 6.0
"""Across the shorter side of the picture, and of a part."""

SURE_QUALITY = 0.35
SURE_AFTER_S = 0.3
"""A face is followed surely when it was seen so well for so long."""

LOST_FOR_S = 20.0
"""How long the place where a face was lost stays blurred with ``blur_frame``, while others are followed."""

LEFT_FOR_S = 1.0
"""The same for a face that was last seen at the edge of the picture."""

MOST_PARTS, MOST_NEW = 12, 0.45
"""Beyond so many new parts, or such a share of the picture, all of it is blurred."""

SUSPECT_S = 0.4
SUSPECT_GROW = 1.7
SUSPECT_BODY_SCORE = 0.6
"""Collars and hands below a face that is followed surely look a little like faces; what scores lower is
none."""

SAME_SHARE = 0.65
"""A suspect is the followed face when so much of its box is in that one's outline."""


@dataclass(slots=True, eq=False)
class _Lost:
    face: Face
    seen_then: frozenset[int]
    age_s: float = 0.0


class PrivacyGuard:
    """Follows what may be a bare face.

    Args:
        on_lost: "blur_face" or "blur_frame".
        with_candidates: frames come from a watcher: one that was not watched is blurred as a whole.
    """

    def __init__(self, on_lost: OnLost, *, with_candidates: bool = False) -> None:
        self._frame = on_lost == "blur_frame"
        self._watched = with_candidates
        self._change_detector = ChangeDetector()
        self._sure_s: dict[int, float] = {}
        self._last: dict[int, Face] = {}
        self._lost: dict[int, _Lost] = {}
        self._suspects: list[tuple[NDArray[np.float64], float]] = []

    def draws(
        self, tracked: TrackedFrame, worn: Sequence[ActiveFace], step_s: float
    ) -> tuple[CoverDraw, ...]:
        """What to blur, before anything else is drawn."""
        faces = [w.face for w in worn]
        candidates = tracked.face_candidates
        still = candidates is not None and candidates.complete
        sure = self._sure(faces, step_s, at_once=still or candidates is None)
        self._follow_lost(tracked, faces, step_s)
        camera = tracked.camera
        size = (camera.width, camera.height)
        lost = [
            covering(replace(one.face, state="coasting", unseen_s=one.age_s), 1.3)
            for one in self._lost.values()
        ]
        if not self._frame:
            return _blurred(lost, PART_CELLS)
        parts = [covering(f, 1.5) for f in faces if f.id not in sure]
        new = self._look(tracked, sure, step_s)
        if not sure or new is None:
            place = replace(whole_place(*size), inner=min(size) / 2)
            return (CoverDraw((place,), "blur", WHOLE_CELLS),)
        return _blurred([*lost, *parts, *new], PART_CELLS)

    def _sure(self, faces: Iterable[Face], step_s: float, *, at_once: bool) -> dict[int, Face]:
        """The faces that are followed surely."""
        before, self._sure_s = self._sure_s, {}
        sure = {}
        for face in faces:
            if face.state == "tracking" and face.quality >= SURE_QUALITY:
                self._sure_s[face.id] = before.get(face.id, -step_s) + step_s
                if at_once or self._sure_s[face.id] >= SURE_AFTER_S:
                    sure[face.id] = face
        return sure

    def _follow_lost(self, tracked: TrackedFrame, faces: list[Face], step_s: float) -> None:
        """Remember where faces were lost, until one is found again or the time is over."""
        here = {f.id: f for f in faces if f.state == "tracking"}
        for lost_id, lost in list(self._lost.items()):
            lost.age_s += step_s
            at_edge = _at_edge(lost.face, tracked)
            found = any(face_id not in lost.seen_then for face_id in here)
            lost.seen_then &= frozenset(here)  # who goes and comes again is found again, too
            over = self._frame and lost.age_s > (LEFT_FOR_S if at_edge else LOST_FOR_S)
            if found or over:
                del self._lost[lost_id]
        for face_id, face in self._last.items():
            if face_id not in here and face_id not in self._lost:
                self._lost[face_id] = _Lost(face, frozenset(here))
        self._last = here

    def _look(self, tracked: TrackedFrame, sure: dict[int, Face], step_s: float) -> list[Place] | None:
        """What is suspect or new; None where that is too much, or nobody watched."""
        candidates = tracked.face_candidates
        if candidates is None:
            return None if self._watched else []
        known = _known_cells(tracked, list(sure.values()))
        outlines = [face_outline(face, 1.25) for face in sure.values()]
        self._suspects = [(box, left_s - step_s) for box, left_s in self._suspects if left_s > step_s]
        self._suspects += [
            (one[:4], SUSPECT_S) for one in candidates.suspects if _is_suspect(one, known, tracked)
        ]
        places = [
            _suspect(box)
            for box, _ in self._suspects
            if not any(_share(box, o) > SAME_SHARE for o in outlines)
        ]
        if candidates.complete:
            return places
        self._change_detector.update(tracked.frame.image, known, candidates.round_frames, step_s)
        new = self._change_detector.rectangles(MOST_PARTS)
        if new is None or self._change_detector.new.mean() > MOST_NEW:
            return None
        return [*places, *(_box(*corners) for corners in new)]


def _known_cells(tracked: TrackedFrame, faces: Sequence[Face]) -> NDArray[np.bool_]:
    """Cells of the heads and bodies of faces that are covered already: they move all the time."""
    rows, columns = shape_of(tracked.frame.image)
    width, height = tracked.frame.size
    x = (np.arange(columns) + 0.5) * width / columns
    y = ((np.arange(rows) + 0.5) * height / rows)[:, None]
    known = np.zeros((rows, columns), bool)
    for face in faces:
        o = face_outline(face)
        (cx, cy), half_size = o.centre, max(o.half_size)
        known |= ((x - cx) / (1.5 * half_size)) ** 2 + ((y - cy) / (1.7 * half_size)) ** 2 < 1.0  # hair
        below = (y - cy) / half_size
        known |= (below > 0.6) & (np.abs(x - cx) < half_size * np.clip(1.2 + 1.2 * (below - 0.6), 0.0, 2.6))
    return known


def _suspect(box: NDArray[np.float64]) -> Place:
    x0, y0, x1, y1 = (float(v) for v in box)
    half_size = max(x1 - x0, y1 - y0) / 2 * SUSPECT_GROW
    return Place(((x0 + x1) / 2, (y0 + y1) / 2 - 0.12 * half_size), (half_size * 0.92, half_size * 1.08))


def _box(x0: float, y0: float, x1: float, y1: float) -> Place:
    half_size = ((x1 - x0) / 2, (y1 - y0) / 2)
    return Place(((x0 + x1) / 2, (y0 + y1) / 2), half_size, inner=min(half_size), box=True)


def _is_suspect(one: NDArray[np.float64], known: NDArray[np.bool_], tracked: TrackedFrame) -> bool:
    """Whether a watcher's idea is worth a blur, where it is."""
    width, height = tracked.frame.size
    rows, columns = known.shape
    x, y = (one[0] + one[2]) / 2 * columns / width, (one[1] + one[3]) / 2 * rows / height
    body = known[min(max(int(y), 0), rows - 1), min(max(int(x), 0), columns - 1)]
    return bool(one[4] >= SUSPECT_BODY_SCORE or not body)


def _share(box: NDArray[np.float64], outline: Place) -> float:
    """How much of a box lies in an outline."""
    x, y = np.meshgrid(np.linspace(box[0], box[2], 5), np.linspace(box[1], box[3], 5))
    x, y = x - outline.centre[0], y - outline.centre[1]
    c, s = np.cos(outline.roll_rad), np.sin(outline.roll_rad)
    return float(
        np.mean(
            ((c * x + s * y) / outline.half_size[0]) ** 2 + ((c * y - s * x) / outline.half_size[1]) ** 2
            <= 1.0
        )
    )


def _at_edge(face: Face, tracked: TrackedFrame) -> bool:
    """Whether a face was about to leave the picture."""
    o = face_outline(face, 1.2)
    width, height = tracked.frame.size
    (x, y), (a, b) = o.centre, o.half_size
    return x - a < 0 or y - b < 0 or x + a > width - 1 or y + b > height - 1


def _blurred(places: Sequence[Place], cells: float) -> tuple[CoverDraw, ...]:
    return (CoverDraw(tuple(places), "blur", cells),) if places else ()
