"""``.cube`` files: tables of colours (Adobe, "Cube LUT Specification 1.0", 2013).

With what DaVinci Resolve adds: curves before the cube ("shaper"), ranges, and tables for video range. Such a
table expects, and gives, 16 for black and 235 for white; pictures have 0 and 255, and so has the ``Lut``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from ar_effects.drawlist.post import Lut, Rgb
from ar_effects.errors import PackError
from ar_effects.messages import Message, Text

MAX_3D, MAX_1D = 65, 4096
MAX_BYTES = 16 << 20
LARGEST_VALUE = 1e4

BLACK, WHITE = 16 / 255, 235 / 255
"""Of video range (ITU-R BT.709), in the picture's 0..1."""

KNOWN = (
    "TITLE, LUT_1D_SIZE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX, LUT_1D_INPUT_RANGE, LUT_3D_INPUT_RANGE, "
    "LUT_IN_VIDEO_RANGE, LUT_OUT_VIDEO_RANGE"
)


def read_cube(path: Path) -> Lut:
    """Read a table of colours of one or three dimensions, or of three behind one of one.

    Raises:
        PackError: with the line that is wrong.
    """
    return _Reader(path).read(_text(path))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PackError(Message("cube.too-large", megabytes=MAX_BYTES >> 20), file=path)
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise PackError(
            Message("pack.file-unreadable"), file=path, got=error.strerror or str(error)
        ) from error


class _Table:
    """One of the file's tables, and what values its ends stand for."""

    def __init__(self, dimensions: int, side: int) -> None:
        self.dimensions, self.side = dimensions, side
        self.rows: list[Rgb] = []

    @property
    def count(self) -> int:
        return int(self.side**self.dimensions)


class _Reader:
    """Reads one file: a table of one or of three dimensions, or first one and then the other (Resolve)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0
        self._tables: dict[int, _Table] = {}  # by dimensions; curves, which come first, shape the values
        self._low: Rgb = (0.0, 0.0, 0.0)
        self._high: Rgb = (1.0, 1.0, 1.0)
        self._ranges: dict[int, tuple[float, float]] = {}
        self._video_in = self._video_out = False

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
        if not self._tables:
            raise PackError(Message("cube.no-size"), file=self._path)
        wanted = sum(table.count for table in self._tables.values())
        got = sum(len(table.rows) for table in self._tables.values())
        if got != wanted:
            raise self._wrong(Message("cube.ends-too-soon", wanted=wanted), got=str(got))
        curves, cube = self._tables.get(1), self._tables.get(3)
        if curves is None or cube is None:
            return self._lut(curves or cube, first=True, last=True)
        shaper = self._lut(curves, first=True, last=False)
        return replace(self._lut(cube, first=False, last=True), shaper=shaper)

    def _lut(self, table: _Table | None, *, first: bool, last: bool) -> Lut:
        """A table; the first meets the picture's values, the last gives them."""
        assert table is not None
        low, high = (self._low, self._high) if first else ((0.0,) * 3, (1.0,) * 3)
        if table.dimensions in self._ranges:
            ends = self._ranges[table.dimensions]
            low, high = (ends[0],) * 3, (ends[1],) * 3
        if any(a >= b for a, b in zip(low, high, strict=True)):
            raise PackError(Message("cube.domain-reversed"), file=self._path, got=f"{low}, {high}")
        colours = np.array(table.rows, np.float32)
        if first and self._video_in:
            low, high = _full_range(low), _full_range(high)
        if last and self._video_out:
            colours = ((colours - BLACK) / (WHITE - BLACK)).astype(np.float32)
        side = table.side
        return Lut(colours if table.dimensions == 1 else colours.reshape(side, side, side, 3), low, high)

    def _keyword(self, words: list[str]) -> None:
        keyword, values = words[0], words[1:]
        if keyword in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
            limit = MAX_1D if keyword == "LUT_1D_SIZE" else MAX_3D
            dimensions = 1 if keyword == "LUT_1D_SIZE" else 3
            if dimensions in self._tables or any(table.rows for table in self._tables.values()):
                raise self._wrong(Message("cube.second-size"), got=keyword)
            if len(values) != 1 or not (values[0].isascii() and values[0].isdigit() and len(values[0]) < 7):
                raise self._wrong(
                    Message("cube.not-a-number", keyword=keyword),
                    expected=f"2..{limit}",
                    got=" ".join(values),
                )
            if not 2 <= int(values[0]) <= limit:
                raise self._wrong(
                    Message("cube.out-of-range", keyword=keyword), expected=f"2..{limit}", got=values[0]
                )
            self._tables[dimensions] = _Table(dimensions, int(values[0]))
        elif keyword in ("DOMAIN_MIN", "DOMAIN_MAX"):
            if keyword == "DOMAIN_MIN":
                self._low = self._three(values)
            else:
                self._high = self._three(values)
        elif keyword in ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE"):  # what Resolve writes for the domain
            if len(values) != 2:
                raise self._wrong(Message("cube.two-numbers", keyword=keyword), got=" ".join(values))
            self._ranges[int(keyword[4])] = self._number(values[0]), self._number(values[1])
        elif keyword == "LUT_IN_VIDEO_RANGE":
            self._video_in = True
        elif keyword == "LUT_OUT_VIDEO_RANGE":
            self._video_out = True
        else:
            raise self._wrong(Message("cube.unknown-keyword"), expected=KNOWN, got=keyword)

    def _entry(self, words: list[str]) -> None:
        if not self._tables:
            raise self._wrong(Message("cube.colours-before-size"), got=" ".join(words))
        for dimensions in sorted(self._tables):  # the curves first, whatever the order of the sizes
            table = self._tables[dimensions]
            if len(table.rows) < table.count:
                table.rows.append(self._three(words))
                return
        wanted = sum(table.count for table in self._tables.values())
        raise self._wrong(Message("cube.too-many-colours", wanted=wanted))

    def _three(self, words: list[str]) -> Rgb:
        if len(words) != 3:
            raise self._wrong(Message("cube.not-three-numbers"), got=" ".join(words))
        red, green, blue = (self._number(word) for word in words)
        return red, green, blue

    def _number(self, word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not abs(value) <= LARGEST_VALUE:
            raise self._wrong(Message("cube.not-a-colour"), got=word)
        return value

    def _wrong(self, problem: Message, *, expected: Text = "", got: str = "") -> PackError:
        got = got or problem.got
        return PackError(
            Message("cube.at-line", problem=problem),
            file=self._path,
            line=self._line,
            expected=expected,
            got=repr(got[:60]),
        )


def _full_range(video: Rgb) -> Rgb:
    """What a value of video range is in a picture."""
    red, green, blue = ((value - BLACK) / (WHITE - BLACK) for value in video)
    return red, green, blue
