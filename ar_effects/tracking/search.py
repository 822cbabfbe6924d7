"""Where to look for faces, and whether what a detector found is one.

Both detectors know upright heads only, up to some 45 degrees of roll, and the quick one only those that
fill a tenth of what it sees. So a picture is looked at whole, in tiles, and turned: all at once where
there is time (``detect_exhaustive``), one view after the other where frames follow each other
(``detect_incremental``). What was measured for each choice is in docs/decisions/0006-finding.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ar_effects.inference.provider import Provider
from ar_effects.profiling.spans import stage
from ar_effects.records import Image
from ar_effects.tracking.detector import Detection, FaceDetector, Range, overlap, tiles, whole
from ar_effects.tracking.landmark_network import LandmarkNetwork, MeshResult
from ar_effects.tracking.region import MARGIN, Region, region_from_landmarks

QUARTER_TURNS = tuple(math.radians(d) for d in (90.0, -90.0, 180.0))
ROLL_LIMIT_RAD = math.radians(60.0)
"""A head more rolled than this against the view was guessed; another view shows it upright."""

GRID, FINE_GRID = 2, 3
"""Tiles a side: the full-range detector then sees faces from a twentieth and
a thirtieth of the longer side."""

LOOK_EVERY = 3
"""Live calls from one look to the next while a face is known."""

LOOKS_WITHOUT_FACE = 2
"""Live looks a call while no face is known: the whole picture, and one other view."""

SAME_FACE_OVERLAP = 0.3

FIRST_SCORE = 0.1
"""The first look may be badly placed: 99 % of annotated faces score above 0.99 there, the rest anything."""

NEW_FACE_SCORE = 0.9
"""The last look is well placed: all annotated faces score above this."""

OPINION_ZOOM, OPINION_OFF = 2.0, 0.3
"""A detector sees a face again in a square this many times the mesh's region, at most this share of the
region's side off its middle. Both see all annotated faces so; the full-range one sees no dog."""

SETTLED_SHARE, SETTLED_RAD = 0.1, math.radians(10.0)
"""A region that moved or turned more than this between two looks was badly placed: look again."""

SETTLING_LOOKS = 3
"""Looks spent at most on settling."""

REFINED_SCALE = 0.9
"""Side of the last look's region over that of the mesh's usual one: the points then lie 3 % nearer to
those set by hand than in the usual one, 18 % nearer than after one look."""

_SAMPLES = 8
"""Points a side by which it is judged whether known faces cover a view."""


@dataclass(frozen=True, slots=True)
class View:
    """One run of a detector: which, and the turned square it sees."""

    reach: Range
    square: Region


@dataclass(slots=True)
class _Round:
    """Views taken in turn, and whose turn it is."""

    views: list[View] = field(default_factory=list)
    turn: int = 0

    def next(self) -> View:
        view = self.views[self.turn]
        self.turn = (self.turn + 1) % len(self.views)
        return view


