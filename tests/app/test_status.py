from __future__ import annotations

import pytest

from ar_effects.app.pipeline.status import Status


def test_the_stage_that_matters_most_is_heard_whoever_speaks_last():
    changes: list[str] = []
    status = Status({"capture": "Opening", "track": "Loading"}, lambda: changes.append(status.text))
    capture, track = status.writer("capture"), status.writer("track")
    assert status.text == "Opening"
    track("")
    assert status.text == "Opening"
    capture("")
    assert status.text == ""
    track("Preparing")
    capture("Lost")
    track("")
    assert status.text == "Lost"
    capture("Lost")
    assert changes == ["Opening", "", "Preparing", "Lost", "Lost"], "told of changes only"


def test_nobody_writes_for_a_stage_there_is_not():
    with pytest.raises(AssertionError):
        Status({"capture": ""}).writer("track")
