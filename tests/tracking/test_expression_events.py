"""Blinks, winks, nods and shakes: once each, and none from anything else."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ar_effects.tracking.expression_events import ExpressionEvents, reversals
from tests.tracking.expression_faces import REST, Doing, Player, head

SHUT = Doing(shut_left=1.0, shut_right=1.0)
HALF = Doing(shut_left=0.5, shut_right=0.5)
RATES = [15.0, 24.0, 30.0, 60.0]
HEADS = [(0, 0, 0), (25, 0, 0), (-20, 12, 15), (5, -18, -30)]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("angles", HEADS)
def test_a_blink_is_one_event_in_the_frame_that_opens(fps, angles):
    pose = head(*angles)
    player = Player(fps)
    player.hold(REST, 1.5, pose)
    player.show(HALF, pose)
    player.hold(SHUT, 0.12, pose)
    assert player.events == []
    player.show(HALF, pose)
    player.show(REST, pose)
    assert player.events == ["blink"]
    player.hold(REST, 1.0, pose)
    assert player.events == ["blink"]


def test_three_blinks_are_three():
    player = Player()
    player.hold(REST, 1.0)
    for _ in range(3):
        player.hold(SHUT, 0.1)
        player.hold(REST, 0.3)
    assert player.events == ["blink"] * 3


def test_eyes_shut_for_longer_or_narrowed_or_for_one_fast_frame_are_no_blink():
    player = Player()
    player.hold(REST, 1.0)
    player.hold(SHUT, 0.8)
    player.hold(REST, 1.0)
    player.hold(HALF, 0.2)
    player.hold(REST, 1.0)
    assert player.events == []
    fast = Player(60.0)
    fast.hold(REST, 1.0)
    fast.show(SHUT)
    fast.hold(REST, 1.0)
    assert fast.events == []


@pytest.mark.parametrize("fps", [24.0, 30.0])
def test_a_blink_that_one_frame_saw_in_part_is_one(fps):
    """Two pictures blended into one: lids half down in between open eyes."""
    player = Player(fps)
    player.hold(REST, 1.0)
    player.show(HALF)
    player.hold(REST, 1.0)
    assert player.events == ["blink"]


def test_half_shut_for_two_frames_or_a_little_for_one_is_no_blink():
    player = Player()
    player.hold(REST, 1.0)
    player.show(HALF)
    player.show(HALF)
    player.hold(REST, 0.5)
    player.show(Doing(shut_left=0.25, shut_right=0.25))
    player.hold(REST, 0.5)
    player.show(Doing(shut_left=0.9))  # the network slips on one eye
    player.hold(REST, 0.5)
    assert player.events == []


def test_eyes_shut_from_the_start_are_no_blink():
    player = Player()
    player.hold(SHUT, 0.2)
    player.hold(REST, 1.0)
    assert player.events == []


def test_a_blink_across_a_gap_is_none():
    player = Player()
    player.hold(REST, 1.0)
    player.show(SHUT)
    player.time_s += 0.6
    player.hold(REST, 1.0)
    assert player.events == []


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("angles", HEADS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_wink_is_one_event_of_the_persons_own_side(fps, angles, side):
    pose = head(*angles)
    player = Player(fps)
    player.hold(REST, 1.5, pose)
    player.hold(Doing(**{f"shut_{side}": 1.0}), 0.5, pose)
    player.hold(REST, 0.5, pose)
    assert player.events == [f"wink_{side}"]
    player.hold(Doing(**{f"shut_{side}": 1.0}), 0.3, pose)
    player.hold(REST, 0.5, pose)
    assert player.events == [f"wink_{side}"] * 2


def test_an_uneven_blink_is_no_wink():
    player = Player()
    player.hold(REST, 1.0)
    for left, right in ((0.4, 0.9), (1.0, 1.0), (1.0, 0.9), (0.8, 0.3), (0.2, 0.0)):
        player.show(Doing(shut_left=left, shut_right=right))
    player.hold(REST, 0.5)
    assert player.events == ["blink"]


def test_no_wink_is_read_from_a_head_turned_far():
    player = Player()
    player.hold(REST, 1.0)
    player.move(lambda t: head(-40 * np.sin(2 * t)), 0.7)
    player.hold(Doing(shut_right=1.0), 0.5, head(-39))
    assert player.events == []


def swing(amplitude_deg: float, hertz: float, axis: str):
    def pose(t: float) -> np.ndarray:
        angle = amplitude_deg * np.sin(2 * np.pi * hertz * t)
        return head(yaw=angle) if axis == "yaw" else head(pitch=angle)

    return pose


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize(("axis", "event"), [("pitch", "nod"), ("yaw", "shake")])
def test_a_nod_and_a_shake_are_one_event_each(fps, axis, event):
    player = Player(fps)
    player.hold(REST, 1.5)
    player.move(swing(12.0, 1.6, axis), 2.0 / 1.6)
    player.hold(REST, 1.0)
    assert player.events == [event]
    player.move(swing(12.0, 1.6, axis), 2.0 / 1.6)
    player.hold(REST, 1.0)
    assert player.events == [event] * 2


def test_going_on_nodding_is_one_nod():
    player = Player()
    player.hold(REST, 1.0)
    player.move(swing(12.0, 1.6, "pitch"), 5.0)
    assert player.events == ["nod"]


@pytest.mark.parametrize("fps", RATES)
def test_a_head_that_only_moves_is_no_event(fps):
    player = Player(fps)
    player.hold(REST, 1.0)
    player.move(lambda t: head(35 * np.sin(1.6 * t), 15 * np.sin(1.1 * t), 20 * np.sin(0.9 * t)), 8.0)
    player.move(swing(2.5, 2.0, "pitch"), 2.0)  # a talking head bobs
    player.move(lambda t: head(yaw=8 * np.sin(10 * t), roll=20 * np.sin(10 * t)), 2.0)  # dancing leans
    player.move(lambda t: head(depth_mm=600 + 150 * np.sin(6 * t)), 3.0)
    assert player.events == []


def test_a_nod_in_a_turning_head_is_no_event_when_yaw_moves_more():
    player = Player()
    player.hold(REST, 1.0)
    player.move(lambda t: head(30 * np.sin(2 * t), 6 * np.sin(10 * t)), 3.0)
    assert "nod" not in player.events


@pytest.mark.parametrize("axis", ["yaw", "roll"])
def test_a_head_that_bobs_while_it_sways_does_not_nod(axis):
    player = Player()
    player.hold(REST, 1.0)
    player.move(lambda t: head(pitch=7 * np.sin(9 * t), **{axis: 6 * np.sin(4 * t)}), 2.0)
    assert player.events == []


def test_a_nod_with_a_blink_is_both():
    player = Player()
    player.hold(REST, 1.0)
    pose = swing(12.0, 1.6, "pitch")
    for k in range(40):
        player.show(SHUT if 8 <= k < 12 else REST, pose(k / 30))
    assert sorted(player.events) == ["blink", "nod"]


def test_a_cut_to_another_head_forgets():
    events = ExpressionEvents()
    for k in range(30):
        assert events.update(k / 30, (1.0, 1.0), (20.0 * (-1) ** k, 0.0, 0.0)) == ()


def test_reversals_count_turns_beyond_the_swing():
    assert reversals([0, 10, 0, 10], 8) == 2
    assert reversals([0, 10, 20, 30], 8) == 0
    assert reversals([0, 10, 5, 10, 5], 8) == 0
    assert reversals([0, 4, 9, 5, 0, -3, 2, 8], 8) == 2
    assert reversals([], 8) == 0


def test_the_frame_lists_are_whole():
    record = json.loads((Path(__file__).parents[1] / "data" / "blinks.json").read_text(encoding="utf-8"))
    assert {c["clip"] for c in record["clips"]} >= {"d3.mp4", "d14.mp4"}
    for clip in record["clips"]:
        assert len(clip["sha256"]) == hashlib.sha256().digest_size * 2
        for key in ("blinks", "unclear", "wink_left", "wink_right"):
            spans = clip[key]
            assert all(0 <= first <= last < clip["frames"] for first, last in spans)
            assert all(a[1] < b[0] for a, b in pairwise(spans))
