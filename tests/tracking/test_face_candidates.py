"""Whatever might be a face is told, in every frame."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.detector import whole
from ar_effects.tracking.face_candidates import FAINT_SCORE, CandidateDetector, view_round


@pytest.fixture(scope="module")
def detector(cpu):
    return CandidateDetector.create(AnalyserSetup(cpu))


def on_grey(frame: np.ndarray, box: tuple[int, int, int, int], at: tuple[int, int]) -> np.ndarray:
    """A part of a frame on a plain picture; parts beyond its edge are cut off."""
    x0, y0, x1, y1 = box
    image = np.full((480, 640, 3), 128, np.uint8)
    left, top = max(at[0], 0), max(at[1], 0)
    part = frame[y0 + top - at[1] : y1, x0 + left - at[0] : x1][: 480 - top, : 640 - left]
    image[top : top + part.shape[0], left : left + part.shape[1]] = part
    return image


def middles(found) -> np.ndarray:
    return (found.suspects[:, :2] + found.suspects[:, 2:4]) / 2


def test_a_face_is_suspect_in_every_frame(detector, demo_frames, demo_truth):
    for k in range(0, 24, 3):
        found = detector.detect_incremental(demo_frames[k])
        eyes = demo_truth[k]["eyes"]
        middle = (np.array(eyes["left"]) + eyes["right"]) / 2
        apart = np.hypot(*(np.array(eyes["left"]) - eyes["right"]))
        assert np.abs(middles(found) - middle).max(axis=1).min() < apart
        assert (found.suspects[:, 4] >= FAINT_SCORE).all()
        assert not found.complete


@pytest.mark.parametrize("shift", [-60, -90])
def test_half_a_face_is_suspect(detector, demo_frames, shift):
    """The head leaves the picture to the left: its face is 200 to 440 across in the frame."""
    image = on_grey(demo_frames[0], (180, 20, 460, 340), (shift, 80))
    found = detector.detect_exhaustive(image)
    assert found.complete
    assert len(found.suspects)
    assert middles(found)[:, 0].min() < 200


def test_nothing_is_suspect_on_a_plain_wall(detector):
    wall = np.full((480, 640, 3), 140, np.uint8)
    for _ in range(4):
        assert detector.detect_incremental(wall).suspects.shape == (0, 5)


def test_all_of_the_picture_is_looked_at_in_a_round(detector):
    image = np.zeros((720, 1280, 3), np.uint8)
    views = view_round(image)
    assert detector.detect_incremental(image).round_frames == len(views)
    assert all(view.square == whole(image) for view in views[::2]), "all of it in every second frame"
    tiles = [v.square for v in views if v.square.side < 1280 and v.square.roll_rad == 0.0]
    seen = np.zeros((720, 1280), bool)
    for square in tiles:
        (x, y), half = square.centre, square.side / 2
        seen[max(int(y - half), 0) : int(y + half) + 1, max(int(x - half), 0) : int(x + half) + 1] = True
    assert seen.all()


def test_another_size_begins_the_round_anew(detector):
    small, large = np.zeros((48, 64, 3), np.uint8), np.zeros((480, 640, 3), np.uint8)
    for image in (small, large, small):
        assert detector.detect_incremental(image).suspects.shape == (0, 5)
