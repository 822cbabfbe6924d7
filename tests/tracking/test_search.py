from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from ar_effects.tracking import search
from ar_effects.tracking.detector import Detection
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.region import Region, region_from_landmarks
from ar_effects.tracking.search import Searcher, covered, has_moved, is_known, turn_between

SECOND = 30
"""Live calls."""

ROLLS = (0, 45, -45, 90, -90, 180)


@pytest.fixture(scope="module")
def searcher(cpu) -> Searcher:
    return Searcher(cpu)


@pytest.fixture(scope="module")
def mesh(cpu) -> LandmarkNetwork:
    return LandmarkNetwork(cpu)


def rolled(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The whole picture turned clockwise on grey, and the (2, 3) map of its points."""
    height, width = image.shape[:2]
    there = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    side = math.ceil(math.hypot(width, height))
    there[:, 2] += [(side - width) / 2, (side - height) / 2]
    return cv2.warpAffine(image, there, (side, side), borderValue=(90, 90, 90)), there


def far_away(image: np.ndarray, at: tuple[int, int], size: int) -> np.ndarray:
    """A frame of 1280 x 720 with the demo's picture, ``size`` pixels wide, somewhere in it."""
    canvas = np.full((720, 1280, 3), 110, np.uint8)
    small = cv2.resize(image, (size, size * 3 // 4), interpolation=cv2.INTER_AREA)
    canvas[at[1] : at[1] + small.shape[0], at[0] : at[0] + size] = small
    return canvas


def first_live(searcher, mesh, image, known=(), calls=SECOND):
    """The first confirmed face and the number of the call that found it; fails after ``calls``."""
    searcher.reset()
    for call in range(1, calls + 1):
        for detection in searcher.detect_incremental(image, known):
            result = searcher.verify(mesh, image, detection)
            if result is not None:
                return result, call
    pytest.fail(f"no face in {calls} calls")


def first_closely(searcher, mesh, image):
    results = (searcher.verify(mesh, image, d) for d in searcher.detect_exhaustive(image))
    return next(r for r in results if r is not None)


def assert_is(result, demo_face, there=None) -> None:
    """The demo's face, moved along by an affine map: mean error below a tenth of the eye distance."""
    there = np.eye(2, 3) if there is None else there
    expected = demo_face.landmarks[:, :2] @ there[:, :2].T + there[:, 2]
    error = np.linalg.norm(result.landmarks[:, :2] - expected, axis=1).mean()
    scale = math.sqrt(abs(np.linalg.det(there[:, :2])))
    assert error < 0.1 * demo_face.eyes.distance_px * scale


# --- faces are found ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", ROLLS)
def test_closely_finds_rolled_heads(searcher, mesh, demo_frames, demo_face, degrees):
    image, there = rolled(demo_frames[0], degrees)
    assert_is(first_closely(searcher, mesh, image), demo_face, there)


@pytest.mark.parametrize("degrees", ROLLS)
def test_live_finds_rolled_heads_within_a_second(searcher, mesh, demo_frames, demo_face, degrees):
    image, there = rolled(demo_frames[0], degrees)
    result, _ = first_live(searcher, mesh, image)
    assert_is(result, demo_face, there)


@pytest.mark.parametrize("at", [(0, 0), (1060, 555), (560, 300), (1000, 40)])
@pytest.mark.parametrize(("known", "size"), [([], 180), ([Region((300.0, 400.0), 250.0, 0.0)], 220)])
def test_live_finds_small_faces_within_a_second(searcher, mesh, demo_frames, demo_face, at, known, size):
    """A face of 50 pixels in a frame of 1280 x 720, of 60 beside another one."""
    result, _ = first_live(searcher, mesh, far_away(demo_frames[0], at, size), known)
    scale = size / demo_frames[0].shape[1]
    assert_is(result, demo_face, np.array([[scale, 0, at[0]], [0, scale, at[1]]]))


def test_live_finds_a_rolled_face_beside_a_known_one(searcher, mesh, demo_frames, demo_face):
    image, there = rolled(demo_frames[0], 90)
    result, _ = first_live(searcher, mesh, image, [Region((60.0, 60.0), 100.0, 0.0)])
    assert_is(result, demo_face, there)


def test_an_upright_face_is_found_in_the_first_frame(searcher, mesh, demo_frames, demo_face):
    result, call = first_live(searcher, mesh, demo_frames[0])
    assert call == 1
    assert_is(result, demo_face)


# --- and nothing else ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", ["black", "white", "noise", "smooth noise"])
def test_nothing_is_a_face(searcher, mesh, picture):
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (360, 480, 3), np.uint8)
    image = {
        "black": np.zeros_like(noise),
        "white": np.full_like(noise, 255),
        "noise": noise,
        "smooth noise": cv2.GaussianBlur(noise, (0, 0), 9) * 3,
    }[picture]
    for detection in searcher.detect_exhaustive(image):
        assert searcher.verify(mesh, image, detection) is None
    searcher.reset()
    for _ in range(SECOND):
        for detection in searcher.detect_incremental(image):
            assert searcher.verify(mesh, image, detection) is None


def test_a_wrong_box_is_refused(searcher, mesh, demo_frames):
    """The suit, and a region without any size."""
    for box in ([200.0, 380.0, 300.0, 480.0], [10.0, 10.0, 10.0, 10.0]):
        x0, y0, x1, y1 = box
        eyes = [[x0 + 0.3 * (x1 - x0), y0 + 0.4 * (y1 - y0)], [x0 + 0.7 * (x1 - x0), y0 + 0.4 * (y1 - y0)]]
        detection = Detection(0.9, np.array(box), np.array([*eyes, *[eyes[0]] * 4]))
        assert searcher.verify(mesh, demo_frames[0], detection) is None


def test_a_head_seen_the_wrong_way_up_is_turned(searcher, mesh, demo_frames, demo_face):
    """However the box says the head is rolled."""
    (seen,) = searcher._detectors["short"].detect(demo_frames[0])
    middle = seen.keypoints[:2].mean(axis=0)
    wrong = Detection(seen.score, seen.box, 2 * middle - seen.keypoints)
    assert abs(turn_between(seen.region.roll_rad, wrong.region.roll_rad)) == pytest.approx(math.pi)
    result = searcher.verify(mesh, demo_frames[0], wrong)
    assert result is not None
    assert_is(result, demo_face)


def test_refining_can_be_left_out(searcher, mesh, demo_frames):
    detection = searcher.detect_exhaustive(demo_frames[0])[0]
    plain = searcher.verify(mesh, demo_frames[0], detection, refine=False)
    np.testing.assert_array_equal(plain.landmarks, mesh.infer(demo_frames[0], detection.region).landmarks)


# --- at a known cost ----------------------------------------------------------------------------------------


@pytest.fixture
def counted(searcher, monkeypatch):
    """The searcher, and a list of (reach, square) of every look its detectors take; they see nothing."""
    looks: list = []
    for reach, detector in searcher._detectors.items():
        monkeypatch.setattr(
            detector, "infer", lambda image, square, reach=reach: looks.append((reach, square)) or []
        )
    searcher.reset()
    yield searcher, looks
    searcher.reset()


FRAME = np.zeros((72, 128, 3), np.uint8)
KNOWN = [Region((20.0, 20.0), 20.0, 0.0)]


def test_live_with_a_face_looks_every_third_call(counted):
    searcher, looks = counted
    per_call = []
    for _ in range(60):
        before = len(looks)
        assert searcher.detect_incremental(FRAME, KNOWN) == []
        per_call.append(len(looks) - before)
    assert set(per_call) == {0, 1}
    assert sum(per_call) == 60 // search.LOOK_EVERY
    assert len({square for _, square in looks[:9]}) == 8, "a round of nine shows eight views"
    assert len(looks[:9]) * search.LOOK_EVERY <= SECOND


def test_live_without_a_face_looks_twice_a_call(counted):
    searcher, looks = counted
    for call in range(1, SECOND + 1):
        searcher.detect_incremental(FRAME)
        assert len(looks) == 2 * call
        assert looks[-2][0] == "short", "the whole picture in every frame"
    assert len({square for reach, square in looks if reach == "full"}) == 25


@pytest.mark.parametrize(("budget", "most"), [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_live_keeps_to_its_budget(counted, budget, most):
    searcher, looks = counted
    for known in ([], KNOWN):
        for _ in range(7):
            before = len(looks)
            searcher.detect_incremental(FRAME, known, budget)
            assert len(looks) - before <= most


def test_views_behind_a_known_face_are_passed_over(counted):
    searcher, looks = counted
    left_half = [Region((20.0, 36.0), 200.0, 0.0)]
    for _ in range(SECOND):
        searcher.detect_incremental(FRAME, left_half)
    assert not any(covered(square, left_half, (128, 72)) for _, square in looks)
    everything = [Region((64.0, 36.0), 400.0, 0.3)]
    looks.clear()
    for _ in range(SECOND):
        searcher.detect_incremental(FRAME, everything)
    assert looks == []


def test_closely_looks_a_known_number_of_times(counted):
    searcher, looks = counted
    searcher.detect_exhaustive(FRAME)
    assert [reach for reach, _ in looks] == ["short"] + ["full"] * 29
    assert len({square for _, square in looks}) == 29


def test_the_same_frames_give_the_same_faces(cpu, demo_frames):
    def run(searcher):
        frames = [*demo_frames[:12], np.zeros_like(demo_frames[0])]
        return [d.box.tolist() for frame in frames for d in searcher.detect_incremental(frame, budget=2)]

    one = Searcher(cpu)
    first = run(one)
    one.reset()
    assert first == run(one) == run(Searcher(cpu))
    assert first


# --- geometry -----------------------------------------------------------------------------------------------


def test_known_faces_are_not_reported_again(searcher, demo_frames, demo_face):
    known = [region_from_landmarks(demo_face.landmarks)]
    searcher.reset()
    assert not [d for _ in range(SECOND) for d in searcher.detect_incremental(demo_frames[0], known)]
    assert all(is_known(d, known) for d in searcher.detect_exhaustive(demo_frames[0])[:1])
    assert not is_known(searcher.detect_exhaustive(demo_frames[0])[0], [])


@pytest.mark.parametrize("roll", [0.0, 0.7, -2.0])
def test_covering(roll):
    square = Region((50.0, 50.0), 40.0, roll)
    assert covered(square, [Region((50.0, 50.0), 41.0, roll)], (100, 100))
    assert not covered(square, [], (100, 100))
    assert not covered(square, [Region((60.0, 50.0), 41.0, roll)], (100, 100))
    assert covered(square, [Region((40.0, 50.0), 70.0, roll), Region((60.0, 50.0), 70.0, roll)], (100, 100))
    assert covered(Region((0.0, 0.0), 40.0, 0.0), [Region((10.0, 10.0), 21.0, 0.0)], (100, 100)), (
        "outside is nothing"
    )


def test_turns_and_moves():
    assert turn_between(math.radians(170), math.radians(-170)) == pytest.approx(math.radians(20))
    at = Region((50.0, 50.0), 40.0, math.pi - 0.01)
    assert not has_moved(at, Region((51.0, 50.0), 42.0, -math.pi + 0.01))
    assert has_moved(at, Region((60.0, 50.0), 40.0, at.roll_rad))
    assert has_moved(at, Region((50.0, 50.0), 60.0, at.roll_rad))
    assert has_moved(at, Region((50.0, 50.0), 40.0, at.roll_rad + 0.3))
