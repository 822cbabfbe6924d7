"""GLSL programs from the files in ``shaders/``, with the driver's complaints mapped to file and line."""

from __future__ import annotations

import re
from pathlib import Path

import moderngl

from ar_effects.errors import AssetError, RenderError

SHADERS = Path(__file__).parent / "shaders"

# pyglet counts its own blocks (the window's projection, needed by its text) from 0 up.
FRAME_BLOCK, DRAW_BLOCK, MATERIAL_BLOCK, JOINT_BLOCK = 8, 9, 10, 11
_BLOCKS = {"Frame": FRAME_BLOCK, "Draw": DRAW_BLOCK, "Material": MATERIAL_BLOCK, "Joints": JOINT_BLOCK}

# Mesa, Intel, Apple: "0:12(3): error: ..." or "ERROR: 0:12: ..."; NVIDIA: "0(12) : error C1503: ..."
_LINE = re.compile(r"\b(\d+)(?::(\d+)|\((\d+)\))")
_INCLUDE = re.compile(r'^#include "([\w.]+)"\s*$')


class Programs:
    """Compiles programs on first use and keeps them until ``release``."""

    def __init__(self, ctx: moderngl.Context, folder: Path = SHADERS) -> None:
        self._ctx = ctx
        self._folder = folder
        self._programs: dict[tuple[str, str, frozenset[str]], moderngl.Program] = {}

    def get(self, vertex: str, fragment: str, defines: frozenset[str] = frozenset()) -> moderngl.Program:
        """The program of two files of the shader folder, each behind ``#define``s of ``defines``.

        Uniform blocks and samplers keep fixed places: blocks by ``FRAME_BLOCK`` and its kin,
        samplers by their order in ``meshes.TEXTURE_UNITS`` where their user binds them.

        Raises:
            AssetError: a file is missing.
            RenderError: the driver refused it; names file and line.
        """
        key = (vertex, fragment, defines)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = self._compile(vertex, fragment, defines)
        return program

    def release(self) -> None:
        """Free all programs."""
        for program in self._programs.values():
            program.release()
        self._programs.clear()

    def _compile(self, vertex: str, fragment: str, defines: frozenset[str]) -> moderngl.Program:
        vertex_text, vertex_files = self._source(vertex, defines)
        fragment_text, fragment_files = self._source(fragment, defines)
        try:
            program = self._ctx.program(vertex_shader=vertex_text, fragment_shader=fragment_text)
        except moderngl.Error as error:
            raise _explained(str(error), vertex_files, fragment_files) from error
        for name, binding in _BLOCKS.items():
            block = program.get(name, None)
            if isinstance(block, moderngl.UniformBlock):
                block.binding = binding
        return program

    def _source(self, name: str, defines: frozenset[str]) -> tuple[str, list[str]]:
        """The text the driver gets, and the files in it: its line marks name them by their place there."""
        files: list[str] = []
        body = self._with_includes(name, files)
        head = "".join(f"#define {name}\n" for name in sorted(defines))
        return f"#version 330 core\n{head}{body}", files

    def _with_includes(self, name: str, files: list[str]) -> str:
        place = len(files)
        files.append(name)
        lines = [f"#line 1 {place}"]
        for i, line in enumerate(self._read(name).splitlines()):
            match = _INCLUDE.match(line)
            if not match:
                lines.append(line)
                continue
            if match[1] not in files:  # once is enough
                lines.append(self._with_includes(match[1], files))
            lines.append(f"#line {i + 2} {place}")
        return "\n".join(lines) + "\n"

    def _read(self, name: str) -> str:
        path = self._folder / name
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AssetError(
                f"The shader {path} cannot be read", got=str(error), fix="Install the program again"
            ) from error


def _explained(log: str, vertex: list[str], fragment: list[str]) -> RenderError:
    """The compiler's log -> RenderError naming file and line, as far as the log tells.

    Args:
        log: the driver's.
        vertex: the files in the vertex shader, in the order of their numbers.
        fragment: those in the fragment shader.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip() and set(line.strip()) != {"="}]
    files = vertex if "vertex_shader" in lines else fragment if "fragment_shader" in lines else []
    where = f"{vertex[0]} with {fragment[0]}"
    complaint = next((line for line in lines if "error" in line.lower() and _LINE.search(line)), "")
    match = _LINE.search(complaint)
    if files and match and int(match[1]) < len(files):
        where = f"{files[int(match[1])]}, line {match[2] or match[3]}"
    elif files:
        where = files[0]
    return RenderError(
        f"The graphics driver cannot compile the shader {where}",
        got=complaint or " ".join(lines),
        fix="Update the graphics driver; if it is up to date, report this message",
    )
