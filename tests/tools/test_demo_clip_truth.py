"""The demo clip's ground truth is the motion that was written down, seen by the clip's own camera."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.geometry.rotations import rotation_from_angles_deg
from ar_effects.sources.open import DEMO_CAMERA
from tools.demo.motion import FPS, FRAMES, motion_at


def test_clip_and_truth_have_the_same_frames(demo_frames, demo_truth):
    assert len(demo_frames) == len(demo_truth) == FRAMES
    assert [t["frame"] for t in demo_truth] == list(range(FRAMES))
    np.testing.assert_allclose([t["time_s"] for t in demo_truth], np.arange(FRAMES) / FPS, atol=1e-6)
    assert {f.shape for f in demo_frames} == {(480, 640, 3)}


def test_angles_are_the_motion_s(demo_truth):
    for i, truth in enumerate(demo_truth):
        motion = motion_at(i)
        for angle in ("yaw_deg", "pitch_deg", "roll_deg"):
            assert truth[angle] - demo_truth[0][angle] == pytest.approx(getattr(motion, angle), abs=2e-3)


def test_the_motion_begins_at_rest_and_loops():
    first, last = motion_at(0), motion_at(FRAMES)
    assert (first.yaw_deg, first.pitch_deg, first.roll_deg, first.x_mm, first.y_mm) == pytest.approx((0,) * 5)
    assert first.distance == pytest.approx(1.0)
    assert astuple(last) == pytest.approx(astuple(first), abs=1e-9)
    steps = [abs(motion_at(i + 1).yaw_deg - motion_at(i).yaw_deg) for i in range(FRAMES)]
    assert 1.0 < max(steps) < 3.0, "a lively motion without jumps"


def test_eyes_are_near_the_posed_mean_face(demo_truth):
    """One person's eyes, not the mean's: near it, in every frame, in both axes."""
    camera = DEMO_CAMERA
    for truth in demo_truth:
        rotation = rotation_from_angles_deg(truth["yaw_deg"], truth["pitch_deg"], truth["roll_deg"])
        posed = canonical_face().vertices_mm @ rotation.T + truth["translation_mm"]
        pixels = camera.project(posed)
        for side, ring in (("left", LEFT_EYE_RING), ("right", RIGHT_EYE_RING)):
            off = pixels[list(ring)].mean(axis=0) - truth["eyes"][side]
            assert np.linalg.norm(off) < 8.0