class Searcher:
    """Finds faces of any size and roll. What ``detect_incremental`` looks at next is its only state.

    Args:
        provider: what to run the networks on.

    Raises:
        ModelError: a network's file is missing or altered.
        ProviderError: CUDA loads but refuses to run a network.
    """

    def __init__(self, provider: Provider) -> None:
        self._detectors: dict[Range, FaceDetector] = {
            "short": FaceDetector(provider, "short"),
            "full": FaceDetector(provider, "full"),
        }
        self.reset()

    def reset(self) -> None:
        """Begin the round of live views anew."""
        self._size: tuple[int, int] | None = None
        self._calls_since_look = 0
        self._with_faces, self._without = _Round(), _Round()

    def detect_exhaustive(self, image: Image) -> list[Detection]:
        """Every face of a single picture, most of them several times: skip what is known already.

        First those the short-range detector sees in the whole upright picture, in its order: these
        are the boxes that MediaPipe starts from. Then those of all other views, best first; a
        head's upright view scores best, so that its region is right.
        """
        first, *others = (self._look(image, view) for view in close_views(image))
        return first + sorted((d for found in others for d in found), key=lambda d: -d.score)

    @stage("search", whole=True)
    def detect_incremental(
        self, image: Image, known: Sequence[Region] = (), budget: int = LOOKS_WITHOUT_FACE
    ) -> list[Detection]:
        """Faces not known yet in one frame of a video, best first; to be called with every frame.

        While a face is known, one look at every third call goes round the views; views that known
        faces cover are passed over. Without one, every call looks at the whole picture with the quick
        detector and goes one view further. Either round takes less than a second at 30 frames a second.

        Args:
            image: a change of its size begins the rounds anew.
            known: the regions of the faces followed (``region_from_landmarks``).
            budget: detector runs this call may take at most; 0 looks at nothing.
        """
        height, width = image.shape[:2]
        if self._size != (width, height):
            self.reset()
            self._size = (width, height)
            self._with_faces = _Round(views_beside_faces(image))
            self._without = _Round(views_without_face(image))
        if not known:
            self._calls_since_look = 0
            views = [self._without.next() for _ in range(min(budget, LOOKS_WITHOUT_FACE))]
        else:
            self._calls_since_look += 1
            if budget < 1 or self._calls_since_look < LOOK_EVERY:
                return []
            self._calls_since_look = 0
            turns = (self._with_faces.next() for _ in self._with_faces.views)
            open_view = next((v for v in turns if not covered(v.square, known, (width, height))), None)
            views = [open_view] if open_view else []
        found = [d for view in views for d in self._look(image, view) if not is_known(d, known)]
        return sorted(found, key=lambda d: -d.score)

    @stage("confirm", whole=True)
    def verify(
        self, mesh: LandmarkNetwork, image: Image, detection: Detection, *, refine: bool = True
    ) -> MeshResult | None:
        """The landmarks of a detected face, or None if it is none.

        The mesh network looks where the detector points, again where that was badly placed, and once
        more, a little closer, at where the face then lies: landmarks of the first look lean toward
        the box. Then all three networks must agree: the mesh by its score, and both detectors on the
        face made upright. The mesh network likes upside-down faces, too; where the quick detector
        likes the other way up better, the face is turned and judged anew.

        Args:
            mesh: the network.
            image: the frame of the detection.
            detection: from ``detect_exhaustive`` or ``detect_incremental``.
            refine: False gives the first look's landmarks, as MediaPipe reports them, judged all the same.
        """
        region = detection.region
        for _ in range(2):
            appearance = _look_twice(mesh, image, region)
            if appearance is None:
                return None
            first, refined = appearance
            face = region_from_landmarks(refined.landmarks)
            upright, upside_down = (
                self._cross_check("short", image, face, face.roll_rad + turn) for turn in (0.0, math.pi)
            )
            if upside_down is None or (upright is not None and upright.score >= upside_down.score):
                agreed = upright and self._cross_check("full", image, face, face.roll_rad)
                return (refined if refine else first) if agreed else None
            region = upside_down.region
        return None

    def _cross_check(self, reach: Range, image: Image, face: Region, roll_rad: float) -> Detection | None:
        """What a detector sees of an upright face here, turned so."""
        square = Region(face.centre, face.side * OPINION_ZOOM, roll_rad)
        seen = (
            d
            for d in self._look(image, View(reach, square))
            if math.dist(d.region.centre, face.centre) < OPINION_OFF * face.side
            and 0.5 < d.region.side / face.side < 2.0
        )
        return next(seen, None)

    def _look(self, image: Image, view: View) -> list[Detection]:
        """What one view shows of upright heads."""
        return [
            d
            for d in self._detectors[view.reach].infer(image, view.square)
            if abs(turn_between(view.square.roll_rad, d.region.roll_rad)) < ROLL_LIMIT_RAD
        ]


