"""``face_texture``: paint, tattoos and masks on the skin, by the texture space of the face's mesh."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from ar_effects.drawlist import PictureDraw, SpaceDraw, Texture
from ar_effects.drawlist.face_paint import FaceTextureDraw
from ar_effects.face.geometry import face_mesh
from ar_effects.face.topology import painted_triangles
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext, Layer, StaticLayer
from ar_effects.packs.tables import ColourValue, LayerTable, NumberValue, PictureValue, ShareValue

WHITE = "#ffffff"
LIT_BY_BLENDING = ("multiply", "overlay", "soft_light")
"""These take the skin's light and structure by themselves; taken twice the paint would be too dark."""


class FaceTextureTable(LayerTable):
    """Paint, tattoos and masks on the skin."""

    kind: Literal["face_texture"]
    texture: PictureValue = Field(
        description="a picture drawn on the template assets/face/template.png, or a picture parameter"
    )
    tint: ColourValue = Field(default=WHITE, description="multiplied with the picture")
    feather_mm: NumberValue = Field(default=12.0, description="how wide it fades at the edge of the face")
    shading: ShareValue = Field(default=0.9, description="how much it takes on the light on the skin")
    grain: ShareValue = Field(default=0.35, description="how much of the skin's fine structure shows through")
    cover: Annotated[
        list[Literal["eyes", "mouth"]],
        Field(max_length=2, description="what is painted over; otherwise both stay open"),
    ] = Field(default_factory=list)

    def load(self, files: PackFiles) -> Layer:
        """Read the picture. Raises PackError."""
        loaded = None if self.texture.startswith("$") else files.picture(self.texture, "texture")
        return FaceTextureLayer(self, loaded)


class FaceTextureLayer(StaticLayer):
    """A picture on the skin."""

    def __init__(self, table: FaceTextureTable, texture: Texture | None) -> None:
        self.table = table
        self.texture = texture

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The paint, if there is a picture."""
        assert worn is not None
        table, values = self.table, context.values
        texture = self.texture if self.texture is not None else values.picture(table.texture)
        tint = values.colour(table.tint)
        if texture is None or tint[3] <= 0.0:
            return ()
        triangles = painted_triangles(texture)  # a tattoo on a cheek costs no more than that cheek
        if not len(triangles):
            return ()
        lit = table.blend not in LIT_BY_BLENDING
        return (
            FaceTextureDraw(
                face_mesh(worn.face, context.camera),
                texture,
                triangles,
                tint,
                feather_mm=max(values.number(table.feather_mm), 0.0),
                shading=fraction(values.number(table.shading)) if lit else 0.0,
                grain=fraction(values.number(table.grain)) if lit else 0.0,
                cover_eyes="eyes" in table.cover,
                cover_mouth="mouth" in table.cover,
            ),
        )


def fraction(value: float) -> float:
    """Kept in 0..1, as references may not be."""
    return min(max(value, 0.0), 1.0)
