"""A picture's colours in sRGB: by its ICC profile, by its code points, or by what its camera says of them."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from ar_effects.media.code_points import ADOBE_RGB, to_srgb

NOT_USABLE = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError, MemoryError)

CODE_POINTS = "code_points"
"""Key of a picture's ``info``: what `code_points` found in its file."""

_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow's mode by the colour space in a profile's header (ICC.1:2022, table 19)."""

_IFD, _INTEROPERABILITY, _INDEX = 0x8769, 0xA005, 0x0001
_JPEG_WITH_EXIF = ("JPEG", "MPO")


def is_srgb(picture: Pillow.Image) -> bool:
    """Whether a picture's own pixels are sRGB's by all that it says."""
    return not picture.info.get("icc_profile") and to_srgb(*_code_points(picture)) is None


def in_srgb(picture: Pillow.Image, colours: Pillow.Image) -> Pillow.Image:
    """RGB of 8 bits, in sRGB.

    Args:
        picture: as it was opened: what it says of its colours is taken from it.
        colours: its pixels, of at most 8 bits a channel, of whatever mode.
    """
    profile = picture.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return _by_profile(profile, colours)
    change = to_srgb(*_code_points(picture))
    rgb = colours.convert("RGB")
    return rgb if change is None else Pillow.fromarray(change(np.asarray(rgb)))


def code_points(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer (H.273) that a PNG (chunk cICP) or a HEIF or AVIF (box colr) names."""
    if data.startswith(b"\x89PNG"):
        at = data.find(b"cICP", 8, max(data.find(b"IDAT"), 8))
        return (data[at + 4], data[at + 5]) if at > 0 and len(data) > at + 5 else None
    if data[4:8] == b"ftyp":
        at = data.find(b"colrnclx", 8, 1 << 16)
        if at > 0 and len(data) >= at + 12:
            return int.from_bytes(data[at + 8 : at + 10], "big"), int.from_bytes(
                data[at + 10 : at + 12], "big"
            )
    return None


def _code_points(picture: Pillow.Image) -> tuple[int, int]:
    head = picture.info.get(CODE_POINTS)
    if isinstance(head, tuple):
        return head
    if picture.format in _JPEG_WITH_EXIF and _is_adobe(picture):
        return ADOBE_RGB, 1
    return 1, 1


def _is_adobe(picture: Pillow.Image) -> bool:
    """Whether its camera says Adobe RGB in the way of cameras: by DCF 2.0's index R03, without a profile."""
    try:
        exif = picture.getexif()
        return _IFD in exif and str(exif.get_ifd(_INTEROPERABILITY).get(_INDEX, "")).startswith("R03")
    except Exception:
        return False


def _by_profile(profile: bytes, colours: Pillow.Image) -> Pillow.Image:
    try:
        mode, transform = _transform(profile)
        if not mode:
            return colours.convert("RGB")
        fitting = colours if colours.mode == mode else colours.convert(mode)
        if transform is None:
            return fitting.convert("RGB")
        changed = ImageCms.applyTransform(fitting, transform)
    except NOT_USABLE:
        return colours.convert("RGB")  # a profile that cannot be used is none
    return changed if changed is not None else colours.convert("RGB")


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode of a profile, "" where it is none of pictures; and the way to sRGB, None where none is due."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _MODES.get(source.profile.xcolor_space, "")
    if not mode:
        return "", None
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "RGB" and _is_the_same(transform):
        return mode, None
    return mode, transform


def _is_the_same(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether it moves no colour by more than a level: most profiles are sRGB under one name or another."""
    levels = np.array([0, 16, 64, 128, 192, 255], np.uint8)
    probe = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    changed = ImageCms.applyTransform(Pillow.fromarray(probe), transform)
    return changed is not None and bool(np.abs(np.asarray(changed, np.int16) - probe).max() <= 1)
