"""Small videos made on the spot. Every frame is one grey level, so that a frame tells which one it is."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

LEVELS = 12


def level(index: int) -> int:
    return 20 + 18 * (index % LEVELS)


def index_of(image: np.ndarray) -> int:
    return round((float(image.mean()) - 20) / 18)


def plain(index: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level(index), np.uint8)


def make_clip(
    path: Path,
    pts: list[int],
    *,
    time_base: Fraction = Fraction(1, 1000),
    size: tuple[int, int] = (64, 48),
    image=plain,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    audio: str = "",
    faststart: bool = False,
    aspect: Fraction | None = None,
    bframes: bool = False,
) -> Path:
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(codec, rate=30)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        if codec == "libx264":
            stream.options = {"crf": "10", "preset": "ultrafast", "bf": "2" if bframes else "0", "g": "4"}
        stream.codec_context.time_base = stream.time_base = time_base
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        sound = out.add_stream(audio, rate=48000) if audio else None
        for index, tick in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(image(index, *size), format="bgr24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = tick, time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            out.mux(sine(sound, float(pts[-1] * time_base) + 0.1))
            out.mux(sound.encode(None))
    return path


def sine(stream, seconds: float) -> list:
    rate = 48000
    wave = 0.3 * np.sin(np.arange(int(seconds * rate)) * (2 * np.pi * 440 / rate))
    frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return stream.encode(frame)


def make_sound(path: Path, codec: str = "aac") -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=48000)
        out.mux(sine(stream, 0.5))
        out.mux(stream.encode(None))
    return path


def set_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write (a, b, c, d) into an MP4's track header, as a phone does that was held sideways."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd")
    at += 4 + 4 + (32 if data[at + 4] else 20) + 8 + 8
    a, b, c, d = (v << 16 for v in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def corners(index: int, width: int, height: int) -> np.ndarray:
    """Red top left, green top right, black below."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (0, 0, 255)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    return image


def named_corners(image: np.ndarray) -> str:
    """The colours of the corners: top left, top right, bottom left, bottom right."""
    names = {(False, False, True): "R", (False, True, False): "G", (False, False, False): "."}
    spots = (image[3, 3], image[3, -4], image[-4, 3], image[-4, -4])
    return "".join(names[tuple(bool(v > 128) for v in spot)] for spot in spots)
