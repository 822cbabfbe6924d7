"""Whether a picture's file is all there. Decoders fill what is missing with grey and say nothing."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pillow

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\0\0\0\0IEND\xaeB\x60\x82"
_JPEG_END = b"\xff\xd9"
_FILLING = bytes(range(1, 200)) * 2
"""Any bytes that a JPEG's decoder would take for picture if it still waited for some."""


def mended(data: bytes) -> bytes:
    """The same file, with its end mark where only that is missing."""
    if data.startswith(b"\xff\xd8\xff") and _lacks_end(data) and _all_decoded(data):
        return data.removesuffix(b"\xff") + _JPEG_END
    if data.startswith(_PNG) and data.rfind(b"IEND") < 0:
        return data + _PNG_END  # where pixels are missing, too, its decoder says so
    return data


def cut_off(data: bytes) -> bool:
    """Whether a JPEG, PNG or WebP that cannot be unpacked lacks its end: why it cannot."""
    if data.startswith(b"\xff\xd8\xff"):
        return _lacks_end(data)
    if data.startswith(_PNG):
        return data.rfind(b"IEND") < 0
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return False


def _lacks_end(data: bytes) -> bool:
    # Walk the segments to the picture proper: thumbnails inside them have ends of their own.
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return False  # odd, but not ours to judge: the decoder will
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xDA:
            # Inside the compressed picture FF is always followed by 00, so FF D9 can only be the end.
            return data.find(_JPEG_END, at) < 0
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return True


def _all_decoded(data: bytes) -> bool:
    """Whether a JPEG without its end has all its pixels: what follows no longer changes any of them."""
    data = data.removesuffix(b"\xff")
    try:
        pixels = []
        for rest in (_JPEG_END, _FILLING + _JPEG_END):
            with Pillow.open(io.BytesIO(data + rest), formats=("JPEG",)) as picture:
                pixels.append(np.asarray(picture))
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Pillow.DecompressionBombError):
        return False
    return bool(np.array_equal(pixels[0], pixels[1]))
