"""Files as phones, editors and broadcasters write them, made on the spot."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

# Display P3 in ICC's connection space (D50), as in Apple's profile of that name.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))


X265 = "log-level=none:pools=none:frame-threads=1:bframes=0:repeat-headers=0"


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def icc(columns=P3, gamma: float | None = 2.2) -> bytes:
    """A matrix profile of version 2 (ICC.1:2001-04): three columns and one curve; sRGB's without a gamma."""
    if gamma is None:
        levels = np.arange(1024) / 1023
        light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
        curve = struct.pack(">4sII", b"curv", 0, 1024) + (light * 65535).round().astype(">u2").tobytes()
    else:
        curve = struct.pack(">4sIIHH", b"curv", 0, 1, round(gamma * 256), 0)
    names = (b"r", b"g", b"b")
    parts = [(b"wtpt", b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249))]
    parts += [(n + b"XYZ", b"XYZ \0\0\0\0" + fixed(*c)) for n, c in zip(names, columns, strict=True)]
    parts += [(n + b"TRC", curve) for n in names]
    table, body, at = b"", b"", 128 + 4 + 12 * len(parts)
    for name, data in parts:
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ") + bytes(12)
    head += b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def full(kind: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def heic(image: np.ndarray, *, irot: int | None = None, orientation: int = 0, profile: bytes = b"") -> bytes:
    """A HEIC photo of one item (ISO/IEC 23008-12), as phones write it.

    Args:
        image: BGR, even sizes.
        irot: quarter turns counter-clockwise, as a property.
        orientation: in an EXIF item; 0 for none.
        profile: ICC, as a property.
    """
    height, width = image.shape[:2]
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as out:
        stream = out.add_stream("libx265", rate=1, options={"x265-params": X265, "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        out.mux(stream.encode(None))
    memory.seek(0)
    with av.open(memory) as film:
        (picture,) = (bytes(p) for p in film.demux(video=0) if p.size)
        settings = bytes(film.streams.video[0].codec_context.extradata)
    tags = b"\0\0\0\x06Exif\0\0" + exif(orientation).removeprefix(b"Exif\0\0") if orientation else b""
    properties = [box(b"hvcC", settings), full(b"ispe", struct.pack(">II", width, height))]
    properties += [full(b"pixi", bytes([3, 8, 8, 8]))]
    properties += [box(b"colr", b"prof", profile)] if profile else []
    properties += [box(b"irot", bytes([irot]))] if irot is not None else []
    used = bytes([0x81, *range(2, len(properties) + 1)])
    items = [(1, b"hvc1", picture)] + ([(2, b"Exif", tags)] if tags else [])

    def meta(at: int) -> bytes:
        places, entries = b"", b""
        for number, kind, data in items:
            places += struct.pack(">HHHII", number, 0, 1, at, len(data))
            entries += full(b"infe", struct.pack(">HH4s", number, 0, kind), b"\0", version=2)
            at += len(data)
        return full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(13)),
            full(b"pitm", struct.pack(">H", 1)),
            full(b"iloc", struct.pack(">HH", 0x4400, len(items)), places),
            full(b"iinf", struct.pack(">H", len(items)), entries),
            full(b"iref", box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if tags else b"",
            box(
                b"iprp",
                box(b"ipco", *properties),
                full(b"ipma", struct.pack(">IHB", 1, 1, len(used)), used),
            ),
        )

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    begin = len(head) + len(meta(0)) + 8
    return head + meta(begin) + box(b"mdat", *(data for _, _, data in items))


def write_video(
    path: Path,
    frames: list[np.ndarray],
    *,
    codec: str = "ffv1",
    pix_fmt: str = "gbrp10le",
    kind: str = "rgb48le",
    primaries: int = 1,
    transfer: int = 1,
    matrix: int = 1,
    options: dict[str, str] | None = None,
    interlaced: bool = False,
    fps: int = 25,
) -> Path:
    """A video with its colours named."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = primaries, transfer, matrix
        if interlaced:
            context.flags |= 1 << 18 | 1 << 29  # FFmpeg's ildct and ilme
        for i, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, kind)
            if frame.format.name != pix_fmt:
                frame = frame.reformat(format=pix_fmt, dst_colorspace=matrix)
            frame.color_primaries, frame.color_trc, frame.colorspace = primaries, transfer, matrix
            frame.pts, frame.time_base = i, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
