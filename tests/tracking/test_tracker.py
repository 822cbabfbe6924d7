from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from ar_effects.errors import InputError, ProviderError
from ar_effects.geometry.camera import ASSUMED_FOV_DEG, Camera
from ar_effects.records import LANDMARK_COUNT
from ar_effects.tracking import picture_tracker
from ar_effects.tracking.detector import Detection
from ar_effects.tracking.landmark_network import MeshResult
from ar_effects.tracking.tracker import FaceTracker

BLACK = np.zeros((480, 640, 3), np.uint8)


@pytest.fixture
def tracker(cpu) -> FaceTracker:
    return FaceTracker(provider=cpu)


def side_by_side(frame: np.ndarray) -> np.ndarray:
    return np.hstack([frame, frame])


# --- lost and found ---------------------------------------------------------------------------------------


def test_a_face_that_goes_coasts_and_is_the_same_when_it_comes_back_soon(tracker, demo_frames):
    (before,) = tracker.track(demo_frames[0], 0.0)
    assert (before.state, before.unseen_s, before.quality > 0.9) == ("tracking", 0.0, True)
    qualities = [before.quality]
    for i in range(1, 24):
        (held,) = tracker.track(BLACK, i / 30)
        assert (held.id, held.state) == (before.id, "coasting")
        assert held.unseen_s == pytest.approx(i / 30)
        np.testing.assert_allclose(held.landmarks, before.landmarks, atol=0.5)
        qualities.append(held.quality)
    assert (np.diff(qualities) < 0).all()
    (after,) = tracker.track(demo_frames[1], 0.8)
    assert (after.id, after.state, after.unseen_s) == (before.id, "tracking", 0.0)


def test_a_face_that_stays_away_is_told_lost_once_and_comes_back_as_another(tracker, demo_frames):
    (before,) = tracker.track(demo_frames[0], 0.0)
    states = [tuple(f.state for f in tracker.track(BLACK, i / 30)) for i in range(1, 40)]
    assert states.count(("lost",)) == 1
    assert states.index(("lost",)) == 30
    assert set(states[:30]) == {("coasting",)}
    assert set(states[31:]) == {()}
    (after,) = tracker.track(demo_frames[1], 2.0)
    assert after.id == before.id + 1
    assert tracker.track(demo_frames[2], 2.1)[0].id == after.id


def test_reset_forgets_the_face_and_goes_on_counting(tracker, demo_frames):
    assert tracker.track(demo_frames[0])[0].id == 1
    tracker.reset()
    assert tracker.track(demo_frames[0])[0].id == 2


def test_a_closed_tracker_says_so_and_has_given_its_threads_back(demo_frames):
    before = set(threading.enumerate())
    image = np.hstack([demo_frames[0], demo_frames[0]])
    with FaceTracker(max_faces=2, provider="cpu") as tracker:
        for k in range(3):
            tracker.track(image, k / 30)
    assert set(threading.enumerate()) == before
    tracker.close()  # a second time
    tracker.reset()
    with pytest.raises(InputError, match="closed"):
        tracker.track(image)


def test_a_cut_to_another_place_is_followed(tracker, demo_frames):
    """The face jumps by more than its own width between two frames."""
    import cv2

    tracker.track(demo_frames[0])
    moved = cv2.warpAffine(demo_frames[0], np.array([[0.6, 0, 240.0], [0, 0.6, 180.0]]), (640, 480))
    for _ in range(3):
        faces = tracker.track(moved)
    reference = FaceTracker(mode="picture", provider=tracker.provider).track(moved)[0]
    assert len(faces) == 1
    assert np.linalg.norm(faces[0].eyes.left - reference.eyes.left) < 0.05 * reference.eyes.distance_px


