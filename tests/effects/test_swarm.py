"""Particles in motion: the laws they follow, chance that can be repeated, and what a step costs."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ar_effects.effects.motion.emitters import Aim, Around, InView
from ar_effects.effects.motion.swarm import MAX_PARTICLES, Motion, Swarm
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform

UP = np.array([0.0, 1.0, 0.0])


def from_origin(randoms, born):
    return np.zeros((3, len(born))), np.tile(UP[:, None], len(born))


def flown(
    motion: Motion, steps, rate: float = 0.0, burst: int = 0, place=from_origin, seed: int = 0
) -> Swarm:
    swarm = Swarm(motion, MAX_PARTICLES, seed)
    for i, step_s in enumerate(steps):
        swarm.step(step_s, rate, place, burst if i == 0 else 0)
    return swarm


def rows(swarm: Swarm) -> np.ndarray:
    """The living, in the order of their births."""
    drawn = swarm.drawn(None, back_to_front=False).copy()
    return drawn[drawn[:, 3] < 1.0]


@given(
    pull=st.floats(-900, 900),
    drag=st.floats(0, 8),
    wind=st.floats(-200, 200),
    speed=st.floats(0, 500),
    steps=st.lists(st.floats(0.001, 0.25), min_size=1, max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_flight_is_the_equations_own_solution(pull, drag, wind, speed, steps):
    """v' = pull - drag (v - wind), whatever the steps are."""
    motion = Motion(
        (100, 100), (speed, speed), pull_mm_s2=(0, pull, 0), wind_mm_s=(0, wind, 0), drag_per_s=drag
    )
    swarm = flown(motion, [0.0, *steps], burst=1)
    t = sum(steps)
    if drag > 1e-4:
        settled = wind + pull / drag
        expected = settled * t + (speed - settled) * (1 - np.exp(-drag * t)) / drag
    else:
        expected = speed * t + pull * t * t / 2
    assert rows(swarm)[0, 1] == pytest.approx(expected, rel=2e-3, abs=0.5)
    assert rows(swarm)[0, 3] == pytest.approx(t / 100, rel=1e-4)


def wild(fps: int, seed: int = 0, seconds: float = 2.0) -> np.ndarray:
    motion = Motion(
        (0.5, 1.5), (50, 200), (5, 9), (-2, 2), (1, 3), (0, -300, 0), (40, 0, 0), 1.0, turbulence_mm_s2=300
    )
    around = Around(Aim(UP, 0.5), (1, 2, 3), (10, 10, 10))
    return rows(flown(motion, [1 / fps] * round(fps * seconds), 200.0, place=around, seed=seed))


@pytest.mark.parametrize("fps", [7, 15, 24, 60, 144])
def test_frame_rates_differ_little(fps):
    """The same particles with the same random numbers, within a few mm and a hundredth of their life."""
    usual, other = wild(30), wild(fps)
    seconds = 2.0 - round(2.0 * fps) / fps  # 7 does not divide 2 s
    assert abs(len(usual) - len(other)) <= 2 + 200 * abs(seconds)
    both = {round(float(r[7]), 5): r for r in usual}
    pairs = [(both[k], r) for r in other if (k := round(float(r[7]), 5)) in both]
    assert len(pairs) >= len(usual) - 3 - 200 * abs(seconds)
    a, b = (np.array(p) for p in zip(*pairs, strict=True))
    assert np.abs(a[:, 3] - b[:, 3]).max() < 0.02
    assert np.abs(a[:, :3] - b[:, :3]).max() < 6.0
    np.testing.assert_array_equal(a[:, 4], b[:, 4])


def test_chance_is_repeated_by_its_seed():
    np.testing.assert_array_equal(wild(30, seed=4), wild(30, seed=4))
    assert not np.array_equal(wild(30, seed=4)[:20], wild(30, seed=5)[:20])


