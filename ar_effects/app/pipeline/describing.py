"""What a picture or video that the app makes says of itself: effect, faces, expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ar_effects.effects.effect import Effect
from ar_effects.media.xmp import Capture, CapturedFace, face_box, packet
from ar_effects.packs.parameters import PictureParameter
from ar_effects.records import Expression, PictureMetadata, TrackedFrame

SEGMENT_LIMIT = 65_000
"""Bytes of a packet that fit into a JPEG; other files have more room, and packets are smaller."""


class FullestFrame:
    """Of a video the frame that tells most of its people: the most faces, then the liveliest.

    Attributes:
        frame: None before the first.
    """

    def __init__(self) -> None:
        self.frame: TrackedFrame | None = None
        self._rank = (-1, 0.0)

    def see(self, tracked: TrackedFrame) -> None:
        """Take a frame into account."""
        faces = [face for face in tracked.faces if face.state == "tracking"]
        rank = len(faces), sum(_liveliness(face.expression) for face in faces)
        if rank > self._rank:
            self.frame, self._rank = tracked, rank


def capture_of(
    effect: Effect, tracked: TrackedFrame, *, at_s: float | None = None, created: datetime | None = None
) -> Capture:
    """What is known of a frame that was drawn.

    Pictures that the person chose are left out of the parameters: their names are the person's own.

    Args:
        effect: as it was drawn.
        tracked: the frame.
        at_s: of a video when the frame comes, seconds from the beginning.
        created: when it was taken.
    """
    manifest = effect.pack.manifest if effect.pack else None
    declared = manifest.parameters if manifest else {}
    values = {
        name: value
        for name, value in effect.parameters.items()
        if not isinstance(declared.get(name), PictureParameter)
    }
    return Capture(
        size=tracked.frame.size,
        effect=manifest.title if manifest else "",
        pack=(manifest.id or effect.pack.name) if manifest and effect.pack else "",
        tags=tuple(manifest.tags) if manifest else (),
        parameters=values,
        faces=tuple(
            CapturedFace(face_box(face.landmarks, tracked.frame.size), face.expression)
            for face in tracked.faces
            if face.state == "tracking"
        ),
        faces_at_s=at_s,
        created=created,
    )


def described(metadata: PictureMetadata | None, capture: Capture) -> PictureMetadata:
    """What a file says of itself already, and the capture."""
    metadata = metadata or PictureMetadata()
    return replace(metadata, xmp=packet(capture, metadata.xmp, limit=SEGMENT_LIMIT))


def recorded(metadata: Mapping[str, str]) -> datetime | None:
    """When a video was recorded, by FFmpeg's names; None where it does not say."""
    try:
        return datetime.fromisoformat(metadata["creation_time"])
    except (KeyError, ValueError):
        return None


def _liveliness(expression: Expression | None) -> float:
    if expression is None:
        return 0.0
    return expression.smile + expression.mouth_open + expression.brow_raise + expression.pucker
