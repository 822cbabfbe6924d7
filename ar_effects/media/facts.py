"""When and where a picture was taken, as its file says it in words. Nothing here raises."""

from __future__ import annotations

import io
import re
import warnings
from datetime import datetime

from PIL import Image as Pillow

from ar_effects.media.xmp import packet_of

_EXIF_IFD, _DATE_TAKEN, _IPTC = 0x8769, 0x9003, 0x0404
_PLACES = {b"\x5a": "city", b"\x65": "country"}
"""IPTC-IIM's records 2:90 and 2:101."""


def date_of(data: bytes) -> datetime | None:
    """When a picture was taken by the clock of its camera, by EXIF; None where it does not say.

    Args:
        data: the whole file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd tags; only a tag is read
            with Pillow.open(io.BytesIO(data)) as picture:
                exif = Pillow.Exif()
                exif.load(picture.info.get("exif", b""))
                text = str(exif.get_ifd(_EXIF_IFD).get(_DATE_TAKEN, ""))
        return datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the camera's own
    except Exception:
        return None


def places_of(data: bytes) -> tuple[str, ...]:
    """City and country as somebody wrote them into IPTC or XMP; coordinates are no words.

    Args:
        data: the whole file.
    """
    places: dict[str, str] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(io.BytesIO(data)) as picture:
                blocks = picture.info.get("photoshop")
        iptc = blocks.get(_IPTC, b"") if isinstance(blocks, dict) else b""
    except Exception:
        iptc = b""
    if isinstance(iptc, bytes):
        for found in re.finditer(rb"\x1c\x02([\x5a\x65])(..)", iptc, re.DOTALL):
            text = iptc[found.end() : found.end() + int.from_bytes(found[2], "big")]
            places.setdefault(_PLACES[found[1]], text.decode("utf-8", "replace"))
    xmp = packet_of(data).decode("utf-8", "replace")
    for name in ("City", "Country"):
        in_xmp = re.search(rf"photoshop:{name}(?:=[\"']|>)([^<\"']{{1,80}})", xmp)
        if in_xmp:
            places.setdefault(name.lower(), in_xmp[1])
    return tuple(places.values())
