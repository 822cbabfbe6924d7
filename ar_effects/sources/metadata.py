"""What a file says of itself and a result should go on saying: date, place, camera, title.

What is not taken: pictures inside the description (thumbnails, depth, motion), which would show a face
without its effect; makers' own notes, whose places in the file are lost by moving them; and whatever
describes the old pixels: how they were turned, their size, their colours. The result's are upright and sRGB.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from typing import TYPE_CHECKING

from PIL import Image

from ar_effects.records import PictureMetadata

if TYPE_CHECKING:
    from collections.abc import Mapping

_Entry = tuple[int, int, bytes]
"""Type, count and bytes of an EXIF tag, as they stood in the file."""

# Tags and types: "Exchangeable image file format", CIPA DC-008 (Exif 2.32), sections 4.6.2 to 4.6.6.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_ASCII, _SHORT, _LONG = 2, 3, 4
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_ORIENTATION, _COLOUR_SPACE, _WIDTH, _HEIGHT, _MAKER_NOTE, _INTEROP = (
    0x112,
    0xA001,
    0xA002,
    0xA003,
    0x927C,
    0xA005,
)
_DESCRIPTION, _SOFTWARE, _DATE, _ARTIST, _COPYRIGHT = 0x10E, 0x131, 0x132, 0x13B, 0x8298
# Of a TIFF's first directory only what does not tell where its pixels lie.
_KEPT = frozenset(
    {0x10D, _DESCRIPTION, 0x10F, 0x110, 0x11A, 0x11B, 0x128, _SOFTWARE, _DATE, _ARTIST, 0x13C}
    | {0x4746, 0x4749, _COPYRIGHT, *range(0x9C9B, 0x9CA0)}
)
_LARGEST_TAG = 16_000
_LARGEST = 60_000
"""Bytes; a JPEG's segment holds 65,533."""

_TEXTS = {"Title": _DESCRIPTION, "Description": _DESCRIPTION, "Author": _ARTIST, "Copyright": _COPYRIGHT}
_TEXTS |= {"Creation Time": _DATE, "Software": _SOFTWARE}
_PICTURES_IN_XMP = (b"xmpGImg:image", b"GImage:Data", b"GDepth:Data", b"Container:Directory")

_OF_THE_CONTAINER = re.compile(
    r"major_brand|minor_version|compatible_brands|encoder|encoded_by|duration|handler_name|vendor_id|timecode"
    r"|gapless_playback|media_type|hd_video|_statistics.*|number_of_(bytes|frames)|bps|software|id3v2_priv.*",
    re.IGNORECASE,
)


_IPTC = 0x0404
"""Number of Photoshop's resource that holds IPTC-IIM."""


def video_metadata(found: Mapping[str, str]) -> dict[str, str]:
    """What is worth keeping of a container's own words, by FFmpeg's names.

    Args:
        found: all of them.
    """
    kept: dict[str, str] = {}
    for key, value in found.items():
        name = key.lower() if key.isupper() else key
        if name.startswith("location-"):  # the same once more, by language
            name = "location"
        if value and not _OF_THE_CONTAINER.fullmatch(name):
            kept.setdefault(name, value)
    return kept


