"""Pictures of packs: checked by their header before a pixel is unpacked."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image as Pillow

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError
from ar_effects.media.pictures import UNREADABLE, opened, rgba
from ar_effects.messages import Message

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
        return pixels_of(picture, path)


def pixels_of(picture: Pillow.Image, path: Path) -> Texture:
    """The frame that an open picture stands at. Raises PackError: it is damaged."""
    try:
        return rgba(picture)
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def picture_bytes(path: Path) -> bytes:
    """All of a picture's file. Raises PackError: it cannot be read, or is larger than ``MAX_FILE_BYTES``."""
    try:
        if path.stat().st_size <= MAX_FILE_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise PackError(
            Message("pack.file-unreadable"), file=path, got=error.strerror or str(error)
        ) from error
    raise PackError(Message("pack.picture-file-too-large", megabytes=MAX_FILE_BYTES >> 20), file=path)


def open_picture(path: Path, data: bytes | None = None) -> Pillow.Image:
    """The picture with only its header read, for callers who want its frames. Close it.

    It stands at the first frame that is meant to be seen. Its file is in memory and closed, so that designers
    can save it meanwhile, on Windows, too.

    Args:
        path: of the file.
        data: its bytes where they have been read.

    Raises:
        PackError: as ``read_picture``.
    """
    data = picture_bytes(path) if data is None else data
    try:
        picture = opened(data, FORMATS)
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
    return PackError(Message("pack.picture-too-large", limit=MAX_SIDE), file=path, got=got)


def _damaged(path: Path, error: BaseException) -> PackError:
    return PackError(
        Message("pack.picture-damaged"),
        file=path,
        expected=", ".join(FORMATS),
        got=" ".join(re.sub(r"'[^']*'|<_io[^>]*>", "", str(error)).split())[:120],
    )