@pytest.mark.parametrize("mode", ["video", "picture"])
@pytest.mark.parametrize("frame", ["black", "white", "noise", "stripes"])
def test_where_there_is_no_face_none_is_found(cpu, frame, mode):
    rng = np.random.default_rng(3)
    picture = {
        "black": BLACK,
        "white": BLACK + 255,
        "noise": rng.integers(0, 256, BLACK.shape, np.uint8),
        "stripes": np.tile((np.arange(640) // 20 % 2 * 255).astype(np.uint8)[None, :, None], (480, 1, 3)),
    }[frame]
    tracker = FaceTracker(max_faces=4, mode=mode, provider=cpu)
    for _ in range(2):
        assert tracker.track(picture) == ()


# --- sizes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["video", "picture"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (4000, 3000)])
def test_pictures_of_any_size_are_looked_at(cpu, size, mode):
    tracker = FaceTracker(mode=mode, provider=cpu)
    assert tracker.track(np.full((size[1], size[0], 3), 127, np.uint8)) == ()


def test_frame_size_may_change_in_the_middle(tracker, demo_frames):
    import cv2

    (small,) = tracker.track(demo_frames[0])
    big = cv2.resize(demo_frames[0], (1280, 960), interpolation=cv2.INTER_CUBIC)
    (large,) = tracker.track(big)
    assert large.id == small.id, "the same view, larger"
    assert np.linalg.norm(large.eyes.left / 2 - small.eyes.left) < 0.05 * small.eyes.distance_px
    assert large.pose.translation_mm == pytest.approx(small.pose.translation_mm, rel=0.05, abs=5)
    assert tracker.track(demo_frames[0][:400, 100:500])[0].landmarks[:, 0].max() < 400


@pytest.mark.parametrize("size", [(641, 480), (640, 479), (639, 481), (640, 470), (320, 240), (1280, 960)])
def test_people_keep_their_ids_at_another_size(cpu, demo_frames, size):
    """Steadied, too: nothing jumps, and what is measured over time goes on."""
    import cv2

    def tracked(sizes):
        tracker, faces = FaceTracker(provider=cpu), []
        for i, (width, height) in enumerate(sizes):
            picture = cv2.resize(demo_frames[i], (width, height), interpolation=cv2.INTER_AREA)
            (face,) = tracker.track(picture, i / 30)
            faces.append(face)
        return faces

    before, after = tracked([(640, 480)] * 12), tracked([(640, 480)] * 6 + [size] * 6)
    assert {face.id for face in after} == {1}
    assert after[-1].head_scale == pytest.approx(before[-1].head_scale, abs=0.02)
    scale = np.divide(size, (640, 480))
    for a, b in zip(before[6:], after[6:], strict=True):
        expected = (a.landmarks[:, :2] + 0.5) * scale - 0.5
        away = np.abs(b.landmarks[:, :2] - expected).mean()
        assert away < 0.015 * b.eyes.distance_px
        assert b.unseen_s == 0.0


def test_another_aspect_is_another_view(tracker, demo_frames):
    (before,) = tracker.track(demo_frames[0])
    (after,) = tracker.track(demo_frames[0][:440])
    assert after.id == before.id + 1


def test_asking_for_another_camera_does_not_disturb_the_track(tracker, demo_frames):
    (before,) = tracker.track(demo_frames[0])
    assert tracker.camera_for(1920, 1080).width == 1920
    (after,) = tracker.track(demo_frames[1])
    assert after.id == before.id
    tracker.camera_for(320, 240)
    assert tracker.track(demo_frames[0][::2, ::2])[0].id == before.id


def test_a_given_camera_is_scaled_and_decides_the_distance(cpu, demo_frames):
    camera = Camera.of_fov(1280, 960, 30.0)
    tracker = FaceTracker(provider=cpu, camera=camera)
    (far,) = tracker.track(demo_frames[0])
    assert tracker.camera_for(640, 480).fx == pytest.approx(camera.fx / 2)
    (near,) = FaceTracker(provider=cpu).track(demo_frames[0])
    ratio = far.pose.translation_mm[2] / near.pose.translation_mm[2]
    assert ratio == pytest.approx(
        np.tan(np.radians(ASSUMED_FOV_DEG / 2)) / np.tan(np.radians(15.0)), rel=0.05
    )


# --- several faces ----------------------------------------------------------------------------------------


def test_two_people(cpu, demo_frames):
    tracker = FaceTracker(max_faces=2, provider=cpu)
    for i in range(6):
        faces = tracker.track(side_by_side(demo_frames[i]))
    assert sorted(f.id for f in faces) == [1, 2]
    first, second = sorted(faces, key=lambda f: f.eyes.left[0])
    np.testing.assert_allclose(
        second.eyes.left - first.eyes.left, [640, 0], atol=0.03 * first.eyes.distance_px
    )


@pytest.mark.parametrize("mode", ["video", "picture"])
def test_no_more_faces_than_asked_for(cpu, demo_frames, mode):
    tracker = FaceTracker(max_faces=1, mode=mode, provider=cpu)
    for i in range(7):
        assert len(tracker.track(side_by_side(demo_frames[i]))) == 1


def test_a_face_is_not_tracked_twice(cpu, demo_frames):
    for mode in ("video", "picture"):
        tracker = FaceTracker(max_faces=5, mode=mode, provider=cpu)
        for i in range(12):
            assert len(tracker.track(demo_frames[i * 20 if mode == "picture" else i])) == 1


def test_two_boxes_that_lead_to_one_face_are_one_face(cpu, demo_frames, demo_face, monkeypatch):
    """Far boxes, but the mesh network slides onto the same face in both."""
    tracker = FaceTracker(max_faces=3, provider=cpu)
    boxes = [np.array([0.0, 0.0, 50.0, 50.0]), np.array([500.0, 300.0, 600.0, 400.0])]
    monkeypatch.setattr(
        tracker._searcher,
        "detect_incremental",
        lambda *_: [Detection(0.9, b, np.arange(12.0).reshape(6, 2)) for b in boxes],
    )
    result = MeshResult(demo_face.landmarks, 1.0)
    monkeypatch.setattr(tracker._mesh, "infer", lambda *_: result)
    monkeypatch.setattr(tracker._searcher, "verify", lambda *_, **__: result)
    assert len(tracker.track(demo_frames[0])) == 1
    assert len(tracker.track(demo_frames[0])) == 1


def test_a_second_person_who_comes_later_is_found_and_the_first_stays(cpu, demo_frames):
    tracker = FaceTracker(max_faces=2, provider=cpu)
    alone = np.hstack([demo_frames[0], BLACK])
    (first,) = tracker.track(alone)
    for _ in range(30):  # a second at the pace of a camera
        faces = tracker.track(side_by_side(demo_frames[0]))
    assert [f.id for f in faces] == [first.id, first.id + 1]
    left, held = tracker.track(np.hstack([BLACK, demo_frames[0]]))
    assert (left.id, left.state) == (first.id + 1, "tracking")
    assert (held.id, held.state) == (first.id, "coasting")
    assert left.eyes.left[0] > 640


def test_small_faces_in_a_large_picture(cpu, demo_frames):
    import cv2

    small = cv2.resize(demo_frames[0], (320, 240), interpolation=cv2.INTER_AREA)
    canvas = np.full((960, 1280, 3), 90, np.uint8)
    canvas[650:890, 900:1220] = small
    tracker = FaceTracker(provider=cpu)
    assert any(tracker.track(canvas) for _ in range(30)), "found within a second of a camera's frames"
    (face,) = FaceTracker(mode="picture", provider=cpu).track(canvas)
    (alone,) = FaceTracker(mode="picture", provider=cpu).track(demo_frames[0])
    expected = np.array([900, 650]) + (alone.eyes.left + 0.5) / 2 - 0.5
    assert np.linalg.norm(face.eyes.left - expected) < 0.08 * face.eyes.distance_px


# --- networks that go wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "output", "value"),
    [
        *[("detector", *w) for w in [(0, np.nan), (0, np.inf), (0, -np.inf), (1, np.nan), (1, -np.inf)]],
        *[("trunk", *w) for w in [(0, np.nan), (0, np.inf), (1, np.nan), (2, np.nan), (2, -np.inf)]],
        *[("refinement", 0, w) for w in (np.nan, np.inf, -np.inf)],
    ],
)
def test_a_network_that_diverges_finds_no_face(cpu, demo_frames, monkeypatch, which, output, value):
    tracker = FaceTracker(provider=cpu)
    network = {
        "detector": tracker._searcher._detectors["short"]._network,
        "trunk": tracker._mesh._parts._trunk,
        "refinement": tracker._mesh._parts._refinement,
    }[which]
    real = network.run

    def run(batch):
        outputs = [o.copy() for o in real(batch)]
        outputs[output][:] = value
        return outputs

    monkeypatch.setattr(network, "run", run)
    with np.errstate(all="ignore"):
        assert tracker.track(demo_frames[0]) == ()
    monkeypatch.undo()
    assert any(tracker.track(f) for f in demo_frames[1:4]), "and the next good frame is tracked"


def test_a_network_that_diverges_while_following_loses_the_face(tracker, demo_frames, monkeypatch):
    tracker.track(demo_frames[0])
    with monkeypatch.context() as patch:
        patch.setattr(
            tracker._mesh._parts._refinement, "run", lambda _: [np.full((1, 232, 2), np.nan, np.float32)]
        )
        (held,) = tracker.track(demo_frames[1])
        assert held.state == "coasting"
        assert np.isfinite(held.landmarks).all()
    assert tracker.track(demo_frames[2])[0].state == "tracking"


@pytest.mark.parametrize("value", [0.0, 1e6, -1e6])
def test_landmarks_in_one_place_raise_nothing(tracker, demo_frames, monkeypatch, value):
    landmarks = np.full((LANDMARK_COUNT, 3), value, np.float32)
    monkeypatch.setattr(tracker._mesh, "infer", lambda *_: MeshResult(landmarks, 1.0))
    for i in range(3):
        for face in tracker.track(demo_frames[i]):
            assert np.isfinite(face.pose.camera_from_head).all()


# --- callers who go wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        BLACK[:, :, 0],
        BLACK.astype(np.float32),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 1), np.uint8),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros((480, 0, 3), np.uint8),
        np.zeros((2, 480, 640, 3), np.uint8),
        BLACK.astype(np.int16),
    ],
    ids=["grey", "float", "RGBA", "one channel", "no rows", "no columns", "batch", "int16"],
)
def test_arrays_that_are_no_frames(tracker, frame):
    with pytest.raises(InputError, match=r"not a BGR picture.*\(height, width, 3\), dtype uint8.*got shape"):
        tracker.track(frame)


