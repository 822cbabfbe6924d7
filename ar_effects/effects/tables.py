"""What the tables of a manifest are made of: strict, frozen, and with values that may be references.

A reference stands where a number, colour, flag or picture may stand: ``"$lens"`` is the pack's parameter
of that name, ``"@mouth_open"`` what the face does at the moment.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ar_effects.drawlist import Blend


class Table(BaseModel):
    """A table of the manifest: no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


NAME = r"^[a-z][a-z0-9_]*$"
HEX = r"^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$"

Parameter = Annotated[str, Field(pattern=r"^\$[a-z][a-z0-9_]*$", description='a parameter, such as "$size"')]
Reference = Annotated[
    str,
    Field(
        pattern=r"^(\$[a-z][a-z0-9_]*|@[a-z_]+)$",
        description='a parameter ("$size") or what the face does ("@smile")',
    ),
]

Name = Annotated[str, Field(pattern=NAME, max_length=40)]
FileName = Annotated[str, Field(min_length=1, max_length=240, description="a file in the pack's folder")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Hex = Annotated[str, Field(pattern=HEX, description='"#rrggbb" or "#rrggbbaa"')]

NumberValue = Finite | Reference
ShareValue = Share | Reference
ColourValue = Hex | Parameter
FlagValue = bool | Parameter
PictureValue = FileName | Parameter


class LayerTable(Table):
    """What every layer has."""

    id: Name | None = Field(default=None, description="for triggers that show, hide, play or burst it")
    show: FlagValue = Field(default=True, description="whether it is there before any trigger")
    opacity: ShareValue = Field(default=1.0, description="of the whole layer")
    blend: Blend = Field(default="normal", description="how its colours meet what is under them")
