from __future__ import annotations

import pytest

from ar_effects.effects.shader_text import MAX_BYTES, read_shader
from ar_effects.errors import PackError

GOOD = "void main() { result = texture(picture, place); }\n"


@pytest.fixture
def shader(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "own.glsl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_comments_vanish_and_lines_stay(shader):
    text = read_shader(shader("// héllo #version\n/* uniform\n #include */\n#define A 1 // ü\r\n" + GOOD))
    assert text.split("\n")[3].rstrip() == "#define A 1"
    assert text.split("\n")[4] + "\n" == GOOD
    assert text.isascii()
    assert "uniform" not in text


@pytest.mark.parametrize(
    "directive", ["#ifdef A", "#ifndef A", "#if 1", "#", "  #  undef A", "#define A(x) x", "#error no"]
)
def test_harmless_directives_may_stand(shader, directive):
    assert directive in read_shader(shader(f"{directive}\n{GOOD}"))


FORBIDDEN = {
    "include": ('#include "x.glsl"', ["line 2", "#include is not allowed", "one file"]),
    "version": ("#version 450", ["line 2", "#version is not allowed", "#version 330 already"]),
    "extension": ("#extension GL_ARB_gpu_shader5 : enable", ["line 2", "#extension is not allowed"]),
    "with blanks": (" \t# \textension all : warn", ["line 2", "#extension"]),
    "after a comment": ("/* */ #pragma optimize(off)", ["line 2", "#pragma"]),
    "line": ("#line 77", ["line 2", "#line"]),
    "over two lines": ("#ver\\\nsion 450", ["line 2", "goes on on the next"]),
    "uniform": ("uniform float a;", ["line 2", "uniform is not allowed", "[layers.uniforms]"]),
    "layout": ("layout(std140) in;", ["line 2", "layout"]),
    "umlaut": ("float ü;", ["line 2", "character that GLSL does not have", "'ü'"]),
    "zero byte": ("float a\0;", ["line 2", "character"]),
}


@pytest.mark.words
@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_may_not_stand_is_told_with_its_line(shader, what):
    line, parts = FORBIDDEN[what]
    path = shader(f"// first\n{line}\n{GOOD}")
    with pytest.raises(PackError) as caught:
        read_shader(path)
    for part in (str(path), *parts):
        assert part in str(caught.value)
    assert caught.value.fix


def test_files_that_are_no_shader(shader, tmp_path):
    with pytest.raises(PackError, match=r"no main function.*Write void main"):
        read_shader(shader("// void main() {}\nfloat f() { return 1.0; }"))
    with pytest.raises(PackError, match="too large"):
        read_shader(shader(GOOD + "/" * MAX_BYTES))
    with pytest.raises(PackError, match="not UTF-8"):
        read_shader(shader(b"\xff\xfe"))
    with pytest.raises(PackError, match="cannot be read"):
        read_shader(tmp_path)
