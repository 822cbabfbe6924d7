"""What the app knows of a capture, written into its file as XMP and read from there.

Effect, pack, the pack's tags, parameters, faces with boxes and expression, and the time: in a namespace of
our
own, and where programs of others look for it, too. Nothing of the place, and of people nothing but how many
there are, where, and how they look.

The packet is "Extensible Metadata Platform (XMP) Specification", part 1 (ISO 16684-1); regions are those of
the
Metadata Working Group, "Guidelines for Handling Image Metadata" 2.0, section 5.9. What stands in a packet
already stays there: it is the person's.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from ar_effects.media.files import open_for_reading, read_bytes
from ar_effects.records import Expression

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

NAMESPACE = "urn:ar-effects:capture:1#"
"""Of our own properties; a name, and no address."""

LARGEST = 1 << 20
"""Bytes of a packet that is read; the largest of ours has 60,000."""

MOST_FACES = 64

BOX_KIND = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""XMP's UUID in MPEG-4 files (XMP part 3, section 1.2.7)."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
_AREA = "http://ns.adobe.com/xmp/sType/Area#"
_DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
_PREFIXES = {
    "rdf": _RDF,
    "dc": _DC,
    "xmp": _XMP,
    "mwg-rs": _REGIONS,
    "stArea": _AREA,
    "stDim": _DIMENSIONS,
    "ar": NAMESPACE,
}
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_END = '<?xpacket end="w"?>'
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"/></x:xmpmeta>'
_MEASURES = tuple(f.name for f in fields(Expression) if f.name != "events")

Value = float | bool | str
"""Of an effect's parameter."""


@dataclass(frozen=True, slots=True)
class CapturedFace:
    """A face in the picture.

    Attributes:
        box: x0, y0, x1, y1 from the brows to the chin, as shares of the picture's width and height.
        expression: None where it was not measured.
    """

    box: tuple[float, float, float, float]
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """What the app knows of a picture or video that it made.

    Attributes:
        size: (width, height) in pixels; of a file that does not tell it 0, 0.
        effect: the title of the worn effect; empty for none.
        pack: its identifier; empty for none.
        tags: the pack's, without the #.
        parameters: of the effect, by name.
        faces: of a video those of the moment with the most of them.
        faces_at_s: in a video that moment, seconds from its beginning.
        created: when it was taken, where that is known.
    """

    size: tuple[int, int]
    effect: str = ""
    pack: str = ""
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict, hash=False)
    faces: tuple[CapturedFace, ...] = ()
    faces_at_s: float | None = None
    created: datetime | None = None

    def mirrored(self) -> Capture:
        """The same of the picture as a mirror shows it."""
        faces = (
            CapturedFace((1.0 - f.box[2], f.box[1], 1.0 - f.box[0], f.box[3]), f.expression)
            for f in self.faces
        )
        return Capture(
            self.size,
            self.effect,
            self.pack,
            self.tags,
            self.parameters,
            tuple(faces),
            self.faces_at_s,
            self.created,
        )


def face_box(landmarks: NDArray, size: tuple[int, int]) -> tuple[float, float, float, float]:  # type: ignore[type-arg]
    """The box of a face's landmarks, (n, 2 or 3) in pixels, as shares of the picture; within it."""
    width, height = size
    # Pixel 0 is the centre of the first pixel: the picture begins half a pixel before it.
    low, high = landmarks[:, :2].min(axis=0) + 0.5, landmarks[:, :2].max(axis=0) + 0.5
    x0, y0, x1, y1 = low[0] / width, low[1] / height, high[0] / width, high[1] / height
    return tuple(min(max(float(v), 0.0), 1.0) for v in (x0, y0, x1, y1))  # type: ignore[return-value]


def packet(capture: Capture, existing: bytes = b"", *, limit: int = LARGEST) -> bytes:
    """An XMP packet that says it, in UTF-8.

    Keywords of ``existing`` are kept and ours put beside them; its regions and its date are kept instead of
    ours. What an earlier capture of ours said is replaced. One that cannot be read is left away, as nobody
    can.

    Args:
        capture: what to say.
        existing: the packet that the file has already; empty for none.
        limit: bytes that the file has room for; where both do not fit ``existing`` comes back as it is.
    """
    document = (_parsed(existing) if existing else None) or minidom.parseString(_EMPTY)  # noqa: S318 - ours
    rdf = _rdf(document)
    if rdf is None:
        document = minidom.parseString(_EMPTY)  # noqa: S318 - ours
        rdf = document.getElementsByTagNameNS(_RDF, "RDF")[0]
    _take_out_ours(rdf)
    described = _Description(document, rdf)
    described.write(capture)
    root = document.documentElement
    assert root is not None
    body = root.toxml()
    made = f"{_BEGIN}{body}{_END}".encode()
    return existing if existing and len(made) > limit else made


