from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.tracking.detector import (
    OVERLAP_THRESHOLD,
    Detection,
    FaceDetector,
    anchor_centres,
    merge,
    overlap,
    tiles,
    whole,
)
from ar_effects.tracking.region import Region

coordinates = st.floats(-100, 100)
boxes = st.tuples(coordinates, coordinates, st.floats(1, 100), st.floats(1, 100)).map(
    lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]])
)
detections = st.builds(
    lambda score, box: Detection(score, box, np.tile(box[:2], (6, 1))), st.floats(0.5, 1.0), boxes
)


@pytest.fixture(scope="module")
def detector(cpu) -> FaceDetector:
    return FaceDetector(cpu)


@given(boxes, boxes, st.floats(0.1, 10), coordinates)
def test_overlap_is_a_share_that_units_do_not_change(a, b, scale, shift):
    (fraction,) = overlap(a, b[None])
    assert 0.0 <= fraction <= 1.0
    assert overlap(b, a[None])[0] == pytest.approx(fraction)
    assert overlap(a * scale + shift, (b * scale + shift)[None])[0] == pytest.approx(fraction, abs=1e-6)
    assert overlap(a, a[None])[0] == pytest.approx(1.0)


def test_overlap_of_known_boxes():
    others = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [2, 0, 4, 2], [5, 5, 6, 6], [0.5, 0.5, 1.5, 1.5]], float)
    np.testing.assert_allclose(overlap(np.array([0.0, 0, 2, 2]), others), [1, 1 / 3, 0, 0, 0.25])


@given(st.lists(detections, max_size=12), st.randoms())
def test_merging_keeps_the_best_scores_apart_and_in_order(found, random):
    kept = merge(found)
    assert len(kept) <= len(found)
    assert bool(kept) == bool(found)
    scores = [d.score for d in kept]
    assert scores == sorted(scores, reverse=True)
    if found:
        assert scores[0] == max(d.score for d in found)
    every = np.array([d.box for d in found]).reshape(-1, 4)
    for d in kept:
        assert (d.box >= every.min(axis=0) - 1e-9).all()
        assert (d.box <= every.max(axis=0) + 1e-9).all()
        np.testing.assert_allclose(d.keypoints, np.tile(d.box[:2], (6, 1)), atol=1e-9)
    if len({d.score for d in found}) == len(found):
        shuffled = list(found)
        random.shuffle(shuffled)
        assert [d.score for d in merge(shuffled)] == scores


@given(detections, st.integers(2, 6))
def test_the_same_face_seen_often_is_one_face(detection, times):
    (kept,) = merge([detection] * times)
    assert kept.score == detection.score
    np.testing.assert_allclose(kept.box, detection.box)


def test_overlapping_boxes_are_averaged_by_their_scores():
    keypoints = np.zeros((6, 2))
    a = Detection(0.9, np.array([0.0, 0.0, 10.0, 10.0]), keypoints)
    b = Detection(0.6, np.array([1.0, 0.0, 11.0, 10.0]), keypoints + 5.0)
    far = Detection(0.7, np.array([50.0, 0.0, 60.0, 10.0]), keypoints)
    assert overlap(a.box, b.box[None])[0] > OVERLAP_THRESHOLD
    first, second = merge([b, far, a])
    np.testing.assert_allclose(first.box, [0.4, 0.0, 10.4, 10.0])
    np.testing.assert_allclose(first.keypoints, 2.0)
    assert (first.score, second.score) == (0.9, 0.7)


def test_anchors_are_896_and_spread_over_the_picture():
    centres = anchor_centres(128)
    assert centres.shape == (896, 2)
    np.testing.assert_allclose(centres[0], [4 / 128, 4 / 128])
    np.testing.assert_allclose(centres[2], [12 / 128, 4 / 128])  # along the row first, two a cell
    np.testing.assert_allclose(centres[512], [8 / 128, 8 / 128])
    np.testing.assert_allclose(centres.mean(axis=0), 0.5)


def test_full_range_anchors_are_2304_one_a_cell():
    centres = anchor_centres(192)
    assert centres.shape == (2304, 2)
    np.testing.assert_allclose(centres[[0, 1, 48]], np.array([[2, 2], [6, 2], [2, 6]]) / 192)
    np.testing.assert_allclose(centres.mean(axis=0), 0.5)


