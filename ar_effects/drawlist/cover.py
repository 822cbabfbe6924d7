"""Parts of the picture made unrecognisable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ar_effects.drawlist import PictureDraw

CoverStyle = Literal["pixelate", "blur", "colour"]


@dataclass(frozen=True, slots=True)
class Place:
    """A turned ellipse or rectangle of the picture.

    Attributes:
        centre: pixels.
        half_size: half its width and height, pixels.
        roll_rad: > 0 clockwise as seen.
        inner: half the width of what the cells are counted across, pixels; 0 takes ``half[0]``.
        box: a rectangle.
    """

    centre: tuple[float, float]
    half_size: tuple[float, float]
    roll_rad: float = 0.0
    inner: float = 0.0
    box: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CoverDraw(PictureDraw):
    """Places covered, one after the other.

    Nothing of a covered place reaches the picture but the means of its cells.

    Attributes:
        places: what is covered.
        style: square cells of one colour each, cells that run into each other, or one colour.
        cells: how many lie across a place.
        colour: linear red, green, blue, for "colour".
    """

    places: tuple[Place, ...]
    style: CoverStyle = "pixelate"
    cells: float = 8.0
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)


def whole_place(width: int, height: int) -> Place:
    """All of a picture."""
    return Place(((width - 1) / 2, (height - 1) / 2), (width / 2, height / 2), box=True)
