"""The values of a pack's parameters at one moment, and what references in the manifest stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from ar_effects.colour import LINEAR_FROM_BYTE, srgb_from_linear
from ar_effects.drawlist import Texture
from ar_effects.records import Expression

Rgba = tuple[float, float, float, float]
"""Linear red, green, blue, and straight alpha, each 0..1."""

Value = float | bool | str
"""Of a parameter: a number, a flag; a colour ("#rrggbb"), a choice or a picture's file name."""

SIGNALS = tuple(f.name for f in fields(Expression) if f.name != "events")
"""What may follow an ``@``."""

REST = Expression()


@dataclass(frozen=True, slots=True)
class Values:
    """What references stand for, for one face or for the whole frame.

    Attributes:
        parameters: current values by name, tweens applied.
        pictures: pictures of picture parameters by file name, loaded.
        expression: of the face; None where it is not known.
    """

    parameters: Mapping[str, Value]
    pictures: Mapping[str, Texture]
    expression: Expression | None = None

    def number(self, bound: float | str) -> float:
        """A number, or what the reference stands for."""
        if not isinstance(bound, str):
            return float(bound)
        if bound.startswith("@"):
            return float(getattr(self.expression or REST, bound[1:]))
        return float(self.parameters[bound[1:]])

    def flag(self, bound: bool | str) -> bool:
        """A flag, or what the reference stands for."""
        return bool(self.parameters[bound[1:]]) if isinstance(bound, str) else bound

    def text(self, bound: str) -> str:
        """A text, or the choice or file name that the reference stands for."""
        return str(self.parameters[bound[1:]]) if bound.startswith("$") else bound

    def colour(self, bound: str) -> Rgba:
        """A colour in linear light."""
        return rgba_from_hex(self.text(bound))

    def picture(self, bound: str) -> Texture | None:
        """The picture of a picture parameter; None where the person has not chosen one."""
        return self.pictures.get(self.text(bound))


def rgba_from_hex(text: str) -> Rgba:
    """``#rrggbb`` or ``#rrggbbaa`` in sRGB -> linear light, straight alpha."""
    red, green, blue, *alpha = (int(text[i : i + 2], 16) for i in range(1, len(text), 2))
    r, g, b = LINEAR_FROM_BYTE[[red, green, blue]].tolist()
    return r, g, b, alpha[0] / 255.0 if alpha else 1.0


def hex_from_rgba(rgba: Rgba) -> str:
    """Linear light -> ``#rrggbbaa``."""
    linear = np.clip(rgba, 0.0, 1.0)
    encoded = srgb_from_linear(linear)
    encoded[3] = linear[3]
    return "#" + "".join(f"{round(float(c) * 255):02x}" for c in encoded)
