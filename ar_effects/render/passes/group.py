"""Groups: draws laid over the picture together, with an opacity and a blend mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.drawlist import Group
from ar_effects.render.mattes import FrameMatte
from ar_effects.render.passes.base import Pass

if TYPE_CHECKING:
    from ar_effects.render.screen_rectangle import Rectangle
    from ar_effects.render.targets import Picture

GROUP_UNIT, MATTE_UNIT = 1, 2
INVISIBLE = 0.5 / 255.0


class GroupPass(Pass[Group]):
    """Draws a group on a picture of its own and lays that over the current one."""

    def prepare(self) -> None:
        """Have the frame's matte at hand."""
        self._matte = self.context.shared(FrameMatte)

    def draw(self, draw: Group) -> None:
        """A group nobody could see is not drawn at all."""
        if draw.opacity < INVISIBLE or ((draw.behind or draw.on_people) and not self._matte.ready):
            return
        area = self.area(draw)
        if area is None:
            return
        targets = self.context.targets
        outer, kept_alpha, inner = targets.current, targets.keep_alpha, targets.borrow()
        try:
            if draw.isolated:
                targets.clear(inner, area)
            else:
                targets.copy(outer, inner, area)
            targets.current, targets.keep_alpha = inner, draw.isolated
            try:
                self.context.painter.draw(draw.draws)
            finally:  # a draw may have put another in its place, and given this one back, before it failed
                inner = targets.current
                targets.current, targets.keep_alpha = outer, kept_alpha
            self._lay_over(draw, inner, area)
        finally:
            targets.give_back(inner)

    def area(self, draw: Group) -> Rectangle | None:
        """The pixels that its draws can change; all of them where a copy of the picture meets the picture."""
        everywhere = not draw.isolated and draw.blend != "normal"
        return super().area(draw) if everywhere else self.context.painter.area(draw.draws)

    def _lay_over(self, draw: Group, inner: Picture, area: Rectangle) -> None:
        context, ctx = self.context, self.context.ctx
        defines = {f"BLEND_{draw.blend.upper()}"} | ({"ISOLATED"} if draw.isolated else set())
        defines |= {"BEHIND"} if draw.behind else {"ON_PEOPLE"} if draw.on_people else set()
        program: Any = context.programs.get("picture.vert.glsl", "group.frag.glsl", frozenset(defines))
        if draw.behind or draw.on_people:
            program["matte"].value = MATTE_UNIT
            self._matte.texture.use(MATTE_UNIT)
        program["group"].value = GROUP_UNIT
        program["opacity"].value = min(draw.opacity, 1.0)
        inner.texture.use(GROUP_UNIT)
        if draw.blend == "normal":  # the graphics card's own blending, which needs no copy of the picture
            ctx.enable(moderngl.BLEND)
            ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
            context.fill(program, area)
            ctx.disable(moderngl.BLEND)
            return
        with context.snapshot(area) as under:
            context.fill(program, area, under=under)