@pytest.mark.parametrize("degrees", [90, 180, -90, 30])
@pytest.mark.parametrize("reach", ["short", "full"])
def test_a_turned_view_of_a_turned_picture_shows_the_same(cpu, demo_frames, reach, degrees):
    """The key points turn with the picture; the box stays upright and keeps its size."""
    import cv2

    detector = FaceDetector(cpu, reach)
    square = Region((320.0, 240.0), 640.0, 0.0)
    (plain,) = detector.infer(demo_frames[0], square)
    there = cv2.getRotationMatrix2D((320.0, 240.0), -degrees, 1.0)
    there[:, 2] += [80.0, 160.0]
    image = cv2.warpAffine(demo_frames[0], there, (800, 800))
    (found,) = detector.infer(image, Region((400.0, 400.0), 640.0, math.radians(degrees)))
    size = plain.box[2] - plain.box[0]
    np.testing.assert_allclose(
        found.keypoints, plain.keypoints @ there[:, :2].T + there[:, 2], atol=0.03 * size
    )
    np.testing.assert_allclose(found.box[2:] - found.box[:2], plain.box[2:] - plain.box[:2], atol=0.03 * size)
    assert found.region.roll_rad - plain.region.roll_rad == pytest.approx(math.radians(degrees), abs=0.1) or (
        degrees == 180
    )


def test_the_whole_picture_fits_its_square_however_turned(demo_frames):
    for roll in (0.0, 0.5, math.pi / 2):
        inverse = np.linalg.inv(np.vstack([whole(demo_frames[0], roll).frame_from_crop(100), [0, 0, 1]]))
        corners = np.array([[0, 0, 1], [640, 0, 1], [0, 480, 1], [640, 480, 1]]) @ inverse.T
        assert corners[:, :2].min() > -1e-9
        assert corners[:, :2].max() < 100 + 1e-9
        assert np.ptp(corners[:, :2], axis=0).max() == pytest.approx(100.0), "and is no larger than need be"


def test_tiles_overlap_and_reach_the_borders():
    image = np.zeros((90, 120, 3), np.uint8)
    squares = tiles(image, 2)
    assert [s.side for s in squares] == [90.0] * 4
    np.testing.assert_allclose(
        [s.centre for s in squares], [[45, 33.75], [75, 33.75], [45, 56.25], [75, 56.25]]
    )


def test_keypoints_are_where_the_landmarks_are(detector, demo_frames, demo_face):
    (found,) = detector.detect(demo_frames[0])
    near = 0.15 * demo_face.eyes.distance_px
    assert np.linalg.norm(found.keypoints[0] - demo_face.eyes.right) < near
    assert np.linalg.norm(found.keypoints[1] - demo_face.eyes.left) < near
    assert np.linalg.norm(found.keypoints[2] - demo_face.landmarks[1, :2]) < 2.5 * near
    x0, y0, x1, y1 = found.box
    assert x0 < demo_face.landmarks[:468, 0].mean() < x1
    assert y0 < demo_face.landmarks[:468, 1].mean() < y1


@pytest.mark.parametrize("pad", [(0, 0, 320, 320), (0, 0, 100, 0), (300, 0, 0, 0), (0, 200, 0, 0)])
def test_boxes_are_in_pixels_of_any_frame(detector, demo_frames, pad):
    """Black borders of any proportion only shift the face; a box is good to some pixels of the 128."""
    top, bottom, left, right = pad
    frame = np.pad(demo_frames[0], ((top, bottom), (left, right), (0, 0)))
    (plain,), (padded,) = detector.detect(demo_frames[0]), detector.detect(frame)
    size = plain.box[2] - plain.box[0]
    np.testing.assert_allclose(padded.keypoints[:2] - [left, top], plain.keypoints[:2], atol=0.2 * size)


def test_tiles_find_small_faces_that_one_look_does_not(detector, demo_frames):
    import cv2

    canvas = np.full((960, 1280, 3), 128, np.uint8)
    places = [(20, 30), (920, 30), (450, 360), (20, 690), (920, 690)]
    small = cv2.resize(demo_frames[0], (320, 240), interpolation=cv2.INTER_AREA)
    (alone,) = detector.detect(demo_frames[0])
    for x, y in places:
        canvas[y : y + 240, x : x + 320] = small
    whole, detect_exhaustive = detector.detect(canvas), detector.detect_closely(canvas)
    eyes = np.array([d.keypoints[:2].mean(axis=0) for d in detect_exhaustive])
    for place in places:
        expected = np.array(place) + alone.keypoints[:2].mean(axis=0) / 2
        assert np.linalg.norm(eyes - expected, axis=1).min() < 25.0, "nearer than a third of the face"
    assert len(whole) < len(places)


def test_looking_closely_starts_with_the_whole_picture(detector, demo_frames):
    whole, detect_exhaustive = detector.detect(demo_frames[0]), detector.detect_closely(demo_frames[0])
    assert detect_exhaustive[0].score == whole[0].score
    np.testing.assert_array_equal(detect_exhaustive[0].box, whole[0].box)
