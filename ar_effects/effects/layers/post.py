"""``post``: changes of the whole picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ar_effects.drawlist import PictureDraw, SpaceDraw
from ar_effects.drawlist.cover import CoverDraw, whole_place
from ar_effects.drawlist.glsl import GlslDraw, GlslSource, GlslType, GlslValue
from ar_effects.drawlist.post import GrainStep, Lut, LutStep, PostDraw, ShiftStep, VignetteStep
from ar_effects.effects.cube import read_cube
from ar_effects.effects.film import Film, film_draw, grain_place, tick_of
from ar_effects.effects.shader_text import GIVEN, TAKEN, read_shader
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext, Layer, StaticLayer
from ar_effects.packs.tables import (
    ColourValue,
    FileName,
    Finite,
    FlagValue,
    LayerTable,
    Name,
    NumberValue,
    ShareValue,
)
from ar_effects.packs.values import Values
from ar_effects.table_error import TableError

PostEffect = Literal["lut", "vignette", "grain", "film", "pixelate", "chromatic_aberration", "glsl"]

KEYS: dict[str, tuple[str, ...]] = {
    "lut": ("file", "amount"),
    "vignette": ("amount", "radius", "softness", "colour"),
    "grain": ("amount", "size", "coloured", "seed"),
    "film": ("amount", *(f.name for f in fields(Film)), "seed"),
    "pixelate": ("cells",),
    "chromatic_aberration": ("amount",),
    "glsl": ("file", "uniforms"),
}
"""Of each effect, besides those that every layer has."""

AMOUNTS = {"vignette": 0.6, "grain": 0.35, "chromatic_aberration": 0.4}
"""Where ``amount`` is not 1 without being given."""

FULL_FRINGE = 0.012
GRAIN_PER_S = 24.0

UniformValue = (
    NumberValue | ColourValue | FlagValue | Annotated[list[Finite], Field(min_length=2, max_length=4)]
)

_FILM = Film()
_OWN = frozenset(LayerTable.model_fields) | {"kind", "effect"}


class PostTable(LayerTable):
    """A change of the whole picture; which keys it takes depends on ``effect``."""

    kind: Literal["post"]
    effect: PostEffect
    amount: ShareValue | None = Field(default=None, description="how strong; not for pixelate and glsl")
    file: FileName | None = Field(default=None, description="lut: a .cube table; glsl: a fragment shader")
    radius: ShareValue = Field(default=0.45, description="vignette: where it begins, 1 the corners")
    softness: ShareValue = Field(default=0.6, description="vignette: over how much it grows")
    colour: ColourValue = Field(default="#000000", description="vignette: what the corners fade to")
    size: Annotated[float, Field(ge=1, le=12)] = Field(
        default=1.5, description="grain: of a grain, in 720ths of the picture's shorter side"
    )
    coloured: FlagValue = Field(default=False, description="grain: each channel its own")
    cells: NumberValue = Field(default=96.0, description="pixelate: cells across the picture, 4..400")
    grain: ShareValue = Field(default=_FILM.grain, description="film")
    vignette: ShareValue = Field(default=_FILM.vignette, description="film: dark corners")
    fade: ShareValue = Field(default=_FILM.fade, description="film: blacks lifted, whites dulled")
    scratches: ShareValue = Field(default=_FILM.scratches, description="film: how many")
    dust: ShareValue = Field(default=_FILM.dust, description="film: how much")
    weave: ShareValue = Field(default=_FILM.weave, description="film: how unsteady it runs")
    flicker: ShareValue = Field(default=_FILM.flicker, description="film: of the lamp")
    sepia: ShareValue = Field(default=_FILM.sepia, description="film: brown")
    monochrome: ShareValue = Field(default=_FILM.monochrome, description="film: black and white")
    seed: Annotated[int, Field(ge=0, le=2**31)] = Field(
        default=1, description="grain, film: the same seed gives the same grain"
    )
    uniforms: Annotated[dict[Name, UniformValue], Field(max_length=32)] = Field(
        default_factory=dict,
        description="glsl: name and value of each; a number is a float, a flag a bool, a list a vec, "
        "a colour a vec4 in linear light",
    )

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        for key in sorted(self.model_fields_set - _OWN - set(KEYS[self.effect])):
            takes = ", ".join(KEYS[self.effect])
            raise TableError(Message("post.key-of-other-effect", effect=self.effect, takes=takes), key)
        if "file" in KEYS[self.effect] and self.file is None:
            raise TableError(Message("post.needs-file", effect=self.effect))
        for name in self.uniforms:
            if name in GIVEN or name in TAKEN or "__" in name:
                raise TableError(Message("post.uniform-name-taken"), f"uniforms.{name}")
        return self

    def load(self, files: PackFiles) -> Layer:
        """Read the table or the shader. Raises PackError."""
        if self.effect == "lut":
            return LutLayer(self, read_cube(files.path(self.file or "", "file")))
        if self.effect == "glsl":
            path = files.path(self.file or "", "file")
            return GlslLayer(self, str(path), read_shader(path))
        return PostLayer(self)

    def number(self, key: str, values: Values) -> float:
        """The value of a 0..1 key at a moment."""
        bound = getattr(self, key)
        value = values.number(AMOUNTS.get(self.effect, 1.0) if bound is None else bound)
        return min(max(value, 0.0), 1.0)  # a parameter's range may be another


class PostLayer(StaticLayer):
    """All effects that need no file."""

    per_face = False
    isolated = False

    def __init__(self, table: PostTable) -> None:
        self.table = table

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:  # noqa: ARG002 - of the frame
        """One change of the picture."""
        t, values = self.table, context.values
        if t.effect == "pixelate":
            cells = min(max(values.number(t.cells), 4.0), 400.0)
            return (
                CoverDraw((whole_place(context.camera.width, context.camera.height),), "pixelate", cells),
            )
        amount = t.number("amount", values)
        if amount <= 0.0:
            return ()
        if t.effect == "film":
            film = Film(**{f.name: t.number(f.name, values) for f in fields(Film)})
            draw = film_draw(film, context.time_s, t.seed)
            return (draw.faded(amount) if amount < 1.0 else draw,)
        if t.effect == "vignette":
            text = values.text(t.colour)
            red, green, blue, *alpha = (int(text[i : i + 2], 16) / 255.0 for i in range(1, len(text), 2))
            amount *= alpha[0] if alpha else 1.0
            radius, softness = t.number("radius", values), t.number("softness", values)
            return (PostDraw((VignetteStep(amount, radius, softness, (red, green, blue)),)),)
        if t.effect == "grain":
            place = grain_place(t.seed, tick_of(context.time_s, GRAIN_PER_S))
            return (PostDraw((GrainStep(0.6 * amount, t.size, values.flag(t.coloured), place),)),)
        return (PostDraw((ShiftStep(fringe=FULL_FRINGE * amount),)),)


class LutLayer(PostLayer):
    """A table of colours."""

    def __init__(self, table: PostTable, lut: Lut) -> None:
        super().__init__(table)
        self.lut = lut

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:  # noqa: ARG002 - of the frame
        """Colours looked up."""
        return (PostDraw((LutStep(self.lut, self.table.number("amount", context.values)),)),)


class GlslLayer(PostLayer):
    """A pack's own shader."""

    def __init__(self, table: PostTable, name: str, text: str) -> None:
        super().__init__(table)
        self._name, self._text = name, text
        self.shader_files = (str(table.file),)
        self._sources: dict[tuple[GlslType, ...], GlslSource] = {}

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:  # noqa: ARG002 - of the frame
        """The shader with its uniforms as they are now."""
        uniforms = self.table.uniforms
        found = [_uniform(value, context.values) for value in uniforms.values()]
        types = tuple(kind for kind, _ in found)
        source = self._sources.get(types)
        if source is None:
            source = GlslSource(self._name, self._text, tuple(zip(uniforms, types, strict=True)))
            self._sources[types] = source
        return (GlslDraw(source, tuple(zip(uniforms, (value for _, value in found), strict=True))),)


def _uniform(bound: UniformValue, values: Values) -> tuple[GlslType, GlslValue]:
    if isinstance(bound, list):
        vector_types: dict[int, GlslType] = {2: "vec2", 3: "vec3", 4: "vec4"}
        return vector_types[len(bound)], tuple(bound)
    value = values.parameters[bound[1:]] if isinstance(bound, str) and bound.startswith("$") else bound
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, str) and value.startswith("#"):
        return "vec4", values.colour(value)
    return "float", values.number(bound)