def capture_in(xmp: bytes) -> Capture | None:
    """What a packet says of a capture of ours; None where it says nothing, or cannot be read."""
    document = _parsed(xmp)
    rdf = None if document is None else _rdf(document)
    if rdf is None:
        return None
    known = _known(rdf)
    if not any(space == NAMESPACE for space, _ in known):
        return None
    width, height = (_int(_text(known.get((NAMESPACE, name)))) for name in ("Width", "Height"))
    created = _text(known.get((_XMP, "CreateDate")))
    return Capture(
        size=(width, height),
        effect=_text(known.get((NAMESPACE, "Effect"))),
        pack=_text(known.get((NAMESPACE, "Pack"))),
        tags=tuple(_text(item) for item in _items(known.get((NAMESPACE, "Tags")))),
        parameters=dict(_parameters(known.get((NAMESPACE, "Parameters")))),
        faces=tuple(_faces(known.get((NAMESPACE, "Faces"))))[:MOST_FACES],
        faces_at_s=_float(_text(known.get((NAMESPACE, "FacesAt")))),
        created=_date(created),
    )


def read(path: Path) -> Capture | None:
    """What a picture or video says of a capture of ours; None where it says nothing.

    Raises:
        SourceError: the file cannot be read at all.
    """
    with open_for_reading(path, "picture") as file:
        if file.read(12)[4:8] == b"ftyp":
            return capture_in(_packet_of_boxes(file))
    return capture_in(packet_of(read_bytes(path, "picture")))


def packet_of(data: bytes) -> bytes:
    """The XMP packet of a picture file's bytes; empty where there is none. Nothing here raises."""
    from PIL import Image as Pillow  # noqa: PLC0415 - the window starts without

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow warns of large pictures and odd tags; only a packet is read
            with Pillow.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "TIFF")) as picture:
                found = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    except Exception:
        return b""
    return found.encode() if isinstance(found, str) else bytes(found)


def box(xmp: bytes) -> bytes:
    """A box for the end of an MP4 or QuickTime file with a packet in it."""
    return struct.pack(">I", 24 + len(xmp)) + b"uuid" + BOX_KIND + xmp


def _packet_of_boxes(file: BinaryIO) -> bytes:
    """The packet in the last of a file's top-level XMP boxes; empty where there is none."""
    at, found = 0, b""
    for _ in range(10_000):  # fragmented films have thousands
        file.seek(at)
        head = file.read(24)
        if len(head) < 8:
            break
        size = int.from_bytes(head[:4], "big")
        if size == 1 and len(head) >= 16:
            size = int.from_bytes(head[8:16], "big")
        elif size >= 24 and head[4:8] == b"uuid" and head[8:24] == BOX_KIND and size <= LARGEST:
            found = file.read(size - 24)
        if size < 8:  # to the end of the file, or damaged
            break
        at += size
    return found


