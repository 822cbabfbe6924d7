import itertools
import os
import threading
from fractions import Fraction

import numpy as np
import pytest

from ar_effects.errors import SourceError
from ar_effects.sources.video import VideoSource
from tests.sources.clips import (
    corners,
    index_of,
    make_clip,
    make_sound,
    named_corners,
    set_matrix,
)
from tests.waiting import ended, heard, until

TICKS = [0, 33, 67, 100, 400, 401, 433, 900]


@pytest.fixture
def clip(tmp_path):
    return make_clip(tmp_path / "clip.mp4", TICKS)


def test_times_are_those_of_the_file(clip):
    with VideoSource(clip) as source:
        frames = list(source.frames())
        assert [f.pts * source.time_base for f in frames] == [Fraction(t, 1000) for t in TICKS]
        assert [f.time_s for f in frames] == pytest.approx([t / 1000 for t in TICKS])
        assert [f.index for f in frames] == list(range(len(TICKS)))
        assert [index_of(f.image) for f in frames] == list(range(len(TICKS)))
        assert source.info.size == frames[0].size == (64, 48)
        assert source.info.frame_count == len(TICKS)
        assert not source.info.is_live
        assert source.info.notes == ()


def test_frames_in_another_order_than_stored_come_in_the_order_of_showing(tmp_path):
    path = make_clip(tmp_path / "b.mp4", [i * 40 for i in range(12)], bframes=True)
    source = VideoSource(path)
    frames = list(source.frames())
    assert [index_of(f.image) for f in frames] == list(range(12))
    assert [f.pts * source.time_base for f in frames] == [Fraction(i, 25) for i in range(12)]


def test_every_call_begins_anew_and_ends_the_one_before(clip):
    source = VideoSource(clip)
    first = source.frames()
    assert next(first).index == 0
    assert [f.index for f in source.frames()] == list(range(len(TICKS)))
    assert list(first) == []


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), "RG.."),
        ((0, 1, -1, 0), ".R.G"),  # turned clockwise: what a phone held upright writes
        ((0, -1, 1, 0), "G.R."),
        ((-1, 0, 0, -1), "..GR"),
        ((-1, 0, 0, 1), "GR.."),  # mirrored, as some selfie cameras do
        ((1, 0, 0, -1), "..RG"),
        ((0, 1, 1, 0), "R.G."),
        ((0, -1, -1, 0), ".G.R"),
    ],
)
def test_pictures_are_turned_as_the_file_asks(tmp_path, matrix, shown):
    path = set_matrix(make_clip(tmp_path / "t.mp4", [0, 40], size=(64, 32), image=corners), matrix)
    source = VideoSource(path)
    frame = next(source.frames())
    assert named_corners(frame.image) == shown
    assert frame.size == source.info.size == ((64, 32) if matrix[0] else (32, 64))
    assert frame.image.flags.c_contiguous


@pytest.mark.parametrize("size", [(65, 47), (2, 2), (33, 48)])
def test_odd_sizes(tmp_path, size):
    path = make_clip(tmp_path / "odd.mp4", [0, 40], size=size, pix_fmt="yuv444p")
    frame = next(VideoSource(path).frames())
    assert frame.size == size
    assert frame.image.flags.c_contiguous
    assert index_of(frame.image) == 0


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    source = VideoSource(make_clip(tmp_path / "wide.mp4", [0], aspect=Fraction(3, 2)))
    assert source.info.size == next(source.frames()).size == (96, 48)
    assert "not square" in source.info.notes[0]


def test_colours_survive(tmp_path):
    def colour(index, width, height):
        return np.full((height, width, 3), (40, 90, 200), np.uint8)

    # libx264 gets no colour tags here: small pictures count as BT.601, which is what FFmpeg encoded.
    frame = next(VideoSource(make_clip(tmp_path / "c.mp4", [0], image=colour)).frames())
    assert np.abs(frame.image.reshape(-1, 3).mean(0) - (40, 90, 200)).max() < 3


