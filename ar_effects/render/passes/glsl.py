"""A pack's own fragment shader. One that does not compile is told once and left out from then on.

So is one that takes too long, where there is a limit: a stranger's shader must not make the window unusable.
It is waited for in its first frames and in some later ones only, as waiting costs, too. A shader that never
ends is the driver's affair: nobody else can stop it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ar_effects.drawlist.glsl import GlslDraw
from ar_effects.errors import PackError
from ar_effects.messages import sentence
from ar_effects.render.passes.base import Pass

if TYPE_CHECKING:
    from ar_effects.drawlist.glsl import GlslSource
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.full_screen import FullScreenDraws
    from ar_effects.render.render_context import RenderContext

WARM, FIRST, EVERY = 1, 4, 60
"""It is timed from the frame after the first one, which compiles it, up to the fourth, and then so often."""

SLOW = 3
"""So many times in a row, and it is left out."""


class _Compiled:
    """A program, or None where the driver refused it, or it took too long."""

    def __init__(self, program: Any, full_screen: FullScreenDraws) -> None:
        self.program = program
        self._full_screen = full_screen
        self._frames = self._slow = 0

    def is_timed(self) -> bool:
        """Whether to time it in this frame."""
        self._frames += 1
        here = self._frames - 1
        return self._slow > 0 or WARM <= here < FIRST or here % EVERY == EVERY - 1

    def is_slow(self, seconds: float, limit_s: float) -> bool:
        """Whether it took too long, time and again."""
        self._slow = self._slow + 1 if seconds > limit_s else 0
        return self._slow >= SLOW

    def release(self) -> None:
        if self.program is not None:
            self._full_screen.forget(self.program)
            self.program.release()
            self.program = None


class GlslPass(Pass[GlslDraw]):
    """Runs a shader on the whole picture, reading a copy of it."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._compiled: IdentityCache[GlslSource, _Compiled] = self.own(context.cache(self._compile))

    def draw(self, draw: GlslDraw) -> None:
        """Run it on the whole picture."""
        context = self.context
        compiled = self._compiled.get(draw.source)
        program = compiled.program
        if program is None:
            return
        limit = context.shader_limit if compiled.is_timed() else None
        start_s = 0.0
        if limit is not None:
            context.ctx.finish()
            start_s = limit.clock()
        for name, value in (("time_s", context.time_s), *draw.values):
            if name in program:  # the driver drops what is not used
                program[name].value = value
        with context.snapshot() as under:
            context.fill(program, under=under)
        if limit is not None:
            context.ctx.finish()
            seconds = limit.clock() - start_s
            if compiled.is_slow(seconds, limit.seconds):
                compiled.release()
                context.warnings.append(
                    sentence("shader.too-slow", shader=draw.source.name, milliseconds=seconds * 1000.0)
                )

    def _compile(self, source: GlslSource) -> _Compiled:
        declared = "".join(f"uniform {kind} {name};\n" for name, kind in source.uniforms)
        try:
            program = self.context.programs.user_shader(
                "picture.vert.glsl", "user_shader.glsl", source.text, source.name, declared
            )
        except PackError as error:
            self.context.warnings.append(error.one_line())
            program = None
        return _Compiled(program, self.context.full_screen)
