"""Golden pictures: exact on the driver they were made with, nearly so on another software driver.

A golden is a PNG below ``tests/golden`` whose text chunk ``Driver`` names the driver that drew it.
``UPDATE_GOLDEN=1`` in the environment writes what differs anew; look at it before committing.
"""

from __future__ import annotations

import os
import struct
import zlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np

GOLDEN = Path(__file__).parent / "golden"
DIFFERENCES = Path(__file__).parents[1] / "out" / "golden-diff"
TOLERANCE = 2
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def assert_matches_golden(picture_bgr: np.ndarray, name: str) -> None:
    """Compare an (h, w, 3) uint8 BGR picture with ``tests/golden/<name>.png``.

    Every byte must agree when the driver is the recorded one, to 2/255 on another version of the
    same software driver; on a graphics card the picture must only not be blank. Where it fails,
    the picture, the golden and their difference (times 16) are left in ``out/golden-diff``.
    """
    path = GOLDEN / f"{name}.png"
    driver = driver_name()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        _write_if_changed(path, picture_bgr, driver)
        return
    assert path.exists(), f"{path} is missing; make it with UPDATE_GOLDEN=1 and look at it"
    if "llvmpipe" not in driver:
        assert picture_bgr.std() > 1, f"{name} is blank on {driver}"
        return
    golden = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert golden is not None, f"{path} cannot be read"
    assert golden.shape == picture_bgr.shape, f"{name}: size {picture_bgr.shape}, golden {golden.shape}"
    difference = cv2.absdiff(golden, picture_bgr)
    allowed = 0 if recorded_driver(path) == driver else TOLERANCE
    if difference.max() > allowed:
        stem = name.replace("/", "-")
        DIFFERENCES.mkdir(parents=True, exist_ok=True)
        shown = {
            "got": picture_bgr,
            "golden": golden,
            "difference": cv2.convertScaleAbs(difference, alpha=16),
        }
        for kind, image in shown.items():
            cv2.imwrite(str(DIFFERENCES / f"{stem}.{kind}.png"), image)
        count = int((difference.max(axis=2) > allowed).sum())
        raise AssertionError(
            f"{name}: {count} pixels differ by up to {difference.max()}, allowed {allowed}; see {DIFFERENCES}"
        )


@cache
def driver_name() -> str:
    """Renderer and version of the OpenGL driver; the current context stays current."""
    from ar_effects.render.context import describe

    found = describe()
    return f"{found['renderer']}, {found['version']}"


def recorded_driver(path: Path) -> str:
    """The driver a golden was made with, or nothing."""
    data, at = path.read_bytes(), len(_SIGNATURE)
    while at + 8 <= len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        keyword, _, text = data[at + 8 : at + 8 + length].partition(b"\0")
        if kind == b"tEXt" and keyword == b"Driver":
            return text.decode("latin-1")
        at += 12 + length
    return ""


def _write_if_changed(path: Path, picture_bgr: np.ndarray, driver: str) -> None:
    if path.exists() and recorded_driver(path) == driver:
        golden = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if golden is not None and np.array_equal(golden, picture_bgr):
            return
    done, encoded = cv2.imencode(".png", picture_bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert done
    png = encoded.tobytes()
    body = b"tEXt" + b"Driver\0" + driver.encode("latin-1")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header_end = len(_SIGNATURE) + 25  # the IHDR chunk always comes first and has 13 bytes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png[:header_end] + chunk + png[header_end:])
