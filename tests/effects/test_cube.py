from __future__ import annotations

import numpy as np
import pytest

from ar_effects.effects.cube import MAX_1D, MAX_3D, MAX_BYTES, read_cube
from ar_effects.errors import PackError

SMALL = """\
# made by hand
TITLE "Two # of each: LUT_3D_SIZE 9"

LUT_3D_SIZE 2
DOMAIN_MIN 0.0 0.0 0.1
DOMAIN_MAX 1.0 2.0 0.9
0 0 0
1 0 0
0 1 0
1 1 0
0 0 1
1 0 1
0.25 1 1   # a remark
1 1 -0.5
"""


@pytest.fixture
def cube(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "a.cube"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_table_of_three_dimensions(cube, ends):
    lut = read_cube(cube(SMALL.replace("\n", ends)))
    assert lut.colours.shape == (2, 2, 2, 3)
    assert (lut.low, lut.high) == ((0.0, 0.0, 0.1), (1.0, 2.0, 0.9))
    np.testing.assert_array_equal(lut.colours[0, 0, 1], (1, 0, 0))  # red goes fastest
    np.testing.assert_array_equal(lut.colours[1, 0, 0], (0, 0, 1))
    np.testing.assert_array_equal(lut.colours[1, 1, 0], (0.25, 1, 1))
    np.testing.assert_array_equal(lut.colours[1, 1, 1], (1, 1, -0.5))


def test_a_table_of_one_dimension(cube):
    lut = read_cube(cube("LUT_1D_SIZE 3\nLUT_1D_INPUT_RANGE 0.0 2.0\n0 0 0\n.5 .25 0.125\n1 1e0 1"))
    assert lut.colours.shape == (3, 3)
    assert (lut.low, lut.high) == ((0, 0, 0), (2, 2, 2))
    np.testing.assert_array_equal(lut.colours[1], (0.5, 0.25, 0.125))


def test_the_largest_table(cube):
    rows = f"LUT_3D_SIZE {MAX_3D}\n" + "0.1 0.2 0.3\n" * MAX_3D**3
    assert read_cube(cube(rows)).colours.shape == (MAX_3D, MAX_3D, MAX_3D, 3)


MISTAKES = {
    "no size": (("LUT_3D_SIZE 2\n", ""), ["line 6", "colours before the size", "LUT_3D_SIZE"]),
    "size 1": (("SIZE 2", "SIZE 1"), ["line 4", "out of range", f"2..{MAX_3D}", "'1'"]),
    "size too large": (("SIZE 2", "SIZE 129"), ["line 4", "out of range", "'129'"]),
    "size no number": (("SIZE 2", "SIZE two"), ["line 4", "not a number", "'two'"]),
    "size negative": (("SIZE 2", "SIZE -2"), ["line 4", "not a number"]),
    "size of other digits": (("SIZE 2", "SIZE ²"), ["line 4", "not a number"]),
    "size endless": (("SIZE 2", "SIZE 99999999999999999999"), ["line 4"]),
    "two sizes": (("DOMAIN_MIN 0.0 0.0 0.1", "LUT_3D_SIZE 2"), ["line 5", "second size"]),
    "a size among the colours": (("1 1 0\n", "LUT_1D_SIZE 2\n"), ["line 10", "second size"]),
    "a shaper without colours": (
        ("DOMAIN_MIN 0.0 0.0 0.1", "LUT_1D_SIZE 2"),
        ["ends too soon", "10 lines", "'8'"],
    ),
    "two numbers": (("1 1 0\n", "1 1\n"), ["line 10", "not three numbers", "'1 1'"]),
    "a word": (("1 1 0\n", "1 x 0\n"), ["line 10", "not a number", "'x'"]),
    "nan": (("1 1 0\n", "1 nan 0\n"), ["line 10", "'nan'"]),
    "inf first": (("1 1 0\n", "inf 1 0\n"), ["line 10", "'inf'"]),
    "too large a number": (("1 1 0\n", "1 1e30 0\n"), ["line 10", "'1e30'"]),
    "unknown keyword": (("DOMAIN_MIN", "DOMAIN_LOW"), ["line 5", "unknown keyword", "DOMAIN_MIN"]),
    "too few": (("1 1 -0.5\n", ""), ["ends too soon", "8 lines", "'7'"]),
    "too many": (("1 1 -0.5\n", "1 1 1\n1 1 1\n"), ["line 15", "more colours"]),
    "domain upside down": (("MAX 1.0", "MAX -1.0"), ["DOMAIN_MIN is not below"]),
    "domain of two": (("0.0 0.0 0.1", "0.0 0.1"), ["line 5", "not three numbers"]),
    "empty": ((SMALL, ""), ["gives no size", "Export it again"]),
}


@pytest.mark.words
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(cube, mistake):
    (old, new), parts = MISTAKES[mistake]
    assert old in SMALL
    path = cube(SMALL.replace(old, new, 1))
    with pytest.raises(PackError) as caught:
        read_cube(path)
    assert str(path) in str(caught.value)
    assert caught.value.fix
    for part in parts:
        assert part in str(caught.value)


def test_what_is_no_text_or_too_large(cube, tmp_path):
    with pytest.raises(PackError, match="line 1"):
        read_cube(cube(b"\x89PNG\r\n\x1a\n\0\0"))
    with pytest.raises(PackError, match="too large"):
        read_cube(cube(b"#" * (MAX_BYTES + 1)))
    with pytest.raises(PackError, match="cannot be read"):
        read_cube(tmp_path)
    with pytest.raises(PackError, match="out of range"):
        read_cube(cube(f"LUT_1D_SIZE {MAX_1D + 1}\n"))


CURVES = "0 0 0\n0.5 0.25 1\n1 1 1\n"
CUBE = "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))


@pytest.mark.parametrize("sizes", ["LUT_1D_SIZE 3\nLUT_3D_SIZE 2\n", "LUT_3D_SIZE 2\nLUT_1D_SIZE 3\n"])
def test_curves_before_a_cube_are_its_shaper(cube, sizes):
    ranges = "LUT_1D_INPUT_RANGE 0.0 2.0\nLUT_3D_INPUT_RANGE 0.0 4.0\n"
    lut = read_cube(cube(sizes + ranges + CURVES + CUBE))
    assert lut.colours.shape == (2, 2, 2, 3)
    assert (lut.low, lut.high) == ((0, 0, 0), (4, 4, 4))
    np.testing.assert_array_equal(lut.shaper.colours[1], (0.5, 0.25, 1))
    assert (lut.shaper.low, lut.shaper.high) == ((0, 0, 0), (2, 2, 2))
    np.testing.assert_array_equal(lut.colours[0, 0, 1], (1, 0, 0))


def test_tables_for_video_range_meet_pictures_of_full_range(cube):
    """Black is 16 of 255 to such a table, and white 235."""
    both = "LUT_IN_VIDEO_RANGE\nLUT_OUT_VIDEO_RANGE\n"
    lut = read_cube(cube(f"LUT_3D_SIZE 2\n{both}{CUBE}"))  # changes nothing, either way
    for value in (0.0, 0.5, 1.0):
        place = (value - lut.low[0]) / (lut.high[0] - lut.low[0])
        shown = (1 - place) * lut.colours[0, 0, 0] + place * lut.colours[0, 0, 1]
        assert shown[0] == pytest.approx(value, abs=1e-6)
    only_in = read_cube(cube(f"LUT_3D_SIZE 2\nLUT_IN_VIDEO_RANGE\n{CUBE}"))
    assert -only_in.low[0] / (only_in.high[0] - only_in.low[0]) == pytest.approx(16 / 255)
    np.testing.assert_array_equal(only_in.colours[1, 1, 1], (1, 1, 1))