def _look_twice(mesh: LandmarkNetwork, image: Image, region: Region) -> tuple[MeshResult, MeshResult] | None:
    """The first look into a region and the last, well placed one; None where the mesh sees no face."""
    if not region.is_usable:
        return None
    first = result = mesh.infer(image, region)
    if result.score < FIRST_SCORE:
        return None
    settled = region_from_landmarks(result.landmarks)
    for _ in range(SETTLING_LOOKS):
        if not (settled.is_usable and has_moved(region, settled)):
            break
        region, result = settled, mesh.infer(image, settled)
        settled = region_from_landmarks(result.landmarks)
    if not settled.is_usable:
        return None
    result = mesh.infer(image, replace(settled, side=settled.side * REFINED_SCALE))
    return (first, result) if result.score >= NEW_FACE_SCORE else None


def close_views(image: Image) -> list[View]:
    """Every view of a single picture: whole and in tiles, each in four turns; finer tiles upright."""
    squares = [whole(image), *tiles(image, GRID), *tiles(image, FINE_GRID)]
    for roll in QUARTER_TURNS:
        squares += [whole(image, roll), *_rolled_tiles(image, roll)]
    return [View("short", squares[0]), *(View("full", square) for square in squares)]


def views_beside_faces(image: Image) -> list[View]:
    """The live round while faces are known: nine views, the whole upright picture twice."""
    upright = whole(image)
    a, b, c, d = tiles(image, GRID)
    right, left, upside_down = (whole(image, roll) for roll in QUARTER_TURNS)
    return [View("full", square) for square in (upright, a, right, d, upright, b, left, c, upside_down)]


def views_without_face(image: Image) -> list[View]:
    """The live round while no face is known: the quick detector's whole picture before each other view."""
    squares = [whole(image, roll) for roll in (0.0, *QUARTER_TURNS)] + tiles(image, FINE_GRID)
    squares += [square for roll in QUARTER_TURNS for square in _rolled_tiles(image, roll)]
    quick = View("short", squares[0])
    return [view for square in squares for view in (quick, View("full", square))]


def _rolled_tiles(image: Image, roll_rad: float) -> list[Region]:
    return [replace(square, roll_rad=roll_rad) for square in tiles(image, GRID)]


def is_known(detection: Detection, known: Sequence[Region]) -> bool:
    """Whether a detection is one of the faces in these regions."""
    if not known:
        return False
    boxes = np.array(
        [
            [*(c - r.side / MARGIN / 2 for c in r.centre), *(c + r.side / MARGIN / 2 for c in r.centre)]
            for r in known
        ]
    )
    return bool((overlap(detection.box, boxes) > SAME_FACE_OVERLAP).any())


def covered(square: Region, known: Sequence[Region], size: tuple[int, int]) -> bool:
    """Whether known faces hide all that a view shows of a picture of this (width, height)."""
    steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * square.side
    c, s = math.cos(square.roll_rad), math.sin(square.roll_rad)
    points = grid @ np.array([[c, s], [-s, c]]) + np.array(square.centre)
    points = points[((points >= 0) & (points < np.array(size))).all(axis=1)]
    hidden = np.zeros(len(points), bool)
    for region in known:
        hidden |= _inside(region, points)
    return bool(hidden.all())


def _inside(region: Region, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    c, s = math.cos(region.roll_rad), math.sin(region.roll_rad)
    own = (points - np.array(region.centre)) @ np.array([[c, -s], [s, c]])
    return np.asarray((np.abs(own) <= region.side / 2).all(axis=1))


def has_moved(before: Region, after: Region) -> bool:
    """Whether the second look is at something else than the first."""
    off = math.dist(before.centre, after.centre) / before.side
    grown = abs(after.side / before.side - 1.0)
    turned = abs(turn_between(before.roll_rad, after.roll_rad))
    return off > SETTLED_SHARE or grown > 2.0 * SETTLED_SHARE or turned > SETTLED_RAD


def turn_between(first_rad: float, second_rad: float) -> float:
    """The smaller turn from one angle to the other, in -pi..pi."""
    return math.remainder(second_rad - first_rad, math.tau)