class _Description:
    """Ours, in a packet's RDF."""

    def __init__(self, document: minidom.Document, rdf: minidom.Element) -> None:
        self._document, self._rdf = document, rdf
        about = next((d.getAttributeNS(_RDF, "about") for d in _descriptions(rdf)), "")
        self._element = self._new("rdf", "Description")
        for prefix, space in _PREFIXES.items():
            self._element.setAttribute(f"xmlns:{prefix}", space)
        self._element.setAttributeNS(_RDF, "rdf:about", about)

    def write(self, capture: Capture) -> None:
        known = _known(self._rdf)
        self._rdf.appendChild(self._element)
        width, height = capture.size
        self._add(self._element, "ar:Width", str(width))
        self._add(self._element, "ar:Height", str(height))
        if capture.pack:
            self._add(self._element, "ar:Effect", capture.effect)
            self._add(self._element, "ar:Pack", capture.pack)
        self._list("ar:Tags", "Bag", capture.tags)
        if capture.parameters:
            bag = self._add(self._add(self._element, "ar:Parameters"), "rdf:Bag")
            for name, value in capture.parameters.items():
                entry = self._add(bag, "rdf:li")
                entry.setAttributeNS(_RDF, "rdf:parseType", "Resource")
                self._add(entry, "ar:Name", name)
                self._add(entry, "ar:Value", _written(value))
        self._add(self._element, "ar:FaceCount", str(len(capture.faces)))
        if capture.faces_at_s is not None:
            self._add(self._element, "ar:FacesAt", _written(capture.faces_at_s))
        self._add_faces(capture)
        self._keywords(known.get((_DC, "subject")), capture.tags)
        if capture.faces and (_REGIONS, "Regions") not in known:
            self._regions(capture)
        if capture.created is not None and (_XMP, "CreateDate") not in known:
            self._add(self._element, "xmp:CreateDate", capture.created.isoformat(timespec="seconds"))

    def _add_faces(self, capture: Capture) -> None:
        if not capture.faces:
            return
        sequence = self._add(self._add(self._element, "ar:Faces"), "rdf:Seq")
        for face in capture.faces[:MOST_FACES]:
            entry = self._add(sequence, "rdf:li")
            entry.setAttributeNS(_RDF, "rdf:parseType", "Resource")
            self._add(entry, "ar:Box", " ".join(f"{value:.4f}" for value in face.box))
            if face.expression is not None:
                measures = {name: getattr(face.expression, name) for name in _MEASURES}
                measured = " ".join(f"{name}={value:.3f}" for name, value in measures.items())
                self._add(entry, "ar:Expression", measured)
                if face.expression.events:
                    self._add(entry, "ar:Events", " ".join(face.expression.events))

    def _keywords(self, existing: minidom.Element | None, tags: tuple[str, ...]) -> None:
        bags = [] if existing is None else existing.getElementsByTagNameNS(_RDF, "Bag")
        if existing is None:
            self._list("dc:subject", "Bag", tags)
            return
        there = {_text(item) for item in _items(existing)}
        for tag in tags:
            if bags and tag not in there:
                self._add(bags[0], "rdf:li", tag)

    def _regions(self, capture: Capture) -> None:
        regions = self._add(self._element, "mwg-rs:Regions")
        regions.setAttributeNS(_RDF, "rdf:parseType", "Resource")
        size = self._add(regions, "mwg-rs:AppliedToDimensions")
        size.setAttributeNS(_RDF, "rdf:parseType", "Resource")
        for name, value in zip(("w", "h"), capture.size, strict=True):
            self._add(size, f"stDim:{name}", str(value))
        self._add(size, "stDim:unit", "pixel")
        bag = self._add(self._add(regions, "mwg-rs:RegionList"), "rdf:Bag")
        for face in capture.faces[:MOST_FACES]:
            entry = self._add(bag, "rdf:li")
            entry.setAttributeNS(_RDF, "rdf:parseType", "Resource")
            self._add(entry, "mwg-rs:Type", "Face")
            area = self._add(entry, "mwg-rs:Area")
            area.setAttributeNS(_RDF, "rdf:parseType", "Resource")
            x0, y0, x1, y1 = face.box
            values = {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "w": x1 - x0, "h": y1 - y0}
            for name, fraction in values.items():
                self._add(area, f"stArea:{name}", f"{fraction:.4f}")
            self._add(area, "stArea:unit", "normalized")

    def _list(self, name: str, kind: str, items: tuple[str, ...]) -> None:
        if items:
            listed = self._add(self._add(self._element, name), f"rdf:{kind}")
            for item in items:
                self._add(listed, "rdf:li", item)

    def _add(self, parent: minidom.Element, name: str, text: str = "") -> minidom.Element:
        prefix, local = name.split(":")
        element = self._new(prefix, local)
        if text:
            element.appendChild(self._document.createTextNode(_sayable(text)))
        parent.appendChild(element)
        return element

    def _new(self, prefix: str, local: str) -> minidom.Element:
        return self._document.createElementNS(_PREFIXES[prefix], f"{prefix}:{local}")


def _parsed(xmp: bytes) -> minidom.Document | None:
    """The document of a packet; None where it is no XML, or more than XMP may be."""
    xmp = xmp.strip(b"\0 \t\r\n")
    # Declarations could name other files, or grow a thousandfold; in UTF-16 they would be overlooked.
    if not xmp or len(xmp) > LARGEST or b"<!DOCTYPE" in xmp or b"<!ENTITY" in xmp or b"\0" in xmp:
        return None
    try:
        return minidom.parseString(xmp)  # noqa: S318 - nothing is declared in it
    except (ExpatError, ValueError, RecursionError, LookupError):
        return None


