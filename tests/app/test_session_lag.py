"""The lag on tracks whose delay is known."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.app.sessions.figures import Seen
from ar_effects.app.sessions.lag import measure_lag

EYES = np.array([[20.0, 0.0], [-20.0, 0.0]])
NONE = np.zeros((478, 2))


def moving(t, speed=1.0):
    """(2, 2) the eyes of a head that sways, nods and leans by several frequencies; they are 40 px apart."""
    t = speed * np.asarray(t)
    angle = 0.2 * np.sin(2.1 * t)
    c, s = np.cos(angle), np.sin(angle)
    at = [30 * np.sin(3.0 * t) + 9 * np.sin(7.7 * t + 1), 20 * np.sin(2.3 * t + 2) + 6 * np.sin(9.1 * t)]
    return EYES @ np.array([[c, -s], [s, c]]) + at


def even(count=150, fps=30.0):
    return np.arange(count) / fps


def delayed(times, delay_s, noise=0.0, steadied_noise=0.0, who=1, speed=1.0):
    rng = np.random.default_rng(4)
    return [
        (
            float(t),
            [
                Seen(
                    who,
                    NONE,
                    moving(t - delay_s, speed) + rng.normal(0, steadied_noise, (2, 2)),
                    moving(t, speed) + rng.normal(0, noise, (2, 2)),
                )
            ],
        )
        for t in times
    ]


@pytest.mark.parametrize("delay_ms", [-40.0, 0.0, 7.0, 16.7, 33.3, 50.0, 120.0])
def test_a_delay_is_found_between_the_frames(delay_ms):
    lag = measure_lag(delayed(even(), delay_ms / 1000))
    assert 1000 * lag.seconds == pytest.approx(delay_ms, abs=0.7)
    assert lag.frames == pytest.approx(delay_ms / 1000 * 30, abs=0.02)
    assert lag.correlation > 0.98


@pytest.mark.parametrize("delay_ms", [0.0, 12.0, 45.0])
def test_noise_and_uneven_times_move_it_little(delay_ms):
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.05, 200))
    lag = measure_lag(delayed(times, delay_ms / 1000, noise=0.4, steadied_noise=0.05))
    assert 1000 * lag.seconds == pytest.approx(delay_ms, abs=2.5)


def test_a_low_pass_has_the_lag_it_must_have():
    """``y += g (x - y)`` delays what is slow by (1 - g) / g frames; noise that both share pulls toward 0."""
    for gain, noise in ((0.5, 0.0), (0.4, 0.0), (0.5, 0.3)):
        frames = delayed(even(400), 0.0, noise=noise, speed=0.5)
        held = frames[0][1][0].raw_eyes
        series = []
        for t, (face,) in frames:
            held = held + gain * (face.raw_eyes - held)
            series.append((t, [Seen(1, NONE, held, face.raw_eyes)]))
        assert measure_lag(series).frames == pytest.approx((1 - gain) / gain, abs=0.2 if noise else 0.06)


def test_two_people_count_by_how_much_they_move():
    still = delayed(even(), 0.1, who=2, speed=0.02)
    both = [(t, [*a, *b]) for (t, a), (_, b) in zip(delayed(even(), 0.02), still, strict=True)]
    assert measure_lag(both).seconds == pytest.approx(0.02, abs=0.002)


def test_runs_are_not_joined_over_a_gap():
    """The head is elsewhere after the gap: a jump that both tracks share would hide the lag."""
    first, second = delayed(even(90), 0.03), delayed(even(90) + 20.0, 0.03)
    assert measure_lag([*first, *second]).seconds == pytest.approx(0.03, abs=0.001)


@pytest.mark.parametrize(
    "frames",
    [
        [],
        delayed(even(10), 0.02),
        delayed(even(), 0.02, speed=0.0),
        delayed(even(), 0.02, speed=0.0, noise=0.3, steadied_noise=0.02),
        delayed(even(), 5.0),
        [(t, [Seen(f.id, NONE, f.eyes)]) for t, (f,) in delayed(even(), 0.02)],
        [(0.0, faces) for _, faces in delayed(even(), 0.02)],
        [(t, faces if i % 10 else []) for i, (t, faces) in enumerate(delayed(even(fps=3.0), 0.02))],
    ],
    ids=["none", "short", "rest", "rest with noise", "unlike", "no raw", "time stands", "gaps"],
)
def test_where_nothing_can_be_told_there_is_no_lag(frames):
    lag = measure_lag(frames)
    assert (lag.seconds, lag.frames, lag.correlation) == (None, None, None)
