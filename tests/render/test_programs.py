"""Shaders that do not compile are named by file and line."""

from __future__ import annotations

import pytest

from ar_effects.errors import AssetError, PackError, RenderError
from ar_effects.render import programs
from ar_effects.render.programs import SHADERS, Programs

VERTEX = "// a header\nvoid main() {\n    gl_Position = vec4(0.0);\n}\n"
FRAGMENT = "// a header\nout vec4 c;\nvoid main() { c = vec4(1.0); }\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.vert.glsl").write_text(VERTEX)
    (tmp_path / "good.frag.glsl").write_text(FRAGMENT)
    (tmp_path / "bad.vert.glsl").write_text(VERTEX.replace("vec4(0.0)", "oops"))
    (tmp_path / "bad.frag.glsl").write_text(FRAGMENT.replace("vec4(1.0)", "vec4(1.0"))
    apart = "uniform {} twice;\n"
    (tmp_path / "apart.vert.glsl").write_text(apart.format("float") + VERTEX.replace("0.0", "twice"))
    (tmp_path / "apart.frag.glsl").write_text(apart.format("vec4") + FRAGMENT.replace("1.0", "twice"))
    return tmp_path


@pytest.mark.parametrize("defines", [frozenset(), frozenset({"A", "B", "C"})])
def test_compile_errors_name_file_and_line(headless, folder, defines):
    made = Programs(headless.ctx, folder)
    with pytest.raises(RenderError, match=r"bad\.vert\.glsl, line 3, got .*oops"):
        made.get("bad.vert.glsl", "good.frag.glsl", defines)
    with pytest.raises(RenderError, match=r"bad\.frag\.glsl, line 3"):
        made.get("good.vert.glsl", "bad.frag.glsl", defines)


def test_link_errors_name_both_files(headless, folder):
    with pytest.raises(RenderError, match=r"apart\.vert\.glsl with apart\.frag\.glsl.*twice"):
        Programs(headless.ctx, folder).get("apart.vert.glsl", "apart.frag.glsl")


@pytest.mark.parametrize(
    ("file", "line"),
    [("main.frag.glsl", 3), ("main.frag.glsl", 7), ("one.glsl", 2), ("two.glsl", 3), ("one.glsl", 5)],
)
def test_errors_in_included_files_name_that_file(headless, folder, file, line):
    """Before, between and after what is included, and in what is included by it."""
    texts = {
        "main.frag.glsl": '// m\nout vec4 c;\n// 3\n#include "one.glsl"\n#include "two.glsl"\n'
        "void main() { c = vec4(1.0); }\n// 7\n",
        "one.glsl": '// o\n// 2\n#include "two.glsl"\nfloat one;\n// 5\n',
        "two.glsl": "// t\nfloat two;\n// 3\n",
    }
    for name, text in texts.items():
        lines = text.split("\n")
        if name == file:
            lines[line - 1] = "int oops = unknown_thing;"
        (folder / name).write_text("\n".join(lines))
    with pytest.raises(
        RenderError, match=rf"the shader {file.replace('.', '[.]')}, line {line}, got .*unknown"
    ):
        Programs(headless.ctx, folder).get("good.vert.glsl", "main.frag.glsl", frozenset({"A"}))


def test_a_user_s_shader_is_named_by_its_own_lines(headless, folder):
    (folder / "head.glsl").write_text('// h\n#include "more.glsl"\nout vec4 c;\n')
    (folder / "more.glsl").write_text("// m\nfloat more() { return 1.0; }\n")
    made = Programs(headless.ctx, folder)

    def compiled(text: str, declared: str = "uniform float a;\n"):
        return made.user_shader("good.vert.glsl", "head.glsl", text, "pack/own.glsl", declared)

    compiled("void main() { c = vec4(more() + a); }").release()
    for k in (0, 1, 30):
        text = "\n" * k + "void main() { c = vec4(wrong); }"
        with pytest.raises(
            PackError, match=rf"pack/own\.glsl, line {k + 1} does not compile.*wrong.*Correct"
        ):
            compiled(text)
    with pytest.raises(PackError, match=r"head\.glsl|pack/own\.glsl"):
        compiled("void main() { c = vec4(1.0); }", "uniform float a\n")


def test_missing_file(headless, folder):
    with pytest.raises(AssetError, match=r"none\.glsl cannot be read"):
        Programs(headless.ctx, folder).get("none.glsl", "good.frag.glsl")


@pytest.mark.words
@pytest.mark.parametrize(
    "complaint",
    [
        "ERROR: 0:12: 'x' : undeclared identifier",
        "0(12) : error C1503: undefined variable",
        "0:12(3): error: x",
    ],
)
def test_lines_in_the_words_of_other_drivers(complaint):
    log = f"GLSL Compiler failed\n\nfragment_shader\n===============\n{complaint}\n"
    assert "f.glsl, line 12" in str(programs._explained(log, ["v.glsl"], ["f.glsl"]))


def test_programs_are_compiled_once(headless, folder):
    made = Programs(headless.ctx, folder)
    names = ("good.vert.glsl", "good.frag.glsl")
    assert made.get(*names) is made.get(*names)
    assert made.get(*names) is not made.get(*names, frozenset({"A"}))
    made.release()


def test_every_shader_begins_with_a_comment():
    files = sorted(SHADERS.glob("*.glsl"))
    assert files
    assert all(f.read_text(encoding="utf-8").startswith("// ") for f in files)


MAPS = ["BASE_COLOR_MAP", "METALLIC_ROUGHNESS_MAP", "NORMAL_MAP", "OCCLUSION_MAP", "EMISSIVE_MAP"]


@pytest.mark.parametrize(
    "mode", [[], ["MASK"], ["TRANSPARENT"], ["TRANSPARENT", "BLEND"], ["TRANSPARENT", "MASK"]]
)
@pytest.mark.parametrize("maps", [[], MAPS, [*MAPS, "PREMULTIPLIED"]])
def test_every_kind_of_material_compiles(headless, mode, maps):
    made = Programs(headless.ctx)
    made.get("model.vert.glsl", "model.frag.glsl", frozenset([*mode, *maps]))
    made.release()
