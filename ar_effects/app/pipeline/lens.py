"""Which lens a source is taken to have."""

from __future__ import annotations

from collections.abc import Callable

from ar_effects.geometry.camera import Camera
from ar_effects.settings import camera_for
from ar_effects.sources.base import SourceInfo


def camera_of(
    info: SourceInfo,
    *,
    fov_deg: float | None = None,
    size: tuple[int, int] | None = None,
    warn: Callable[[str], object] | None = None,
) -> Camera | None:
    """The intrinsics of a source's frames by the best there is; None where nothing is known.

    In this order: measured with a chessboard; an angle given for this run; what the file tells of itself; an
    angle kept for this camera. None leaves it to the tracker, which assumes a lens.

    Args:
        info: of the source.
        fov_deg: the angle given, along the frames' longer side.
        size: of the frames where it is not the source's own.
        warn: is told sentences worth knowing; the log unless given.

    Raises:
        InputError: ``fov_deg`` is not an angle a lens can have.
    """
    width, height = size or info.size
    telling = {} if warn is None else {"warn": warn}
    if info.is_live:  # a camera, or a file that plays as one: only cameras are kept by name
        kept = camera_for(info.name, width, height, fov_deg=fov_deg, **telling)
        if kept is not None:
            return kept
    elif fov_deg is not None:
        return Camera.of_fov(width, height, fov_deg)
    declared = info.camera
    return declared if declared is None or (width, height) == (declared.width, declared.height) else None
