"""The cut around the frame's people on the graphics card, made once a frame from the untouched picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.drawlist.matte import BEHIND, EDGE, PERSON, TILES, Matte
from ar_effects.render.drawing import draw_array
from ar_effects.render.render_context import Component
from ar_effects.render.stream_buffer import StreamBuffer

if TYPE_CHECKING:
    from ar_effects.render.render_context import RenderContext
    from ar_effects.render.targets import Picture

COEFFICIENTS_UNIT = 1


class FrameMatte(Component):
    """How much of each pixel is person, as a texture, and the tiles that hold something of a kind.

    Tiles without an edge cost nothing but their fill: on software OpenGL most of the picture.

    Attributes:
        ready: whether this frame has a matte; ``texture`` and the tiles are another frame's otherwise.
    """

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self.ready = False
        self._texture: Any = None
        self._fbo: Any = None
        self._coefficients: Any = None
        self._boxes: dict[int, StreamBuffer] = {}
        self._counts: dict[int, int] = {}
        self._vaos: dict[tuple[int, int], Any] = {}

    @property
    def texture(self) -> Any:
        """Of the picture's size, one channel: 1 person, 0 none."""
        return self._texture

    def begin(self, matte: Matte | None, picture: Picture) -> None:
        """A frame begins: make its texture from the picture as it came."""
        self.ready = matte is not None
        if matte is None:
            return
        self._make_room(picture.texture.size, matte)
        self._coefficients.write(np.ascontiguousarray(matte.coefficients, np.float32))
        for kind, boxes in matte.boxes.items():
            self._counts[kind] = len(boxes)
            if len(boxes):
                self._boxes[kind].write(boxes)
        programs = self.context.programs
        edge: Any = programs.get("tiles.vert.glsl", "matte.frag.glsl")
        edge["picture"].value, edge["coefficients"].value = 0, COEFFICIENTS_UNIT
        picture.texture.use(0)
        self._coefficients.use(COEFFICIENTS_UNIT)
        self._fbo.use()
        self._fbo.clear()
        self.draw_tiles(edge, EDGE)
        self.draw_tiles(programs.get("tiles.vert.glsl", "matte.frag.glsl", frozenset({"PERSON"})), PERSON)

    def has(self, *types: int) -> bool:
        """Whether the frame has tiles of any of these kinds."""
        return any(self._counts.get(kind, 0) for kind in types)

    def draw_tiles(self, program: Any, kind: int) -> None:
        """Run a program, made from ``tiles.vert.glsl``, on the pixels of the tiles of a kind."""
        count = self._counts.get(kind, 0)
        if not count:
            return
        program["tiles"].value = float(TILES)
        key = (id(program), kind)
        vao = self._vaos.get(key)
        if vao is None:
            layout = (self._boxes[kind].buffer, "4f/i", "in_box")
            vao = self._vaos[key] = self.context.ctx.vertex_array(program, [layout])
        draw_array(vao, moderngl.TRIANGLE_STRIP, vertices=4, instances=count)

    def release(self) -> None:
        """Free everything."""
        things = (*self._vaos.values(), *self._boxes.values(), self._fbo, self._texture, self._coefficients)
        for thing in things:
            if thing is not None:
                thing.release()
        self._vaos.clear()
        self._boxes.clear()
        self._fbo = self._texture = self._coefficients = None
        self.ready = False
        super().release()

    def _make_room(self, size: tuple[int, int], matte: Matte) -> None:
        ctx = self.context.ctx
        if not self._boxes:
            for kind in (BEHIND, EDGE, PERSON):
                self._boxes[kind] = StreamBuffer(ctx, TILES * TILES * 16)
        if self._texture is None or self._texture.size != size:
            for thing in (self._fbo, self._texture):
                if thing is not None:
                    thing.release()
            self._texture = ctx.texture(size, 1)
            self._texture.repeat_x = self._texture.repeat_y = False
            self._fbo = ctx.framebuffer([self._texture])
        height, width = matte.coefficients.shape[:2]
        if self._coefficients is None or self._coefficients.size != (width, height):
            if self._coefficients is not None:
                self._coefficients.release()
            self._coefficients = ctx.texture((width, height), 4, dtype="f4")
            self._coefficients.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._coefficients.repeat_x = self._coefficients.repeat_y = False
