"""Draws draw lists: each draw by the pass that is registered for its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ar_effects.errors import RenderError
from ar_effects.messages import Message
from ar_effects.render.passes import PASSES, pass_of
from ar_effects.render.render_context import RenderContext
from ar_effects.render.screen_rectangle import union

if TYPE_CHECKING:
    from collections.abc import Iterable

    import moderngl

    from ar_effects.drawlist import Draw
    from ar_effects.render.environment import Environment
    from ar_effects.render.passes.base import Pass
    from ar_effects.render.programs import Programs
    from ar_effects.render.screen_rectangle import Rectangle
    from ar_effects.render.targets import Targets


class Compositor:
    """Makes a pass when the first draw of its kind comes: what is not shown costs nothing.

    Attributes:
        context: what passes draw with.
    """

    def __init__(
        self, ctx: moderngl.Context, programs: Programs, targets: Targets, environment: Environment
    ) -> None:
        self.context = RenderContext(ctx, programs, targets, environment, painter=self)
        self._passes: dict[type[Any], Pass[Any]] = {}

    def draw(self, draws: Iterable[Draw]) -> None:
        """Draw one after the other upon the current picture.

        Raises:
            RenderError: no pass is registered for a draw, or the driver refuses a program.
        """
        for draw in draws:
            self._pass(draw).draw(draw)

    def area(self, draws: Iterable[Draw]) -> Rectangle | None:
        """The pixels that draws can change, and that they read of the current picture; None if none.

        Raises:
            RenderError: as ``draw``.
        """
        areas = [self._pass(draw).area(draw) for draw in draws]
        found = [area for area in areas if area is not None]
        return union(found) if found else None

    def next_frame(self) -> None:
        """A frame is finished: free what was not used for a while."""
        for one in self._passes.values():
            one.next_frame()
        self.context.next_frame()

    def release(self) -> None:
        """Free everything but targets and programs."""
        self.context.ctx.screen.use()  # moderngl binds again what was bound last: not a freed one
        for one in self._passes.values():
            one.release()
        self._passes.clear()
        self.context.release()

    def _pass(self, draw: Draw) -> Pass[Any]:
        kind = type(draw)
        found = self._passes.get(kind)
        if found is None:
            pass_class = pass_of(kind)
            if pass_class is None:
                raise RenderError(
                    Message(
                        "render.no-pass",
                        draw=kind.__name__,
                        known=", ".join(sorted(known.__name__ for known in PASSES)),
                    )
                )
            found = pass_class(self.context)
            try:
                found.prepare()
            except BaseException:
                found.release()
                raise
            self._passes[kind] = found
        return found
