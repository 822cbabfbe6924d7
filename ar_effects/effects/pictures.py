"""Pictures of packs: checked by their header before a pixel is unpacked."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError

MAX_SIDE = 4096
"""Larger pictures are refused; ``packs check`` names those above the published 2048."""

MAX_FILE_BYTES = 64 << 20
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, MemoryError, Pillow.DecompressionBombError)
"""What Pillow raises over damaged files."""


def read_picture(path: Path) -> Texture:
    """The (first) picture of a file as straight-alpha RGBA.

    Raises:
        PackError: no picture, of another kind, damaged, or larger than ``MAX_SIDE``.
    """
    with open_picture(path) as picture:
        try:
            return _pixels(picture)
        except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
            raise _damaged(path, error) from error


def _pixels(picture: Pillow.Image) -> Texture:
    """(height, width, 4) RGBA of a picture, which is closed: in strips, since Pillow copies all of it twice."""
    rgba = picture.convert("RGBA")
    picture.close()
    width, height = rgba.size
    pixels = np.empty((height, width, 4), np.uint8)
    for top in range(0, height, 256):
        bottom = min(top + 256, height)
        pixels[top:bottom] = np.asarray(rgba.crop((0, top, width, bottom)))
    return pixels


def open_picture(path: Path, *, kept: bool = False) -> Pillow.Image:
    """The picture with only its header read, for callers who want its frames. Close it.

    Args:
        path: of the file.
        kept: the picture is kept for long: its file is read into memory and closed, so that designers can
            save it meanwhile, on Windows, too.

    Raises:
        PackError: as ``read_picture``.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PackError(
                f"{path} is too large for a picture", expected=f"at most {MAX_FILE_BYTES >> 20} MB"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked below, by our own limit
            picture = Pillow.open(io.BytesIO(path.read_bytes()) if kept else path, formats=FORMATS)
    except Pillow.DecompressionBombError as error:
        count = re.search(r"\d{4,}", str(error))
        raise _too_large(path, f"{int(count[0]) / 1e6:.0f} million" if count else "far more") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
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
