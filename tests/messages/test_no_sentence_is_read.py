"""Nothing reads a sentence back: what code wants to know of an error, the error says as data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ar_effects

PACKAGE = Path(ar_effects.__file__).parent

PARTS = {"what", "expected", "got", "fix", "args", "advice", "reason"}
"""Attributes of errors and messages that are words."""

READERS = {
    *("split", "rsplit", "splitlines", "partition", "rpartition", "startswith", "endswith", "find", "rfind"),
    *("index", "rindex", "count", "removeprefix", "removesuffix", "replace", "translate", "strip", "lstrip"),
}
"""Methods of texts that look into them; ``split()`` without a separator only tidies spaces."""

PATTERNS = {"search", "match", "fullmatch", "findall", "finditer", "sub", "subn"}

FOREIGN = {
    "packs/manifest.py _line_of": "tomllib before Python 3.14 says the line in its text only",
    "media/textures.py _damaged": "Pillow's text, shown without what only programmers want",
    "media/textures.py open_picture": "Pillow says how many pixels there are in its text only",
    "inference/cuda_diagnostics.py _is_absent": "the system's loader gives nothing but a sentence",
    "inference/cuda_diagnostics.py _named": "the system's loader gives nothing but a sentence",
    "inference/cuda_diagnostics.py _why": "the system's loader gives nothing but a sentence",
    "inference/cuda_diagnostics.py missing_library": "the system's loader gives nothing but a sentence",
    "inference/network.py run": "ONNX Runtime's text, its first line",
    "inference/sessions.py _problem": "ONNX Runtime gives nothing but a text",
    "inference/sessions.py open_cpu": "ONNX Runtime's text, its first line",
    "inference/sessions.py open_device": "ONNX Runtime gives nothing but a text",
    "media/pictures.py _by_opencv": "OpenCV gives nothing but a text",
    "training/distributed.py _is_connection": "Gloo gives nothing but a text",
}
"""Who looks into what another program says, and why; never into a sentence of ours."""


def is_sentence(node: ast.AST, sentences: set[str], caught: set[str]) -> bool:
    """Whether an expression is the words of an error or a message."""
    if isinstance(node, ast.Name):
        return node.id in sentences
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ("sentence", "one_line", "one_line_beside"):
            return True
        if name in ("str", "repr", "format") and isinstance(node.func, ast.Name) and node.args:
            inner = node.args[0]
            return (isinstance(inner, ast.Name) and inner.id in caught) or is_sentence(
                inner, sentences, caught
            )
        if isinstance(node.func, ast.Attribute):  # str(error).lower() and the like
            return is_sentence(node.func.value, sentences, caught)
        return False
    if isinstance(node, ast.Attribute):
        return node.attr in PARTS and isinstance(node.value, ast.Name) and node.value.id in caught
    if isinstance(node, ast.JoinedStr):
        return any(
            isinstance(v, ast.FormattedValue) and isinstance(v.value, ast.Name) and v.value.id in caught
            for v in node.values
        )
    if isinstance(node, ast.BoolOp):
        return any(is_sentence(v, sentences, caught) for v in node.values)
    if isinstance(node, ast.IfExp):
        return is_sentence(node.body, sentences, caught) or is_sentence(node.orelse, sentences, caught)
    return False


def readings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and function of every place that looks into a sentence."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        caught = {h.name for h in ast.walk(function) if isinstance(h, ast.ExceptHandler) and h.name}
        arguments = function.args
        caught |= {
            a.arg
            for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            if a.annotation is not None
            and any(word in ast.unparse(a.annotation) for word in ("Error", "Exception", "Message"))
        }
        caught |= {"error", "problem"}
        sentences: set[str] = {
            a.arg for a in (*arguments.args, *arguments.kwonlyargs) if a.arg in ("message", "reason")
        }
        for _ in range(2):  # what was assigned from one is one
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and is_sentence(node.value, sentences, caught):
                    sentences |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        for node in ast.walk(function):
            if _reads(node, sentences, caught):
                yield node.lineno, function.name


def _reads(node: ast.AST, sentences: set[str], caught: set[str]) -> bool:
    if isinstance(node, ast.Compare):
        parts = (node.left, *node.comparators)
        looks = any(isinstance(op, ast.In | ast.NotIn | ast.Eq | ast.NotEq) for op in node.ops)
        tests_emptiness = any(isinstance(p, ast.Constant) and p.value in ("", None) for p in parts)
        return looks and not tests_emptiness and any(is_sentence(p, sentences, caught) for p in parts)
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return isinstance(node, ast.Subscript) and _is_args(node.value, caught)
    if node.func.attr in PATTERNS:
        return any(is_sentence(a, sentences, caught) for a in node.args)
    tidies = node.func.attr in ("split", "strip", "lstrip") and not node.args
    return node.func.attr in READERS and not tidies and is_sentence(node.func.value, sentences, caught)


def _is_args(node: ast.AST, caught: set[str]) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "args"
        and isinstance(node.value, ast.Name)
        and node.value.id in caught
    )


def test_no_sentence_is_read_back():
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for line, function in readings(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{name} {function}"
            assert place in FOREIGN, f"{name}:{line}: {function} reads a sentence"
            found.add(place)
    assert found == FOREIGN.keys(), "and who reads other programs' words is listed"


READS = [
    'if "line" in str(error): pass',
    "match = re.search(pattern, error.got)",
    "match = PATTERN.search(str(error))",
    'words = error.one_line().removeprefix("x")',
    "key = error.args[0]",
    'text = str(error)\n        low = text.lower()\n        bad = "memory" in low',
    'what, _, rest = error.what.partition(":")',
    'if error.what.startswith("x"): pass',
    'if sentence("a.b") == said: pass',
]


@pytest.mark.parametrize("line", READS)
def test_the_walk_finds_what_reads_one(line):
    code = f"def f():\n    try:\n        pass\n    except ValueError as error:\n        {line}\n"
    assert [name for _, name in readings(ast.parse(code))] == ["f"]


@pytest.mark.parametrize(
    "line",
    [
        "raise PackError(m, got=str(error)) from error",
        'said = " ".join(str(error).split())',
        "if error.key == key: pass",
        "problem = error.facts.get('problem')",
        "note = error.one_line()",
        "if not str(error): pass",
    ],
)
def test_the_walk_lets_pass_what_only_shows_one(line):
    code = f"def f():\n    try:\n        pass\n    except ValueError as error:\n        {line}\n"
    assert list(readings(ast.parse(code))) == []
