"""What a rendered file keeps of the one it was made from: streams, times, and what it says of itself."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image, TiffImagePlugin
from PIL.TiffImagePlugin import IFDRational

from ar_effects.app.pipeline.offline import render_file
from ar_effects.sources.picture import load_picture
from ar_effects.sources.video import VideoSource
from tests.sources.clips import index_of, make_clip, plain

MS = Fraction(1, 1000)


def rendered(source, target, **options):
    return render_file(str(source), target, None, provider="cpu", **options)


def make_file(path, *, videos=(), sounds=(), subtitles=False, metadata=None, sound_from_s=0.0, options=None):
    """A file of several streams.

    Args:
        path: of the file.
        videos: (size, first level, default) of each; six frames of 40 ms.
        sounds: (codec, layout, title, default) of each; a quarter of a second.
        subtitles: whether there is a line of them.
        metadata: of the whole.
        sound_from_s: when the sounds begin; the pictures begin at 0.
        options: of the container.
    """
    with av.open(str(path), "w", options=options or {}) as out:
        out.metadata.update(metadata or {})
        pictures = []
        for size, first, default in videos:
            stream = out.add_stream(
                "libx264", rate=25, options={"crf": "10", "preset": "ultrafast", "bf": "0"}
            )
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = stream.time_base = MS
            stream.disposition = Disposition.default if default else Disposition(0)
            pictures.append((stream, size, first))
        heard = []
        for codec, layout, title, default in sounds:
            stream = out.add_stream(codec, rate=8000 if title == "slow" else 48000)
            stream.codec_context.layout = layout
            stream.metadata["title"] = title
            stream.metadata["language"] = "fra"
            stream.disposition = Disposition.default if default else Disposition(0)
            heard.append(stream)
        words = out.add_stream("ass") if subtitles else None
        if words is not None:
            words.codec_context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n"
        for index in range(6):
            for stream, size, first in pictures:
                frame = av.VideoFrame.from_ndarray(plain(first + index, *size), format="bgr24")
                frame.pts, frame.time_base = index * 40, MS
                out.mux(stream.encode(frame.reformat(format="yuv420p")))
        for stream, *_ in pictures:
            out.mux(stream.encode(None))
        for stream in heard:
            out.mux(tone(stream, sound_from_s))
            out.mux(stream.encode(None))
    return path


def tone(stream, from_s):
    channels, rate = stream.layout.nb_channels, stream.rate
    wave = 0.3 * np.sin(np.arange(rate // 4) * (2 * np.pi * 440 / rate)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack([wave] * channels), format="fltp", layout=stream.layout.name)
    frame.sample_rate, frame.pts, frame.time_base = rate, round(from_s * rate), Fraction(1, rate)
    return stream.encode(frame)


def sounds_of(path):
    """(codec, channels, title, default) of each sound."""
    with av.open(str(path)) as file:
        return [
            (
                s.codec_context.name.removesuffix("float"),
                s.layout.nb_channels,
                s.metadata.get("title") or s.metadata.get("name") or "",
                bool(s.disposition & Disposition.default),
            )
            for s in file.streams.audio
        ]


def loudness(path):
    """Root mean square of each sound: a track may be there and be silent."""
    found = []
    with av.open(str(path)) as file:
        count = len(file.streams.audio)
    for index in range(count):
        with av.open(str(path)) as file:
            resampler = av.AudioResampler("flt", "mono", 16000)
            parts = [r.to_ndarray() for f in file.decode(audio=index) for r in resampler.resample(f)]
        found.append(float(np.sqrt(np.mean(np.concatenate(parts, axis=1) ** 2))))
    return found


def starts_of(path):
    """Seconds at which the pictures and each sound begin."""
    with av.open(str(path)) as file:
        return [float(s.start_time * s.time_base) for s in (*file.streams.video, *file.streams.audio)]


# --- which stream -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("videos", "taken", "other"),
    [
        ([((64, 48), 0, True), ((128, 96), 3, False)], (64, 48), "128x96"),
        ([((128, 96), 3, False), ((64, 48), 0, True)], (64, 48), "128x96"),
        ([((64, 48), 0, True), ((128, 96), 3, True)], (128, 96), "64x48"),
        ([((64, 48), 0, False), ((128, 96), 3, False)], (128, 96), "64x48"),
    ],
)
def test_the_default_film_is_taken_then_the_largest(tmp_path, videos, taken, other):
    # Matroska takes the absence of any mark for a default, so that is said.
    options = {"default_mode": "passthrough"}
    clip = make_file(tmp_path / "in.mkv", videos=videos, options=options)
    assert VideoSource(clip).info.size == taken
    report = rendered(clip, tmp_path / "o.mp4")
    assert [n for n in report.notes if "left out" in n] == [f"left out: another film ({other})"]
    assert VideoSource(tmp_path / "o.mp4").info.size == taken


def test_all_sounds_are_kept_the_default_one_first(tmp_path):
    sounds = [
        ("aac", "mono", "commentary", False),
        ("aac", "stereo", "main", True),
        ("ac3", "5.1", "room", False),
    ]
    clip = make_file(tmp_path / "in.mkv", videos=[((64, 48), 0, True)], sounds=sounds)
    for name in ("o.mp4", "o.mov"):
        report = rendered(clip, tmp_path / name)
        assert sounds_of(tmp_path / name) == [
            ("aac", 2, "main", True),
            ("aac", 1, "commentary", False),
            ("ac3", 6, "room", False),
        ]
        assert min(loudness(tmp_path / name)) > 0.1
        assert not [n for n in report.notes if "sound" in n]
        with av.open(str(tmp_path / name)) as file:
            if name == "o.mp4":
                assert {s.language for s in file.streams.audio} == {"fra"}


@pytest.mark.parametrize(
    ("codec", "layout", "form", "becomes"),
    [
        ("libopus", "stereo", "mov", "aac"),
        ("libopus", "stereo", "mp4", "opus"),
        ("flac", "stereo", "mov", "aac"),
        ("flac", "stereo", "mp4", "flac"),
        ("pcm_s16le", "stereo", "mov", "pcm_s16le"),
        ("pcm_s16le", "5.1", "mp4", "aac"),
        ("mp2", "mono", "mov", "aac"),
        ("libmp3lame", "mono", "mp4", "mp3"),
    ],
)
def test_what_the_container_cannot_hold_is_encoded_anew_and_said(tmp_path, codec, layout, form, becomes):
    sounds = [(codec, layout, "", True)]
    clip = make_file(tmp_path / "in.mkv", videos=[((64, 48), 0, True)], sounds=sounds)
    report = rendered(clip, tmp_path / f"o.{form}")
    ((name, channels, _, _),) = sounds_of(tmp_path / f"o.{form}")
    assert (name, channels) == (becomes, {"mono": 1, "stereo": 2, "5.1": 6}[layout])
    assert loudness(tmp_path / f"o.{form}") == pytest.approx(loudness(clip), rel=0.15)
    assert bool([n for n in report.notes if "encoded anew as AAC" in n]) == (becomes == "aac")


def test_slow_mp3_has_no_place_in_mp4(tmp_path):
    sounds = [("libmp3lame", "mono", "slow", True)]
    clip = make_file(tmp_path / "in.mkv", videos=[((64, 48), 0, True)], sounds=sounds)
    rendered(clip, tmp_path / "o.mp4")
    assert [s[0] for s in sounds_of(tmp_path / "o.mp4")] == ["aac"]
    assert min(loudness(tmp_path / "o.mp4")) > 0.1


def test_all_that_is_left_out_or_changed_is_said_in_one_note(tmp_path):
    clip = make_file(
        tmp_path / "in.mkv",
        videos=[((64, 48), 0, True), ((32, 32), 0, False)],
        sounds=[("flac", "stereo", "", True)],
        subtitles=True,
    )
    notes = rendered(clip, tmp_path / "o.mov").notes
    (note,) = [n for n in notes if "left out" in n]
    assert "encoded anew as AAC" in note
    assert "another film (32x32)" in note
    assert "subtitles" in note


def parts_of(path):
    with av.open(str(path)) as file:
        return [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"].get("title"))
            for c in file.chapters()
        ]


@pytest.mark.parametrize(("name", "offset_s"), [("in.mp4", 0.0), ("in.mkv", 0.0), ("in.mkv", 3.0)])
@pytest.mark.parametrize("form", ["mp4", "mov"])
def test_chapters_are_kept_on_the_new_clock(tmp_path, name, offset_s, form):
    clip = tmp_path / name
    with av.open(str(clip), "w") as file:
        stream = file.add_stream("mpeg4", 10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        marks = [(0.0, 0.5, "Beginning"), (0.5, 1.0, "Öne more"), (1.0, 1.0, "empty")]
        file.set_chapters(
            [
                {
                    "id": i,
                    "start": round((a + offset_s) * 1000),
                    "end": round((b + offset_s) * 1000),
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for i, (a, b, title) in enumerate(marks)
            ]
        )
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * i, np.uint8), format="bgr24")
            frame.pts, frame.time_base = i + round(10 * offset_s), Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    report = rendered(clip, tmp_path / f"o.{form}")
    assert parts_of(tmp_path / f"o.{form}") == [(0.0, 0.5, "Beginning"), (0.5, 1.0, "Öne more")]
    assert not [note for note in report.notes if "left out" in note]
    rendered(clip, tmp_path / "bare.mp4", strip_metadata=True)
    assert parts_of(tmp_path / "bare.mp4") == []


# --- times ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first"), [("in.ts", 0.0), ("in.mpg", 0.0), ("in.mkv", 0.0), ("in.mkv", 0.12)]
)
def test_a_common_offset_goes_and_the_difference_stays(tmp_path, name, first):
    """TS begins at 1.4 s and MPEG at 0.5 s by themselves."""
    codec = "mp2" if name == "in.mpg" else "aac"
    clip = make_file(
        tmp_path / name,
        videos=[((64, 48), 0, True)],
        sounds=[(codec, "stereo", "", True)],
        sound_from_s=first,
    )
    rendered(clip, tmp_path / "o.mp4")
    after = starts_of(tmp_path / "o.mp4")
    assert min(after) == pytest.approx(0, abs=0.001)
    assert after[1] - after[0] == pytest.approx(first, abs=0.045)  # an encoder's run-up, a packet
    frames = list(VideoSource(tmp_path / "o.mp4").frames())
    assert [index_of(f.image) for f in frames] == list(range(6))


@pytest.mark.parametrize("start", [40, 500, 999, 1400, 5_000_000])
def test_a_silent_film_begins_at_zero_and_keeps_its_uneven_steps(tmp_path, start):
    ticks = [0, 33, 40, 300, 301, 900]
    clip = make_clip(tmp_path / "in.mkv", [start + t for t in ticks])
    rendered(clip, tmp_path / "o.mp4")
    with av.open(str(tmp_path / "o.mp4")) as file:
        assert [f.pts * f.time_base for f in file.decode(video=0)] == [t * MS for t in ticks]


def with_edit_list(path, first_tick):
    """Have an MP4 begin later than its first picture, as editors and phones cut without encoding anew."""
    data = bytearray(path.read_bytes())
    at = data.find(b"elst")
    assert data[at + 4] == 0, "version 0"
    count = struct.unpack_from(">I", data, at + 8)[0]
    assert count == 1
    duration, begins = struct.unpack_from(">Ii", data, at + 12)
    struct.pack_into(">Ii", data, at + 12, duration - first_tick, begins + first_tick)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("cut", [0, 1, 5, 6])
def test_an_edit_list_is_no_damage(tmp_path, cut):
    """Cut off in front: with a key frame every four, what is hidden is needed to decode what is shown."""
    clip = make_clip(tmp_path / "in.mp4", [i * 40 for i in range(20)])
    with_edit_list(clip, cut * 40)
    with av.open(str(clip)) as file:
        shown = [index_of(f.to_ndarray(format="bgr24")) for f in file.decode(video=0)]
        assert file.streams.video[0].frames == 20
    assert len(shown) <= 20 - cut, "the test's own file"
    source = VideoSource(clip)
    assert source.info.frame_count == len(shown)
    report = rendered(clip, tmp_path / "o.mp4")
    assert report.frames == len(shown)
    assert not [n for n in report.notes if "damage" in n or "early" in n]
    frames = list(VideoSource(tmp_path / "o.mp4").frames())
    assert [index_of(f.image) for f in frames] == shown


# --- what a film says of itself ---------------------------------------------------------------------------

SAID = {
    "title": "My party",
    "creation_time": "2020-05-17T10:00:00.000000Z",
    "location": "+48.1000-011.5000/",
    "artist": "Me",
    "comment": "with Ümläute",
}
OF_A_PHONE = {
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "iPhone 12",
    "com.apple.quicktime.location.ISO6709": "+48.1000-011.5000+500.000/",
    "com.apple.quicktime.creationdate": "2020-05-17T12:00:00+0200",
}


def said_by(path):
    with av.open(str(path)) as file:
        return dict(file.metadata)


@pytest.mark.parametrize("form", ["mp4", "mov"])
@pytest.mark.parametrize("said", [SAID, SAID | OF_A_PHONE, OF_A_PHONE], ids=["plain", "both", "phone"])
def test_title_place_time_and_camera_of_a_film_survive(tmp_path, said, form):
    options = {"movflags": "+use_metadata_tags"} if said is not SAID else {}
    clip = make_file(tmp_path / "in.mp4", videos=[((64, 48), 0, True)], metadata=said, options=options)
    assert said.items() <= said_by(clip).items(), "the test's own file"
    rendered(clip, tmp_path / f"o.{form}")
    assert said.items() <= said_by(tmp_path / f"o.{form}").items()
    rendered(clip, tmp_path / f"bare.{form}", strip_metadata=True)
    bare = said_by(tmp_path / f"bare.{form}")
    assert not said.keys() & bare.keys()
    assert not [v for v in said.values() if v in bare.values()]


def test_a_film_of_another_container_keeps_its_words_too(tmp_path):
    clip = make_file(tmp_path / "in.mkv", videos=[((64, 48), 0, True)], metadata=SAID)
    rendered(clip, tmp_path / "o.mp4")
    kept = said_by(tmp_path / "o.mp4")
    assert {k: kept.get(k) for k in SAID} == SAID


# --- what a picture says of itself ------------------------------------------------------------------------

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b" "
    b'tiff:Orientation="6"><dc:title>My party</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def make_photo(path, orientation=6):
    """A face-less picture, turned, with a description as phones write it, a thumbnail and a maker's note."""
    exif = Image.Exif()
    exif[0x112], exif[0x10F], exif[0x110], exif[0x132] = orientation, "Apple", "iPhone", "2020:05:17 10:00:00"
    exif[0x10E] = "My party"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0xA002], inner[0xA003], inner[0x927C] = "2020:05:17 10:00:00", 80, 60, b"secret" * 50
    inner[0x829A] = IFDRational(1, 50)
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (48.0, 8.0, 30.5), "E", (11.0, 34.0, 0.25)
    ramp = np.zeros((60, 80, 3), np.uint8)
    ramp[:, :40] = 200
    if path.suffix == ".tif":  # Pillow's own directories of a TIFF: written by their numbers
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        for tag, value in exif.items():
            tags[tag] = value
        tags[0x8769], tags[0x8825], tags[700] = dict(inner), dict(place), XMP
        Image.fromarray(ramp).save(path, "TIFF", tiffinfo=tags)
        return path
    kind = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[path.suffix]
    Image.fromarray(ramp).save(path, kind, exif=exif, xmp=XMP)
    return path


