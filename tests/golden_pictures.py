"""Golden pictures: compared within what processors and software drivers differ by, and no further.

A golden is a PNG below ``tests/golden`` whose text chunk ``Driver`` names the driver that drew it. The same
driver rounds differently on another processor, and so do NumPy, OpenCV and the compiler before it; so a
comparison always allows a little, in three ways that together let no real change pass (``Bars``).

Environment:
    ``GOLDEN_EXACT=1``: every byte must agree; of use on the machine that the goldens were drawn on.
    ``UPDATE_GOLDEN=1``: what is beyond the bars is drawn anew, and its test is skipped with the path of a
        picture of old, new and difference to look at before committing. What is within them stays as it is,
        so that no noise comes into the repository. ``UPDATE_GOLDEN=all`` draws anew whatever differs at all.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden"
DIFFERENCES = Path(__file__).parents[1] / "out" / "golden-diff"
SOFTWARE = "llvmpipe"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Bars:
    """What two drawings of one picture may differ by; all in 1/255 and the worst of the three channels.

    Attributes:
        near: every pixel but the few below: another processor rounds the other way, and what is computed
            from that rounds once more.
        few: share of pixels that may differ by more: at an edge a sample falls to the other side.
        far: and these by so much at most.
        drift: of the mean of any ``block`` x ``block`` pixels. Rounding goes up here and down there; what
            moves a whole neighbourhood one way, such as a lens that is 2 % darker, is a change, though no
            pixel of it moves by more than ``near``.
    """

    near: int = 2
    few: float = 0.0002
    far: int = 64
    drift: float = 0.5
    block: int = 16


EXACT = Bars(near=0, few=0.0, far=0, drift=0.0)


def complaints(picture_bgr: np.ndarray, golden_bgr: np.ndarray, bars: Bars) -> list[str]:
    """Which bars a picture misses, in words; nothing where it is the golden's. Both (h, w, 3) uint8."""
    if picture_bgr.shape != golden_bgr.shape:
        return [f"size {picture_bgr.shape}, golden {golden_bgr.shape}"]
    off = picture_bgr.astype(np.int16) - golden_bgr
    worst = np.abs(off).max(axis=2)
    beyond, allowed = int((worst > bars.near).sum()), math.ceil(bars.few * worst.size)
    drift = float(np.abs(cv2.blur(off.astype(np.float32), (bars.block, bars.block))).max())
    found = []
    if beyond > allowed:
        found.append(f"{beyond} pixels differ by more than {bars.near}, allowed {allowed}")
    if worst.max() > max(bars.near, bars.far):
        found.append(f"a pixel differs by {worst.max()}, allowed {max(bars.near, bars.far)}")
    if drift > bars.drift:
        found.append(
            f"the mean of {bars.block}x{bars.block} pixels differs by {drift:.2f}, allowed {bars.drift}"
        )
    return found


def assert_matches_golden(picture_bgr: np.ndarray, name: str) -> None:
    """Compare an (h, w, 3) uint8 BGR picture with ``tests/golden/<name>.png``.

    On a driver that is not Mesa's software rasteriser the picture must only not be blank, and the test is
    skipped: nothing was compared. Where it fails, the picture, the golden and their difference (times 16)
    are left beside each other in ``out/golden-diff``.
    """
    path = GOLDEN / f"{name}.png"
    driver = driver_name()
    update = os.environ.get("UPDATE_GOLDEN", "")
    if SOFTWARE not in driver:
        assert picture_bgr.std() > 1, f"{name} is blank on {driver}"
        pytest.skip(f"goldens are drawn by {SOFTWARE}, and this is {driver}: nothing was compared")
    if not path.exists():
        assert update, f"{path} is missing; make it with UPDATE_GOLDEN=1 and look at it"
        _write(path, picture_bgr, driver)
        pytest.skip(f"{path} is new: look at it")
    golden = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert golden is not None, f"{path} cannot be read"
    exact = update == "all" or os.environ.get("GOLDEN_EXACT") == "1"
    found = complaints(picture_bgr, golden, EXACT if exact else Bars())
    if not found:
        return
    shown = _beside_each_other(picture_bgr, golden, name)
    if update:
        _write(path, picture_bgr, driver)
        pytest.skip(f"{name} is drawn anew ({'; '.join(found)}): look at {shown}")
    raise AssertionError(f"{name}: {'; '.join(found)}; see {shown}")


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


def _beside_each_other(picture_bgr: np.ndarray, golden_bgr: np.ndarray, name: str) -> Path:
    """Golden, picture, and where the sizes allow it their difference (times 16) in one file."""
    shown = [golden_bgr, picture_bgr]
    if picture_bgr.shape == golden_bgr.shape:
        shown.append(cv2.convertScaleAbs(cv2.absdiff(golden_bgr, picture_bgr), alpha=16))
    tallest = max(image.shape[0] for image in shown)
    shown = [np.pad(image, ((0, tallest - image.shape[0]), (0, 0), (0, 0))) for image in shown]
    DIFFERENCES.mkdir(parents=True, exist_ok=True)
    path = DIFFERENCES / f"{name.replace('/', '-')}.png"
    assert cv2.imwrite(str(path), np.hstack(shown))
    return path


def _write(path: Path, picture_bgr: np.ndarray, driver: str) -> None:
    done, encoded = cv2.imencode(".png", picture_bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert done
    png = encoded.tobytes()
    body = b"tEXt" + b"Driver\0" + driver.encode("latin-1")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header_end = len(_SIGNATURE) + 25  # the IHDR chunk always comes first and has 13 bytes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png[:header_end] + chunk + png[header_end:])
