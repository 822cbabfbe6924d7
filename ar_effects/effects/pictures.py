"""Pictures of packs: checked by their header before a pixel is unpacked."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError
from ar_effects.media.pictures import UNREADABLE, opened, shown

MAX_SIDE = 4096
"""Larger pictures are refused; ``packs check`` names those above the published 2048."""

MAX_FILE_BYTES = 64 << 20
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def read_picture(path: Path) -> Texture:
    """The (first) picture of a file as straight-alpha RGBA.

    Raises:
        PackError: no picture, of another kind, damaged, or larger than ``MAX_SIDE``.
    """
    with open_picture(path) as picture:
        try:
            return rgba(picture)
        except UNREADABLE as error:
            raise _damaged(path, error) from error


def rgba(picture: Pillow.Image) -> Texture:
    """The frame that an open picture stands at: upright, in sRGB's colours, as (height, width, 4) uint8.

    In strips, since Pillow copies all of it twice otherwise.

    Raises:
        UNREADABLE: what Pillow raises over damaged pixels.
    """
    seen = shown(picture).convert("RGBA")
    width, height = seen.size
    pixels = np.empty((height, width, 4), np.uint8)
    for top in range(0, height, 256):
        bottom = min(top + 256, height)
        pixels[top:bottom] = np.asarray(seen.crop((0, top, width, bottom)))
    return pixels


def open_picture(path: Path) -> Pillow.Image:
    """The picture with only its header read, for callers who want its frames. Close it.

    It stands at the first frame that is meant to be seen. Its file is in memory and closed, so that designers
    can save it meanwhile, on Windows, too.

    Args:
        path: of the file.

    Raises:
        PackError: as ``read_picture``.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PackError(
                f"{path} is too large for a picture", expected=f"at most {MAX_FILE_BYTES >> 20} MB"
            )
        picture = opened(path.read_bytes(), FORMATS)
    except Pillow.DecompressionBombError as error:
        count = re.search(r"\d{4,}", str(error))
        raise _too_large(path, f"{int(count[0]) / 1e6:.0f} million" if count else "far more") from error
    except UNREADABLE as error:
        raise _damaged(path, error) from error
    width, height = picture.size
    if max(width, height) > MAX_SIDE:
        picture.close()
        raise _too_large(path, f"{width}x{height}")
    return picture


def _too_large(path: Path, got: str) -> PackError:
    return PackError(
        f"The picture {path} is too large",
        expected=f"at most {MAX_SIDE}x{MAX_SIDE} pixels",
        got=got,
        fix="Make it smaller; 2048x2048 is plenty",
    )


def _damaged(path: Path, error: BaseException) -> PackError:
    return PackError(
        f"{path} cannot be read as a picture",
        expected=", ".join(FORMATS),
        got=" ".join(re.sub(r"'[^']*'|<_io[^>]*>", "", str(error)).split())[:120],
        fix="Save it again as PNG",
    )