@pytest.mark.parametrize("source", ["in.jpg", "in.png", "in.webp", "in.tif"])
@pytest.mark.parametrize("target", ["o.jpg", "o.png", "o.webp"])
def test_date_place_camera_and_title_of_a_picture_survive(tmp_path, source, target):
    from ar_effects.sinks.picture import save_picture
    from ar_effects.sources.metadata import picture_metadata

    photo = make_photo(tmp_path / source)
    shown = load_picture(photo)
    found = picture_metadata(photo.read_bytes(), *shown.shape[1::-1])
    assert found is not None
    save_picture(tmp_path / target, shown, metadata=found)
    with Image.open(tmp_path / target) as made:
        made.load()
        exif = made.getexif()
        assert (exif[0x10F], exif[0x110], exif[0x10E]) == ("Apple", "iPhone", "My party")
        assert exif[0x112] == 1
        inner, place = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        assert inner[0x9003] == "2020:05:17 10:00:00"
        assert float(inner[0x829A]) == pytest.approx(0.02)
        assert (inner[0xA002], inner[0xA003]) == shown.shape[1::-1]
        assert place[1] == "N"
        assert [float(v) for v in place[2]] == [48.0, 8.0, 30.5]
        assert 0x927C not in inner
        if source != "in.png":  # where Pillow writes none
            assert b"My party" in made.info["xmp"]
            assert b'tiff:Orientation="1"' in made.info["xmp"]
    assert b"secret" not in (tmp_path / target).read_bytes()
    # What the file now says does not turn it a second time, and decoders take it.
    assert np.abs(load_picture(tmp_path / target).astype(int) - shown).mean() < 3


