"""``.cube`` files: tables of colours (Adobe, "Cube LUT Specification 1.0", 2013)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ar_effects.drawlist.post import Lut, Rgb
from ar_effects.errors import PackError

MAX_3D, MAX_1D = 65, 4096
MAX_BYTES = 16 << 20
LARGEST_VALUE = 1e4

KNOWN = "TITLE, LUT_1D_SIZE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX"


def read_cube(path: Path) -> Lut:
    """Read a table of colours of one or three dimensions.

    Raises:
        PackError: with the line that is wrong.
    """
    return _Reader(path).read(_text(path))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PackError(f"{path} is too large for a .cube file", expected=f"at most {MAX_BYTES >> 20} MB")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise PackError(f"{path} cannot be read", got=error.strerror or str(error)) from error


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0
        self._size: tuple[int, int] | None = None  # dimensions, entries a side
        self._low: Rgb = (0.0, 0.0, 0.0)
        self._high: Rgb = (1.0, 1.0, 1.0)
        self._rows: list[Rgb] = []

    def read(self, text: str) -> Lut:
        for number, line in enumerate(text.splitlines(), 1):
            self._line = number
            words = line.split("#", 1)[0].split() if not line.lstrip().startswith("TITLE") else []
            if not words:
                continue
            if words[0][0].isalpha() and words[0].lower() not in ("nan", "inf", "infinity"):
                self._keyword(words)
            else:
                self._entry(words)
        if self._size is None:
            raise PackError(
                f"{self._path} gives no size",
                expected="LUT_3D_SIZE or LUT_1D_SIZE before the colours",
                fix="Export it again as .cube",
            )
        dimensions, side = self._size
        if len(self._rows) != side**dimensions:
            raise self._wrong(
                "the table ends too soon", f"{side**dimensions} lines of colours", f"{len(self._rows)}"
            )
        if any(low >= high for low, high in zip(self._low, self._high, strict=True)):
            raise PackError(
                f"{self._path}: DOMAIN_MIN is not below DOMAIN_MAX",
                got=f"{self._low}, {self._high}",
                fix="Correct both",
            )
        table = np.array(self._rows, np.float32)
        return Lut(table if dimensions == 1 else table.reshape(side, side, side, 3), self._low, self._high)

    def _keyword(self, words: list[str]) -> None:
        keyword, values = words[0], words[1:]
        if keyword in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
            limit = MAX_1D if keyword == "LUT_1D_SIZE" else MAX_3D
            if self._size is not None:
                raise self._wrong("a second size", "one table of one or of three dimensions", keyword)
            if len(values) != 1 or not (values[0].isascii() and values[0].isdigit() and len(values[0]) < 7):
                raise self._wrong(f"{keyword} is not a number", f"2..{limit}", " ".join(values))
            if not 2 <= int(values[0]) <= limit:
                raise self._wrong(f"{keyword} is out of range", f"2..{limit}", values[0])
            self._size = (1 if keyword == "LUT_1D_SIZE" else 3, int(values[0]))
        elif keyword in ("DOMAIN_MIN", "DOMAIN_MAX"):
            if keyword == "DOMAIN_MIN":
                self._low = self._three(values)
            else:
                self._high = self._three(values)
        elif keyword in (
            "LUT_1D_INPUT_RANGE",
            "LUT_3D_INPUT_RANGE",
        ):  # what some programs write for the domain
            if len(values) != 2:
                raise self._wrong(f"{keyword} needs two numbers", "low high", " ".join(values))
            low, high = self._number(values[0]), self._number(values[1])
            self._low, self._high = (low, low, low), (high, high, high)
        else:
            raise self._wrong("an unknown keyword", KNOWN, keyword)

    def _entry(self, words: list[str]) -> None:
        if self._size is None:
            raise self._wrong("colours before the size", "LUT_3D_SIZE or LUT_1D_SIZE", " ".join(words))
        if len(self._rows) >= self._size[1] ** self._size[0]:
            raise self._wrong(
                "more colours than the size says",
                f"{self._size[1] ** self._size[0]} lines of them",
                "another",
            )
        self._rows.append(self._three(words))

    def _three(self, words: list[str]) -> Rgb:
        if len(words) != 3:
            raise self._wrong("not three numbers", "red green blue", " ".join(words))
        red, green, blue = (self._number(word) for word in words)
        return red, green, blue

    def _number(self, word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not abs(value) <= LARGEST_VALUE:
            raise self._wrong("not a number that a colour can have", "such as 0.5", word)
        return value

    def _wrong(self, trouble: str, expected: str, got: str) -> PackError:
        return PackError(
            f"{self._path}, line {self._line}: {trouble}",
            expected=expected,
            got=repr(got[:60]),
            fix=f"Correct line {self._line}, or export the table again",
        )
