"""The tracker on the built-in clip, whose motion is known: the project's bars for accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.sources.open import DEMO_CAMERA
from ar_effects.tracking.tracker import FaceTracker


@pytest.fixture(scope="module")
def tracked(demo_frames, demo_truth, cpu):
    """The faces of every frame."""
    tracker = FaceTracker(provider=cpu, camera=DEMO_CAMERA)
    return [tracker.track(f, t["time_s"]) for f, t in zip(demo_frames, demo_truth, strict=True)]


@pytest.fixture(scope="module")
def faces(tracked):
    return [faces[0] for faces in tracked]


def test_the_face_is_found_in_every_frame_and_stays_the_same_one(tracked):
    assert [len(faces) for faces in tracked] == [1] * 240
    assert {faces[0].id for faces in tracked} == {1}
    assert min(faces[0].score for faces in tracked) > 0.9


def test_eyes_are_where_they_are(faces, demo_truth):
    errors = []
    for face, truth in zip(faces, demo_truth, strict=True):
        right, left = np.array(truth["eyes"]["right"]), np.array(truth["eyes"]["left"])
        off = [np.linalg.norm(face.eyes.right - right), np.linalg.norm(face.eyes.left - left)]
        errors.append(np.array(off) / np.linalg.norm(left - right))
    assert np.mean(errors) <= 0.02
    assert np.max(errors) <= 0.10


@pytest.mark.parametrize(("angle", "bar"), [("roll", 1.0), ("yaw", 4.0), ("pitch", 4.0)])
def test_angles_are_what_they_are(faces, demo_truth, angle, bar):
    errors = [
        getattr(face.pose, f"{angle}_deg") - truth[f"{angle}_deg"]
        for face, truth in zip(faces, demo_truth, strict=True)
    ]
    assert np.mean(np.abs(errors)) <= bar


def test_angles_follow_the_motion(faces, demo_truth):
    """A tracker that always says "frontal" would come near some of the bars."""
    for angle in ("yaw", "pitch", "roll"):
        truth = [t[f"{angle}_deg"] for t in demo_truth]
        assert np.ptp(truth) > 10
        assert np.corrcoef([getattr(f.pose, f"{angle}_deg") for f in faces], truth)[0, 1] > 0.95


def test_distance_follows_the_motion(faces, demo_truth):
    true = np.array([t["translation_mm"] for t in demo_truth])
    found = np.array([f.pose.translation_mm for f in faces])
    assert np.mean(np.linalg.norm(found - true, axis=1) / np.linalg.norm(true, axis=1)) < 0.03


def test_landmarks_are_finite_and_in_the_record_s_types(faces):
    for face in faces:
        assert face.landmarks.shape == (478, 3)
        assert face.landmarks.dtype == np.float32
        assert np.isfinite(face.landmarks).all()
        assert face.pose.camera_from_head.dtype == np.float64
        assert face.pose.reprojection_px < 0.1 * face.eyes.distance_px


def test_the_same_clip_gives_the_same_landmarks(tracked, demo_frames, demo_truth, cpu):
    tracker = FaceTracker(provider=cpu, camera=DEMO_CAMERA)
    for i in range(40):
        (face,) = tracker.track(demo_frames[i], demo_truth[i]["time_s"])
        np.testing.assert_array_equal(face.landmarks, tracked[i][0].landmarks)
        np.testing.assert_array_equal(face.pose.camera_from_head, tracked[i][0].pose.camera_from_head)


def test_what_was_given_out_is_not_changed_later(demo_frames, cpu):
    tracker = FaceTracker(provider=cpu, camera=DEMO_CAMERA)
    (first,) = tracker.track(demo_frames[0])
    landmarks, pose = first.landmarks.copy(), first.pose.camera_from_head.copy()
    for i in range(1, 5):
        tracker.track(demo_frames[i])
    np.testing.assert_array_equal(first.landmarks, landmarks)
    np.testing.assert_array_equal(first.pose.camera_from_head, pose)


def test_a_still_face_stays_still(demo_frames, cpu):
    """Following settles: regions from landmarks find nearly the same landmarks again."""
    tracker = FaceTracker(provider=cpu, camera=DEMO_CAMERA)
    faces = [tracker.track(demo_frames[50])[0] for _ in range(12)]
    late, eyes = np.array([f.landmarks[:, :2] for f in faces[6:]]), np.array([f.eyes.left for f in faces[6:]])
    distance = faces[-1].eyes.distance_px
    assert np.abs(late - late[-1]).max() < 0.05 * distance
    assert np.abs(late - late[-1]).mean() < 0.005 * distance
    assert np.abs(eyes - eyes[-1]).max() < 0.01 * distance


def test_pictures_and_video_agree(tracked, demo_frames, picture_tracker):
    for i in (0, 40, 110, 190):
        (face,) = picture_tracker.track(demo_frames[i])
        followed = tracked[i][0]
        off = np.linalg.norm(face.landmarks[:, :2] - followed.landmarks[:, :2], axis=1)
        assert off.mean() < 0.03 * face.eyes.distance_px


def test_a_mirrored_picture_is_a_mirrored_head(tracked, demo_frames, cpu):
    tracker = FaceTracker(provider=cpu, camera=DEMO_CAMERA)
    for i in range(30, 40):
        (face,) = tracker.track(demo_frames[i][:, ::-1])  # a view with steps backwards, not a copy
    (yaw, pitch, roll), other = face.pose.angles_deg, tracked[39][0].pose.angles_deg
    assert (-yaw, pitch, -roll) == pytest.approx(other, abs=3.0)
    width = demo_frames[0].shape[1]
    mirrored = [width - 1 - face.eyes.left[0], face.eyes.left[1]]
    assert np.linalg.norm(mirrored - tracked[39][0].eyes.right) < 0.03 * face.eyes.distance_px


def test_a_turned_picture_is_a_leaning_head(demo_frames, cpu):
    import cv2

    angles, expected = [], []
    for degrees in (-30, 0, 30):
        turn = cv2.getRotationMatrix2D((319.5, 239.5), -degrees, 1.0)  # OpenCV counts counter-clockwise
        frame = cv2.warpAffine(demo_frames[0], turn, (640, 480))
        tracker = FaceTracker(provider=cpu, camera=DEMO_CAMERA)
        for _ in range(3):
            (face,) = tracker.track(frame)
        angles.append(face.pose.roll_deg)
        expected.append(degrees)
    np.testing.assert_allclose(np.array(angles) - angles[1], expected, atol=3.0)
