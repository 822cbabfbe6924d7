"""Draws without vertices: the whole of a picture, or squares that the vertex shader places by itself."""

from __future__ import annotations

from typing import Any

import moderngl

from ar_effects.render.drawing import draw_array


class FullScreenDraws:
    """Runs programs that take no attributes; each has one vertex array, made once.

    One triangle twice as large as the picture covers it: two would have a seam of pixels shaded twice.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._arrays: dict[int, Any] = {}  # by the id() of programs, which their arrays hold

    def draw(self, program: Any, framebuffer: Any = None) -> None:
        """Run a program, made from ``picture.vert.glsl``, on every pixel.

        Args:
            program: with its uniforms and textures.
            framebuffer: what to draw on; None for what is in use.
        """
        if framebuffer is not None:
            framebuffer.use()
        draw_array(self.array(program), moderngl.TRIANGLES, vertices=3)

    def draw_squares(self, program: Any, count: int) -> None:
        """Run a program on so many squares, instances of a strip of four vertices that it places itself."""
        draw_array(self.array(program), moderngl.TRIANGLE_STRIP, vertices=4, instances=count)

    def array(self, program: Any) -> Any:
        """A program's vertex array."""
        found = self._arrays.get(id(program))
        if found is None:
            found = self._arrays[id(program)] = self._ctx.vertex_array(program, [])
        return found

    def forget(self, program: Any) -> None:
        """A program is going to be freed: free its array."""
        found = self._arrays.pop(id(program), None)
        if found is not None:
            found.release()

    def release(self) -> None:
        """Free the arrays; the programs are others'."""
        for array in self._arrays.values():
            array.release()
        self._arrays.clear()
