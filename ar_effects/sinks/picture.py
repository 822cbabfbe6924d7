"""Photos: one picture, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ar_effects.errors import SinkError
from ar_effects.messages import Message
from ar_effects.records import Alpha, Image, PictureMetadata, check_image
from ar_effects.sinks.embedding import embedded
from ar_effects.writing import write_bytes

if TYPE_CHECKING:
    from datetime import datetime

JPEG_QUALITY = 95
_OPTIONS: dict[str, list[int]] = {
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
    ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, JPEG_QUALITY],
}


def save_picture(
    path: Path | str,
    image: Image,
    *,
    alpha: Alpha | None = None,
    metadata: PictureMetadata | None = None,
) -> Path:
    """Write a BGR picture as PNG, JPEG or WebP, by the ending of the name; an existing file is replaced.

    Args:
        path: of the file.
        image: its colours.
        alpha: how transparent it is, for PNG and WebP; JPEG leaves it out.
        metadata: what the file shall say of it.

    Returns:
        The absolute path of the file.

    Raises:
        SinkError: unknown ending, folder missing, no permission, disk full; an old file is then untouched.
        InputError: not a BGR picture.
    """
    check_image(image, "picture")
    target = Path(path)
    options = _OPTIONS.get(target.suffix.lower())
    if options is None:
        raise SinkError(
            Message("picture.ending", target=target), got=target.suffix or Message("got.no-ending")
        )
    if alpha is not None and target.suffix.lower() in (".png", ".webp"):
        image = np.dstack([image, alpha])
    # Encoded in memory: OpenCV's own writer takes no unusual names and says only "false" on a full disk.
    try:
        done, data = cv2.imencode(target.suffix.lower(), image, options)
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise SinkError(Message("picture.too-many-pixels", target=target, width=width, height=height))
    write_bytes(target, embedded(data.tobytes(), metadata or PictureMetadata()))
    return target.absolute()


def next_photo_path(folder: Path | str, now: datetime, suffix: str = ".png") -> Path:
    """A name that is free in the folder, made of date and time: ``ar-effects 2026-05-31 14.02.33.png``.

    Args:
        folder: where the photo will stand; need not exist yet.
        now: the local time.
        suffix: ending with its dot.
    """
    stem = now.strftime("ar-effects %Y-%m-%d %H.%M.%S")
    path = Path(folder) / f"{stem}{suffix}"
    count = 1
    while path.exists():
        count += 1
        path = Path(folder) / f"{stem} ({count}){suffix}"
    return path
