"""Tables inside of a ``model`` layer's: materials, animations, springs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ar_effects.drawlist import MaterialChange
from ar_effects.effects.motion.springs import Spring
from ar_effects.packs.tables import ColourValue, NumberValue, ShareValue, Table
from ar_effects.packs.values import Values

PartName = Annotated[str, Field(min_length=1, max_length=120)]
"""A name in the model's file."""


class MaterialTable(Table):
    """What is changed about one of the model's materials."""

    colour: ColourValue | None = Field(
        default=None, description="instead of the base colour; textures are multiplied"
    )
    opacity: ShareValue = Field(
        default=1.0, description="of the surface; where it is given, it can be seen through"
    )
    roughness: ShareValue | None = Field(default=None, description="0 a mirror, 1 chalk")
    metallic: ShareValue | None = Field(default=None, description="0 plastic, 1 metal")
    glow: ColourValue | None = Field(default=None, description="light the surface sends by itself")

    def change(self, values: Values) -> MaterialChange:
        """What stands there at the moment."""
        colour = None if self.colour is None else values.colour(self.colour)
        return MaterialChange(
            None if colour is None else colour[:3],
            _share(values.number(self.opacity)) * (1.0 if colour is None else colour[3]),
            None if self.metallic is None else _share(values.number(self.metallic)),
            None if self.roughness is None else _share(values.number(self.roughness)),
            None if self.glow is None else values.colour(self.glow)[:3],
        )


class AnimationTable(Table):
    """One of the model's animations."""

    name: PartName = Field(description="in the model's file")
    start: Literal["always", "play"] = Field(
        default="always", description='with the effect, or when a trigger says do = "play"'
    )
    loop: bool = Field(default=True, description="again and again; otherwise once")
    speed: NumberValue = Field(default=1.0, description="2 is twice as quick")
    at: ShareValue | None = Field(
        default=None, description='instead of playing: how far into it, 0 to 1, such as "@mouth_open"'
    )


class SpringTable(Table):
    """A chain of nodes that swings as the head moves."""

    root: PartName = Field(description="the chain's first node; everything below it swings with it")
    stiffness: Annotated[float, Field(ge=0.0, le=15.0)] = Field(
        default=3.0, description="how quickly its first part swings by itself, times a second; 0 only hangs"
    )
    damping: Annotated[float, Field(ge=0.0, le=5.0)] = Field(
        default=0.4, description="how soon a swing ends; 1 and more does not swing over"
    )
    gravity: Annotated[float, Field(ge=-5.0, le=5.0)] = Field(default=0.0, description="1 is the earth's")
    drag: Annotated[float, Field(ge=0.0, le=30.0)] = Field(
        default=0.3, description="of the air: how much it stays behind a quick head"
    )
    limit_deg: Annotated[float, Field(ge=0.0, le=170.0)] = Field(
        default=80.0, description="the farthest that a part of it turns from its place"
    )
    avoid_head: bool = Field(default=False, description="whether it keeps off the head")
    radius_mm: Annotated[float, Field(ge=0.0, le=100.0)] = Field(
        default=4.0, description="how far it keeps off"
    )

    def spring(self) -> Spring:
        """The same for the simulation."""
        return Spring(**self.model_dump())


def _share(number: float) -> float:
    return min(max(number, 0.0), 1.0)
