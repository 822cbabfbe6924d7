"""A pack's own fragment shader. One that does not compile is told once and left out from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ar_effects.errors import PackError
from ar_effects.render.cache import IdentityCache

if TYPE_CHECKING:
    from ar_effects.drawlist.glsl import GlslDraw, GlslSource
    from ar_effects.render.canvas import Canvas


class _Compiled:
    """A program, or None where the driver refused it."""

    def __init__(self, canvas: Canvas, program: Any) -> None:
        self.program = program
        self._canvas = canvas

    def release(self) -> None:
        if self.program is not None:
            self._canvas.forget(self.program)
            self.program.release()
            self.program = None


class GlslPass:
    """Draws ``GlslDraw``."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._compiled = IdentityCache["GlslSource", _Compiled](self._compile)

    def draw(self, canvas: Canvas, draw: GlslDraw) -> None:
        """Run it on the whole picture."""
        program = self._compiled.get(draw.source).program
        if program is None:
            return
        for name, value in (("time_s", canvas.time_s), *draw.values):
            if name in program:  # the driver drops what is not used
                program[name].value = value
        under = canvas.snapshot()
        canvas.fill(program, under=under)
        canvas.targets.give_back(under)

    def next_frame(self) -> None:
        """Free what was not used for a while."""
        self._compiled.next_frame()

    def release(self) -> None:
        """Free everything."""
        self._compiled.release()

    def _compile(self, source: GlslSource) -> _Compiled:
        declared = "".join(f"uniform {kind} {name};\n" for name, kind in source.uniforms)
        try:
            program = self._canvas.programs.foreign(
                "picture.vert.glsl", "foreign.glsl", source.text, source.name, declared
            )
        except PackError as error:
            self._canvas.warnings.append(error.one_line())
            program = None
        return _Compiled(self._canvas, program)
