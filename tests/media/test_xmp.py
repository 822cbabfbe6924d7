"""What the app knows of a capture, as XMP: written, read, read by others, and never in the way of others'."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import av
import numpy as np
import PIL.Image
import pytest

from ar_effects.media.xmp import (
    LARGEST,
    NAMESPACE,
    Capture,
    CapturedFace,
    box,
    capture_in,
    face_box,
    packet,
    read,
)
from ar_effects.records import Expression, PictureMetadata
from ar_effects.sinks.picture import save_picture
from ar_effects.sinks.video import VideoSink

CAPTURE = Capture(
    size=(640, 480),
    effect="Sun & <glasses>",
    pack="sunglasses",
    tags=("sunglasses", "été"),
    parameters={"size": 1.5, "on": True, "lens": "#ff8800", "kind": "round"},
    faces=(
        CapturedFace((0.1, 0.2, 0.3, 0.5), Expression(smile=0.7, events=("wink_left",))),
        CapturedFace((0.5, 0.25, 0.75, 0.625)),
    ),
    created=datetime(2026, 5, 1, 12, 30, tzinfo=UTC),
)

THEIRS = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="uuid:1" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="2001-01-01" xmlns:own="urn:own#">'
    b"<dc:subject><rdf:Bag><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject><own:Note>mine</own:Note>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
}


def image(width=64, height=48):
    return np.full((height, width, 3), 128, np.uint8)


def test_what_is_written_is_read():
    assert capture_in(packet(CAPTURE)) == CAPTURE


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_a_picture_says_it_and_pillow_reads_it(tmp_path, ending):
    path = save_picture(tmp_path / f"a.{ending}", image(), metadata=PictureMetadata(xmp=packet(CAPTURE)))
    assert read(path) == CAPTURE
    with PIL.Image.open(path) as opened:
        told = opened.info.get("xmp") or opened.info["XML:com.adobe.xmp"]
    root = ET.fromstring(told)
    assert [e.text for e in root.findall(".//dc:subject/rdf:Bag/rdf:li", SPACES)] == ["sunglasses", "été"]
    assert root.findtext(".//xmp:CreateDate", namespaces=SPACES) == "2026-05-01T12:30:00+00:00"
    regions = root.findall(".//mwg-rs:RegionList/rdf:Bag/rdf:li", SPACES)
    assert [region.findtext("mwg-rs:Type", namespaces=SPACES) for region in regions] == ["Face", "Face"]
    area = [regions[1].findtext(f".//stArea:{name}", namespaces=SPACES) for name in "xywh"]
    assert [float(value) for value in area] == [0.625, 0.4375, 0.25, 0.375]


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_a_video_says_it_and_ffmpeg_reads_it(tmp_path, ending):
    told = replace(CAPTURE, faces_at_s=0.5)
    with VideoSink(tmp_path / f"a.{ending}", 64, 48) as sink:
        sink.write(image())
        sink.trailing_box = box(packet(told))
    assert read(tmp_path / f"a.{ending}") == told
    with av.open(str(tmp_path / f"a.{ending}"), options={"export_xmp": "1"}) as opened:
        assert opened.metadata["xmp"].encode() == packet(told)
        assert sum(1 for _ in opened.decode(video=0)) == 1


def test_a_mirrored_capture_has_its_faces_on_the_other_side():
    assert CAPTURE.mirrored().faces[0].box == pytest.approx((0.7, 0.2, 0.9, 0.5))
    assert CAPTURE.mirrored().mirrored().faces[1].box == pytest.approx(CAPTURE.faces[1].box)


def test_what_others_wrote_stays():
    made = packet(CAPTURE, THEIRS)
    assert b"<own:Note>mine</own:Note>" in made
    assert made.count(b"<dc:subject") == 1
    assert all(word in made for word in (b"holiday", b"sunglasses", b"2001-01-01"))
    assert b"2026-05-01" not in made
    assert made.count(b'rdf:about="uuid:1"') == 2
    assert replace(capture_in(made), created=None) == replace(CAPTURE, created=None)


def test_a_second_capture_takes_the_place_of_the_first():
    other = Capture((10, 10), "Dog", "dog", ("dog",), faces=(CapturedFace((0.0, 0.0, 0.5, 0.5)),))
    made = packet(other, packet(CAPTURE, THEIRS))
    assert replace(capture_in(made), created=None) == other
    assert b"sunglasses" not in made
    assert b"holiday" in made
    assert made.count(b"<mwg-rs:Regions") == 1


def test_where_both_have_no_room_the_persons_own_is_kept():
    assert packet(CAPTURE, THEIRS, limit=len(THEIRS) + 10) == THEIRS


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\0\0",
        b"<x>",
        b"no xml",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        THEIRS.decode().encode("utf-16"),
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        b"<a>" + b" " * LARGEST + b"</a>",
    ],
)
def test_a_broken_packet_says_nothing_and_is_replaced(broken):
    assert capture_in(broken) is None
    assert capture_in(packet(CAPTURE, broken)) == CAPTURE


def test_odd_values_are_left_out():
    made = (
        packet(CAPTURE)
        .replace(b"0.1000 0.2000 0.3000 0.5000", b"nan 0 1 x")
        .replace(b"smile=0.700", b"smile=inf")
    )
    found = capture_in(made.replace(b"<ar:Width>640", b"<ar:Width>-9"))
    assert found.size == (0, 480)
    assert [face.box for face in found.faces] == [CAPTURE.faces[1].box]


def test_characters_that_xml_cannot_hold_are_left_out():
    assert capture_in(packet(replace(CAPTURE, effect="a\0\x0b\ud800b"))).effect == "ab"


def test_a_file_without_any_says_nothing(tmp_path):
    assert read(save_picture(tmp_path / "a.png", image())) is None
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x0cftypisom" + b"\0\0\0\x08uuid" + b"\0" * 50)
    assert read(tmp_path / "a.mp4") is None
    assert NAMESPACE not in str(read(tmp_path / "a.mp4"))


def test_a_box_lies_within_the_picture():
    landmarks = np.array([[-5.0, 3.5, 0.0], [31.5, 100.0, 0.0]])
    assert face_box(landmarks, (64, 48)) == pytest.approx((0.0, 4 / 48, 0.5, 1.0))
