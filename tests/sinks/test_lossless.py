"""Lossless film: the same pixels come back, and what cannot be written is the system's own error."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.errors import SinkError
from ar_effects.sinks import encoder, lossless
from ar_effects.sinks.lossless import LosslessVideo, lossless_codec
from ar_effects.sources.video import VideoSource


@pytest.mark.parametrize("codec", ["libx264rgb", "ffv1"])
@pytest.mark.parametrize("size", [(64, 48), (67, 51)])
def test_frames_come_back_to_the_bit(tmp_path, codec, size):
    rng = np.random.default_rng(2)
    pictures = [rng.integers(0, 256, (size[1], size[0], 3), np.uint8) for _ in range(5)]
    pictures += [np.full_like(pictures[0], v) for v in (0, 1, 254, 255)]
    writer = LosslessVideo(tmp_path / "x.mkv", *size, codec)
    for i, image in enumerate(pictures):
        writer.write(image, 0.0001 * i)  # quicker than its clock ticks
    writer.close()
    with VideoSource(tmp_path / "x.mkv") as source:
        back = [frame.image for frame in source.frames()]
    assert len(back) == len(pictures)
    for image, again in zip(pictures, back, strict=True):
        np.testing.assert_array_equal(image, again)


def test_the_first_encoder_that_is_here_is_taken(monkeypatch):
    assert encoder.first_codec(("no such encoder", "ffv1", "libx264rgb")) == "ffv1"
    assert encoder.first_codec(("no such encoder",)) is None
    assert lossless_codec() == "libx264rgb"
    monkeypatch.setattr(lossless, "first_codec", lambda _: None)
    with pytest.raises(SinkError, match=r"no lossless encoder.*pip install av"):
        lossless_codec()


def test_what_exists_is_not_touched_and_nothing_stays_open(tmp_path):
    (tmp_path / "x.mkv").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        LosslessVideo(tmp_path / "x.mkv", 64, 48)
    assert (tmp_path / "x.mkv").read_bytes() == b"mine"
    writer = LosslessVideo(tmp_path / "y.mkv", 64, 48)
    writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    writer.abort()
    writer.abort()
    assert writer._file.closed


def test_a_disk_that_is_full_is_told_as_it_is():
    """/dev/full takes no byte."""
    import errno
    from pathlib import Path

    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")

    class Full(type(Path())):
        def open(self, *_, **__):
            return Path("/dev/full").open("wb", buffering=0)

    writer = LosslessVideo(Full("x.mkv"), 64, 48)

    def film():
        for i in range(50):
            writer.write(np.random.default_rng(i).integers(0, 256, (48, 64, 3), np.uint8), i / 30)
        writer.close()

    with pytest.raises(OSError) as caught:
        film()
    writer.abort()
    assert caught.value.errno == errno.ENOSPC
