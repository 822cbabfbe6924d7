"""Groups: draws laid over the picture together, with an opacity and a blend mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.render.screen_rectangle import Rectangle

if TYPE_CHECKING:
    from ar_effects.drawlist import Group
    from ar_effects.render.canvas import Canvas
    from ar_effects.render.targets import Picture

GROUP_UNIT, MATTE_UNIT = 1, 2
INVISIBLE = 0.5 / 255.0


class GroupPass:
    """Draws a group on a picture of its own and lays that over the current one."""

    def __init__(self, canvas: Canvas) -> None:
        self._programs = canvas.programs

    def draw(self, canvas: Canvas, draw: Group) -> None:
        """A group nobody could see is not drawn at all."""
        if draw.opacity < INVISIBLE or ((draw.behind or draw.on_people) and not canvas.matte.ready):
            return
        reach = self.reach(canvas, draw)
        if reach is None:
            return
        targets = canvas.targets
        outer, kept_alpha, inner = targets.current, targets.keep_alpha, targets.borrow()
        try:
            if draw.isolated:
                targets.clear(inner, reach)
            else:
                targets.copy(outer, inner, reach)
            targets.current, targets.keep_alpha = inner, draw.isolated
            try:
                canvas.draw(draw.draws)
            finally:  # a draw may have put another in its place, and given this one back, before it failed
                inner = targets.current
                targets.current, targets.keep_alpha = outer, kept_alpha
            self._lay_over(canvas, draw, inner, reach)
        finally:
            targets.give_back(inner)

    def reach(self, canvas: Canvas, draw: Group) -> Rectangle | None:
        """The pixels that its draws can change; all of them where a copy of the picture meets the picture."""
        everywhere = not draw.isolated and draw.blend != "normal"
        return Rectangle(0, 0, *canvas.size) if everywhere else canvas.reach(draw.draws)

    def next_frame(self) -> None:
        """Nothing is kept."""

    def release(self) -> None:
        """The programs are the renderer's."""

    def _lay_over(self, canvas: Canvas, draw: Group, inner: Picture, reach: Rectangle) -> None:
        defines = {f"BLEND_{draw.blend.upper()}"} | ({"ISOLATED"} if draw.isolated else set())
        defines |= {"BEHIND"} if draw.behind else {"ON_PEOPLE"} if draw.on_people else set()
        program: Any = self._programs.get("picture.vert.glsl", "group.frag.glsl", frozenset(defines))
        if draw.behind or draw.on_people:
            program["matte"].value = MATTE_UNIT
            canvas.matte.texture.use(MATTE_UNIT)
        program["group"].value = GROUP_UNIT
        program["opacity"].value = min(draw.opacity, 1.0)
        inner.texture.use(GROUP_UNIT)
        if draw.blend == "normal":  # the graphics card's own blending, which needs no copy of the picture
            canvas.ctx.enable(moderngl.BLEND)
            canvas.ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
            canvas.fill(program, reach)
            canvas.ctx.disable(moderngl.BLEND)
            return
        under = canvas.snapshot(reach)
        try:
            canvas.fill(program, reach, under=under)
        finally:
            canvas.targets.give_back(under)