@pytest.mark.parametrize("frame", [None, "frame.png", [[[0, 0, 0]]]])
def test_things_that_are_no_arrays(tracker, frame):
    with pytest.raises(InputError, match=f"a numpy array, got {type(frame).__name__}"):
        tracker.track(frame)


@pytest.mark.parametrize("time_s", [float("nan"), float("inf"), "1.0"])
def test_times_that_are_no_times(tracker, time_s):
    with pytest.raises(InputError, match="time_s is not a finite number"):
        tracker.track(BLACK, time_s)


@pytest.mark.parametrize("time_s", [0, 0.0, -5.0, np.float32(1.5), np.int64(3)])
def test_any_finite_number_is_a_time(tracker, demo_frames, time_s):
    assert len(tracker.track(demo_frames[0], time_s)) == 1


@pytest.mark.parametrize("max_faces", [0, -1, 65, True, 1.0, "1", None])
def test_impossible_numbers_of_faces(cpu, max_faces):
    with pytest.raises(InputError, match=r"max_faces is out of range, expected 1\.\.64"):
        FaceTracker(max_faces=max_faces, provider=cpu)


@pytest.mark.parametrize("mode", ["photo", "", None, ["video"]])
def test_unknown_modes(cpu, mode):
    with pytest.raises(InputError, match='"video" or "picture"'):
        FaceTracker(mode=mode, provider=cpu)


