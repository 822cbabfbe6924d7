"""Photos: the picture as it is shown, in the person's own folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from ar_effects.app.pipeline.describing import described
from ar_effects.errors import SinkError
from ar_effects.media.xmp import Capture
from ar_effects.messages import Message
from ar_effects.records import Image
from ar_effects.sinks.picture import next_photo_path, save_picture


def save_photo(picture: Image, folder: Path, *, mirror: bool, capture: Capture | None = None) -> Path:
    """Save a picture under a new name that tells the time; gives where.

    Args:
        picture: (h, w, 3) uint8 BGR, not mirrored.
        folder: made where there is none.
        mirror: save it as a mirror shows it.
        capture: what the photo shall say of itself, not mirrored; when it is taken is added. None: nothing.

    Raises:
        SinkError: the folder or the file cannot be made.
    """
    shown = np.ascontiguousarray(cv2.flip(picture, 1)) if mirror else picture
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(
            Message("photos.folder-not-made", folder=folder), got=error.strerror or str(error)
        ) from error
    now = datetime.now()  # noqa: DTZ005 - local time names a photo
    metadata = None
    if capture is not None:
        written = replace(capture.mirrored() if mirror else capture, created=now.astimezone())
        metadata = described(None, written)
    return save_picture(next_photo_path(folder, now), shown, metadata=metadata)