@pytest.mark.parametrize("target", ["o.jpg", "o.png", "o.webp"])
def test_the_command_keeps_it_and_takes_it_off_when_asked(tmp_path, target, demo_frames):
    photo = tmp_path / "in.jpg"
    make_photo(tmp_path / "words.jpg")
    with Image.open(tmp_path / "words.jpg") as words:
        exif = words.info["exif"]
    Image.fromarray(np.rot90(demo_frames[0][:, :, ::-1])).save(photo, exif=exif, xmp=XMP, quality=95)
    for name, options in ((target, {}), (f"bare-{target}", {"strip_metadata": True})):
        report = render_file(str(photo), tmp_path / name, provider="cpu", **options)
        assert report.frames_with_face == 1
    with Image.open(tmp_path / target) as made:
        assert made.getexif()[0x10F] == "Apple"
        assert made.getexif()[0x112] == 1
    bare = (tmp_path / f"bare-{target}").read_bytes()
    for word in (b"Apple", b"2020", b"party", b"Exif", b"eXIf"):
        assert word not in bare


def test_iptc_goes_into_jpegs_without_the_thumbnail_beside_it(tmp_path, demo_frames):
    """A resource of Photoshop's with the records, between a thumbnail of the picture and a path."""
    records = b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text
        for number, text in ((105, b"My headline"), (110, b"My credit"), (25, b"keyword one"))
    )

    def resource(number: int, body: bytes) -> bytes:
        return (
            b"8BIM"
            + struct.pack(">H", number)
            + b"\0\0"
            + struct.pack(">I", len(body))
            + body
            + b"\0" * (len(body) % 2)
        )

    block = (
        b"Photoshop 3.0\0"
        + resource(0x40C, b"thumbnail")
        + resource(0x404, records)
        + resource(0x7D0, b"path")
    )
    photo = tmp_path / "in.jpg"
    Image.fromarray(demo_frames[0][:, :, ::-1]).save(photo, quality=95)
    data = photo.read_bytes()
    photo.write_bytes(data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:])

    for name, options in (("o.jpg", {}), ("bare.jpg", {"strip_metadata": True}), ("o.png", {})):
        report = render_file(str(photo), tmp_path / name, provider="cpu", **options)
        assert report.frames_with_face == 1
        assert bool([n for n in report.notes if "IPTC" in n]) == (name == "o.png")
    with Image.open(tmp_path / "o.jpg") as made:
        made.load()
        assert made.info["photoshop"] == {0x404: records}
    assert load_picture(tmp_path / "o.jpg").shape == demo_frames[0].shape
    assert b"headline" not in (tmp_path / "bare.jpg").read_bytes()


