import errno
import io
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ar_effects.errors import InputError, SinkError
from ar_effects.sinks import encoder, video
from ar_effects.sinks.video import VideoSink
from ar_effects.sources.video import VideoSource
from ar_effects.writing import PartFile
from tests.sources.clips import index_of, make_clip, make_sound, plain

SIZE = (64, 48)


def write_all(path, ticks, time_base=Fraction(1, 1000), **options):
    with VideoSink(path, *SIZE, time_base=time_base, **options) as sink:
        for index, tick in enumerate(ticks):
            sink.write(plain(index), tick)
    return sink


def left_in(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("quality", ["live", "good", "best"])
@pytest.mark.parametrize(
    ("ticks", "base"),
    [
        ([0, 33, 67, 100, 400, 401, 433, 900], Fraction(1, 1000)),
        ([i * 1001 for i in range(12)], Fraction(1, 30000)),
        ([500, 540, 580], Fraction(1, 1000)),  # begins late: stays late
        ([0], Fraction(1, 15360)),
        ([0, 1, 2], Fraction(1001, 30000)),
    ],
)
def test_every_frame_keeps_its_time(tmp_path, quality, ticks, base):
    write_all(tmp_path / "o.mp4", ticks, base, quality=quality)
    with av.open(str(tmp_path / "o.mp4")) as container:
        stored = [f.pts * f.time_base for f in container.decode(video=0)]
    assert stored == [t * base for t in ticks]
    source = VideoSource(tmp_path / "o.mp4")
    frames = list(source.frames())
    ticks = [t - ticks[0] for t in ticks]  # a source takes off what comes before everything
    assert [f.pts * source.time_base for f in frames] == [t * base for t in ticks]
    assert [index_of(f.image) for f in frames] == list(range(len(ticks)))
    if base.numerator == 1:
        assert [f.pts for f in frames] == ticks
        assert source.time_base == base


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.integers(1, 5000), min_size=1, max_size=20),
    base=st.sampled_from([Fraction(1, 1000), Fraction(1, 12800), Fraction(1, 90000), Fraction(1, 600)]),
)
def test_any_variable_rate_survives(tmp_path, gaps, base):
    ticks = [int(t) for t in np.cumsum([0, *gaps])]
    write_all(tmp_path / "o.mp4", ticks, base, quality="good")
    assert [f.pts for f in VideoSource(tmp_path / "o.mp4").frames()] == ticks


def test_a_video_goes_through_with_nothing_but_its_pictures_changed(tmp_path):
    clip = make_clip(tmp_path / "in.mp4", [0, 33, 67, 100, 400, 433], audio="aac", bframes=True)
    source = VideoSource(clip)
    with VideoSink(
        tmp_path / "out.mp4",
        *source.info.size,
        time_base=source.time_base,
        fps=source.info.fps,
        audio_from=clip,
    ) as sink:
        for frame in source.frames():
            sink.write(frame.image, frame.pts, duration=frame.duration)
    result = VideoSource(tmp_path / "out.mp4")
    assert [f.pts for f in result.frames()] == [f.pts for f in source.frames()]
    assert result.time_base == source.time_base
    assert sound_packets(clip) == sound_packets(tmp_path / "out.mp4")
    assert sink.frames_written == 6
    assert sink.notes == ()


def sound_packets(path):
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        packets = [(p.pts * p.time_base, bytes(p)) for p in container.demux(stream) if p.dts is not None]
        return stream.codec_context.name, stream.rate, packets


def test_sound_that_mp4_players_do_not_understand_is_encoded_anew(tmp_path):
    sound = make_sound(tmp_path / "s.wav", "pcm_s16le")
    sink = write_all(tmp_path / "o.mp4", [0, 40], audio_from=sound)
    name, rate, packets = sound_packets(tmp_path / "o.mp4")
    assert (name, rate) == ("aac", 48000)
    assert float(packets[-1][0]) == pytest.approx(0.5, abs=0.05)
    assert "encoded anew as AAC" in sink.notes[0]


def test_sound_can_end_with_the_pictures(tmp_path):
    sound = make_sound(tmp_path / "s.m4a")
    write_all(tmp_path / "o.mp4", [0, 100, 200], audio_from=sound, trim_audio=True, fps=10)
    assert float(sound_packets(tmp_path / "o.mp4")[2][-1][0]) == pytest.approx(0.3, abs=0.03)


def test_a_silent_video_stays_silent(tmp_path):
    clip = make_clip(tmp_path / "in.mp4", [0, 40])
    sink = write_all(tmp_path / "o.mp4", [0, 40], audio_from=clip)
    assert sink.notes == ()
    file = VideoSource(tmp_path / "o.mp4").info.file
    assert file
    assert not file.has_audio


def test_sound_that_cannot_be_read(tmp_path):
    (tmp_path / "s.mp3").write_text("words")
    with pytest.raises(SinkError, match=r"sound of .* cannot be read"):
        write_all(tmp_path / "o.mp4", [0], audio_from=tmp_path / "s.mp3")
    assert left_in(tmp_path) == ["s.mp3"]


