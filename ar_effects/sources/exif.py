"""What a picture's EXIF tells of its lens.

EXIF is written by cameras and carried along, or spoilt, by whoever changes the picture afterwards: what
cannot be true of this picture is left out.

The tags are those of "Exchangeable image file format", CIPA DC-008 (Exif 2.32), section 4.6.5; how a focal
length becomes that of a 35 mm camera is CIPA DCG-001's: by the diagonal, 43.27 mm.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from typing import Any

from PIL import Image

from ar_effects.geometry.camera import Camera

FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)

LONGEST_ASPECT = 2.4
"""Longer pictures are panoramas, which keep the lens of the pictures they were joined from, or strips cut
out of one; 21:9, the longest that cameras take, is 2.37."""

SAME_ASPECT = 0.02
"""How much the picture's aspect may differ from the one the camera wrote down; beyond, it was cropped."""

PLAUSIBLE_DEG = 2.5, 130.0
"""Along the longer side: from a telephoto of 800 mm to the widest that draws straight lines straight."""

SENSOR_MM, SENSOR_ASPECT = (3.0, 70.0), 1.8
"""Longer sides of real sensors, and the most that one is longer than broad: a picture cut out or made smaller
afterwards implies another, for the resolution that was written down stays the whole sensor's."""

_IFD, _FOCAL_MM, _FOCAL_35_MM = 0x8769, 0x920A, 0xA405
_WIDTH, _HEIGHT = 0xA002, 0xA003
_PLANE_X, _PLANE_Y, _PLANE_UNIT = 0xA20E, 0xA20F, 0xA210
_UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}


def camera_from_exif(data: bytes, width: int, height: int) -> Camera | None:
    """The intrinsics of a picture of this size by its EXIF; None where that tells nothing believable.

    Taken is the focal length of a 35 mm camera with the same angle, else the focal length and the size of
    the sensor. Nothing here raises: EXIF that cannot be read is none.

    Args:
        data: the whole file: JPEG, PNG, WebP, TIFF or AVIF.
        width: of the picture as it is shown, turned if EXIF says so.
        height: likewise.
    """
    tags = _tags(data)
    longer, shorter = max(width, height), max(min(width, height), 1)
    if not tags or longer / shorter > LONGEST_ASPECT:
        return None
    written = _number(tags.get(_WIDTH)), _number(tags.get(_HEIGHT))
    whole = max(written), min(written)  # a turned picture's are written as the sensor lay
    if min(whole) > 0 and abs(whole[0] / whole[1] * shorter / longer - 1.0) > SAME_ASPECT:
        return None
    film_mm = _number(tags.get(_FOCAL_35_MM))
    if film_mm > 0:
        focal = film_mm / FILM_DIAGONAL_MM * math.hypot(width, height)
    else:
        focal = longer * _focal_by_sensor(tags, whole if min(whole) > 0 else (longer, shorter))
    if not (math.isfinite(focal) and focal > 0.0):
        return None
    angle = math.degrees(2.0 * math.atan(0.5 * longer / focal))
    if not PLAUSIBLE_DEG[0] <= angle <= PLAUSIBLE_DEG[1]:
        return None
    return Camera.of_fov(width, height, angle)


def _focal_by_sensor(tags: dict[int, Any], whole: tuple[float, float]) -> float:
    """The focal length over the sensor's longer side; 0 where it is not told, or of no real sensor."""
    across, along = _number(tags.get(_PLANE_X)), _number(tags.get(_PLANE_Y))
    per_unit = across or along
    mm_per_unit = _UNIT_MM.get(int(_number(tags.get(_PLANE_UNIT, 2))), 0.0)
    if not (per_unit > 0.0 and mm_per_unit > 0.0):
        return 0.0
    sensor_mm = whole[0] / per_unit * mm_per_unit
    if not (SENSOR_MM[0] <= sensor_mm <= SENSOR_MM[1] and whole[0] / whole[1] <= SENSOR_ASPECT):
        return 0.0
    return _number(tags.get(_FOCAL_MM)) / sensor_mm


def _number(value: Any) -> float:
    """A tag's value where it is a number above 0, else 0."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0.0 else 0.0


def _tags(data: bytes) -> dict[int, Any]:
    """The tags of the picture's EXIF by number; empty where there are none, or none that can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd tags; only tags are read
            with Image.open(io.BytesIO(data)) as picture:
                if picture.format == "TIFF":
                    exif = picture.getexif()
                else:  # getexif would decode a PNG that has none in front
                    exif = Image.Exif()
                    exif.load(picture.info.get("exif", b""))
                return dict(exif.get_ifd(_IFD))
    except (
        *(OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError),
        *(struct.error, TypeError, KeyError, IndexError, AttributeError, OverflowError, ZeroDivisionError),
    ):
        return {}
