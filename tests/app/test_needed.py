"""Single pictures: what faces do is measured where an effect asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.app.pipeline.needed import Needed
from ar_effects.geometry.camera import Camera
from ar_effects.records import Frame, TrackedFrame

LOWER_LIP = (14, 87, 317, 178, 402, 88, 318, 17, 84, 314, 181, 405, 91, 321)


@pytest.fixture
def tracked(demo_frames, demo_face) -> TrackedFrame:
    frame = Frame(demo_frames[0], 0.0)
    return TrackedFrame(frame, (demo_face,), Camera.assumed(*frame.size))


def opened(tracked: TrackedFrame, fraction: float) -> TrackedFrame:
    """The lower lip pulled down by a share of the distance between the eyes."""
    (face,) = tracked.faces
    landmarks = face.landmarks.copy()
    landmarks[np.array(LOWER_LIP), 1] += fraction * face.eyes.distance_px
    return replace(tracked, faces=(replace(face, landmarks=landmarks),))


def test_an_open_mouth_in_a_picture_is_seen(cpu, tracked):
    needed = Needed(cpu, single=True)

    def mouth(one: TrackedFrame) -> float:
        expression = needed.added(one, {"expression"}).faces[0].expression
        assert expression is not None
        return expression.mouth_open

    assert mouth(opened(tracked, 0.5)) > mouth(tracked) + 0.4  # she smiles: her teeth are seen


def test_nothing_is_measured_for_effects_that_do_not_ask(cpu, tracked):
    assert Needed(cpu, single=True).added(tracked, set()) is tracked


def test_videos_are_left_to_the_tracker_that_knows_the_person(cpu, tracked):
    assert Needed(cpu).added(tracked, {"expression"}) is tracked
