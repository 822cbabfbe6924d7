"""``particles``: sparks, hearts, confetti, fire or snow, from an anchor or over the whole picture."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ar_effects.drawlist import (
    MAX_STOPS,
    Blend,
    ParticlesDraw,
    ParticleShape,
    PictureDraw,
    SpaceDraw,
    Texture,
)
from ar_effects.effects.motion.emitters import Aim, Around, Edge, InView
from ar_effects.effects.motion.swarm import MAX_PARTICLES, Motion, Swarm
from ar_effects.face.anchors import Anchor, camera_from_anchor
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, Cue, FrameContext, Layer, Need
from ar_effects.packs.tables import (
    ColourValue,
    Finite,
    LayerTable,
    NumberValue,
    PictureValue,
    Share,
    ShareValue,
)
from ar_effects.table_error import TableError

Positive = Annotated[float, Field(ge=0, le=20_000)]
Span = Positive | Annotated[list[Positive], Field(min_length=2, max_length=2)]
AnySpan = Finite | Annotated[list[Finite], Field(min_length=2, max_length=2)]
Depths = Annotated[list[Annotated[float, Field(ge=50, le=10_000)]], Field(min_length=2, max_length=2)]
Stops = Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=MAX_STOPS)]
Three = Annotated[list[Finite], Field(min_length=3, max_length=3)]

MAX_RATE, MAX_SIZE_MM, MAX_PREWARM_S = 20_000.0, 2_000.0, 20.0


class ParticlesTable(LayerTable):
    """Many small flat things that are born, fly and fade: sparks, hearts, confetti, fire, snow."""

    kind: Literal["particles"]
    anchor: Anchor | Literal["frame"] = Field(default="mouth", description='where from; "frame": all over')

    rate_per_s: NumberValue = Field(default=40.0, description="how many are born a second")
    when: ShareValue = Field(default=1.0, description='share of the rate, such as "@mouth_open"')
    when_above: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="up to here ``when`` counts as 0, and rises to 1 from here on"
    )
    burst: Annotated[int, Field(ge=0, le=MAX_PARTICLES)] = Field(
        default=0, description="how many more are born at once when a trigger says burst"
    )
    max: Annotated[int, Field(ge=1, le=MAX_PARTICLES)] = Field(
        default=2000, description="how many there are at most at a time"
    )
    prewarm_s: Annotated[float, Field(ge=0, le=MAX_PREWARM_S)] = Field(
        default=0.0, description="seconds for which it has been going on already when it appears"
    )
    seed: Annotated[int, Field(ge=0, le=2**31)] = Field(default=0, description="another one, other chances")

    offset_mm: Three = Field(default=[0.0, 0.0, 0.0], description="from the anchor, along the head's axes")
    spread_mm: Three = Field(default=[0.0, 0.0, 0.0], description="radii of the region they are born in")
    direction: Three = Field(
        default=[0.0, 1.0, 0.0], description="along the head's axes; along the picture's for the frame"
    )
    cone_deg: Annotated[float, Field(ge=0, le=180)] = Field(
        default=20.0, description="how far from the direction they may go; 180 is everywhere"
    )
    edge: Edge = Field(default="top", description='for anchor = "frame": where they come in')
    depth_mm: Annotated[
        list[Annotated[float, Field(ge=50, le=10_000)]], Field(min_length=2, max_length=2)
    ] = Field(default=[300.0, 1200.0], description='for anchor = "frame": nearest and farthest')
    moves_with_head: bool = Field(default=False, description="all of them move with the head, as if worn")

    life_s: Span = Field(default=[0.8, 1.2], description="a number, or [lowest, highest]")
    speed_mm_s: Span = Field(default=[80.0, 140.0])
    size_mm: Span = Field(default=[8.0, 14.0])
    spin_deg_s: AnySpan = Field(default=0.0, description="turning in the picture, clockwise")
    tumble_deg_s: AnySpan = Field(default=0.0, description="turning over, as paper does")
    gravity_mm_s2: Finite = Field(default=0.0, description="pull down the picture; negative rises")
    drag_per_s: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.5, description="how much the air holds them"
    )
    wind_mm_s: Three = Field(default=[0.0, 0.0, 0.0], description="of the air, along the picture's axes")
    turbulence_mm_s2: Annotated[float, Field(ge=0, le=20_000)] = Field(
        default=0.0, description="how much the air pushes them about"
    )
    whirl_mm: Annotated[float, Field(ge=5, le=5_000)] = Field(default=80.0, description="size of its whirls")

    shape: ParticleShape = Field(default="dot", description="unless there is a picture")
    picture: PictureValue | None = Field(default=None, description="a picture instead of a shape")
    colours: Annotated[list[ColourValue], Field(min_length=1, max_length=MAX_STOPS)] = Field(
        default=["#ffffff"], description="what it is coloured with"
    )
    colour_by: Literal["life", "particle"] = Field(
        default="life", description="go through all colours in a life, or have one of them each"
    )
    size: NumberValue = Field(default=1.0, description="multiplies the size of all")
    size_over_life: Annotated[
        list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=MAX_STOPS)
    ] = Field(default=[1.0], description="shares of the size, gone through in a life")
    fade_in: Share = Field(default=0.1, description="share of the life in which it appears")
    fade_out: Share = Field(default=0.3, description="share of the life in which it disappears")
    occluded: bool = Field(default=True, description="whether heads and models before it hide it")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.anchor == "frame" and self.moves_with_head:
            raise TableError(Message("particles.moves-with-head"))
        if not any(self.direction):
            raise TableError(Message("particles.direction-zero"))
        for key in ("life_s", "speed_mm_s", "size_mm", "spin_deg_s", "tumble_deg_s", "depth_mm"):
            low, high = _span(getattr(self, key))
            if low > high:
                raise TableError(Message("particles.range-reversed"), key)
        if _span(self.life_s)[0] <= 0:
            raise TableError(Message("particles.life-zero"))
        if isinstance(self.rate_per_s, float | int) and not 0 <= self.rate_per_s <= MAX_RATE:
            raise TableError(Message("particles.rate", max_rate=MAX_RATE))
        return self

    def load(self, files: PackFiles) -> Layer:
        """Read the picture. Raises PackError."""
        named = self.picture is not None and not self.picture.startswith("$")
        return ParticlesLayer(
            self, files.picture(self.picture, "picture") if named and self.picture else None
        )


class ParticlesLayer:
    """What one swarm is made by."""

    isolated = True
    own_blends: frozenset[Blend] = frozenset({"normal", "add"})
    needs: frozenset[Need] = frozenset()
    shader_files: tuple[str, ...] = ()

    def __init__(self, table: ParticlesTable, picture: Texture | None) -> None:
        self.table = table
        self.picture = picture
        self.per_face = table.anchor != "frame"
        turn = math.pi / 180.0
        spin, tumbling = _span(table.spin_deg_s), _span(table.tumble_deg_s)
        self.motion = Motion(
            life_s=_span(table.life_s),
            speed_mm_s=_span(table.speed_mm_s),
            size_mm=_span(table.size_mm),
            spin=(spin[0] * turn, spin[1] * turn),
            tumbling=(tumbling[0] * turn, tumbling[1] * turn),
            pull_mm_s2=(0.0, -float(table.gravity_mm_s2), 0.0),
            wind_mm_s=(float(table.wind_mm_s[0]), float(table.wind_mm_s[1]), float(table.wind_mm_s[2])),
            drag_per_s=float(table.drag_per_s),
            turbulence_mm_s2=float(table.turbulence_mm_s2),
            whirl_mm=float(table.whirl_mm),
        )

    def start(self) -> ParticlesState:
        """Nothing is in the air yet."""
        return ParticlesState(self)


class ParticlesState:
    """One swarm: a face's, or the frame's."""

    fades_itself: Literal[True] = True

    def __init__(self, layer: ParticlesLayer) -> None:
        self._layer = layer
        self._swarm: Swarm | None = None
        self._bursts = 0
        t = layer.table
        aim = Aim(np.array(t.direction) / np.linalg.norm(t.direction), math.radians(t.cone_deg))
        self._around = Around(aim, tuple(t.offset_mm), tuple(t.spread_mm))
        depth = _span(t.depth_mm)
        self._in_view = InView(aim, t.edge, depth, 0.5 * layer.motion.size_mm[1] * max(t.size_over_life))

    def cue(self, cue: Cue) -> None:
        """Throw a burst with the next frame, or begin anew."""
        if cue == "burst":
            self._bursts += 1
        elif self._swarm is not None:
            self._swarm.clear()

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The swarm, one step later."""
        t, values, swarm = self._layer.table, context.values, self._swarm
        place, worn_matrix = self._place(context, worn)
        when = min(max(values.number(t.when), 0.0), 1.0)
        when = max(when - t.when_above, 0.0) / (1.0 - t.when_above)
        rate = min(max(values.number(t.rate_per_s), 0.0), MAX_RATE) * when
        step_s = context.step_s
        if swarm is None:
            seed = t.seed * 1_000_003 + (worn.face.id if worn else 0)
            swarm = self._swarm = Swarm(self._layer.motion, t.max, seed)
            step_s += t.prewarm_s
        swarm.step(step_s, rate, place, self._bursts * t.burst)
        self._bursts = 0
        if swarm.count == 0:
            return ()
        scale = min(max(values.number(t.size), 0.0), 100.0)
        rows = swarm.drawn(worn_matrix, back_to_front=t.blend != "add")
        rows[:, 4] *= scale
        reach = 0.5 * min(self._layer.motion.size_mm[1] * scale * max(t.size_over_life), MAX_SIZE_MM) * 1.4143
        bounds = np.stack([rows[:, :3].min(axis=0), rows[:, :3].max(axis=0)]).astype(np.float64)
        bounds += [[-reach], [reach]]
        picture = self._layer.picture
        if t.picture is not None and picture is None:
            picture = values.picture(t.picture)
        return (
            ParticlesDraw(
                rows,
                bounds,
                t.shape,
                picture,
                tuple(values.colour(c) for c in t.colours),
                t.colour_by == "life",
                tuple(t.size_over_life),
                (t.fade_in, t.fade_out),
                worn.presence if worn else 1.0,
                t.blend == "add",
                t.occluded,
            ),
        )

    def _place(
        self, context: FrameContext, worn: ActiveFace | None
    ) -> tuple[Around | InView, np.ndarray | None]:
        """Where they are born, and the frame that all of them move with."""
        t = self._layer.table
        if worn is None or t.anchor == "frame":
            self._in_view.camera = context.camera
            return self._in_view, None
        matrix = camera_from_anchor(t.anchor, worn.face, context.camera)
        if t.moves_with_head:
            return self._around, matrix
        self._around.move(matrix)
        return self._around, None


def _span(value: float | list[float]) -> tuple[float, float]:
    """A number, or two of them."""
    if isinstance(value, list):
        return float(value[0]), float(value[1])
    return float(value), float(value)
