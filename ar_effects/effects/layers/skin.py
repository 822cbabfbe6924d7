"""``skin``: smoother skin and another tone, with its texture kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from ar_effects.drawlist import PictureDraw, SpaceDraw
from ar_effects.drawlist.skin import SkinDraw
from ar_effects.face.geometry import face_mesh
from ar_effects.face.skin_mask import skin_mask
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext, Layer, StaticLayer
from ar_effects.packs.tables import LayerTable, NumberValue, ShareValue


class SkinTable(LayerTable):
    """Smoother skin and another tone; eyes, brows and lips stay as they are."""

    kind: Literal["skin"]
    smooth: ShareValue = Field(default=0.5, description="how far spots and unevenness go")
    texture: ShareValue = Field(default=0.5, description="how much of pores and fine hairs stays")
    even_out: ShareValue = Field(default=0.0, description="how far redness goes: one hue for all of the skin")
    brightness: NumberValue = Field(default=0.0, description="-1 darker, 1 brighter")
    warmth: NumberValue = Field(default=0.0, description="-1 cooler, 1 warmer")

    def load(self, files: PackFiles) -> Layer:  # noqa: ARG002
        """There is nothing to read."""
        return SkinLayer(self)


class SkinLayer(StaticLayer):
    """The skin of each face."""

    isolated = False
    fades_itself = True

    def __init__(self, table: SkinTable) -> None:
        self.table = table

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The change, unless every amount is 0."""
        assert worn is not None
        table, number = self.table, context.values.number
        smooth, even_out, brightness, warmth = (
            worn.presence * min(max(number(value), least), 1.0)
            for value, least in (
                (table.smooth, 0.0),
                (table.even_out, 0.0),
                (table.brightness, -1.0),
                (table.warmth, -1.0),
            )
        )
        if not (smooth or even_out or brightness or warmth):
            return ()
        depth_mm = max(-float(worn.face.pose.camera_from_head[2, 3]), 1.0)
        return (
            SkinDraw(
                face_mesh(worn.face, context.camera),
                skin_mask(),
                px_per_mm=context.camera.fx / depth_mm,
                smooth=smooth,
                texture=min(max(number(table.texture), 0.0), 1.0),
                even_out=even_out,
                brightness=brightness,
                warmth=warmth,
            ),
        )
