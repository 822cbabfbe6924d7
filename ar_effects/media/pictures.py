"""Pictures to pixels as they are meant to be seen: whole, upright, 8 bits a channel, in sRGB's colours.

Sources and packs read their pictures here. Pillow decodes; pi-heif adds HEIC.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from ar_effects.errors import SourceError
from ar_effects.media.files import read_bytes
from ar_effects.media.profiles import CODE_POINTS, code_points, in_srgb, is_srgb
from ar_effects.media.wholeness import cut_off, mended
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "PPM", "AVIF", "HEIF")
"""What Pillow may open here: pictures only, none that calls another program or is a page of a document."""

UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, MemoryError, RuntimeError, struct.error),
    *(KeyError, IndexError, TypeError, AttributeError, OverflowError, ZeroDivisionError),
    Pillow.DecompressionBombError,
)
"""What Pillow raises over damaged files."""

_COMMON = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")
_JPEG_2000 = (b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51")
_ORIENTATION = 0x0112
_EXIF_TURN = "exif_turn"
_HEAD_BYTES = 1 << 16
_STRIP_ROWS = 256
_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""By EXIF's Orientation (CIPA DC-008, section 4.6.4 A): what makes it upright."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"})


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A picture as it is meant to be seen.

    Attributes:
        bgr: (height, width, 3) uint8, in sRGB's colours; what is hidden where alpha is 0 is still there.
        alpha: (height, width) uint8; None where all of it is opaque.
        data: the file's bytes.
    """

    bgr: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    data: bytes


def read(path: Path) -> Pixels:
    """Read a picture file of any of ``FORMATS``, and of those that only OpenCV knows.

    Raises:
        SourceError: missing, not readable, cut off, damaged, too large, or not a picture.
    """
    data = read_bytes(path, "picture")
    try:
        with opened(data) as picture:
            pixels = np.asarray(shown(picture))
    except UNREADABLE as error:
        if cut_off(data):
            raise SourceError(
                Message("picture.cut-off", path=path, size=len(data)), kind=SourceErrorKind.DAMAGED
            ) from None
        if is_heic(data) and not knows_heic():
            raise SourceError(Message("picture.heic", path=path), kind=SourceErrorKind.UNSUITABLE) from None
        if isinstance(error, Pillow.DecompressionBombError) or not _only_pillow(data):
            return Pixels(_by_opencv(path, data), None, data)
        raise _unreadable(path, begun=not isinstance(error, UnidentifiedImageError)) from None
    bgr: NDArray[np.uint8] = cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2BGR)
    alpha = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] == 4 else None
    return Pixels(bgr, None if alpha is None or alpha.min() == 255 else alpha, data)


