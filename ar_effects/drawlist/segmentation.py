"""What is behind the people of the frame, exchanged."""

from __future__ import annotations

from dataclasses import dataclass

from ar_effects.drawlist import PictureDraw, Texture


@dataclass(frozen=True, slots=True, eq=False)
class BackgroundDraw(PictureDraw):
    """Everything that is not person, by the draw list's matte; without a matte nothing is drawn.

    One of three: a picture where there is one, else a colour where there is one, else the background itself,
    blurred.

    Attributes:
        picture: fills the frame, its longer way cut off evenly.
        colour: linear red, green, blue.
        blur: standard deviation as a share of the frame's height.
        cleaning: 0..1, how far the old background's light is taken out of hair and edges.
        stream, version: of a picture that plays, as of ``SpriteDraw``.
    """

    picture: Texture | None = None
    colour: tuple[float, float, float] | None = None
    blur: float = 0.0
    cleaning: float = 1.0
    stream: object | None = None
    version: int = 0
