"""The video encoder: which one, how hard it works, and the colours it declares."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal, TypeVar

import av
from av.codec import Codec
from av.codec.codec import UnknownCodecError

from ar_effects.errors import SinkError
from ar_effects.messages import Message, sentence

Name = TypeVar("Name", bound=str)
Quality = Literal["live", "good", "best"]

# (x264 preset, constant rate factor). Measured costs: docs/decisions/0004-video.md
PRESETS: dict[Quality, tuple[str, int]] = {
    "live": ("ultrafast", 20),
    "good": ("veryfast", 20),
    "best": ("medium", 17),
}
_BT709 = 1
_LIMITED_RANGE = 1
# Names that MP4 has places of its own for, which all players read.
_FIXED_NAMES = frozenset(
    {
        "title",
        "artist",
        "album",
        "comment",
        "date",
        "genre",
        "copyright",
        "description",
        "creation_time",
        "location",
    }
)
# MPEG-4 part 2 counts time in at most 65535 ticks a second.
_MPEG4_TIME_BASE = Fraction(1, 60_000)


def first_codec(names: Iterable[Name]) -> Name | None:
    """The first of these encoders that this installation of PyAV has; None if it has none of them."""
    for name in names:
        with contextlib.suppress(UnknownCodecError):
            Codec(name, "w")
            return name
    return None


def find_encoder() -> Literal["libx264", "mpeg4"]:
    """The best video encoder that is here; "mpeg4" is the fallback. SinkError if there is neither."""
    encoders: tuple[Literal["libx264", "mpeg4"], ...] = ("libx264", "mpeg4")
    encoder = first_codec(encoders)
    if encoder is None:
        raise SinkError(Message("video.no-encoder"))
    return encoder


def container_options(time_base: Fraction, metadata: Mapping[str, str]) -> dict[str, str]:
    """How MP4 and QuickTime files are laid out.

    Args:
        time_base: seconds per tick of the pictures.
        metadata: what the file will say of itself, by FFmpeg's names.
    """
    # For the camera, and what phones call as they like: a form that takes any name, read by fewer players.
    own_names = not metadata.keys() <= _FIXED_NAMES
    return {
        "movflags": "+faststart" + "+use_metadata_tags" * own_names,
        # The reader gets the ticks back that were put in; late beginnings count in the movie's.
        "movie_timescale": str(time_base.denominator),
        "video_track_timescale": str(time_base.denominator),
    }


def add_encoder(
    container: Any, *, width: int, height: int, rate: Fraction, time_base: Fraction, quality: Quality
) -> tuple[Any, str]:
    """Add a 4:2:0 video stream to an output container.

    Args:
        container: an open PyAV output container.
        width: even, pixels.
        height: even, pixels.
        rate: nominal frames a second.
        time_base: seconds per tick.
        quality: a key of ``PRESETS``.

    Raises:
        SinkError: no encoder here, or none that takes this size.

    Returns:
        The stream, and a sentence for the person, or an empty one.
    """
    encoder = find_encoder()
    note = ""
    if encoder == "libx264":
        preset, crf = PRESETS[quality]
        stream = container.add_stream(encoder, rate=rate, options={"preset": preset, "crf": str(crf)})
    else:
        stream = container.add_stream(encoder, rate=rate)
        # Constant quality, 1 (best) to 31: what the "qscale" of the ffmpeg program sets.
        stream.codec_context.qmin = stream.codec_context.qmax = 3
        time_base = max(time_base, _MPEG4_TIME_BASE)
        note = sentence("recording.no-h264")
    stream.width, stream.height = width, height
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = time_base
    stream.time_base = time_base
    # Without these tags players guess by the size, and skin turns greenish or reddish.
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED_RANGE
    try:
        context.open()  # now, so that a size it cannot take is refused before anything is recorded
    except (av.FFmpegError, ValueError) as error:
        raise SinkError(
            Message("video.size-not-encoded", width=width, height=height), got=str(error)
        ) from None
    return stream, note