def test_a_picture_without_a_face_is_stripped_all_the_same(tmp_path):
    photo = make_photo(tmp_path / "in.jpg")
    rendered(photo, tmp_path / "same.jpg")
    assert (tmp_path / "same.jpg").read_bytes() == photo.read_bytes()
    rendered(photo, tmp_path / "bare.jpg", strip_metadata=True)
    assert b"Apple" not in (tmp_path / "bare.jpg").read_bytes()
    assert np.abs(load_picture(tmp_path / "bare.jpg").astype(int) - load_picture(photo)).mean() < 3


def test_pictures_inside_the_description_are_left_out(tmp_path):
    """A thumbnail would show the face without what was put on it."""
    from ar_effects.sources.metadata import picture_metadata

    thumb = XMP.replace(b"<dc:title>", b"<xmpGImg:image>AAAA</xmpGImg:image><dc:title>")
    exif = Image.Exif()
    exif[0x10F] = "Apple"
    raw = exif.tobytes()
    # A second directory with a thumbnail behind the first, as cameras write it.
    tiff = bytearray(raw.removeprefix(b"Exif\0\0"))
    link = tiff.find(b"\0\0\0\0", 8 + 2 + 12)
    struct.pack_into("<I" if tiff[:2] == b"II" else ">I", tiff, link, len(tiff))
    order = "<" if tiff[:2] == b"II" else ">"
    tiff += struct.pack(order + "HHHII", 1, 0x201, 4, 1, 26) + bytes(4) + b"\xff\xd8bare face\xff\xd9"
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(
        tmp_path / "in.jpg", exif=b"Exif\0\0" + bytes(tiff), xmp=thumb
    )
    found = picture_metadata((tmp_path / "in.jpg").read_bytes(), 80, 60)
    assert found is not None
    assert b"Apple" in found.exif
    assert b"bare face" not in found.exif
    assert found.xmp == b""