@pytest.mark.parametrize("order", ["bgr", "rgba"])
@pytest.mark.parametrize("size", [(64, 48), (1280, 720)])
def test_colours_are_those_that_were_written_and_are_declared(tmp_path, order, size):
    colours = [(0, 0, 0), (255, 255, 255), (40, 90, 200), (200, 120, 30), (0, 0, 255), (128, 128, 128)]
    path = tmp_path / "o.mp4"
    with VideoSink(path, *size, quality="best") as sink:
        for colour in colours:
            image = np.full((size[1], size[0], 3), colour, np.uint8)
            sink.write(image if order == "bgr" else cv2.cvtColor(image, cv2.COLOR_BGR2RGBA))
    for frame, colour in zip(VideoSource(path).frames(), colours, strict=True):
        assert np.abs(frame.image.reshape(-1, 3).mean(0) - colour).max() <= 2.5
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries) == (1, 1, 1, 1)
        assert frame.format.name == "yuv420p"


@pytest.mark.parametrize(("size", "even"), [((65, 47), (66, 48)), ((1, 1), (2, 2)), ((64, 33), (64, 34))])
def test_odd_sizes_grow_by_a_copied_edge(tmp_path, size, even):
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[:, -1:] = image[-1:, :] = 255
    with VideoSink(tmp_path / "o.mp4", *size, quality="best") as sink:
        sink.write(image)
    frame = next(VideoSource(tmp_path / "o.mp4").frames())
    assert frame.size == even
    if size[1] % 2:
        assert frame.image[-1].min() > 240
    assert f"{size[0]}x{size[1]} became {even[0]}x{even[1]}" in sink.notes[0]


def test_the_index_stands_first_so_that_browsers_can_begin_at_once(tmp_path):
    write_all(tmp_path / "o.mp4", range(5))
    data = (tmp_path / "o.mp4").read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_times_of_a_live_recording_begin_at_zero(tmp_path):
    with VideoSink(tmp_path / "o.mp4", *SIZE, quality="live") as sink:
        for index, time_s in enumerate((5000.25, 5000.29, 5000.40)):
            sink.write(plain(index), time_s=time_s)
    assert [f.time_s for f in VideoSource(tmp_path / "o.mp4").frames()] == pytest.approx(
        [0, 0.04, 0.15], abs=1e-4
    )


def test_without_times_frames_follow_the_rate(tmp_path):
    with VideoSink(tmp_path / "o.mp4", *SIZE, fps=25) as sink:
        for index in range(5):
            sink.write(plain(index))
    source = VideoSource(tmp_path / "o.mp4")
    assert [f.time_s for f in source.frames()] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert source.info.fps == 25


def test_the_last_frame_stands_as_long_as_it_should(tmp_path):
    with VideoSink(tmp_path / "o.mp4", *SIZE, time_base=Fraction(1, 1000)) as sink:
        sink.write(plain(0), 0, duration=40)
        sink.write(plain(1), 40, duration=2000)
    assert list(VideoSource(tmp_path / "o.mp4").frames())[-1].duration == 2000


def test_nothing_stands_under_the_name_before_the_end(tmp_path):
    sink = VideoSink(tmp_path / "o.mp4", *SIZE)
    for index in range(40):
        sink.write(plain(index))
    assert [n.endswith(".part") for n in left_in(tmp_path)] == [True]
    sink.close()
    sink.close()
    assert left_in(tmp_path) == ["o.mp4"]


@pytest.mark.parametrize("old", [b"", b"an older video"])
def test_an_exception_leaves_things_as_they_were(tmp_path, old):
    path = tmp_path / "o.mp4"
    if old:
        path.write_bytes(old)

    def record():
        with VideoSink(path, *SIZE) as sink:
            sink.write(plain(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record()
    assert left_in(tmp_path) == (["o.mp4"] if old else [])
    assert not old or path.read_bytes() == old


def test_abort_at_any_time(tmp_path):
    sink = VideoSink(tmp_path / "o.mp4", *SIZE)
    sink.abort()
    sink.abort()
    sink.close()
    with pytest.raises(InputError, match="already closed"):
        sink.write(plain(0))
    sink = VideoSink(tmp_path / "o.mp4", *SIZE)
    sink.write(plain(0))
    sink.abort()
    assert left_in(tmp_path) == []


def test_a_recording_without_frames_is_no_file(tmp_path):
    with pytest.raises(SinkError, match="at least one frame"):
        VideoSink(tmp_path / "o.mp4", *SIZE).close()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((48, 65, 3), np.uint8), r"\(48, 64, 3\).*got \(48, 65, 3\) uint8"),
        (np.zeros((48, 64, 3), np.float32), "float32"),
        (np.zeros((48, 64), np.uint8), r"\(48, 64\)"),
        ("picture", "got str"),
    ],
)
def test_wrong_pictures_are_refused_and_harm_nothing(tmp_path, image, words):
    with VideoSink(tmp_path / "o.mp4", *SIZE) as sink:
        with pytest.raises(InputError, match=words):
            sink.write(image)
        sink.write(plain(0))
    assert left_in(tmp_path) == ["o.mp4"]


