"""``cover``: faces, or the whole picture, made unrecognisable."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from ar_effects.drawlist import Blend, PictureDraw, SpaceDraw
from ar_effects.drawlist.cover import CoverDraw, CoverStyle, Place, whole_place
from ar_effects.face.outline import covering
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, Cue, FrameContext, Layer, Need
from ar_effects.packs.tables import ColourValue, LayerTable

MAX_CELLS = 10
"""More cells across a face begin to show who it is."""


class CoverTable(LayerTable):
    """Faces, or the whole picture, made unrecognisable."""

    kind: Literal["cover"]
    style: CoverStyle = Field(default="pixelate", description="square cells, a soft blur, or one colour")
    area: Literal["face", "frame"] = Field(default="face", description="each face, or the whole picture")
    cells: Annotated[float, Field(ge=2, le=MAX_CELLS)] = Field(
        default=8.0,
        description="cells across a face (across the shorter side of the picture); fewer hide more",
    )
    grow: Annotated[float, Field(ge=1.0, le=3.0)] = Field(
        default=1.25, description="size of the cover over the face's outline with forehead and chin"
    )
    colour: ColourValue = Field(default="#202020", description='for style = "colour"')

    def load(self, files: PackFiles) -> Layer:  # noqa: ARG002 - as every table
        """Nothing to read."""
        return CoverLayer(self)


class CoverLayer:
    """A cover; on faces it has a state."""

    isolated = False
    own_blends: frozenset[Blend] = frozenset({"normal"})
    needs: frozenset[Need] = frozenset()
    shader_files: tuple[str, ...] = ()

    def __init__(self, table: CoverTable) -> None:
        self.table = table
        self.per_face = table.area == "face"

    def start(self) -> CoverState:
        """A cover that has not been anywhere yet."""
        return CoverState(self.table)


class CoverState:
    """A cover on one face, or on the frame."""

    def __init__(self, table: CoverTable) -> None:
        self.table = table
        self._before: tuple[float, float] | None = None

    def cue(self, cue: Cue) -> None:
        """Nothing to begin."""

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The cover in its place."""
        t = self.table
        colour = context.values.colour(t.colour)[:3]
        if worn is None:
            width, height = context.camera.width, context.camera.height
            return (
                CoverDraw(
                    (replace(whole_place(width, height), inner=min(width, height) / 2),),
                    t.style,
                    t.cells,
                    colour,
                ),
            )
        place = covering(worn.face, t.grow)
        before, self._before = self._before, place.centre
        return (CoverDraw((swept(place, before),), t.style, t.cells, colour),)


def swept(place: Place, before: tuple[float, float] | None) -> Place:
    """A place made larger by the way it has come since the frame before: landmarks of fast faces lag."""
    if before is None:
        return place
    way = math.dist(place.centre, before)
    reach = min(way, *place.half_size) * 0.5
    return replace(place, half_size=(place.half_size[0] + reach, place.half_size[1] + reach))
