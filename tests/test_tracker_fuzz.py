"""Bad frames and bad times: never an exception, never a NaN, and states and quality tell."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tracker_checks import check_faces

from ar_effects.errors import InputError
from ar_effects.tracking.tracker import FaceTracker
from ar_effects.tracking.video_tracker import LOST_AFTER_S

BLACK = np.zeros((480, 640, 3), np.uint8)
BORDERS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


def noisy(image, rng, sigma):
    return np.clip(image + rng.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def shifted(image, x, y):
    """The picture moved by whole pixels; its border is repeated."""
    return cv2.warpAffine(
        image, np.array([[1.0, 0, x], [0, 1, y]]), image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
    )


def spoiled(image, rng):
    """A frame as a bad camera would give it, or another picture altogether."""
    height, width = image.shape[:2]
    kind = rng.integers(0, 16)
    match kind:
        case 0:
            return np.zeros_like(image)
        case 1:
            return np.full_like(image, 255)
        case 2:
            return rng.integers(0, 256, image.shape, np.uint8)
        case 3:
            return np.clip(image.astype(np.int32) * int(rng.integers(2, 9)), 0, 255).astype(np.uint8)
        case 4:
            return (image // int(rng.integers(2, 40))).astype(np.uint8)
        case 5:
            return noisy(image, rng, rng.uniform(5, 80))
        case 6:
            return cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 25))
        case 7:
            return cv2.resize(image, tuple(int(v) for v in rng.integers(1, 700, 2)))
        case 8:
            return np.ascontiguousarray(image[::-1, ::-1])
        case 9:
            return shifted(image, *rng.integers(-400, 400, 2))
        case 10:
            return image[:: int(rng.integers(1, 4)), :: int(rng.integers(1, 4))]  # not contiguous
        case 11:
            return np.ascontiguousarray(image.transpose(1, 0, 2))
        case 12:
            x0, y0 = rng.integers(0, (width // 2, height // 2))
            return image[y0 : y0 + height // 2, x0 : x0 + width // 2]
        case _:
            return image


def odd_time(now, rng):
    """Seconds, mostly a frame later; the rest as broken clocks give them."""
    odd = (now, now - rng.uniform(0, 100), now + rng.uniform(1, 1e6), 1e300, -1e300, 1e-320, 0.0, None)
    return odd[rng.integers(0, len(odd))] if rng.random() < 0.3 else now + rng.uniform(0.001, 0.1)


@pytest.mark.parametrize("seed", [0, 1, 3, 5, 6])
def test_a_stream_of_anything(cpu, demo_frames, seed):
    rng = np.random.default_rng(seed)
    max_faces = (1, 1, 2, 8)[seed % 4]
    tracker = FaceTracker(max_faces, provider=cpu)
    now = 0.0
    for i in range(40):
        frame = spoiled(demo_frames[i * 3 % 240], rng)
        time_s = odd_time(now, rng)
        now = time_s if time_s is not None and abs(time_s) < 1e9 else now
        check_faces(tracker.track(frame, time_s), max_faces)
    for i in range(8):
        faces = tracker.track(demo_frames[i], now + i / 30)
    assert "tracking" in [face.state for face in faces], "and it goes on as ever"


# --- times ------------------------------------------------------------------------------------------------


CLOCKS = {
    "stands": lambda i: 5.0,
    "far back": lambda i: -1e300 * i,
    "denormal": lambda i: 1e-320 * i,
    "below rounding": lambda i: 1e-17 * i,
    "leaps far": lambda i: 1e300 * i,
    "leapt once": lambda i: 0.0 if i == 0 else 1e300,
    "leapt and came back": lambda i: 1e300 if i == 1 else i / 30,
    "there and back": lambda i: (-1.0) ** i * 1e6,
}


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS.keys())
def test_whatever_the_clock_does_a_face_that_is_gone_is_told_so(cpu, demo_frames, clock):
    tracker = FaceTracker(provider=cpu)
    times = [clock(i) for i in range(40)]
    for i in range(3):
        (face,) = tracker.track(demo_frames[i], times[i])
        assert face.state == "tracking"
    told = []
    for time_s in times[3:]:
        faces = tracker.track(BLACK, time_s)
        check_faces(faces, 1)
        told.append(faces[0].state if faces else None)
    assert "tracking" not in told
    assert told.count("lost") == 1
    assert told[-1] is None


def test_a_time_that_is_none_is_refused_and_does_no_harm(cpu, demo_frames):
    given, spared = (FaceTracker(provider=cpu) for _ in range(2))
    for i in range(6):
        with pytest.raises(InputError, match="finite"):
            given.track(demo_frames[i], (np.nan, np.inf, -np.inf)[i % 3])
        (one,), (other,) = given.track(demo_frames[i], i / 30), spared.track(demo_frames[i], i / 30)
        np.testing.assert_array_equal(one.landmarks, other.landmarks)


# --- light, noise, blur -----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["black", "white", "overexposed", "noise", "blurred away"])
def test_a_face_that_is_washed_out_is_held_and_its_quality_falls(cpu, demo_frames, what):
    rng = np.random.default_rng(0)
    tracker = FaceTracker(provider=cpu)
    for i in range(5):
        (before,) = tracker.track(demo_frames[i], i / 30)
    qualities = [before.quality]
    for i in range(5, 15):
        frame = {
            "black": lambda f: f * 0,
            "white": lambda f: f * 0 + 255,
            "overexposed": lambda f: np.clip(f.astype(np.int32) * 40, 0, 255).astype(np.uint8),
            "noise": lambda f: rng.integers(0, 256, f.shape, np.uint8),
            "blurred away": lambda f: cv2.resize(
                cv2.resize(f, (5, 4), interpolation=cv2.INTER_AREA), (640, 480)
            ),
        }[what](demo_frames[i])
        faces = tracker.track(frame, i / 30)
        check_faces(faces, 1)
        (face,) = faces
        assert (face.state, face.id) == ("coasting", before.id)
        qualities.append(face.quality)
    assert (np.diff(qualities) < 0).all()
    (after,) = tracker.track(demo_frames[15], 0.5)
    assert (after.state, after.id) == ("tracking", before.id)


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("what", ["dark", "bright", "noise", "blur"])
def test_a_face_that_can_still_be_seen_is_followed(cpu, demo_frames, what, strength):
    rng = np.random.default_rng(0)
    tracker = FaceTracker(provider=cpu)
    for i in range(5):
        faces = tracker.track(demo_frames[i], i / 30)
    for i in range(5, 10):
        clean = demo_frames[i]
        frame = {
            "dark": lambda f: (f * (1 - 0.8 * strength)).astype(np.uint8),
            "bright": lambda f: np.clip(f * (1 + 1.5 * strength), 0, 255).astype(np.uint8),
            "noise": lambda f: noisy(f, rng, 30 * strength),
            "blur": lambda f: cv2.GaussianBlur(f, (0, 0), 5 * strength),
        }[what](clean)
        faces = tracker.track(frame, i / 30)
        check_faces(faces, 1)
        assert [face.state for face in faces] == ["tracking"]


# --- how many ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd(demo_frames):
    """Thirty faces in five rows."""
    head = cv2.resize(demo_frames[0][40:460, 130:510], (190, 210), interpolation=cv2.INTER_AREA)
    return np.tile(head, (5, 6, 1))


def test_thirty_faces_are_found_in_a_picture(cpu, crowd):
    faces = FaceTracker(40, "picture", cpu).track(crowd)
    check_faces(faces, 40)
    assert len(faces) == 30
    cells = {(int(f.eyes.left[0]) // 190, int(f.eyes.left[1]) // 210) for f in faces}
    assert len(cells) == 30, "one in each place"


def test_of_thirty_faces_so_many_are_followed_as_were_asked_for(cpu, crowd):
    tracker = FaceTracker(4, provider=cpu)
    seen = []
    for i in range(30):
        faces = tracker.track(crowd, i / 30)
        check_faces(faces, 4)
        seen.append(tuple(f.id for f in faces if f.state == "tracking"))
    assert len(seen[-1]) == 4
    assert len(set(seen[-10:])) == 1, "the same four stay"


def test_nobody_is_nobody(cpu):
    tracker = FaceTracker(8, provider=cpu)
    rng = np.random.default_rng(2)
    street = cv2.GaussianBlur(rng.integers(0, 256, (480, 640, 3), np.uint8), (0, 0), 12)
    for i in range(20):
        assert tracker.track(noisy(street, rng, 6), i / 30) == ()


# --- borders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("border", BORDERS)
def test_half_a_face_at_the_border(cpu, demo_frames, border):
    """The face leaves by half, stays, leaves by all, and comes back under its id where it is gone briefly."""
    tracker = FaceTracker(provider=cpu)
    (start,) = tracker.track(demo_frames[0], 0.0)
    middle = start.landmarks[:, :2].mean(axis=0)
    to = np.array([(0.0, middle[0], 639.0)[border[0] + 1], (0.0, middle[1], 479.0)[border[1] + 1]]) - middle
    fractions = [
        *np.linspace(0, 1, 12),
        *[1.0] * 4,
        *np.linspace(1, 2, 8),
        *np.linspace(2, 0, 10),
        *[0.0] * 10,
    ]
    for i, fraction in enumerate(fractions):
        faces = tracker.track(shifted(demo_frames[0], *np.round(fraction * to)), (i + 1) / 30)
        check_faces(faces, 1)
        for face in faces:
            inside = np.isin(face.state, ("coasting", "lost")) or (abs(face.landmarks) < 3000).all()
            assert inside
    (back,) = [face for face in faces if face.state == "tracking"]
    assert np.linalg.norm(back.eyes.left - start.eyes.left) < 0.1 * start.eyes.distance_px


def test_a_face_upside_down_is_found_with_its_own_left_and_right(cpu, demo_frames, demo_face):
    upside_down = np.ascontiguousarray(demo_frames[0][::-1, ::-1])
    tracker = FaceTracker(provider=cpu)
    for i in range(30):
        faces = tracker.track(upside_down, i / 30)
        check_faces(faces, 1)
    (face,) = faces
    assert face.state == "tracking"
    assert abs(face.pose.roll_deg) > 170
    assert face.quality > 0.8
    wanted = np.array([639, 479]) - demo_face.eyes.left
    assert np.linalg.norm(face.eyes.left - wanted) < 0.06 * demo_face.eyes.distance_px


def test_a_picture_that_is_turned_over_while_a_face_is_followed(cpu, demo_frames):
    tracker = FaceTracker(provider=cpu)
    for i in range(5):
        tracker.track(demo_frames[i], i / 30)
    for i in range(5, 45):
        faces = tracker.track(np.ascontiguousarray(demo_frames[5][::-1, ::-1]), i / 30)
        check_faces(faces, 1)
    (face,) = [f for f in faces if f.state == "tracking"]
    assert abs(face.pose.roll_deg) > 170


# --- sizes ------------------------------------------------------------------------------------------------


def test_every_frame_of_another_size(cpu, demo_frames):
    tracker = FaceTracker(2, provider=cpu)
    rng = np.random.default_rng(7)
    seen = 0
    for i in range(30):
        width, height = (int(v) for v in rng.integers(1, 1300, 2))
        faces = tracker.track(cv2.resize(demo_frames[i], (width, height)), i / 30)
        check_faces(faces, 2)
        assert all(face.state == "tracking" for face in faces), "what was seen at another size is gone"
        seen += bool(faces)
    assert seen > 10
    assert LOST_AFTER_S == 1.0
