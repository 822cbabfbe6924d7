"""Calibration on chessboards drawn through a camera that is known to the last digit."""

from __future__ import annotations

import copy

import cv2
import numpy as np
import pytest

from ar_effects.app.calibration import (
    ENOUGH_VIEWS,
    MIN_VIEWS,
    Board,
    Views,
    collect,
    collect_folder,
    find_corners,
    measure_camera,
)
from ar_effects.errors import InputError, SourceError
from ar_effects.records import Frame
from ar_effects.sources.base import SourceInfo

BOARD = Board(9, 6, 25.0)
SIZE = (800, 450)
FX, FY, CX, CY = 683.0, 679.0, 410.0, 218.0
SCALE = 2.0
EDGE_MM = 50.0


def texture(board: Board = BOARD) -> np.ndarray:
    """The printed board with its white edge, SCALE pixels a millimetre."""
    side = round(board.square_mm * SCALE)
    rows, columns = np.mgrid[: board.rows + 1, : board.columns + 1]
    squares = np.kron(((rows + columns) % 2) * 255, np.ones((side, side))).astype(np.uint8)
    edge = round((EDGE_MM - board.square_mm) * SCALE)
    return cv2.copyMakeBorder(squares, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=255)


def picture(tilt_x=0.0, tilt_y=0.0, roll=0.0, x=0.0, y=0.0, z=450.0, size=SIZE, board=BOARD) -> np.ndarray:
    """The board at (x, y, z) millimetres before the camera, turned by degrees; drawn twice as fine."""
    k = np.array([[2 * FX, 0, 2 * CX + 0.5], [0, 2 * FY, 2 * CY + 0.5], [0, 0, 1]])
    rotation = (
        cv2.Rodrigues(np.radians([tilt_x, tilt_y, 0.0]))[0] @ cv2.Rodrigues(np.radians([0, 0, roll]))[0]
    )
    middle = 0.5 * board.square_mm * np.array([board.columns - 1, board.rows - 1, 0])
    shift = np.array([x, y, z]) - rotation @ middle
    mm_from_texture = np.array(
        [[1 / SCALE, 0, 0.5 / SCALE - EDGE_MM], [0, 1 / SCALE, 0.5 / SCALE - EDGE_MM], [0, 0, 1]]
    )
    h = k @ np.column_stack([rotation[:, 0], rotation[:, 1], shift]) @ mm_from_texture
    fine = cv2.warpPerspective(texture(board), h, (2 * size[0], 2 * size[1]), borderValue=200)
    return cv2.cvtColor(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)


POSES = [
    {"z": 420},
    {"tilt_y": 35, "x": -40},
    {"tilt_y": -35, "x": 40},
    {"tilt_x": 35},
    {"tilt_x": -35, "y": 10},
    {"tilt_x": 20, "tilt_y": 25, "x": 110, "y": 40, "z": 500},
    {"tilt_x": -20, "tilt_y": -25, "x": -110, "y": -40, "z": 500},
    {"tilt_x": 25, "tilt_y": -20, "x": -100, "y": 60, "z": 550, "roll": 20},
    {"tilt_x": -25, "tilt_y": 20, "x": 110, "y": -50, "z": 550, "roll": -20},
    {"z": 700, "x": 150, "y": 80, "tilt_y": 30},
    {"z": 700, "x": -150, "y": -80, "tilt_x": 30},
    {"z": 380, "roll": 8, "tilt_x": 10},
]


@pytest.fixture(scope="module")
def pictures():
    return [picture(**pose) for pose in POSES]


@pytest.fixture
def views(pictures, found_once):
    """The views of all pictures, looked for once."""
    return copy.deepcopy(found_once)


@pytest.fixture(scope="module")
def found_once(pictures):
    return views_of(pictures)


def views_of(pictures, board=BOARD) -> Views:
    views = Views(board)
    for image in pictures:
        views.offer(image)
    return views


class FakeSource:
    """Frames at a pace, as a camera or as a video."""

    def __init__(self, images, gap_s=0.5, is_live=True):
        self.images, self.gap_s = images, gap_s
        self.info = SourceInfo("Logi", *SIZE, 1 / gap_s, is_live=is_live)
        self.delivered = 0

    def frames(self):
        for i, image in enumerate(self.images):
            self.delivered += 1
            yield Frame(image, i * self.gap_s, i)


def test_corners_are_where_they_were_drawn(pictures):
    corners = find_corners(pictures[0], BOARD)
    middle = BOARD.points_mm[:, :2].mean(axis=0)
    x = FX * (BOARD.points_mm[:, 0] - middle[0]) / 420 + CX
    y = FY * (BOARD.points_mm[:, 1] - middle[1]) / 420 + CY
    drawn = np.stack([x, y], axis=1)
    error = min(np.abs(corners - drawn).max(), np.abs(corners[::-1] - drawn).max())
    assert error < 0.1


def test_the_known_camera_is_found(views):
    found = measure_camera(views, "Logi")
    assert found.fx == pytest.approx(FX, rel=0.01)
    assert found.fy == pytest.approx(FY, rel=0.01)
    assert found.cx == pytest.approx(CX, abs=0.01 * SIZE[0])
    assert found.cy == pytest.approx(CY, abs=0.01 * SIZE[0])
    assert (found.name, found.width, found.height, found.method) == ("Logi", *SIZE, "chessboard")
    assert found.views >= MIN_VIEWS
    assert found.rms_px < 0.2
    assert found.fov_deg == pytest.approx(np.degrees(2 * np.arctan(0.5 * SIZE[1] / FY)), abs=0.7)
    assert abs(found.k1) < 0.05
    assert found.lens_note == ""


