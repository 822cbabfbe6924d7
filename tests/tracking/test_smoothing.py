"""Steadied landmarks: quiet at rest, on time in motion and after a step."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.tracking.smoothing import EYES, LIPS, FaceSmoother, regions

CAMERA = Camera.assumed(640, 480)
FPS = 30


def seen(yaw=0.0, pitch=0.0, roll=0.0, shift=(0.0, 0.0), distance=500.0, moved=None) -> np.ndarray:
    """(478, 3) noise-free landmarks of the canonical face."""
    vertices = canonical_face().vertices_mm.copy()
    if moved is not None:
        vertices += moved
    pose = transform(rotation_from_angles_deg(yaw, pitch, roll), (*shift, -distance))
    posed = apply(pose, vertices)
    scale = CAMERA.fx / distance
    return np.column_stack([CAMERA.project(posed), -(posed[:, 2] + distance) * scale]).astype(np.float32)


def eye_distance(landmarks: np.ndarray) -> float:
    return float(np.hypot(*(landmarks[33, :2] - landmarks[263, :2])))


def run(frames, noise=0.0, seed=0, fps=FPS):
    rng = np.random.default_rng(seed)
    smoother = FaceSmoother()
    eye = eye_distance(frames[0])
    return np.array(
        [
            smoother.update((f + rng.normal(0, noise * eye, f.shape)).astype(np.float32), i / fps)
            for i, f in enumerate(frames)
        ]
    )


def error(a: np.ndarray, b: np.ndarray, eye: float) -> np.ndarray:
    """Mean distance per frame, in shares of the eye distance."""
    return np.hypot(*(a[..., :2] - b[..., :2]).transpose(2, 0, 1)).mean(axis=1) / eye


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_rest_is_quiet(fps):
    still = [seen(yaw=12)] * 90
    raw_noise = 0.004
    smooth = run(still, raw_noise, fps=fps)[30:]
    moves = np.diff(smooth[..., :2], axis=0)
    jitter = np.sqrt((moves**2).sum(axis=-1).mean()) / eye_distance(still[0])
    raw = np.sqrt(2 * 2) * raw_noise  # of two coordinates, between two frames
    assert jitter < {15: 0.24, 30: 0.16, 60: 0.12}[fps] * raw  # fewer frames in the same time average less
    assert error(smooth.mean(axis=0)[None], np.array([still[0]]), eye_distance(still[0]))[0] < 0.002


@pytest.mark.parametrize("hertz", [0.5, 1.0, 2.0])
def test_motion_is_followed_without_noticeable_lag(hertz):
    t = np.arange(90) / FPS
    wave = np.sin(2 * np.pi * hertz * t)
    frames = [seen(yaw=20 * w, roll=10 * w, shift=(30 * w, 0.0)) for w in wave]
    smooth = run(frames)
    assert error(smooth, np.array(frames), eye_distance(frames[0]))[15:].mean() < 0.009


def test_a_step_is_over_in_the_third_frame():
    frames = [seen()] * 20 + [seen(shift=(0.2 * 63, 0.0))] * 10
    smooth = run(frames, noise=0.003)
    assert error(smooth, np.array(frames), eye_distance(frames[0]))[22:].max() < 0.02


def test_a_blink_opens_its_own_eye_only():
    moved = np.zeros((478, 3))
    eye = regions() == EYES[0]
    moved[eye, 1] = -4.0 * np.sign(canonical_face().vertices_mm[eye, 1])
    frames = [seen()] * 30 + [seen(moved=moved)] * 3 + [seen()] * 10
    smooth, exact = run(frames, noise=0.002), np.array(frames)
    size = eye_distance(frames[0])
    lids = np.flatnonzero(eye)
    assert error(smooth[30:33, lids], exact[30:33, lids], size).max() < 0.035
    still = np.flatnonzero(regions() == LIPS)
    moves = np.diff(smooth[25:40, still, :2], axis=0)
    assert np.sqrt((moves**2).sum(axis=-1).mean()) / size < 0.0015


def test_the_first_frame_and_the_first_after_reset_pass_unchanged():
    smoother = FaceSmoother()
    first, other = seen(), seen(yaw=30, shift=(50.0, 20.0))
    np.testing.assert_array_equal(smoother.update(first, 0.0), first)
    smoother.reset()
    np.testing.assert_array_equal(smoother.update(other, 0.01), other)


@pytest.mark.parametrize("times", [[0.0] * 20, list(range(0, -20, -1)), [0, 5, 4, 9, 1e6, 2e6, -3, 0, 0, 1]])
def test_strange_times_break_nothing(times):
    smoother = FaceSmoother()
    for i, t in enumerate(times):
        out = smoother.update(seen(yaw=float(i)), float(t))
        assert np.isfinite(out).all()
        assert error(out[None], seen(yaw=float(i))[None], eye_distance(out))[0] < 0.2


def test_the_result_does_not_depend_on_who_else_is_smoothed():
    frames = [seen(yaw=i) for i in range(10)]
    alone = run(frames, 0.003)
    a, b = FaceSmoother(), FaceSmoother()
    rng = np.random.default_rng(0)
    eye = eye_distance(frames[0])
    for i, frame in enumerate(frames):
        noisy = (frame + rng.normal(0, 0.003 * eye, frame.shape)).astype(np.float32)
        np.testing.assert_array_equal(a.update(noisy, i / FPS), alone[i])
        b.update(seen(yaw=-40.0 + i), i / FPS)