@pytest.mark.words
def test_a_cut_off_video_gives_what_it_has_and_says_so(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", [i * 40 for i in range(40)], faststart=True, image=noise)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) * 6 // 10])
    source = VideoSource(cut)
    frames = list(source.frames())
    assert 10 < len(frames) < 35
    assert f"{len(frames)} of 40 frames" in source.info.notes[0]


def test_damage_in_the_middle_stops_nothing(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", [i * 40 for i in range(40)], faststart=True, image=noise)
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20000] = bytes(20000)
    whole.write_bytes(data)
    frames = list(VideoSource(whole).frames())
    assert frames[-1].time_s > 1.5
    assert all(a.pts < b.pts for a, b in itertools.pairwise(frames))


def test_a_recording_that_was_never_finished(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", [i * 40 for i in range(20)], image=noise)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:-600])
    with pytest.raises(SourceError, match="its index is missing"):
        VideoSource(cut)


def noise(index: int, width: int, height: int) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p.write_text("not a film\n" * 100), "is not a video"),
        (lambda p: p.write_text("#EXTM3U\n#EXTINF:1\nhttp://127.0.0.1:9/x.ts\n"), "is not a video"),
        (lambda p: p.write_bytes(os.urandom(5000)), "is not a video"),
        (lambda p: p.write_bytes(b""), "is empty"),
        (lambda p: None, "There is no file"),
        (lambda p: p.mkdir(), "is a folder"),
        (make_sound, "has no pictures in it, expected a video, got sound only"),
        (os.mkfifo if hasattr(os, "mkfifo") else (lambda p: None), "ordinary file|no file"),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(tmp_path, make, words):
    path = tmp_path / "x.mp4"
    make(path)
    with pytest.raises(SourceError, match=words) as caught:
        VideoSource(path)
    assert caught.value.fix
    assert caught.value.__cause__ is None


def test_a_video_without_a_single_frame(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", [0], faststart=True, image=noise)
    data = whole.read_bytes()
    whole.write_bytes(data[: data.find(b"mdat") + 4])
    with pytest.raises(SourceError, match=r"holds no picture|is not a video"):
        VideoSource(whole)


def test_unusual_names(tmp_path):
    path = make_clip(tmp_path / "a.mp4", [0, 40])
    for name in ("ünï 🎭.mp4", "100%03d.mp4", "concat:x|y.mp4", "no-ending"):
        other = path.rename(tmp_path / name)
        assert len(list(VideoSource(other).frames())) == 2
        path = other


def test_recordings_cut_from_a_stream_begin_near_zero(tmp_path):
    path = make_clip(
        tmp_path / "s.ts", [90000 * 5000 + i * 3600 for i in range(5)], time_base=Fraction(1, 90000)
    )
    source = VideoSource(path)
    frames = list(source.frames())
    assert frames[0].time_s == 0
    assert frames[-1].time_s == pytest.approx(0.16)
    assert source.info.file.origin_s >= 5000


def test_loop_goes_on_rising(clip):
    times = []
    for frame in VideoSource(clip, loop=True).frames():
        times.append(frame.pts)
        assert frame.index == len(times) - 1
        if len(times) == 3 * len(TICKS):
            break
    assert all(a < b for a, b in itertools.pairwise(times))
    assert times[len(TICKS)] - times[len(TICKS) - 1] < 100 * 90  # no long gap where it begins again


class FakeTime:
    def __init__(self) -> None:
        self.now = 50.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_realtime_delivers_frames_when_they_are_due(clip):
    fake = FakeTime()
    source = VideoSource(clip, realtime=True, clock=fake.clock, sleep=fake.sleep)
    assert source.info.is_live
    for frame, tick in zip(source.frames(), TICKS, strict=True):
        assert fake.now == pytest.approx(50 + tick / 1000)
        assert frame.time_s == pytest.approx(50 + tick / 1000)
    assert sum(fake.slept) == pytest.approx(0.9)


def test_realtime_after_a_long_pause_goes_on_instead_of_racing(clip):
    fake = FakeTime()
    frames = VideoSource(clip, realtime=True, clock=fake.clock, sleep=fake.sleep).frames()
    next(frames)
    fake.now += 100
    assert next(frames).time_s == pytest.approx(150)
    assert next(frames).time_s == pytest.approx(150.034)


def test_close_from_another_thread_ends_it_soon(clip):
    source = VideoSource(clip, loop=True, realtime=True)
    seen = []
    thread = threading.Thread(target=lambda: seen.extend(source.frames()))
    thread.start()
    until(lambda: seen, "the first frame")
    source.close()
    source.close()
    ended(thread)
    assert list(source.frames()) == []


def test_close_while_decoding_at_full_speed(clip):
    for _ in range(10):
        source = VideoSource(clip, loop=True)
        seen = threading.Event()
        thread = threading.Thread(target=lambda s=source, e=seen: [e.set() for _ in s.frames()])
        thread.start()
        heard(seen, "the first frame")
        source.close()
        ended(thread)