def test_unknown_provider():
    with pytest.raises(ProviderError, match=r"'gpu'.*auto, tensorrt, cuda or cpu"):
        FaceTracker(provider="gpu")


def test_provider_says_what_runs():
    from ar_effects.inference.provider import cuda_problem

    provider = FaceTracker(provider="auto").provider
    assert provider.name in (("cpu",) if cuda_problem() else ("cpu", "cuda"))  # the quicker one
    assert provider.reason


def test_a_box_beside_a_face_does_not_find_it_twice(cpu, demo_frames, monkeypatch):
    tracker = FaceTracker(4, "picture", cpu)
    (found, *_) = tracker._searcher.detect_exhaustive(demo_frames[0])
    shift = 0.15 * (found.box[2] - found.box[0])
    beside = replace(found, box=found.box + shift, keypoints=found.keypoints + 0.2 * shift, score=0.6)
    assert tracker._searcher.verify(tracker._mesh, demo_frames[0], beside) is not None, "it leads to a face"
    monkeypatch.setattr(tracker._searcher, "detect_exhaustive", lambda _: [found, beside])
    monkeypatch.setattr(picture_tracker, "is_known", lambda *_: False)
    assert len(tracker.track(demo_frames[0])) == 1


# --- the process it runs in -------------------------------------------------------------------------------


def test_opencv_threads_of_the_process_stay_as_they_are(cpu, demo_frames):
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        FaceTracker(provider=cpu).track(demo_frames[0])
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_what_is_wrong_with_a_picture_is_an_error_that_the_package_exports(tracker):
    import ar_effects

    with pytest.raises(ar_effects.ArEffectsError) as caught:
        tracker.track(None)
    assert isinstance(caught.value, ar_effects.InputError)