def test_texts_of_a_png_go_into_exif(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    from ar_effects.sinks.picture import save_picture
    from ar_effects.sources.metadata import picture_metadata

    info = PngInfo()
    info.add_text("Title", "My party")
    info.add_itxt("Author", "Jürgen")
    info.add_text("Creation Time", "2020:05:17 10:00:00")
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(tmp_path / "in.png", pnginfo=info)
    found = picture_metadata((tmp_path / "in.png").read_bytes(), 8, 6)
    save_picture(tmp_path / "o.jpg", np.zeros((6, 8, 3), np.uint8), metadata=found)
    with Image.open(tmp_path / "o.jpg") as made:
        exif = made.getexif()
    assert exif[0x10E] == "My party"
    assert exif[0x13B].encode("latin-1").decode() == "Jürgen"
    assert exif[0x132] == "2020:05:17 10:00:00"


def test_broken_descriptions_harm_nothing(tmp_path):
    from ar_effects.sinks.picture import save_picture
    from ar_effects.sources.metadata import picture_metadata

    good = make_photo(tmp_path / "in.jpg").read_bytes()
    at = good.find(b"Exif\0\0")
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(good)
        for place in rng.integers(at + 6, at + 500, rng.integers(1, 12)):
            data[place] = rng.integers(0, 256)
        found = picture_metadata(bytes(data), 60, 80)
        if found is None:
            continue
        save_picture(tmp_path / "o.jpg", np.zeros((80, 60, 3), np.uint8), metadata=found)
        with Image.open(tmp_path / "o.jpg") as made:
            made.load()
            assert made.getexif().get(0x112, 1) == 1
    assert picture_metadata(b"words", 8, 6) is None
