"""Another background behind the people of the frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.drawlist.matte import BEHIND, EDGE
from ar_effects.drawlist.segmentation import BackgroundDraw
from ar_effects.render.mattes import FrameMatte
from ar_effects.render.passes.base import Pass
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB
from ar_effects.render.textures import StreamTexture, flat_sampler

if TYPE_CHECKING:
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.render_context import RenderContext

NEAR = 1.0 / 60.0
"""Standard deviation of the colours around a pixel that its own are found from, as a share of the height."""

FINEST = 1.0
"""Blurs of a smaller standard deviation, in small pixels, fade into no blur: the small picture knows none."""

WIDEST = 5.0
"""Standard deviation in small pixels above which a smaller picture will do."""

LEVEL, LEVEL_HEIGHT = 8, 1080
"""The small picture is an eighth of the frame's width and height, and less from this height on."""

MOST_TAPS = 12
COUNTS = (4, 8, MOST_TAPS)
"""Software is slow in loops whose length it does not know, so there is a program for each of these numbers of
taps, those that are needed made before the first frame; taps that are too many weigh nothing."""

_UNITS = {"picture": 0, "matte": 1, "near_behind": 2, "near_person": 3, "backdrop": 4, "blurred": 4}


class BackgroundPass(Pass[BackgroundDraw]):
    """Blurs small pictures of people and of what is behind them, and draws the matte's tiles with these."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._matte = context.shared(FrameMatte)
        self._sampler = self.own(flat_sampler(context.ctx))
        self._size: tuple[int, int] | None = None
        self._room: list[Any] = []
        self._fbos: dict[str, Any] = {}
        self._textures: dict[str, Any] = {}
        self._streams: IdentityCache[object, StreamTexture] = self.own(
            context.cache(lambda _: StreamTexture(context.ctx, (moderngl.LINEAR, moderngl.LINEAR)))
        )

    def prepare(self) -> None:
        """Make the programs that any background may need."""
        # NEAR needs the fewest taps, and blurs up to WIDEST no more than the next number
        self._blurring(COUNTS[0], both=True)
        for count in COUNTS[:2]:
            self._blurring(count, both=False)

    def draw(self, draw: BackgroundDraw) -> None:
        """Nothing is drawn without a matte, where all is person, or by a blur of nothing."""
        context, matte = self.context, self._matte
        blurs = draw.picture is None and draw.colour is None
        if not matte.ready or not matte.has(BEHIND, EDGE) or (blurs and draw.blur <= 0.0):
            return
        width, height = context.size
        blur_px = draw.blur * height if blurs else 0.0
        level = LEVEL
        while height > LEVEL_HEIGHT * level / LEVEL or blur_px / level > WIDEST:
            level *= 2
        self._make_room((math.ceil(width / level), math.ceil(height / level)))
        with context.snapshot() as under:
            under.use(_UNITS["picture"])
            matte.texture.use(_UNITS["matte"])
            self._shrink(context.size, level)
            self._blur(
                ("behind", "person"),
                ("between", "between_person"),
                ("near", "near_person"),
                NEAR * height / level,
            )
            if blurs:
                self._blur(("behind",), ("between",), ("blurred",), blur_px / level)
            self._compose(draw, under, blur_px / level)

    def release(self) -> None:
        """Free everything."""
        self._free_room()
        super().release()

    def _shrink(self, size: tuple[int, int], level: int) -> None:
        program: Any = self.context.programs.get(
            "picture.vert.glsl", "background_shrink.frag.glsl", frozenset({f"LEVEL {level}.0"})
        )
        program["picture"].value, program["matte"].value = _UNITS["picture"], _UNITS["matte"]
        program["size"].value = tuple(map(float, size))
        self._fill(program, "behind+person")

    def _blur(
        self, source: tuple[str, ...], between: tuple[str, ...], target: tuple[str, ...], sigma: float
    ) -> None:
        """A Gaussian of a standard deviation in small pixels, over one small picture or two at once."""
        assert self._size is not None
        taps = gaussian_taps(sigma)
        taps += [(0.0, 0.0)] * (next(count for count in COUNTS if count >= len(taps)) - len(taps))
        program = self._blurring(len(taps), both=len(source) == 2)
        program["taps"].value = taps
        for names, goal, step in (
            (source, between, (1.0 / self._size[0], 0.0)),
            (between, target, (0.0, 1.0 / self._size[1])),
        ):
            for unit, (sampler, name) in enumerate(zip(("first", "second"), names, strict=False)):
                self._textures[name].use(unit + 2)
                program[sampler].value = unit + 2
            program["step_uv"].value = step
            self._fill(program, "+".join(goal))

    def _blurring(self, count: int, *, both: bool) -> Any:
        defines = frozenset({f"COUNT {count}", *(("BOTH",) if both else ())})
        return self.context.programs.get("picture.vert.glsl", "background_blur.frag.glsl", defines)

    def _compose(self, draw: BackgroundDraw, under: moderngl.Texture, sigma: float) -> None:
        context, matte = self.context, self._matte
        kind = "PICTURE" if draw.picture is not None else "COLOUR" if draw.colour is not None else "BLUR"
        textures = {
            "picture": under,
            "matte": matte.texture,
            "near_behind": self._textures["near"],
            "near_person": self._textures["near_person"],
        }
        values: dict[str, Any] = {"cleaning": min(max(draw.cleaning, 0.0), 1.0), "keep": 0.0}
        if draw.picture is not None:
            textures["backdrop"] = self._backdrop(draw)
            wide = context.size[0] / context.size[1] * draw.picture.shape[0] / draw.picture.shape[1]
            values["fit"] = (min(wide, 1.0), min(1.0 / wide, 1.0))
        elif draw.colour is not None:
            values["colour"] = draw.colour
        else:
            textures["blurred"] = self._textures["blurred"]
            values["keep"] = max(1.0 - sigma / FINEST, 0.0)
        more = {"STREAM"} if draw.stream is not None else set()
        shows_through = draw.stream is not None or ("backdrop" in textures and not textures["backdrop"].extra)
        if values["keep"] > 0.0 or shows_through:
            more.add("KEEP")
        context.targets.draw_to_current()
        context.ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        if draw.picture is not None and draw.stream is None:
            self._sampler.use(_UNITS["backdrop"])
        for tile, defines in ((BEHIND, {kind, "BEHIND"} | more), (EDGE, {kind} | more)):
            program: Any = context.programs.get("tiles.vert.glsl", "background.frag.glsl", frozenset(defines))
            for name, texture in textures.items():
                if name in program:
                    texture.use(_UNITS[name])
                    program[name].value = _UNITS[name]
            for name, value in values.items():
                if name in program:
                    program[name].value = value
            matte.draw_tiles(program, tile)
        self._sampler.clear(_UNITS["backdrop"])
        context.ctx.disable_direct(GL_FRAMEBUFFER_SRGB)

    def _backdrop(self, draw: BackgroundDraw) -> moderngl.Texture:
        assert draw.picture is not None
        if draw.stream is None:
            return self.context.texture(draw.picture)
        return self._streams.get(draw.stream).shown(draw.picture, draw.version)

    def _fill(self, program: Any, target: str) -> None:
        self.context.full_screen.draw(program, self._fbos[target])

    def _make_room(self, size: tuple[int, int]) -> None:
        if size == self._size:
            return
        self._free_room()
        self._size = size
        for name in ("behind", "person", "between", "between_person", "near", "near_person", "blurred"):
            texture = self.context.ctx.texture(size, 4, dtype="f4")
            texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            self._room.append(texture)
            self._textures[name] = texture
        for target in (
            "behind+person",
            "between+between_person",
            "near+near_person",
            "between",
            "blurred",
        ):
            fbo = self.context.ctx.framebuffer([self._textures[name] for name in target.split("+")])
            self._room.append(fbo)
            self._fbos[target] = fbo

    def _free_room(self) -> None:
        for thing in reversed(self._room):
            thing.release()
        self._room.clear()
        self._fbos.clear()
        self._textures.clear()
        self._size = None


def gaussian_taps(sigma: float) -> list[tuple[float, float]]:
    """(distance, weight) of the middle and of pairs to both sides, each between two pixels at once.

    A sampler between two pixels gives their mean in any ratio: half the reads. At most ``MOST_TAPS``; the
    weights, those of both sides counted, add up to 1.
    """
    reach = min(max(math.ceil(2.5 * sigma), 1), 2 * (MOST_TAPS - 1))
    weights = [math.exp(-0.5 * (i / max(sigma, 1e-3)) ** 2) for i in range(reach + 2)]
    weights[reach + 1] = 0.0
    taps = [(0.0, weights[0])]
    for i in range(1, reach + 1, 2):
        pair = weights[i] + weights[i + 1]
        taps.append((i + weights[i + 1] / pair if pair > 0.0 else float(i), pair))
    total = weights[0] + 2.0 * sum(w for _, w in taps[1:])
    return [(away, weight / total) for away, weight in taps]
