"""One state at a time, and none that cannot follow."""

from __future__ import annotations

import pytest

from ar_effects.app.pipeline.live_pipeline import sentence_of
from ar_effects.app.pipeline.state import OVER, TRANSITIONS, PipelineState, StateMachine
from ar_effects.errors import CameraLostError


def test_every_state_can_be_reached_and_closed():
    reached, todo = set(), [PipelineState.NEW]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += TRANSITIONS[state]
    assert reached == set(PipelineState) == set(TRANSITIONS)
    for state, after in TRANSITIONS.items():
        assert PipelineState.CLOSED in after or state is PipelineState.CLOSED


def test_changes_are_told_once_with_their_cause():
    told = []
    machine = StateMachine(lambda state, cause: told.append((state, cause)))
    error = CameraLostError("The camera stopped")
    for _ in range(2):
        assert machine.enter(PipelineState.OPENING)
    assert machine.enter(PipelineState.LOST, error)
    assert told == [(PipelineState.OPENING, None), (PipelineState.LOST, error)]
    assert machine.state is PipelineState.LOST


def test_what_cannot_follow_is_a_defect_and_what_is_late_is_no_news():
    told = []
    machine = StateMachine(lambda state, _: told.append(state))
    with pytest.raises(RuntimeError, match="LOST cannot follow NEW"):
        machine.enter(PipelineState.LOST)
    machine.enter(PipelineState.OPENING)
    machine.enter(PipelineState.FAILED)
    for state in set(PipelineState) - OVER:
        assert not machine.enter(state)
    assert machine.enter(PipelineState.CLOSED)
    assert not machine.enter(PipelineState.FAILED)
    assert told == [PipelineState.OPENING, PipelineState.FAILED, PipelineState.CLOSED]


def test_people_are_told_only_what_the_picture_does_not_say():
    silent = {state for state in PipelineState if not sentence_of(state)}
    assert silent == {
        PipelineState.RUNNING,
        PipelineState.PAUSED,
        PipelineState.RELEASED,
        PipelineState.FAILED,
        PipelineState.CLOSED,
    }
    assert "stopped" in sentence_of(PipelineState.LOST, CameraLostError("The camera stopped"))
