"""Descriptions inside picture files: EXIF, XMP and IPTC put into finished JPEGs, PNGs and WebPs.

Where they stand: JPEG: CIPA DC-008 (Exif 2.32), section 4.5.4, and XMP part 3, section 1.1.3. PNG: eXIf and
iTXt of "Portable Network Graphics (PNG) Specification", third edition. WebP: RFC 9649, section 2.7.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ar_effects.records import PictureMetadata

_SEGMENT = 65_533
_IPTC_NAME, _IPTC_KIND = b"Photoshop 3.0\0", b"8BIM\x04\x04\0\0"
"""Adobe Photoshop File Formats Specification, "Image Resources Section": the number and an empty name."""

_XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_WEBP_ALPHA, _WEBP_EXIF, _WEBP_XMP = 0x10, 0x08, 0x04


def embedded(data: bytes, metadata: PictureMetadata) -> bytes:
    """The same picture with its description.

    Args:
        data: a whole JPEG, PNG or WebP without any; other files come back as they are.
        metadata: what to add.
    """
    if data.startswith(b"\xff\xd8"):
        return _in_jpeg(data, metadata)
    if not (metadata.exif or metadata.xmp):
        return data
    if data.startswith(b"\x89PNG"):
        return _in_png(data, metadata)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _in_webp(data, metadata)
    return data


def _in_jpeg(data: bytes, metadata: PictureMetadata) -> bytes:
    at = 2
    if data[2:4] == b"\xff\xe0":  # JFIF's segment stays the first
        at = 4 + int.from_bytes(data[4:6], "big")
    parts = [(b"\xff\xe1", b"Exif\0\0" + metadata.exif)] if metadata.exif else []
    parts += [(b"\xff\xe1", _XMP_NAME + metadata.xmp)] if metadata.xmp else []
    if metadata.iptc:
        length = struct.pack(">I", len(metadata.iptc))
        padded = metadata.iptc + b"\0" * (len(metadata.iptc) % 2)
        parts += [(b"\xff\xed", _IPTC_NAME + _IPTC_KIND + length + padded)]
    segments = b"".join(
        mark + struct.pack(">H", len(part) + 2) + part for mark, part in parts if len(part) <= _SEGMENT
    )
    return data[:at] + segments + data[at:]


def _in_png(data: bytes, metadata: PictureMetadata) -> bytes:
    """Pillow's chunks behind IHDR; the pixels' bytes stay as they are."""
    from PIL.PngImagePlugin import PngInfo, putchunk  # noqa: PLC0415 - the window starts without

    described = PngInfo()
    if metadata.exif:
        described.add(b"eXIf", metadata.exif)
    if metadata.xmp:
        described.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    at = 8 + 12 + int.from_bytes(data[8:12], "big")
    out = io.BytesIO()
    out.write(data[:at])
    for kind, body, *_ in described.chunks:
        putchunk(out, kind, body)
    out.write(data[at:])
    return out.getvalue()


def _in_webp(data: bytes, metadata: PictureMetadata) -> bytes:
    flags = (_WEBP_EXIF if metadata.exif else 0) | (_WEBP_XMP if metadata.xmp else 0)
    chunks = data[12:]
    if chunks.startswith(b"VP8X"):
        head, chunks = bytes([chunks[8] | flags]) + chunks[9:18], chunks[18:]
    else:
        width, height, alpha = _webp_size(chunks)
        flags |= _WEBP_ALPHA if alpha else 0
        head = (
            bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        )
    body = _webp_chunk(b"VP8X", head) + chunks
    body += _webp_chunk(b"EXIF", metadata.exif) if metadata.exif else b""
    body += _webp_chunk(b"XMP ", metadata.xmp) if metadata.xmp else b""
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_size(chunk: bytes) -> tuple[int, int, bool]:
    """Width, height, and whether there is transparency, of a single lossy or lossless picture."""
    if chunk.startswith(b"VP8L"):
        bits = int.from_bytes(chunk[9:13], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack_from("<HH", chunk, 14)
    return width & 0x3FFF, height & 0x3FFF, False


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
