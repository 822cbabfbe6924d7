"""People keep their ids: crossing, covering, leaving and coming back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ar_effects.tracking.identity import Observation, pair_cost, suppress_duplicates
from ar_effects.tracking.track import Track
from ar_effects.tracking.tracker import FaceTracker

SIZE = (900, 480)


@pytest.fixture(scope="module")
def people(demo_frames) -> list[np.ndarray]:
    """Two different-looking heads on alpha: the portrait, and its darker, mirrored, narrower sister."""
    first = demo_frames[0][20:330, 120:430].copy()
    second = cv2.flip(first, 1)
    second = cv2.resize(second, None, fx=0.9, fy=1.05, interpolation=cv2.INTER_AREA)
    dark = (second.astype(np.float32) * np.array([0.75, 0.55, 0.45])).astype(np.uint8)
    return [first, dark]


def paste(canvas: np.ndarray, head: np.ndarray, x: float, y: float) -> None:
    """Put a head's oval at a place that may be between pixels."""
    h, w = head.shape[:2]
    move = np.array([[1, 0, x - w / 2], [0, 1, y - h / 2]])
    mask = np.zeros((h, w), np.float32)
    cv2.ellipse(mask, (w // 2, h // 2), (int(w * 0.47), int(h * 0.49)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (9, 9), 3)
    size = (canvas.shape[1], canvas.shape[0])
    alpha = cv2.warpAffine(mask, move, size)[..., None]
    moved = cv2.warpAffine(head, move, size, borderMode=cv2.BORDER_REPLICATE)
    canvas[:] = np.rint(alpha * moved + (1 - alpha) * canvas).astype(np.uint8)


def scene(people, places) -> np.ndarray:
    canvas = np.full((SIZE[1], SIZE[0], 3), 110, np.uint8)
    for head, (x, y) in zip(people, places, strict=True):
        paste(canvas, head, x, y)
    return canvas


def nearest_id(faces, x: float, y: float) -> int | None:
    seen = [f for f in faces if f.state == "tracking"]
    if not seen:
        return None
    best = min(seen, key=lambda f: np.hypot(*(f.landmarks[:468, :2].mean(axis=0) - (x, y))))
    off = np.hypot(*(best.landmarks[:468, :2].mean(axis=0) - (x, y)))
    return best.id if off < 0.9 * best.eyes.distance_px else None


@pytest.mark.parametrize("frames", [50, 90])
def test_two_people_who_cross_keep_their_ids(cpu, people, frames):
    """The second, drawn later, passes in front of the first and hides it for a while."""
    tracker = FaceTracker(max_faces=2, provider=cpu)
    before = after = (None, None)
    for i in range(frames + 40):
        s = np.clip((i - 20) / frames, 0, 1)
        places = [(220 + 460 * s, 250.0), (680 - 460 * s, 235.0)]
        faces = tracker.track(scene(people, places), i / 30)
        ids = tuple(nearest_id(faces, x, y + 15) for x, y in places)
        if i == 19:
            before = ids
        after = ids
    assert None not in before
    assert before == after


def test_a_face_that_leaves_and_comes_back_at_the_same_place_is_the_same(cpu, people):
    tracker = FaceTracker(max_faces=2, provider=cpu)
    both = [(220.0, 250.0), (680.0, 240.0)]
    away = [(220.0, 250.0), (3000.0, 240.0)]
    ids = []
    for i in range(60):
        faces = tracker.track(scene(people, away if 20 <= i < 40 else both), i / 30)
        ids.append({f.id for f in faces if f.state == "tracking"})
    assert ids[19] == ids[59] == {1, 2}
    assert ids[30] in ({1}, {2})


def test_a_new_person_is_not_taken_for_the_one_who_left(cpu, people):
    """Another person at another size and place, a moment later: a new id."""
    tracker = FaceTracker(max_faces=1, provider=cpu)
    first = scene(people[:1], [(250.0, 240.0)])
    small = cv2.resize(people[1], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    other = scene([small], [(760.0, 200.0)])
    for i in range(10):
        (a,) = tracker.track(first, i / 30)
    for i in range(10, 20):
        faces = tracker.track(other, i / 30)
    seen = [f for f in faces if f.state == "tracking"]
    assert len(seen) == 1
    assert seen[0].id != a.id


def test_a_face_inside_of_a_face_is_none_unless_it_was_followed(demo_face):
    middle = demo_face.landmarks.mean(axis=0)
    small = (
        (demo_face.landmarks - middle) * 0.5 + middle + [0, 0.3 * np.ptp(demo_face.landmarks[:, 1]) / 2, 0]
    ).astype(np.float32)
    beside = (demo_face.landmarks + np.array([np.ptp(demo_face.landmarks[:, 0]), 0, 0])).astype(np.float32)
    whole = Observation(demo_face.landmarks, 0.9, None)
    inner, neighbour = Observation(small, 1.0, None), Observation(beside, 0.8, None)
    assert suppress_duplicates([inner, whole, neighbour]) == [whole, neighbour]
    followed = Observation(small, 1.0, Track(1, small, 1.0, 0.0))
    assert followed in suppress_duplicates([followed, whole])


def test_how_far_a_face_may_have_gone_depends_on_how_long_it_was_unseen_and_on_no_clock():
    rng = np.random.default_rng(0)
    landmarks = rng.normal(200.0, 50.0, (478, 3)).astype(np.float32)
    costs = {}
    for origin_s in (0.0, 1000.0):
        track = Track(1, landmarks, 1.0, origin_s)
        moved = Observation(landmarks + np.float32([0.8 * track.size, 0, 0]), 1.0, None)
        costs[origin_s] = [pair_cost(track, moved, origin_s + unseen_s) for unseen_s in (0.03, 0.5, 1.0)]
        assert pair_cost(track, Observation(landmarks, 1.0, None), origin_s + 0.03) == pytest.approx(
            0.0, abs=1e-6
        )
    assert costs[0.0] == pytest.approx(costs[1000.0])
    assert costs[0.0] == sorted(costs[0.0], reverse=True)
    assert costs[0.0][0] > costs[0.0][-1], "after a while it may be further away"
