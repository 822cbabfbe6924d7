"""GLSL programs from the files in ``shaders/``, with the driver's complaints mapped to file and line."""

from __future__ import annotations

import re
from pathlib import Path

import moderngl

from ar_effects.errors import AssetError, PackError, RenderError
from ar_effects.messages import Message, sentence

SHADERS = Path(__file__).parent / "shaders"

# pyglet counts its own blocks (the window's projection, needed by its text) from 0 up.
FRAME_BLOCK, DRAW_BLOCK, MATERIAL_BLOCK, JOINT_BLOCK = 8, 9, 10, 11
_BLOCKS = {"Frame": FRAME_BLOCK, "Draw": DRAW_BLOCK, "Material": MATERIAL_BLOCK, "Joints": JOINT_BLOCK}

# Mesa, Intel, Apple: "0:12(3): error: ..." or "ERROR: 0:12: ..."; NVIDIA: "0(12) : error C1503: ..."
_LINE = re.compile(r"\b(\d+)(?::(\d+)|\((\d+)\))")
FILE_LINES = 100_000
"""Every file's lines are numbered from its own multiple of this on: Mesa forgets the file of a #line mark."""

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

    def user_shader(
        self, vertex: str, head: str, text: str, name: str, declared: str = ""
    ) -> moderngl.Program:
        """A program with a fragment shader that is not ours; not kept, the caller frees it.

        Args:
            vertex: a file of the shader folder.
            head: one that stands before the text, and what it includes.
            text: the fragment shader without a version.
            declared: lines of ours before the text.
            name: of the file it comes from, for messages.

        Raises:
            PackError: the driver refused it; names the file and its line.
        """
        vertex_text, _ = self._source(vertex, frozenset())
        head_text, files = self._source(head, frozenset())
        fragment_text = f"{head_text}{declared}{_line_mark(1, len(files))}\n{text}\n"
        files = [*files, name]
        try:
            return self._ctx.program(vertex_shader=vertex_text, fragment_shader=fragment_text)
        except moderngl.Error as error:
            file, line, complaint = _complaint(str(error), [], files)
            refused = "shader.line-does-not-compile" if line else "shader.does-not-compile"
            raise PackError(Message(refused), file=Path(file or name), line=line, got=complaint) from error

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
        lines = [_line_mark(1, place)]
        for i, line in enumerate(self._read(name).splitlines()):
            match = _INCLUDE.match(line)
            if not match:
                lines.append(line)
                continue
            if match[1] not in files:  # once is enough
                lines.append(self._with_includes(match[1], files))
            lines.append(_line_mark(i + 2, place))
        return "\n".join(lines) + "\n"

    def _read(self, name: str) -> str:
        path = self._folder / name
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AssetError(Message("asset.shader-unreadable", path=path), got=str(error)) from error


def _explained(log: str, vertex: list[str], fragment: list[str]) -> RenderError:
    """The compiler's log -> RenderError naming file and line, as far as the log tells.

    Args:
        log: the driver's.
        vertex: the files in the vertex shader, in the order of their numbers.
        fragment: those in the fragment shader.
    """
    file, line, complaint = _complaint(log, vertex, fragment)
    where = sentence("shader.place", file=file, line=line) if line else file
    return RenderError(
        Message("render.shader-refused", shader=where or f"{vertex[0]} with {fragment[0]}"), got=complaint
    )


def _complaint(log: str, vertex: list[str], fragment: list[str]) -> tuple[str, int, str]:
    """File, line and the driver's words about it; empty and 0 where the log does not tell the place."""
    lines = [line.strip() for line in log.splitlines() if line.strip() and set(line.strip()) != {"="}]
    files = vertex if "vertex_shader" in lines else fragment if "fragment_shader" in lines else []
    complaint = next((line for line in lines if "error" in line.lower() and _LINE.search(line)), "")
    match = _LINE.search(complaint)
    if not (files and match):
        return files[0] if files else "", 0, complaint or " ".join(lines)
    number = match[2] or match[3]
    place = min(int(number) // FILE_LINES, len(files) - 1)
    line = int(number) - place * FILE_LINES
    return files[place], line, complaint.replace(number, str(line), 1)


def _line_mark(line: int, place: int) -> str:
    """What tells the driver that the next line is this one of the file at this place."""
    return f"#line {place * FILE_LINES + line}"
