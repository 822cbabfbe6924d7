"""What `track` writes is what its schema and its page say, for every state of a face and kind of source."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from ar_effects.app.pipeline.tracking_file import track_line, track_lines
from ar_effects.geometry.camera import Camera
from ar_effects.paths import ROOT
from ar_effects.records import Expression, Face, Frame
from tests.sources.clips import make_clip

SCHEMA = json.loads((ROOT / "docs" / "track.schema.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "track-json.md").read_text(encoding="utf-8")
CAMERA = Camera.assumed(640, 480)
TOLD_OTHERWISE = {"pose": ("yaw_deg", "pitch_deg", "roll_deg", "translation_mm")}


def line_of(*faces, **more):
    line = json.loads(track_line(Frame(np.zeros((480, 640, 3), np.uint8), 0.25, 3), faces, **more))
    Draft202012Validator(SCHEMA).validate(line)
    return line


def keys_of(line):
    """Every key of a line, with those of its faces and their expressions."""
    found = set(line)
    for face in (*line["faces"], *line["unseen"]):
        found |= set(face) | set(face["expression"] or {})
    return found


def described(schema):
    """Every key that a schema has."""
    if not isinstance(schema, dict):
        return set().union(*map(described, schema)) if isinstance(schema, list) else set()
    return set(schema.get("properties", {})).union(*map(described, schema.values()), ())


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_all_that_the_library_has_is_written(demo_face):
    face = replace(demo_face, expression=Expression(smile=0.5, events=("blink", "nod")), head_scale=1.07)
    line = line_of(face, file="a.png", camera=CAMERA, start_s=1.5)
    (told,) = line["faces"]
    for field in fields(Face):
        assert set(TOLD_OTHERWISE.get(field.name, (field.name,))) <= set(told)
    assert set(told["expression"]) == {field.name for field in fields(Expression)}
    assert told["expression"]["events"] == ["blink", "nod"]
    assert told["expression"]["smile"] == 0.5
    assert told["head_scale"] == 1.07
    assert line["camera"]["fx"] == pytest.approx(CAMERA.fx, abs=1e-3)
    assert line["start_s"] == 1.5
    assert keys_of(line) <= described(SCHEMA), "the schema describes all that is written"
    for key in keys_of(line):
        assert f"| `{key}` |" in PAGE


def test_who_is_not_seen_is_told_apart(demo_face):
    held = replace(demo_face, id=2, state="coasting", unseen_s=0.3, quality=0.4)
    gone = replace(demo_face, id=3, state="lost", unseen_s=1.03, quality=0.0)
    line = line_of(demo_face, held, gone)
    assert [(f["id"], f["state"]) for f in line["faces"]] == [(demo_face.id, "tracking")]
    assert [(f["id"], f["state"]) for f in line["unseen"]] == [(2, "coasting"), (3, "lost")]
    assert line["unseen"][0]["unseen_s"] == 0.3


@pytest.mark.parametrize("broken", ["state", "expression", "id", "landmarks"])
def test_the_schema_notices_what_is_missing(demo_face, broken):
    line = line_of(demo_face)
    del line["faces"][0][broken]
    assert not Draft202012Validator(SCHEMA).is_valid(line)


def test_the_clips_own_start_is_told(tmp_path):
    late = make_clip(tmp_path / "late.mp4", [0, 40, 80])
    lines = [json.loads(line) for line in track_lines(str(late), provider="cpu")]
    for line in lines:
        Draft202012Validator(SCHEMA).validate(line)
        assert "start_s" in line
        assert "camera" in line


def test_pictures_and_folders(tmp_path, demo_frames):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), demo_frames[0])
    (alone,) = (json.loads(line) for line in track_lines(str(path), provider="cpu"))
    (inside,) = (json.loads(line) for line in track_lines(str(tmp_path), provider="cpu"))
    for line in (alone, inside):
        Draft202012Validator(SCHEMA).validate(line)
        assert line["faces"][0]["expression"] is None
        assert "start_s" not in line
    assert inside["file"] == "a.png"
