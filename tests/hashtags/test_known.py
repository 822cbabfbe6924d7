"""Tags of what is known for certain."""

from __future__ import annotations

from datetime import datetime

import PIL.Image

from ar_effects.hashtags.known import SeenFace, capture_tags, date_tags, face_tags, place_tags
from ar_effects.media.facts import date_of, places_of
from ar_effects.media.xmp import Capture
from ar_effects.records import Expression


def face(height=0.4, x=0.5, **more):
    return SeenFace((x - height / 3, 0.3, x + height / 3, 0.3 + height), **more)


def names(tags):
    return {tag.tag for tag in tags}


def test_number_size_and_place_of_faces():
    assert names(face_tags([])) == set()
    assert names(face_tags([face(0.4)])) == {"person", "selfie", "portrait"}
    assert names(face_tags([face(0.4, yaw_deg=60.0)])) == {"person", "portrait"}
    assert names(face_tags([face(0.4, x=0.1)])) == {"person", "portrait"}
    assert names(face_tags([face(0.2)])) == {"person", "portrait"}
    assert names(face_tags([face(0.05)])) == {"person"}
    assert names(face_tags([face(0.1)] * 5)) == {"person", "groupphoto"}
    assert names(face_tags([face(0.4), face(0.05), face(0.05)])) == {"person", "selfie"}


def test_expressions():
    smiling = face(0.05, expression=Expression(smile=0.8))
    assert names(face_tags([smiling])) == {"person", "smile"}
    laughing = face(0.05, expression=Expression(smile=0.8, mouth_open=0.6))
    assert names(face_tags([laughing])) == {"person", "smile", "laughing"}
    winking = face(0.05, expression=Expression(events=("wink_left",)))
    assert names(face_tags([winking])) == {"person", "wink"}


def test_the_worn_effect_and_its_packs_tags():
    tags = list(capture_tags(Capture((1, 1), "Party hat", "party_hat", ("birthday", "party-time"))))
    assert [t.tag for t in tags] == ["partyhat", "birthday", "partytime"]
    assert tags[0].score == 1.0
    assert "Party hat" in str(tags[0].why)
    assert not list(capture_tags(Capture((1, 1))))


def test_date_and_place(tmp_path):
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:05:01 10:00:00"
    xmp = b'<x><r photoshop:City="K\xc3\xb6ln" photoshop:Country="Germany"/></x>'
    PIL.Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif, xmp=xmp)
    data = (tmp_path / "a.jpg").read_bytes()
    assert date_of(data) == datetime(2026, 5, 1, 10)  # noqa: DTZ001
    assert names(date_tags(date_of(data))) == {"may", "2026"}
    assert names(place_tags(places_of(data))) == {"koln", "germany"}
    assert date_of(b"\xff\xd8\xff") is None
    assert not list(place_tags(places_of(b"nothing")))
