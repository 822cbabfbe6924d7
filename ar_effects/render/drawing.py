"""Runs a program over a vertex array without holding Python's lock.

A software driver draws what came before only when it must, inside of the next draw call, and moderngl holds
Python's lock all that time: what decodes, tracks and encodes beside it then stands still. Functions that are
called through ctypes, as pyglet's are, let the lock go.
"""

from __future__ import annotations

from typing import Any


def draw_array(
    array: Any, mode: int | None = None, vertices: int = -1, first: int = 0, instances: int = 1
) -> None:
    """As ``VertexArray.render``.

    Args:
        array: a moderngl.VertexArray without a scope of its own.
        mode: moderngl's, such as moderngl.TRIANGLES, which are OpenGL's; None for the array's own.
        vertices: how many; -1 for all.
        first: the vertex, or index, to begin with.
        instances: how often.
    """
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    mode = array.mode if mode is None else mode
    count = array.vertices if vertices < 0 else vertices
    gl.glUseProgram(array.program.glo)
    gl.glBindVertexArray(array.glo)
    if array.index_buffer is None:
        gl.glDrawArraysInstanced(mode, first, count, instances)
        return
    size = array.index_element_size
    kind = {1: gl.GL_UNSIGNED_BYTE, 2: gl.GL_UNSIGNED_SHORT, 4: gl.GL_UNSIGNED_INT}[size]
    gl.glDrawElementsInstanced(mode, count, kind, first * size, instances)
