"""What the app knows of a picture for certain: its faces, expression, worn effect, date and place.

Faces are the tracker's, found by whoever calls; effect and expression stand in the file of a photo or video that
the app made (`ar_effects.media.xmp`); date and place in EXIF, IPTC and XMP, and are told only where that is allowed.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from PIL import Image as Pillow

from ar_effects.hashtags.words import normalise
from ar_effects.media.xmp import Capture, packet_of
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
_EXIF_IFD, _DATE_TAKEN, _IPTC = 0x8769, 0x9003, 0x0404
_PLACES = {b"\x5a": "city", b"\x65": "country"}
"""IPTC-IIM's records 2:90 and 2:101."""


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
    share = Message("why.face-height", share=largest.height)
    if count <= GROUP and largest.height >= SELFIE_HEIGHT and frontal and abs(middle - 0.5) <= SELFIE_MIDDLE:
        yield KnownTag("selfie", FACE_SCORE, share)
    if count == 1 and largest.height >= PORTRAIT_HEIGHT:
        yield KnownTag("portrait", FACE_SCORE, share)
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


def date_of(data: bytes) -> datetime | None:
    """When a picture was taken, by its EXIF; None where it does not say. Nothing here raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(io.BytesIO(data)) as picture:
                exif = Pillow.Exif()
                exif.load(picture.info.get("exif", b""))
                text = str(exif.get_ifd(_EXIF_IFD).get(_DATE_TAKEN, ""))
        return datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the camera's own clock
    except Exception:
        return None


def place_tags(data: bytes) -> Iterator[KnownTag]:
    """City and country as somebody wrote them into a picture's IPTC or XMP; coordinates alone are no words."""
    told: dict[str, str] = {}
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
            length = int.from_bytes(found[2], "big")
            text = iptc[found.end() : found.end() + length]
            told.setdefault(_PLACES[found[1]], text.decode("utf-8", "replace"))
    xmp = packet_of(data).decode("utf-8", "replace")
    for name in ("City", "Country"):
        found_xmp = re.search(rf"photoshop:{name}(?:=[\"']|>)([^<\"']{{1,80}})", xmp)
        if found_xmp:
            told.setdefault(name.lower(), found_xmp[1])
    for text in told.values():
        if plain := normalise(text):
            yield KnownTag(plain, 0.98, Message("why.place", place=text))
