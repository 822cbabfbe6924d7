"""Videos with alpha, decoded and played on a sprite."""

from __future__ import annotations

import av
import numpy as np
import pytest

from ar_effects.errors import PackError, SourceError
from ar_effects.media import alpha_video
from ar_effects.media.alpha_video import AlphaVideo
from ar_effects.media.clips import Video, open_video

SIZE = (64, 48)
FRAMES, FPS = 10, 10


def rgba(i: int) -> np.ndarray:
    """Red that gets bluer; the left half opaque, the right half clear."""
    picture = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    picture[..., 0], picture[..., 2] = 200, 25 * i
    picture[:, : SIZE[0] // 2, 3] = 255
    return picture


def write(path, codec: str, pixel_format: str, alpha: str = "own") -> None:
    with av.open(str(path), "w") as container:
        options = {"auto-alt-ref": "0"} if "vp" in codec else {}
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width = SIZE[0] * (2 if alpha == "beside" else 1)
        stream.height = SIZE[1] * (2 if alpha == "below" else 1)
        stream.pix_fmt = pixel_format
        for i in range(FRAMES):
            picture = rgba(i)
            if alpha == "own":
                frame = av.VideoFrame.from_ndarray(picture, "rgba")
            else:
                grey = np.repeat(picture[..., 3:], 3, axis=2)
                both = np.concatenate([picture[..., :3], grey], axis=1 if alpha == "beside" else 0)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(both), "rgb24")
            container.mux(stream.encode(frame.reformat(format=pixel_format)))
        container.mux(stream.encode(None))


KINDS = {
    "vp9": ("a.webm", "libvpx-vp9", "yuva420p", "own"),
    "vp8": ("a.webm", "libvpx", "yuva420p", "own"),
    "png": ("a.mov", "png", "rgba", "own"),
    "beside": ("a.mp4", "mpeg4", "yuv420p", "beside"),
    "below": ("a.mp4", "mpeg4", "yuv420p", "below"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_colours_alpha_and_times(tmp_path, kind):
    name, codec, pixel_format, alpha = KINDS[kind]
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    write(tmp_path / name, codec, pixel_format, alpha)
    video = AlphaVideo(tmp_path / name, alpha)
    assert video.size == SIZE
    frames = list(video.frames())
    np.testing.assert_allclose([t for _, t in frames], np.arange(FRAMES) / FPS, atol=0.002)
    for i, (pixels, _) in enumerate(frames):
        assert pixels.shape == (SIZE[1], SIZE[0], 4)
        np.testing.assert_allclose(pixels[24, 12], rgba(i)[24, 12], atol=12)
        assert pixels[24, 52, 3] <= 8
    assert len(list(video.frames())) == FRAMES, "as often as one likes"


@pytest.fixture
def video(tmp_path) -> Video:
    write(tmp_path / "a.mov", "png", "rgba")
    return Video(open_video(tmp_path / "a.mov", "own"))


def blue(video: Video, time_s: float, *, loop: bool) -> tuple[int, bool]:
    pixels, over = video.at(time_s, loop=loop)
    return round(int(pixels[24, 12, 2]) / 25), over


def test_playing_forward_over_the_end_and_back(video):
    assert [blue(video, t, loop=True)[0] for t in (0.0, 0.05, 0.11, 0.31, 0.95, 1.01, 1.35, 3.55)] == [
        0, 0, 1, 3, 9, 0, 3, 5,
    ]  # fmt: skip
    assert blue(video, 0.21, loop=True)[0] == 2


def test_once_the_last_picture_stays(video):
    assert blue(video, 0.5, loop=False) == (5, False)
    assert blue(video, 0.97, loop=False) == (9, False)
    assert blue(video, 1.2, loop=False) == (9, True)
    assert blue(video, 9.0, loop=False) == (9, True)


def test_the_version_changes_with_the_picture_only(video):
    versions = [(video.at(t, loop=True), video.version)[1] for t in (0.0, 0.03, 0.12, 0.14, 0.25)]
    assert versions[0] == versions[1]
    assert versions[2] == versions[3] == versions[1] + 1
    assert versions[4] == versions[3] + 1


def test_a_file_that_is_gone_leaves_the_last_picture(tmp_path, video):
    video.at(0.5, loop=True)
    (tmp_path / "a.mov").unlink()
    assert blue(video, 3.0, loop=True)[0] in range(10)
    assert blue(video, 0.0, loop=True)[0] in range(10)


def test_what_is_no_video_is_said(tmp_path, monkeypatch):
    (tmp_path / "a.webm").write_bytes(b"no video at all")
    with pytest.raises(SourceError, match="is not a video"):
        AlphaVideo(tmp_path / "a.webm")
    with pytest.raises(PackError, match="is not a video"):
        open_video(tmp_path / "a.webm", "own")
    write(tmp_path / "b.mov", "png", "rgba")
    monkeypatch.setattr(alpha_video, "MAX_SIDE", 60)
    with pytest.raises(PackError, match="too large"):
        open_video(tmp_path / "b.mov", "own")


def test_a_stream_that_nobody_can_decode_is_said(tmp_path):
    write(tmp_path / "a.webm", "libvpx", "yuva420p")
    data = (tmp_path / "a.webm").read_bytes()
    assert data.count(b"V_VP8") == 1
    (tmp_path / "a.webm").write_bytes(data.replace(b"V_VP8", b"V_XYZ"))
    with pytest.raises(PackError, match="not known here"):
        open_video(tmp_path / "a.webm", "own")
