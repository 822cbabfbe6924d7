"""Frames get what the effect needs: by whom, in which order, and what becomes of an analyser that fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib import metadata
from importlib.metadata import EntryPoint

import cv2
import numpy as np
import pytest

from ar_effects.errors import ModelError
from ar_effects.geometry.camera import Camera
from ar_effects.plugins import Registry
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Frame, TrackedFrame
from ar_effects.tracking.analyser import Analyser, AnalyserSetup
from ar_effects.tracking.analysers import ANALYSERS, OWN, check_analyser, is_whole_frame
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.segmentation import PersonSegmentation

LOWER_LIP = (14, 87, 317, 178, 402, 88, 318, 17, 84, 314, 181, 405, 91, 321)
GREY = TrackedFrame(Frame(np.zeros((48, 64, 3), np.uint8), 0.0), (), Camera.assumed(64, 48))


# --- ours -------------------------------------------------------------------------------------------------


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
    annotator = FrameAnnotator(AnalyserSetup(cpu, "picture"))

    def mouth(one: TrackedFrame) -> float:
        expression = annotator.annotate(one, {"expression"}).faces[0].expression
        assert expression is not None
        return expression.mouth_open

    assert mouth(opened(tracked, 0.5)) > mouth(tracked) + 0.4  # she smiles: her teeth are seen


def test_nothing_is_measured_for_effects_that_do_not_ask(cpu, tracked):
    assert FrameAnnotator(AnalyserSetup(cpu, "picture")).annotate(tracked, set()) is tracked


def test_videos_are_left_to_the_tracker_that_knows_the_person(cpu, tracked):
    assert FrameAnnotator(AnalyserSetup(cpu)).annotate(tracked, {"expression"}) is tracked


def test_the_network_is_loaded_when_it_is_first_needed(cpu, demo_frames, monkeypatch):
    made = []
    create = PersonSegmentation.create.__func__
    monkeypatch.setattr(
        PersonSegmentation, "create", classmethod(lambda cls, setup: made.append(1) or create(cls, setup))
    )
    portrait = Frame(cv2.resize(demo_frames[0], (320, 180), interpolation=cv2.INTER_AREA), 0.0)
    tracked = TrackedFrame(portrait, (), Camera.assumed(320, 180))
    times = StageTimes()
    with FrameAnnotator(AnalyserSetup(cpu), times=times) as annotator:
        assert annotator.annotate(tracked, {"expression"}).segmentation is None
        assert not made
        assert times.median_ms("segmentation") == 0.0
        for _ in range(2):
            with_mask = annotator.annotate(tracked, {"segmentation"})
            assert with_mask.segmentation is not None
            assert with_mask.frame is portrait
        assert made == [1]
        assert times.median_ms("segmentation") > 0.0


def test_candidates_are_found_at_once_in_pictures_and_in_rounds_in_videos(cpu):
    times = StageTimes()
    alone = FrameAnnotator(AnalyserSetup(cpu, "picture")).annotate(GREY, {"face_candidates"})
    assert alone.face_candidates.complete
    video = FrameAnnotator(AnalyserSetup(cpu), times=times)
    assert not video.annotate(GREY, {"face_candidates"}).face_candidates.complete
    assert video.annotate(GREY, ()) is GREY
    assert [(s.name, s.count) for s in times.summaries()] == [("face_candidates", 1)]


def test_the_tracker_is_an_analyser_as_the_others(cpu, demo_frames):
    for name in OWN:
        check_analyser(name, ANALYSERS[name])
    frame = Frame(demo_frames[0], 0.0)
    with ANALYSERS["faces"].create(AnalyserSetup(cpu)) as tracker:
        found = tracker.annotate(TrackedFrame(frame, (), Camera.assumed(*frame.size)))
    assert len(found.faces) == 1
    assert found.camera == tracker.camera_for(*frame.size)


def test_who_needs_all_of_the_picture_and_who_no_guessed_faces(cpu):
    annotator = FrameAnnotator(AnalyserSetup(cpu))
    assert {name for name in OWN if is_whole_frame(name)} == {"segmentation", "face_candidates"}
    assert is_whole_frame("nobody knows this one")
    assert annotator.allows_prediction({"segmentation", "expression"})
    assert not annotator.allows_prediction({"segmentation", "face_candidates"})


# --- order, and those of others ---------------------------------------------------------------------------


class Told(Analyser):
    """Writes down what happens to it."""

    log: list[tuple[str, str]]
    fails = ""

    @classmethod
    def create(cls, setup):
        cls.log.append(("create", cls.produces))
        return cls()

    def _do(self, what):
        self.log.append((what, self.produces))
        if what in self.fails:
            raise ZeroDivisionError(f"{self.produces} cannot {what}")

    def annotate(self, tracked):
        self._do("annotate")
        return tracked.with_measurement(self.produces, [1.0])

    def reset(self):
        self._do("reset")

    def close(self):
        self._do("close")


@pytest.fixture
def make(monkeypatch, cpu):
    """Makes an annotator of analysers that are told by name, needs and cost; ``strange`` are plug-ins."""
    log: list[tuple[str, str]] = []

    def annotator(strange=(), **kinds):
        classes = {
            name: type(
                name,
                (Told,),
                {"produces": name, "needs": frozenset(needs), "cost_ms": cost, "log": log, "fails": fails},
            )
            for name, (needs, cost, fails) in kinds.items()
        }
        found = [EntryPoint(name, "somewhere:Class", "ar_effects.analysers") for name in strange]
        monkeypatch.setattr(EntryPoint, "load", lambda entry: classes[entry.name])
        monkeypatch.setattr(metadata, "entry_points", lambda group: found)
        own = {name: (lambda one=one: one) for name, one in classes.items() if name not in strange}
        registry = Registry("analysers", own, check_analyser)
        return FrameAnnotator(AnalyserSetup(cpu), analysers=registry), log

    return annotator


def annotated(log):
    return [name for what, name in log if what == "annotate"]


def test_just_what_is_needed_runs_after_what_it_needs_and_the_cheap_first(make):
    annotator, log = make(
        gesture=({"hands"}, 1.0, ""), hands=({"faces"}, 9.0, ""), depth=((), 3.0, ""), unused=((), 0.1, "")
    )
    found = annotator.annotate(GREY, {"gesture", "depth"})
    assert annotated(log) == ["hands", "gesture", "depth"]
    assert set(found.measurements) == {"hands", "gesture", "depth"}
    assert annotator.order({"hands", "depth"}) == ("depth", "hands")
    log.clear()
    annotator.annotate(GREY, {"depth"})
    assert [one for one in log if one[0] == "reset"] == [("reset", "hands"), ("reset", "gesture")]
    log.clear()
    annotator.annotate(GREY, {"depth"})
    assert log == [("annotate", "depth")], "told once that nobody needs them"
    annotator.close()
    annotator.close()
    assert sorted(one for one in log if one[0] == "close") == [
        ("close", name) for name in ("depth", "gesture", "hands")
    ]


@pytest.mark.parametrize("fails", ["create", "annotate", "gives nothing"])
def test_a_strangers_analyser_that_fails_is_named_once_and_left_out_with_those_that_need_it(
    make, caplog, monkeypatch, fails
):
    annotator, log = make(
        strange=("hands", "gesture"),
        gesture=({"hands"}, 1.0, ""),
        hands=({"faces"}, 9.0, "annotate" if fails == "annotate" else ""),
        depth=((), 30.0, ""),
    )
    hands = annotator._analysers["hands"]
    if fails == "create":
        monkeypatch.setattr(hands, "create", classmethod(lambda cls, setup: 1 / 0))
    elif fails == "gives nothing":
        monkeypatch.setattr(hands, "annotate", lambda self, tracked: None)
    with caplog.at_level(logging.WARNING, logger="ar_effects"):
        found = [annotator.annotate(GREY, {"gesture", "depth"}) for _ in range(3)]
    assert all(set(one.measurements) == {"depth"} for one in found)
    assert [problem.name for problem in annotator.problems] == ["hands", "gesture"]
    assert len(caplog.records) == 2
    assert "hands" in str(annotator.problems[0])
    assert "'hands'" in str(annotator.problems[1]), "and why"
    assert annotated(log).count("depth") == 3
    annotator.close()


def test_what_fails_while_it_is_not_needed_is_left_out_as_well(make):
    annotator, _ = make(strange=("hands",), hands=((), 1.0, "reset"), depth=((), 1.0, ""))
    annotator.annotate(GREY, {"hands"})
    annotator.annotate(GREY, {"depth"})
    assert [problem.name for problem in annotator.problems] == ["hands"]
    assert annotator.annotate(GREY, {"hands"}) is GREY


def test_what_ours_raise_is_raised(make, cpu, monkeypatch):
    annotator, _ = make(hands=((), 1.0, "annotate"))
    with pytest.raises(ZeroDivisionError):
        annotator.annotate(GREY, {"hands"})

    def missing(_):
        raise ModelError("The network's file is missing")

    monkeypatch.setattr(PersonSegmentation, "create", missing)
    with pytest.raises(ModelError):
        FrameAnnotator(AnalyserSetup(cpu)).annotate(GREY, {"segmentation"})


def test_what_nobody_measures_and_what_needs_itself_is_named(make):
    annotator, log = make(
        strange=("egg", "hen", "lost"),
        egg=({"hen"}, 1.0, ""),
        hen=({"egg"}, 1.0, ""),
        lost=({"nowhere"}, 1.0, ""),
    )
    for _ in range(2):
        assert annotator.annotate(GREY, {"egg", "lost", "faces"}) is GREY
    assert {problem.name for problem in annotator.problems} == {"egg", "hen", "lost", "nowhere"}
    assert len(annotator.problems) == 4
    assert log == []


def test_a_class_that_is_no_analyser_is_refused(make, cpu):
    for wrong in (7, object, type("Hands", (Told,), {"produces": "feet"})):
        with pytest.raises(TypeError):
            check_analyser("hands", wrong)
    annotator, _ = make()
    assert annotator._analysers.find("hands") is None


def test_frames_are_equal_where_their_measurements_are():
    one, other, none = (GREY.with_measurement("hands", np.array([x])) for x in (1.0, 1.0, 2.0))
    assert one == other
    assert hash(one) == hash(other)
    assert one != none
    assert one != GREY
    assert one.with_measurement("feet", 2).measurements.keys() == {"hands", "feet"}
    assert one.measurements.keys() == {"hands"}
