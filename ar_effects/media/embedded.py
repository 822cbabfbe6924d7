"""Pictures that stand inside of other files, as glTF's do: taken as they are, without profile or orientation.

"Any colorspace information (such as ICC profiles, intents, gamma values, etc.) from PNG or JPEG images MUST
be ignored": glTF 2.0, 3.8.2 Images.
"""

from __future__ import annotations

import io
import struct
import warnings

import numpy as np
from PIL import Image as Pillow

from ar_effects.drawlist import Texture
from ar_effects.media.pictures import UNREADABLE

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"


def decoded(data: bytes) -> Texture:
    """(height, width, 4) straight-alpha RGBA of a PNG, JPEG or WebP whose size was looked at before.

    Raises:
        one of ``UNREADABLE``: it is damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Pillow.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off
                grey = (np.asarray(picture).astype(np.uint32) + 128) // 257
                return np.dstack([grey, grey, grey, np.full_like(grey, 255)]).astype(np.uint8)
            return np.ascontiguousarray(np.asarray(picture.convert("RGBA")), np.uint8)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) from a PNG's, JPEG's or WebP's header, before anything is decoded; None of others."""
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return int(width), int(height)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        try:
            with Pillow.open(io.BytesIO(data), formats=("WEBP",)) as picture:
                return picture.size
        except UNREADABLE:
            return None
    if not data.startswith(_JPEG):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            height, width = struct.unpack_from(">HH", data, at + 5)
            return int(width), int(height)
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None
