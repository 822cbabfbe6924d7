"""What the app knows of a picture for certain: its faces, expression, worn effect, date and place.

Faces are the tracker's, found by whoever calls; effect and expression stand in the file of a photo or video
that
the app made (`ar_effects.media.xmp`); date and place in EXIF, IPTC and XMP, and are told only where that is
allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ar_effects.hashtags.words import normalise
from ar_effects.media.xmp import Capture
from ar_effects.messages import Message
from ar_effects.records import Expression

SELFIE_HEIGHT, SELFIE_YAW_DEG, SELFIE_MIDDLE = 0.3, 30.0, 0.3
"""A selfie's face is so high in the picture, looks into the camera, and is so near the middle across."""

PORTRAIT_HEIGHT = 0.18
GROUP, GROUP_RATIO = 3, 2.5
"""A group is so many faces of which the largest is at most so much higher than the third."""

SMILE, LAUGH_MOUTH, OPEN_MOUTH = 0.6, 0.5, 0.7
FACE_SCORE = 0.9

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)


class KnownTag(NamedTuple):
    """A tag with how sure it is and why."""

    tag: str
    score: float
    why: Message


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in a picture, in shares of its width and height.

    Attributes:
        box: x0, y0, x1, y1 from the brows to the chin.
        yaw_deg: 0 where it looks into the camera; None where that is not known.
        score: 0..1.
        expression: None where it was not measured.
    """

    box: tuple[float, float, float, float]
    yaw_deg: float | None = None
    score: float = 1.0
    expression: Expression | None = None

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return self.box[3] - self.box[1]


def face_tags(faces: Sequence[SeenFace]) -> Iterator[KnownTag]:
    """Tags by number, size and place of faces, and by what they do."""
    if not faces:
        return
    count = len(faces)
    ordered = sorted(faces, key=lambda face: -face.height)
    largest = ordered[0]
    score = min(FACE_SCORE + 0.09 * max(face.score for face in faces), 0.99)
    yield KnownTag("person", score, Message("why.faces", count=count))
    middle = (largest.box[0] + largest.box[2]) / 2
    frontal = largest.yaw_deg is None or abs(largest.yaw_deg) < SELFIE_YAW_DEG
    height = Message("why.face-height", fraction=largest.height)
    if count <= GROUP and largest.height >= SELFIE_HEIGHT and frontal and abs(middle - 0.5) <= SELFIE_MIDDLE:
        yield KnownTag("selfie", FACE_SCORE, height)
    if count == 1 and largest.height >= PORTRAIT_HEIGHT:
        yield KnownTag("portrait", FACE_SCORE, height)
    if count >= GROUP and largest.height <= GROUP_RATIO * ordered[GROUP - 1].height:
        yield KnownTag("groupphoto", FACE_SCORE, Message("why.faces", count=count))
    expressions = [face.expression for face in faces if face.expression is not None]
    smile = max((e.smile for e in expressions), default=0.0)
    if smile >= SMILE:
        yield KnownTag("smile", min(smile, 0.99), Message("why.expression", name="smile", value=smile))
        if any(e.smile >= SMILE and e.mouth_open >= LAUGH_MOUTH for e in expressions):
            yield KnownTag("laughing", FACE_SCORE, Message("why.expression", name="smile", value=smile))
    if any(event.startswith("wink") for e in expressions for event in e.events):
        yield KnownTag("wink", FACE_SCORE, Message("why.wink"))


def capture_faces(capture: Capture) -> tuple[SeenFace, ...]:
    """The faces that a capture tells of."""
    return tuple(SeenFace(face.box, expression=face.expression) for face in capture.faces)


def capture_tags(capture: Capture) -> Iterator[KnownTag]:
    """The worn effect, and its pack's tags."""
    if not capture.pack:
        return
    effect = normalise(capture.pack)
    if effect:
        yield KnownTag(effect, 1.0, Message("why.effect", title=capture.effect or capture.pack))
    for tag in capture.tags:
        plain = normalise(tag)
        if plain and plain != effect:
            yield KnownTag(plain, 0.97, Message("why.pack-tag", title=capture.effect or capture.pack))


def date_tags(taken: datetime) -> Iterator[KnownTag]:
    """The month and the year."""
    why = Message("why.date", date=taken.date().isoformat())
    yield KnownTag(MONTHS[taken.month - 1], 0.99, why)
    yield KnownTag(str(taken.year), 0.99, why)


def place_tags(names: Iterable[str]) -> Iterator[KnownTag]:
    """City and country, as a file names them (`ar_effects.media.facts.places_of`)."""
    for name in names:
        if plain := normalise(name):
            yield KnownTag(plain, 0.98, Message("why.place", place=name))
