"""Records that hold arrays can be compared, kept in sets and used as keys."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass, replace
from importlib.util import find_spec

import numpy as np
import pytest

import ar_effects
from ar_effects.geometry.camera import Camera
from ar_effects.records import Eyes, Face, FaceCandidates, Frame, HeadPose, TrackedFrame
from ar_effects.sources.picture import PictureFrame


def picture(level=7):
    return np.full((4, 6, 3), level, np.uint8)


def eyes(x=1.0):
    return Eyes(np.array([x, 2.0], np.float32), np.array([5.0, 2.0], np.float32))


def face(x=1.0, score=0.5):
    return Face(1, score, np.full((478, 3), x, np.float32), HeadPose(np.eye(4)), eyes(x))


def tracked(level=7, x=1.0):
    candidates = FaceCandidates(np.zeros((1, 5)))
    mask = np.zeros((4, 6), np.float32)
    return TrackedFrame(Frame(picture(level), 1.0), (face(x),), Camera.assumed(6, 4), mask, candidates)


MADE = {
    "Frame": (lambda: Frame(picture(), 1.0), lambda: Frame(picture(8), 1.0)),
    "a video's Frame": (lambda: Frame(picture(), 1.0, pts=3), lambda: Frame(picture(), 1.0, pts=4)),
    "PictureFrame": (lambda: PictureFrame(picture(), 1.0), lambda: PictureFrame(picture(), 2.0)),
    "Eyes": (eyes, lambda: eyes(9.0)),
    "HeadPose": (lambda: HeadPose(np.eye(4)), lambda: HeadPose(np.eye(4) * 2)),
    "Face": (face, lambda: face(9.0)),
    "Face, its score": (face, lambda: face(score=0.6)),
    "FaceCandidates": (lambda: FaceCandidates(np.zeros((2, 5))), lambda: FaceCandidates(np.zeros((3, 5)))),
    "TrackedFrame": (tracked, lambda: tracked(level=8)),
    "TrackedFrame, its faces": (tracked, lambda: tracked(x=2.0)),
    "TrackedFrame, no mask": (tracked, lambda: replace(tracked(), segmentation=None)),
}


@pytest.mark.parametrize("name", MADE)
def test_equal_where_all_they_hold_is(name):
    make, other = MADE[name]
    assert make() == make()
    assert make() != other()
    assert make() in [other(), make()]
    assert hash(make()) == hash(make())
    assert len({make(), make(), other()}) == 2
    assert {make(): 1}[make()] == 1
    assert make() != "something else"


def test_kinds_of_frames_differ():
    assert Frame(picture(), 1.0) != PictureFrame(picture(), 1.0)


def test_equal_numbers_have_equal_hashes():
    a = Eyes(np.array([0.0, 1.0], np.float32), np.array([2.0, 3.0], np.float32))
    b = Eyes(np.array([-0.0, 1.0]), np.array([2.0, 3.0]))
    assert a == b
    assert hash(a) == hash(b)
    broken = Eyes(np.full(2, np.nan, np.float32), np.full(2, np.nan, np.float32))
    assert broken == broken
    assert hash(broken) == hash(broken)


def classes_that_hold_arrays():
    """Dataclasses of the package whose fields are arrays, or records with arrays in them."""
    words = {"NDArray", "ndarray", "Image", "Mask", "Points", "Matrix", "Corners", "Floats"}
    found = {}
    has_torch = find_spec("torch") is not None
    for module in pkgutil.walk_packages(ar_effects.__path__, "ar_effects."):
        if module.name.startswith("ar_effects.training.") and not has_torch:
            continue
        for name, kind in vars(importlib.import_module(module.name)).items():
            if not isinstance(kind, type) or not is_dataclass(kind) or kind.__module__ != module.name:
                continue
            if any(word in str(field.type) for field in fields(kind) for word in words):
                found[f"{module.name}.{name}"] = kind
    return found


def test_no_record_compares_arrays_as_dataclasses_do():
    found = classes_that_hold_arrays()
    assert "ar_effects.records.Frame" in found
    assert len(found) > 30
    assert [name for name, kind in found.items() if kind.__dataclass_params__.eq] == []