def read_reduced(path: Path, side: int) -> Pixels:
    """As ``read``, but smaller where that saves work: neither side below ``side`` unless the file's own is.

    A JPEG is unpacked at a half, a quarter or an eighth of its size, straight from its cosine transform, as
    libjpeg does; others are unpacked whole and then made smaller.

    Raises:
        SourceError: as `read`.
    """
    data = read_bytes(path, "picture")
    if data.startswith(b"\xff\xd8\xff"):
        try:
            with opened(data) as picture:
                picture.draft(None, (side, side))
                pixels = np.asarray(shown(picture))
            return Pixels(cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2BGR), None, data)
        except UNREADABLE:
            pass  # ``read`` says in words what is wrong
    whole = read(path)
    height, width = whole.bgr.shape[:2]
    factor = min(height, width) // max(side, 1)
    if factor < 2:
        return whole
    size = (max(width // factor, 1), max(height // factor, 1))
    bgr, alpha = (
        None if plane is None else cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        for plane in (whole.bgr, whole.alpha)
    )
    return Pixels(np.asarray(bgr, np.uint8), None if alpha is None else np.asarray(alpha, np.uint8), data)


def _only_pillow(data: bytes) -> bool:
    """Whether OpenCV would only try the same again, and say on the terminal what it found."""
    return data.startswith((*_COMMON, *_JPEG_2000, b"RIFF")) or data[4:8] == b"ftyp"


def _by_opencv(path: Path, data: bytes) -> NDArray[np.uint8]:
    """BGR of kinds that Pillow does not read (deep TIFF, Radiance) or finds too large."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError) as error:
        too_large = "MAX_IMAGE" in str(error) or isinstance(error, MemoryError)
        refused = "picture.too-many-pixels-to-read" if too_large else "picture.damaged"
        kind = SourceErrorKind.LIMITS if too_large else SourceErrorKind.DAMAGED
        raise SourceError(Message(refused, path=path), kind=kind) from None
    if image is None or not image.size:
        raise _unreadable(path, begun=False)
    return np.ascontiguousarray(image, np.uint8)


def _unreadable(path: Path, *, begun: bool) -> SourceError:
    if begun:
        return SourceError(Message("picture.not-unpacked", path=path), kind=SourceErrorKind.DAMAGED)
    return SourceError(Message("picture.unknown-kind", path=path), kind=SourceErrorKind.UNSUITABLE)


def opened(data: bytes, formats: Sequence[str] = FORMATS) -> Pillow.Image:
    """The picture with only its header read, at the first of its frames that is meant to be seen. Close it.

    Args:
        data: the whole file.
        formats: of ``FORMATS``, those that are welcome.

    Raises:
        UNREADABLE: what Pillow raises where it cannot open it.
    """
    if is_heic(data) and "HEIF" in formats:
        knows_heic()
    Pillow.preinit()
    if not data.startswith(_COMMON):
        Pillow.init()  # loads all that Pillow can read, which takes a while
    known = [f for f in formats if f in Pillow.OPEN]  # builds of Pillow lack one or the other
    data = mended(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large sizes, which callers judge, and of odd tags
        picture = Pillow.open(io.BytesIO(data), formats=known)
        try:
            picture.seek(first_frame(picture))
        except UNREADABLE:  # an animation in name only: what it has is its default picture
            picture = Pillow.open(io.BytesIO(data), formats=known)
    points = code_points(data)
    if points is not None:
        picture.info[CODE_POINTS] = points
    if picture.format in ("HEIF", "AVIF") and not _has_own_turn(data):
        picture.info[_EXIF_TURN] = _exif_turn(data)
    return picture


def first_frame(picture: Pillow.Image) -> int:
    """Number of the first frame that is meant to be seen.

    1 in an animated PNG whose first picture is for programs that know no animation ("default image" outside
    of the animation: PNG, third edition, section 4.9), else 0.
    """
    hidden = picture.info.get("default_image") and int(getattr(picture, "n_frames", 1)) > 1
    return int(bool(hidden))


def shown(picture: Pillow.Image) -> Pillow.Image:
    """The frame that the picture stands at, as RGB or, where anything can be transparent, RGBA of 8 bits.

    Upright by EXIF, by XMP, or by AVIF's own turns; colours are brought to sRGB by the file's ICC profile, or
    by what else it says of them. Alpha is straight.

    Raises:
        UNREADABLE: what Pillow raises over damaged pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture.load()
        colours = _coloured(picture, picture, _eight_bits(picture))
        turn = _TURNS.get(_orientation(picture))
    return colours if turn is None else colours.transpose(turn)


def rgba(picture: Pillow.Image) -> NDArray[np.uint8]:
    """As ``shown``, always (height, width, 4) uint8.

    In strips: Pillow copies a picture at every step, and of the largest each copy is 64 MB.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture.load()
        eight = _eight_bits(picture)
        width, height = picture.size
        pixels = np.empty((height, width, 4), np.uint8)
        for top in range(0, height, _STRIP_ROWS):
            box = (0, top, width, min(top + _STRIP_ROWS, height))
            part = picture.crop(box)
            seen = _coloured(picture, part, part if eight is picture else eight.crop(box))
            pixels[top : box[3]] = np.asarray(seen if seen.mode == "RGBA" else seen.convert("RGBA"))
        turn = _TURNS.get(_orientation(picture))
    return pixels if turn is None else np.array(Pillow.fromarray(pixels).transpose(turn))


def _coloured(picture: Pillow.Image, part: Pillow.Image, eight: Pillow.Image) -> Pillow.Image:
    """RGB or RGBA of a part of a picture, and the same part in 8 bits, in sRGB's colours."""
    if picture.mode == "RGBA" and is_srgb(picture):
        return part
    transparent = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    alpha = part.convert("RGBA").getchannel("A") if transparent else None
    colours = in_srgb(picture, eight)
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def is_still_file(path: Path) -> bool:
    """Whether a file is a single picture, and no animation; False where it cannot be read."""
    try:
        with opened(read_bytes(path, "picture")) as picture:
            return int(getattr(picture, "n_frames", 1)) - picture.tell() == 1
    except (SourceError, *UNREADABLE):
        return False


def is_heic(data: bytes) -> bool:
    """Whether a file says that it is a HEIF picture coded by HEVC, as phones take them."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS and b"avif" not in data[8:64]


@cache
def knows_heic() -> bool:
    """Teach Pillow to read HEIC; False where pi-heif is not installed."""
    try:
        import pi_heif  # noqa: PLC0415 - loads a decoder of video: only for such photos
    except ImportError:
        return False
    pi_heif.register_heif_opener(thumbnails=False)
    return True


def _eight_bits(picture: Pillow.Image) -> Pillow.Image:
    """Deep grey as 8 bits; everything else as it is.

    Pillow would clip 16 bits of grey at 255. Floating point counts as 0..1, as TIFFs of renderers have it.
    """
    if picture.mode.startswith("I;16"):
        deep: NDArray[np.uint16] = np.asarray(picture).astype(np.uint16)
        return Pillow.fromarray((deep >> 8).astype(np.uint8))
    if picture.mode == "I":
        wide = np.asarray(picture)
        scale = 257 if wide.size and int(wide.max()) > 255 else 1
        return Pillow.fromarray(np.clip(wide // scale, 0, 255).astype(np.uint8))
    if picture.mode == "F":
        light = np.nan_to_num(np.asarray(picture), nan=0.0)
        scale = 1 if light.size and float(light.max()) > 1.0 else 255
        return Pillow.fromarray(np.clip(np.rint(light * scale), 0, 255).astype(np.uint8))
    return picture


def _orientation(picture: Pillow.Image) -> int:
    if _EXIF_TURN in picture.info:
        return int(picture.info[_EXIF_TURN])
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except UNREADABLE:
        return 1  # EXIF that cannot be read is none


def _has_own_turn(data: bytes) -> bool:
    """Whether a HEIF or AVIF file turns or mirrors its picture by a property, as it should."""
    return any(data.find(name, 0, _HEAD_BYTES) > 0 for name in (b"irot", b"imir"))


def _exif_turn(data: bytes) -> int:
    """The Orientation in a HEIF or AVIF file's EXIF.

    By the standard (ISO/IEC 23008-12, section 6.5.10 and annex A) it says nothing, which decoders heed; but a
    photo converted without the property has its turn there only, and then it is upright no other way.
    """
    for mark in (b"Exif\0\0MM\0*", b"Exif\0\0II*\0", b"\0\0\0\0MM\0*", b"\0\0\0\0II*\0"):
        at = data.find(mark)
        if at >= 0:
            exif = Pillow.Exif()
            try:
                exif.load(b"Exif\0\0" + data[at + len(mark) - 4 : at + _HEAD_BYTES])
                return int(exif.get(_ORIENTATION, 1))
            except UNREADABLE:
                return 1
    return 1