def picture_metadata(data: bytes, width: int, height: int) -> PictureMetadata | None:
    """What a picture's file says of it; None where that cannot be read. Nothing here raises.

    Args:
        data: the whole file.
        width: of the picture as it is shown, pixels.
        height: likewise.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd tags; only tags are read
            with Image.open(io.BytesIO(data)) as picture:
                raw = data if picture.format == "TIFF" else picture.info.get("exif", b"")
                xmp = picture.info.get("xmp", b"")
                # Photoshop's other resources are left: a thumbnail of what the picture was, and paths.
                blocks = picture.info.get("photoshop")
                iptc = blocks.get(_IPTC, b"") if isinstance(blocks, dict) else b""
                texts = {k: v for k, v in picture.info.items() if k in _TEXTS and isinstance(v, str)}
    except Exception:
        return None
    xmp = xmp.encode() if isinstance(xmp, str) else bytes(xmp)
    iptc = bytes(iptc) if isinstance(iptc, bytes) else b""
    return PictureMetadata(_clean_exif(bytes(raw), texts, width, height), _clean_xmp(xmp), iptc)


def _clean_xmp(xmp: bytes) -> bytes:
    if any(mark in xmp for mark in _PICTURES_IN_XMP):
        return b""
    return re.sub(rb"(tiff:Orientation(?:\s*=\s*[\"']|>)\s*)\d", rb"\g<1>1", xmp).rstrip(b"\0")


def _clean_exif(raw: bytes, texts: Mapping[str, str], width: int, height: int) -> bytes:
    """EXIF anew, as a TIFF structure without pixels; empty where there is nothing to tell."""
    raw = raw.removeprefix(b"Exif\0\0")
    order = ">" if raw.startswith(b"MM") else "<"
    first, exif, gps = _directories(raw, order)
    for name, tag in _TEXTS.items():
        if tag not in first and (text := texts.get(name)) and (tag != _DATE or _is_date(text)):
            value = text.encode() + b"\0"
            first[tag] = (_ASCII, len(value), value)
    if not (first or exif or gps):
        return b""
    first[_ORIENTATION] = (_SHORT, 1, struct.pack(order + "H", 1))
    for tag, length in ((_WIDTH, width), (_HEIGHT, height)):
        if tag in exif:
            exif[tag] = (_LONG, 1, struct.pack(order + "I", length))
    if _COLOUR_SPACE in exif:
        exif[_COLOUR_SPACE] = (_SHORT, 1, struct.pack(order + "H", 1))
    made = _written(order, first, exif, gps)
    return made if len(made) <= _LARGEST else _written(order, first, {}, gps)


def _directories(raw: bytes, order: str) -> tuple[dict[int, _Entry], dict[int, _Entry], dict[int, _Entry]]:
    """The picture's own tags, those of the exposure, and those of the place."""
    if raw[:4] not in (b"II*\0", b"MM\0*") or len(raw) < 8:
        return {}, {}, {}
    everything = _directory(raw, order, struct.unpack_from(order + "I", raw, 4)[0])
    parts = []
    for pointer in (_EXIF_IFD, _GPS_IFD):
        kind, count, value = everything.get(pointer, (0, 0, b""))
        at = struct.unpack(order + "I", value)[0] if (kind, count) in ((_LONG, 1), (13, 1)) else 0
        parts.append(_directory(raw, order, at) if at else {})
    exif, gps = parts
    first = {tag: entry for tag, entry in everything.items() if tag in _KEPT}
    return first, {t: e for t, e in exif.items() if t not in (_MAKER_NOTE, _INTEROP)}, gps


def _directory(raw: bytes, order: str, at: int) -> dict[int, _Entry]:
    """The tags of one directory; those that point out of the file, or are no description, are left out."""
    if at + 2 > len(raw):
        return {}
    found: dict[int, _Entry] = {}
    for index in range(struct.unpack_from(order + "H", raw, at)[0]):
        place = at + 2 + 12 * index
        if place + 12 > len(raw):
            break
        tag, kind, count = struct.unpack_from(order + "HHI", raw, place)
        size = _SIZES.get(kind, 0) * count
        start = place + 8 if size <= 4 else struct.unpack_from(order + "I", raw, place + 8)[0]
        if 0 < size <= _LARGEST_TAG and start + size <= len(raw):
            found[tag] = (kind, count, raw[start : start + size])
    return found


def _written(order: str, first: dict[int, _Entry], exif: dict[int, _Entry], gps: dict[int, _Entry]) -> bytes:
    """The directories one after the other, each with its values behind it."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first = dict(first)  # the pointers are added to it
    for pointer, part in ((_EXIF_IFD, exif), (_GPS_IFD, gps)):
        if part:
            first[pointer] = (_LONG, 1, bytes(4))
    # The sizes do not depend on where the parts lie, so they are known before the pointers are.
    at = 8 + len(_packed(order, first, 0))
    behind = b""
    for pointer, part in ((_EXIF_IFD, exif), (_GPS_IFD, gps)):
        if part:
            first[pointer] = (_LONG, 1, struct.pack(order + "I", at + len(behind)))
            behind += _packed(order, part, at + len(behind))
    return head + _packed(order, first, 8) + behind


def _packed(order: str, entries: dict[int, _Entry], at: int) -> bytes:
    table, values = struct.pack(order + "H", len(entries)), b""
    start = at + 2 + 12 * len(entries) + 4
    for tag, (kind, count, value) in sorted(entries.items()):
        table += struct.pack(order + "HHI", tag, kind, count)
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", start + len(values))
            values += value + b"\0" * (len(value) % 2)
    return table + bytes(4) + values


def _is_date(text: str) -> bool:
    return re.fullmatch(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", text) is not None