def test_noise_and_one_spoiled_view_do_not_hurt(pictures):
    rng = np.random.default_rng(3)
    noisy = [np.clip(p + rng.normal(0, 6, p.shape), 0, 255).astype(np.uint8) for p in pictures]
    views = views_of(noisy)
    moved = views.corners[2].reshape(6, 9, 2).copy()
    moved[::2] += 4.0  # a hand that moved while the picture was read out
    views.corners[2] = moved.reshape(-1, 2)
    found = measure_camera(views, "Logi")
    assert found.views == len(views.corners) - 1
    assert found.fx == pytest.approx(FX, rel=0.01)
    assert found.cx == pytest.approx(CX, abs=0.01 * SIZE[0])


def test_too_few_views(pictures):
    with pytest.raises(SourceError, match=r"too few different views.*at least 8, got 3 in 3 pictures.*Add"):
        measure_camera(views_of(pictures[:3]), "Logi")


def test_the_same_view_many_times_is_one_view(pictures):
    views = views_of([pictures[0]] * 5)
    assert len(views.corners) == 1
    assert views.similar == 4
    with pytest.raises(SourceError, match="4 more too similar"):
        measure_camera(views, "Logi")


def test_a_board_that_was_never_tilted(pictures):
    places = [(x, y, z) for z in (430, 600) for x in (-90, 0, 90) for y in (-30, 40)]
    views = views_of([picture(x=x, y=y, z=z) for x, y, z in places])
    assert len(views.corners) >= MIN_VIEWS
    with pytest.raises(SourceError, match=r"hardly tilted.*Lean the board"):
        measure_camera(views, "Logi")


def test_views_that_fit_no_camera(views):
    rng = np.random.default_rng(0)
    views.corners = [c + rng.normal(0, 3, c.shape).astype(np.float32) for c in views.corners]
    with pytest.raises(SourceError, match=r"do not fit one camera.*flat"):
        measure_camera(views, "Logi")


def test_no_board_at_all():
    views = views_of([np.full((*SIZE[::-1], 3), 120, np.uint8)] * 2)
    with pytest.raises(SourceError, match=r"not found in any of 2 pictures.*9x6.*--board"):
        measure_camera(views, "Logi")


def test_another_board_is_not_this_board(pictures):
    with pytest.raises(SourceError, match="7x5"):
        measure_camera(views_of(pictures[:2], Board(7, 5)), "Logi")


def test_pictures_of_another_size_are_left_out(pictures):
    views = views_of([*pictures[:2], cv2.resize(pictures[2], (400, 225))])
    assert len(views.corners) == 2
    assert views.other_size == 1


def test_a_camera_is_watched_until_there_are_enough_views(pictures):
    rng = np.random.default_rng(1)
    more = [
        picture(*rng.uniform(-35, 35, 3), *rng.uniform(-60, 60, 2), rng.uniform(430, 650)) for _ in range(16)
    ]
    source, notify = FakeSource([*pictures, *more]), []
    views = Views(BOARD)
    collect(source, views, notify=notify.append)
    assert len(views.corners) == ENOUGH_VIEWS
    assert source.delivered < 28
    assert len(notify) == ENOUGH_VIEWS
    assert any("lean the board" in line for line in notify)


def test_somebody_can_say_stop_and_a_camera_is_not_watched_for_ever(pictures):
    blank = np.full_like(pictures[0], 90)
    views = Views(BOARD)
    collect(FakeSource([pictures[0]] * 9), views, stop=lambda: bool(views.corners))
    assert views.looked == 1
    source = FakeSource([blank] * 50, gap_s=10)
    collect(source, Views(BOARD))
    assert source.delivered < 25


def test_of_a_video_five_frames_a_second_are_looked_at(pictures):
    views = Views(BOARD)
    collect(FakeSource(pictures, gap_s=0.1, is_live=False), views)
    assert views.looked == 6


def test_a_folder_of_pictures(tmp_path, pictures):
    for i, image in enumerate(pictures):
        assert cv2.imwrite(str(tmp_path / f"{i}.png"), image)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    views, notify = Views(BOARD), []
    (error,) = collect_folder(tmp_path, views, notify=notify.append)
    assert "broken.png" in error.one_line()
    assert len(notify) == len(pictures)
    assert measure_camera(views, "Logi").fx == pytest.approx(FX, rel=0.01)


def test_why_a_picture_of_a_folder_was_not_taken(tmp_path, pictures):
    bare, other = np.full_like(pictures[0], 128), cv2.resize(pictures[1], None, fx=0.5, fy=0.5)
    for name, image in (("a", pictures[0]), ("b", pictures[0]), ("c", bare), ("d", other)):
        assert cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    notify = []
    collect_folder(tmp_path, Views(BOARD), notify=notify.append)
    assert notify[0] == "a.png: taken"
    assert notify[1].startswith("b.png: nothing new, too like another")
    assert notify[2] == "c.png: no board of 9x6 inner corners is seen whole"
    assert notify[3] == "d.png: another size than the first picture's"


@pytest.mark.parametrize("text", ["9", "9x", "2x6", "9x6x1", "axb", "", "99x99"])
def test_boards_that_are_none(text):
    with pytest.raises(InputError, match="9x6"):
        Board.parse(text)
