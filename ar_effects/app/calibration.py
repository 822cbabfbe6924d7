"""Measures a camera's intrinsics from pictures of a chessboard, and says what is missing where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import InputError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message, sentence
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Image
from ar_effects.settings import StoredCamera
from ar_effects.sources.base import Source
from ar_effects.sources.picture import PictureFolder

MIN_VIEWS, ENOUGH_VIEWS = 8, 20
LIVE_LIMIT_S = 180.0
LOOK_EVERY_S = 0.2
"""Between two looks for the board in a video: neighbouring frames show the same."""

NEW_VIEW = 0.06
"""How far a view must be from all others: shares of the picture moved, grown, or leaned."""

MIN_TILT_RANGE_DEG = 20.0
MAX_RMS = 1.2 / 1280
"""Reprojection error that is still good, as a share of the longer side: bent boards and blur give more."""

MAX_FOCAL_ERROR = 0.02
"""Standard deviation of the focal length, as a share of it."""

OUTLIER = 3.0
_FAST_SIDE = 640
_REFINE = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)

Corners = NDArray[np.float32]
"""(columns * rows, 2) pixels, row by row."""


@dataclass(frozen=True, slots=True)
class Board:
    """A chessboard: inner corners across and down, and the side of a square."""

    columns: int = 9
    rows: int = 6
    square_mm: float = 25.0

    @classmethod
    def parse(cls, text: str, square_mm: float = 25.0) -> Board:
        """From "9x6". InputError."""
        parts = text.lower().split("x")
        if len(parts) != 2 or not all(p.isdecimal() and 3 <= int(p) <= 50 for p in parts):
            raise InputError(Message("calibration.board-malformed"), got=repr(text))
        return cls(int(parts[0]), int(parts[1]), square_mm)

    @property
    def points_mm(self) -> NDArray[np.float32]:
        """(columns * rows, 3), on the plane z = 0."""
        grid = np.mgrid[: self.columns, : self.rows].T.reshape(-1, 2) * self.square_mm
        return np.hstack([grid, np.zeros((len(grid), 1))]).astype(np.float32)


def find_corners(image: Image, board: Board) -> Corners | None:
    """The board's inner corners to a fraction of a pixel; None where it is not seen whole."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    pattern = (board.columns, board.rows)
    # A small picture tells quickly that there is no board; nearly all frames of a video end here.
    scale = min(1.0, _FAST_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_FAST_CHECK
    seen, _ = cv2.findChessboardCorners(small, pattern, flags=flags)
    sure = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_ACCURACY
    if not seen:
        seen, _ = cv2.findChessboardCornersSB(small, pattern, flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
        if not seen:
            return None
    found, corners = cv2.findChessboardCornersSB(grey, pattern, flags=sure)
    if not found:
        return None
    # That finder knows the board best; the older refinement then places corners three times as exactly.
    grid = corners.reshape(board.rows, board.columns, 2)
    gap = min(float(np.hypot(*np.diff(grid, axis=a).reshape(-1, 2).T).min()) for a in (0, 1))
    half_size = int(np.clip(gap / 4, 2, 8))
    exact = cv2.cornerSubPix(grey, corners.reshape(-1, 1, 2), (half_size, half_size), (-1, -1), _REFINE)
    return np.asarray(exact, np.float32).reshape(-1, 2)


@dataclass(slots=True, eq=False)
class Views:
    """The views collected so far.

    Attributes:
        board: what is looked for.
        size: (width, height) of all pictures; None before the first.
        looked: pictures looked at.
        similar: boards seen that were too much like one that is kept.
        other_size: pictures left out for their size.
        refusal: why the last one that was not taken was not.
    """

    board: Board
    size: tuple[int, int] | None = None
    corners: list[Corners] = field(default_factory=list)
    looked: int = 0
    similar: int = 0
    other_size: int = 0
    refusal: str = ""
    _shapes: list[NDArray[np.float64]] = field(default_factory=list)

    def offer(self, image: Image) -> bool:
        """Look for the board; keep the view if it shows something new, and tell whether."""
        size = (int(image.shape[1]), int(image.shape[0]))
        if self.size is not None and size != self.size:
            self.other_size, self.refusal = self.other_size + 1, sentence("calibration.other-size")
            return False
        self.size = size
        self.looked += 1
        corners = find_corners(image, self.board)
        if corners is None:
            self.refusal = sentence("calibration.no-board", columns=self.board.columns, rows=self.board.rows)
            return False
        shape = self._shape(corners)
        if any(float(np.abs(shape - other).max()) < NEW_VIEW for other in self._shapes):
            self.similar, self.refusal = (
                self.similar + 1,
                sentence("calibration.nothing-new", wish=self.wish()),
            )
            return False
        self.corners.append(corners)
        self._shapes.append(shape)
        return True

    def wish(self) -> str:
        """What to show next, from what the views lack most."""
        if not self._shapes:
            return sentence("calibration.show-board")
        x, y, size, lean_x, lean_y = np.array(self._shapes).T
        wanted = {
            "calibration.lean-sideways": (lean_x, 0.25),
            "calibration.lean-back": (lean_y, 0.25),
            "calibration.move-sideways": (x, 0.4),
            "calibration.move-up-and-down": (y, 0.3),
            "calibration.move-nearer": (size, 0.2),
        }
        lacks = {name: 1 - float(np.ptp(have)) / enough for name, (have, enough) in wanted.items()}
        wish = max(lacks, key=lambda name: lacks[name])
        return sentence(wish if lacks[wish] > 0 else "calibration.go-on")

    def _shape(self, corners: Corners) -> NDArray[np.float64]:
        """(5,) centre, size and lean of the board in shares of the picture: equal for similar views."""
        assert self.size is not None
        grid = corners.reshape(self.board.rows, self.board.columns, 2).astype(np.float64) / max(self.size)
        if grid[0, 0].sum() > grid[-1, -1].sum():  # the same view, counted from the other end
            grid = grid[::-1, ::-1]
        a, b, c, d = grid[0, 0], grid[0, -1], grid[-1, -1], grid[-1, 0]
        top, bottom, left, right = (np.hypot(*(q - p)) for p, q in ((a, b), (d, c), (a, d), (b, c)))
        diagonals = np.hypot(*(c - a)), np.hypot(*(d - b))
        centre = grid.mean(axis=(0, 1))
        # Foreshortening and perspective both change what leaning looks like; either makes a view new.
        flat = (top + bottom) / (left + right) * (self.board.rows - 1) / (self.board.columns - 1)
        lean_x = np.log(left / right) + 0.5 * np.log(flat)
        lean_y = np.log(top / bottom) + np.log(diagonals[0] / diagonals[1])
        return np.array([*centre, 0.5 * sum(diagonals), lean_x, lean_y])


def collect(
    source: Source,
    views: Views,
    *,
    notify: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Views from a camera or video: from a camera until there are enough, from a video all it has.

    Args:
        source: open.
        views: added to.
        notify: hears of every view that was taken, and what to show next.
        stop: asked after every picture; True ends it.
    """
    first_s, last_s = None, -1e9
    for frame in source.frames():
        first_s = frame.time_s if first_s is None else first_s
        over = source.info.is_live and frame.time_s - first_s > LIVE_LIMIT_S
        if over or stop() or len(views.corners) >= ENOUGH_VIEWS * 2:
            return
        if frame.time_s - last_s < LOOK_EVERY_S:
            continue
        last_s = frame.time_s
        if views.offer(frame.image):
            notify(sentence("calibration.view-taken", count=len(views.corners), wish=views.wish()))
            if source.info.is_live and len(views.corners) >= ENOUGH_VIEWS:
                return


def collect_folder(
    folder: Path, views: Views, *, notify: Callable[[str], None] = lambda _: None
) -> tuple[SourceError, ...]:
    """Views from a folder's pictures; gives the errors of those that cannot be read.

    Raises:
        SourceError: no such folder, or no pictures in it.
    """
    pictures = PictureFolder(folder)
    for path, frame in pictures:
        notify(f"{path.name}: {sentence('calibration.taken') if views.offer(frame.image) else views.refusal}")
    return tuple(error for _, error in pictures.unreadable)


def measure_camera(views: Views, name: str) -> StoredCamera:
    """The camera behind the views.

    Raises:
        SourceError: the views are too few, too similar or too poor; it says what to do.
    """
    if len(views.corners) < MIN_VIEWS or views.size is None:
        raise _too_few(views)
    tilt = _tilt_range_deg(views)
    if tilt < MIN_TILT_RANGE_DEG:
        raise SourceError(
            Message("calibration.views-too-similar", min_tilt_range_deg=MIN_TILT_RANGE_DEG),
            kind=SourceErrorKind.UNSUITABLE,
            got=f"{tilt:.0f}",
        )
    corners = list(views.corners)
    focal, k1, rms, result = _solve(corners, views)
    errors = result["per_view"]
    good = [c for c, e in zip(corners, errors, strict=True) if e <= OUTLIER * float(np.median(errors))]
    if MIN_VIEWS <= len(good) < len(corners):  # a picture taken while the hand moved spoils the others
        corners = good
        focal, k1, rms, result = _solve(corners, views)
    if rms > MAX_RMS * max(views.size):
        raise SourceError(
            Message("calibration.views-do-not-fit", limit_px=MAX_RMS * max(views.size), rms=rms),
            kind=SourceErrorKind.UNSUITABLE,
        )
    unsure = result["focal_std"] / focal[0]
    if unsure > MAX_FOCAL_ERROR or not 0.1 < focal[0] / max(views.size) < 10:
        raise SourceError(
            Message(
                "calibration.focal-length-unsettled",
                limit=100 * MAX_FOCAL_ERROR,
                focal_px=focal[0],
                unsure=100 * unsure,
            ),
            kind=SourceErrorKind.UNSUITABLE,
        )
    (width, height), matrix = views.size, result["matrix"]
    shorter = focal[0] if width <= height else focal[1]
    return StoredCamera(
        name,
        width,
        height,
        focal[0],
        focal[1],
        float(matrix[0, 2]),
        float(matrix[1, 2]),
        "chessboard",
        k1=k1,
        rms_px=rms,
        views=len(corners),
        fov_deg=float(np.degrees(2 * np.arctan(0.5 * min(width, height) / shorter))),
    )


def _too_few(views: Views) -> SourceError:
    seen = len(views.corners) + views.similar
    board = f"{views.board.columns}x{views.board.rows}"
    if seen == 0:
        return SourceError(
            Message("calibration.board-not-found", pictures=views.looked, board=board),
            kind=SourceErrorKind.UNSUITABLE,
        )
    return SourceError(
        Message(
            "calibration.too-few-and-similar-views" if views.similar else "calibration.too-few-views",
            least=MIN_VIEWS,
            count=len(views.corners),
            pictures=views.looked,
            similar=views.similar,
            wish=views.wish(),
        )
    )


def _solve(corners: list[Corners], views: Views) -> tuple[tuple[float, float], float, float, dict[str, Any]]:
    """Focal lengths, k1, reprojection error, and the rest of what OpenCV found."""
    points = [views.board.points_mm] * len(corners)
    flags = cv2.CALIB_FIX_K3 | cv2.CALIB_ZERO_TANGENT_DIST
    try:
        rms, matrix, bend, _, _, spread, _, per_view = cv2.calibrateCameraExtended(
            points, [c.reshape(-1, 1, 2) for c in corners], views.size, None, None, flags=flags
        )
    except cv2.error as error:
        raise SourceError(
            Message("calibration.unsolvable"), kind=SourceErrorKind.UNSUITABLE, got=str(error.err or error)
        ) from None
    rest = {
        "matrix": matrix,
        "per_view": np.asarray(per_view).ravel(),
        "focal_std": float(np.asarray(spread).ravel()[:2].max()),
    }
    return (float(matrix[0, 0]), float(matrix[1, 1])), float(np.ravel(bend)[0]), float(rms), rest


def _tilt_range_deg(views: Views) -> float:
    """The largest angle between the board's normals of two views.

    Seen through a usual camera: the views' own solution is free to call a flat view far and leaning.
    """
    assert views.size is not None
    c = Camera.assumed(*views.size)
    matrix = np.array([[c.fx, 0, c.cx], [0, c.fy, c.cy], [0, 0, 1]])
    points = views.board.points_mm
    turns = [cv2.solvePnP(points, v, matrix, None, flags=cv2.SOLVEPNP_IPPE)[1] for v in views.corners]
    normals = np.array([cv2.Rodrigues(turn)[0][:, 2] for turn in turns])
    return float(np.degrees(np.arccos(np.clip((normals @ normals.T).min(), -1, 1))))
