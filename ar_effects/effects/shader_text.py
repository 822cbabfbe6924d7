"""A pack's own fragment shader as text: what may stand in it, judged before a driver sees it."""

from __future__ import annotations

import re
from pathlib import Path

from ar_effects.errors import PackError
from ar_effects.messages import Message

MAX_BYTES = 64 << 10
DIRECTIVES = ("define", "undef", "if", "ifdef", "ifndef", "else", "elif", "endif", "error")
GIVEN = ("picture", "size", "time_s", "place", "result", "srgb_from_linear", "linear_from_srgb", "main")

TAKEN = frozenset(
    """active asm attribute bool break bvec2 bvec3 bvec4 case cast centroid class common const continue
    default discard do double else enum extern external false filter fixed flat float for goto half highp if
    inline in inout input int interface invariant isampler2D ivec2 ivec3 ivec4 layout long lowp mat2 mat3
    mat4 mediump namespace noinline noperspective out output packed partition precision return row_major
    sampler sampler2D sampler3D shader short sizeof smooth static struct superp switch template texture this
    true typedef uint uniform union unsigned using uvec2 uvec3 uvec4 varying vec2 vec3 vec4 void volatile
    while abs acos all any asin atan ceil clamp cos cross degrees distance dot equal exp exp2 faceforward
    floor fract inversesqrt length log log2 max min mix mod modf normalize not pow radians reflect refract
    round sign sin smoothstep sqrt step tan trunc""".split()  # noqa: SIM905 - as a list it fills two pages
)
"""Words of GLSL 3.30, which no uniform can be called."""

_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)", re.MULTILINE)
_REFUSED = {"version": "shader.version-refused", "include": "shader.include-refused"}
_MAIN = re.compile(r"\bvoid\s+main\s*\(")


def read_shader(path: Path) -> str:
    """The text of a fragment shader, checked.

    A loop that never ends cannot be found by looking at the text, and nothing can stop it once the driver
    runs it.

    Raises:
        PackError: with the line that is wrong.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PackError(Message("shader.too-large", kilobytes=MAX_BYTES >> 10), file=path)
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise PackError(
            Message("pack.file-unreadable"), file=path, got=error.strerror or str(error)
        ) from error
    except UnicodeDecodeError as error:
        raise PackError(Message("pack.not-utf8", byte=error.start), file=path) from error
    if "\\\n" in text:
        raise _wrong(path, text, text.index("\\\n"), Message("shader.line-goes-on"), "\\")
    # Comments become spaces, so that lines keep their numbers and drivers see nothing but ASCII.
    code = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    bad = next(
        (i for i, c in enumerate(code) if not (c.isascii() and (c.isprintable() or c in "\t\n"))), None
    )
    if bad is not None:
        raise _wrong(path, code, bad, Message("shader.foreign-character"), code[bad])
    for match in _DIRECTIVE.finditer(code):
        if match[1] not in ("", *DIRECTIVES):
            refused = _REFUSED.get(match[1], "shader.directive-refused")
            raise _wrong(path, code, match.start(), Message(refused, word=match[1]), f"#{match[1]}")
    if not _MAIN.search(code):
        raise PackError(Message("shader.no-main"), file=path)
    for match in re.finditer(r"\b(uniform|attribute|varying|layout)\b", code):
        raise _wrong(path, code, match.start(), Message("shader.word-refused", word=match[1]), match[1])
    return code


def _wrong(path: Path, text: str, at: int, problem: Message, got: str) -> PackError:
    while at < len(text) and text[at] in " \t":
        at += 1
    line = text.count("\n", 0, at) + 1
    return PackError(Message("pack.at-line", problem=problem), file=path, line=line, got=repr(got))