def _rdf(document: minidom.Document) -> minidom.Element | None:
    found = document.getElementsByTagNameNS(_RDF, "RDF")
    return found[0] if found else None


def _children(element: minidom.Element) -> Iterator[minidom.Element]:
    for node in list(element.childNodes):
        if isinstance(node, minidom.Element):
            yield node


def _descriptions(rdf: minidom.Element) -> list[minidom.Element]:
    return [e for e in _children(rdf) if (e.namespaceURI, e.localName) == (_RDF, "Description")]


def _known(rdf: minidom.Element) -> dict[tuple[str, str], minidom.Element]:
    """All properties by namespace and name; those written as attributes become elements first."""
    found: dict[tuple[str, str], minidom.Element] = {}
    for description in _descriptions(rdf):
        for child in _children(description):
            found.setdefault((child.namespaceURI or "", child.localName or ""), child)
        for (space, name), attribute in list(description.attributes.itemsNS()):
            if space and space not in (_RDF, "http://www.w3.org/2000/xmlns/"):
                document = description.ownerDocument
                assert document is not None
                element = document.createElementNS(space, name)
                element.appendChild(document.createTextNode(attribute))
                found.setdefault((space, name), element)
    return found


def _take_out_ours(rdf: minidom.Element) -> None:
    """What an earlier capture said: our own properties, and the keywords and regions they tell of."""
    known = _known(rdf)
    if not any(space == NAMESPACE for space, _ in known):
        return
    tags = {_text(item) for item in _items(known.get((NAMESPACE, "Tags")))}
    for item in _items(known.get((_DC, "subject"))):
        if _text(item) in tags and item.parentNode is not None:
            item.parentNode.removeChild(item)
    ours = {key for key in known if key[0] == NAMESPACE}
    if (NAMESPACE, "Faces") in ours:
        ours.add((_REGIONS, "Regions"))
    for description in _descriptions(rdf):
        for child in _children(description):
            if (child.namespaceURI, child.localName) in ours:
                description.removeChild(child)
        for space, name in ours:
            if description.hasAttributeNS(space, name):
                description.removeAttributeNS(space, name)


def _items(element: minidom.Element | None) -> list[minidom.Element]:
    return [] if element is None else list(element.getElementsByTagNameNS(_RDF, "li"))


def _text(element: minidom.Element | None) -> str:
    if element is None:
        return ""
    return "".join(n.data for n in element.childNodes if isinstance(n, minidom.Text)).strip()


def _part(entry: minidom.Element, name: str) -> str:
    """A field of ours in an item, written as element or as attribute."""
    found = entry.getElementsByTagNameNS(NAMESPACE, name)
    if found:
        return _text(found[0])
    owners = [entry, *entry.getElementsByTagNameNS(_RDF, "Description")]
    return next((str(v) for v in (o.getAttributeNS(NAMESPACE, name) for o in owners) if v), "")


def _parameters(element: minidom.Element | None) -> Iterator[tuple[str, Value]]:
    for item in _items(element):
        name, text = _part(item, "Name"), _part(item, "Value")
        if name:
            number = _float(text)
            yield name, {"true": True, "false": False}.get(text, text if number is None else number)


def _faces(element: minidom.Element | None) -> Iterator[CapturedFace]:
    for item in _items(element):
        edges = [_float(part) for part in _part(item, "Box").split()]
        if len(edges) != 4 or None in edges:
            continue
        x0, y0, x1, y1 = (min(max(float(edge or 0.0), 0.0), 1.0) for edge in edges)
        measures: dict[str, float] = {}
        for pair in _part(item, "Expression").split():
            name, _, value = pair.partition("=")
            if name in _MEASURES and (number := _float(value)) is not None:
                measures[name] = number
        expression = None
        if measures:
            events = tuple(e for e in _part(item, "Events").split() if e in _EVENTS)
            expression = Expression(**measures, events=events)  # type: ignore[arg-type]
        yield CapturedFace((x0, y0, x1, y1), expression)


_EVENTS = ("blink", "wink_left", "wink_right", "nod", "shake")


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:.6g}"


def _sayable(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