@given(rate=st.floats(0, 900), steps=st.lists(st.floats(0.0, 0.25), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_as_many_are_born_as_the_rate_says(rate, steps):
    born = flown(Motion((100, 100)), steps, rate).count
    assert abs(born - rate * sum(steps)) < 1.001


def test_births_are_spread_over_the_step():
    """At 10 frames a second a fast stream is as even as at 1000."""
    swarm = flown(Motion((100, 100), (1000, 1000)), [0.1] * 5, rate=200.0)
    heights = np.sort(rows(swarm)[:, 1])
    np.testing.assert_allclose(np.diff(heights), 5.0, atol=0.1)


def test_births_lie_between_where_the_anchor_was_and_is():
    around = Around(Aim(UP, 0.0), (0, 0, 0), (0, 0, 0))
    around.move(transform(None, (0, 0, -500)))
    swarm = Swarm(Motion((100, 100)), 100)
    swarm.step(0.0, 0.0, around)
    around.move(transform(None, (90, 0, -500)))
    swarm.step(1 / 30, 300.0, around)
    assert np.sort(rows(swarm)[:, 0]) == pytest.approx(np.arange(9, 91, 9), abs=0.1)


def test_they_die_when_their_life_is_over_and_no_others():
    motion = Motion((0.3, 2.0))
    swarm = flown(motion, [1 / 30] * 3, burst=1000)
    lives = 0.1 - 1 / 30  # those of the burst were born at the end of the first step
    for _ in range(70):
        swarm.step(1 / 30, 0.0, from_origin)
        lives += 1 / 30
        expected = 1000 * np.clip((2.0 - lives) / 1.7, 0, 1)
        assert len(rows(swarm)) == pytest.approx(expected, abs=60)
        assert len(np.unique(rows(swarm)[:, 7])) == len(rows(swarm)), "nobody twice"
    assert swarm.count == 0


def test_there_are_never_more_than_may_be():
    swarm = Swarm(Motion((1, 1)), 50)
    for _ in range(60):
        swarm.step(1 / 30, 400.0, from_origin, burst=30)
        assert swarm.count <= 50
    swarm.clear()
    assert swarm.count == 0


def test_far_ones_first_and_none_lost():
    swarm = flown(
        Motion((9, 9)), [0.01], burst=3000, place=InView(Aim(UP, 1.0), "everywhere", (300, 900), 5.0)
    )
    plain = swarm.drawn(None, back_to_front=False).copy()
    ordered = swarm.drawn(None, back_to_front=True)
    assert (np.diff(ordered[:, 2]) >= -1 / 32).all()
    np.testing.assert_array_equal(plain[np.lexsort(plain.T)], ordered[np.lexsort(ordered.T)])


def test_a_swarm_that_is_worn_moves_with_its_frame():
    matrix = transform(1.1 * rotation_from_angles_deg(20, -30, 10), (5, -7, -600))
    swarm = flown(Motion((9, 9)), [0.01], burst=50, place=Around(Aim(UP, 1.0), (1, 2, 3), (30, 20, 10)))
    local = swarm.drawn(None, back_to_front=False).copy()[:, :3]
    np.testing.assert_allclose(
        swarm.drawn(matrix, back_to_front=False)[:, :3], local @ matrix[:3, :3].T + matrix[:3, 3], atol=1e-2
    )


@given(cone=st.floats(0.01, np.pi), direction=st.tuples(*[st.floats(-1, 1)] * 3))
@settings(max_examples=60, deadline=None)
def test_directions_fill_the_cone_evenly(cone, direction):
    length = np.linalg.norm(direction)
    if length < 1e-3:
        return
    axis = np.array(direction) / length
    randoms = np.random.default_rng(1).random((4000, 2), dtype=np.float32)
    found = Aim(axis, cone).directions(randoms)
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), 1.0, atol=1e-5)
    cosine = axis @ found
    assert cosine.min() >= np.cos(cone) - 1e-5
    assert cosine.mean() == pytest.approx((1 + np.cos(cone)) / 2, abs=0.03)


def test_snow_begins_just_outside_its_edge():
    camera = Camera.assumed(640, 480)
    randoms = np.random.default_rng(0).random((2000, 12), dtype=np.float32)
    for edge, axis, outside in (
        ("top", 1, -0.5),
        ("bottom", 1, 479.5),
        ("left", 0, -0.5),
        ("right", 0, 639.5),
    ):
        place = InView(Aim(UP, 0.1), edge, (300.0, 1200.0), 10.0)
        place.camera = camera
        places, _ = place(randoms, randoms[:, 0])
        px = camera.project(places.T)[:, axis]
        assert (px < outside).all() if outside < 0 else (px > outside).all()
        assert np.abs(px - outside).max() < 10.0 * camera.fx / 300 + 2
        depth = -places[2]
        assert 300 <= depth.min() < 400
        assert 1150 < depth.max() <= 1200.1


def test_steady_state_takes_no_memory():
    """What a step asks for is in proportion to who is born, not to who is there."""
    motion = Motion(
        (3, 4), (50, 200), spin=(-1, 1), pull_mm_s2=(0, -300, 0), drag_per_s=0.5, turbulence_mm_s2=200
    )
    swarm = flown(motion, [1 / 30] * 150, rate=2500.0)
    assert swarm.count > 8000
    matrix = transform(rotation_from_angles_deg(5, 6, 7), (1, 2, -500))
    swarm.drawn(matrix, back_to_front=True)
    tracemalloc.start()
    try:
        for _ in range(20):
            swarm.step(1 / 30, 2500.0, from_origin)
            swarm.drawn(matrix, back_to_front=True)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 4_000
    assert peak < 32_000 < swarm.count * 4
