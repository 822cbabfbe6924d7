"""A designer's own fragment shader over the whole picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ar_effects.drawlist import PictureDraw

GlslType = Literal["float", "bool", "vec2", "vec3", "vec4"]
GlslValue = float | bool | tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class GlslSource:
    """A shader's text; compared by identity, compiled once.

    Attributes:
        name: of the file, for messages.
        text: GLSL 3.30 without a version line.
        uniforms: name and type of each, which are declared before the text.
    """

    name: str
    text: str
    uniforms: tuple[tuple[str, GlslType], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class GlslDraw(PictureDraw):
    """The shader run on every pixel; ``values`` by name of the uniform."""

    source: GlslSource
    values: tuple[tuple[str, GlslValue], ...] = ()