def test_times_must_rise(tmp_path):
    with VideoSink(tmp_path / "o.mp4", *SIZE, time_base=Fraction(1, 1000)) as sink:
        sink.write(plain(0), 40)
        for tick in (40, 39):
            with pytest.raises(InputError, match="come in order"):
                sink.write(plain(1), tick)
        sink.write(plain(1), 41)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("o.txt", "a name ending in .mp4"),
        ("o", "no ending"),
        ("missing/o.mp4", "There is no folder"),
        ("folder.mp4", "is a folder"),
        ("x" * 300 + ".mp4", "name is too long|Check the name"),
    ],
)
def test_impossible_names(tmp_path, name, words):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(SinkError, match=words) as caught:
        write_all(tmp_path / name, [0])
    assert caught.value.fix
    assert left_in(tmp_path) == ["folder.mp4"]


def test_the_input_is_not_overwritten(tmp_path):
    clip = make_clip(tmp_path / "in.mp4", [0, 40], audio="aac")
    before = clip.read_bytes()
    with pytest.raises(SinkError, match="would overwrite"):
        VideoSink(clip, *SIZE, audio_from=tmp_path / "." / "in.mp4")
    assert clip.read_bytes() == before


class FullDisk(io.FileIO):
    """A disk with room for so many bytes."""

    room = 0

    def write(self, data):
        if self.tell() + len(data) > FullDisk.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("room", [0, 20, 2000, 30_000])
def test_a_full_disk_is_said_in_words_and_leaves_nothing(tmp_path, monkeypatch, room):
    class PartOnFullDisk(PartFile):
        def __init__(self, target: Path) -> None:
            super().__init__(target)
            self.file.close()
            self.file = FullDisk(self.path, "r+b")

    FullDisk.room = room
    monkeypatch.setattr(video, "PartFile", PartOnFullDisk)
    rng = np.random.default_rng(0)

    def record():
        with VideoSink(tmp_path / "o.mp4", *SIZE, quality="live") as sink:
            for _ in range(30):
                sink.write(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))

    with pytest.raises(SinkError, match="the disk is full") as caught:
        record()
    assert "Free some space" in caught.value.fix
    assert left_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a Unix thing")
@pytest.mark.parametrize("limit", [1000, 60_000])
def test_a_real_limit_of_the_system(tmp_path, limit):
    code = f"""
import resource, numpy as np
from ar_effects.sinks.video import VideoSink
from ar_effects.errors import SinkError
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
rng = np.random.default_rng(0)
try:
    with VideoSink({str(tmp_path / "o.mp4")!r}, 64, 48, quality="live") as sink:
        for i in range(60):
            sink.write(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))
except SinkError as error:
    print(error)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
    assert "grew larger than the disk or your limits allow" in done.stdout
    assert done.stderr == ""
    assert left_in(tmp_path) == []


def test_no_permission(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may write everywhere, so it is pretended
    with pytest.raises(SinkError, match="permission denied"):
        VideoSink(tmp_path / "o.mp4", *SIZE)


def test_a_move_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def refuse(self, target):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(type(tmp_path), "replace", refuse)
    with pytest.raises(SinkError, match="Input/output error"):
        write_all(tmp_path / "o.mp4", [0])
    assert left_in(tmp_path) == []


def test_without_h264_mpeg4_is_used_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(encoder, "find_encoder", lambda: "mpeg4")
    sink = write_all(tmp_path / "o.mp4", [0, 33, 67, 400])
    assert "H.264 encoder is missing" in sink.notes[0]
    frames = list(VideoSource(tmp_path / "o.mp4").frames())
    assert [f.pts for f in frames] == [0, 33, 67, 400]
    assert [index_of(f.image) for f in frames] == [0, 1, 2, 3]
    with VideoSink(tmp_path / "live.mp4", *SIZE) as live:
        for index in range(4):
            live.write(plain(index))
    assert len(list(VideoSource(tmp_path / "live.mp4").frames())) == 4


def test_h264_is_here():
    assert encoder.find_encoder() == "libx264"


def test_sizes_no_encoder_takes_are_refused_in_words(tmp_path):
    with pytest.raises(SinkError, match="40000x2 cannot be encoded"):
        VideoSink(tmp_path / "o.mp4", 40000, 2)
    assert left_in(tmp_path) == []


def test_unusual_names(tmp_path):
    for name in ("ünï 🎭.mp4", "100%03d.mp4", "a b.MP4", "x.mov"):
        write_all(tmp_path / name, [0, 40])
        assert len(list(VideoSource(tmp_path / name).frames())) == 2
