"""Who may import whom: the table of tools/architecture.py, held by walking the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANGS_S
from tools.architecture import (
    MAX_CIRCLE,
    MAX_MODULES,
    PACKAGE,
    ROOMS,
    circles,
    folders,
    graph,
    imports,
    main,
    modules,
    offences,
    packages_of,
    room_of,
)

ROOT = Path(__file__).resolve().parents[1]
NEVER = {"torch", "mediapipe", "tools", "benchmarks", "tests", "onnx", "tflite", "ai_edge_litert", "scipy"}
HEAVY = {"onnxruntime", "cv2", "pyglet", "moderngl", "av", "pydantic", "numpy", "numba", "PIL"} | NEVER

MODULES = modules()


@pytest.mark.parametrize("path", [m for m in MODULES if m != "__init__.py"])
def test_imports_keep_to_the_table(path):
    assert offences(path, MODULES[path].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("geometry/x.py", "from ar_effects.records import Frame"),
        ("records.py", "from ar_effects.drawlist import Mesh"),
        ("sources/x.py", "import onnxruntime"),
        ("face/x.py", "from ar_effects.tracking.eyes import eyes_of"),
        ("packs/x.py", "from ar_effects.effects.effect import Effect"),
        ("gltf/x.py", "from ar_effects.packs.files import PackFiles"),
        ("sources/x.py", "def f():\n    from ar_effects.sinks.video import VideoSink"),
        ("tracking/x.py", "import onnxruntime as ort"),
        ("tracking/x.py", "from ar_effects import render"),
        ("effects/x.py", "import moderngl"),
        ("effects/x.py", "from ar_effects.tracking.tracker import FaceTracker"),
        ("effects/x.py", "from ar_effects.tracking import tracker"),
        ("effects/x.py", "from ar_effects.sources.video import VideoSource"),
        ("app/x.py", "import ar_effects.cli"),
        ("app/x.py", "import moderngl"),
        ("render/x.py", "import torch"),
        ("cli/x.py", "from tools.convert import wheel"),
        ("cli/x.py", "import onnxruntime"),
        ("newroom/x.py", "import sys"),
    ],
)
def test_the_walk_finds_what_is_forbidden(path, line):
    assert offences(path, line)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("effects/x.py", "from ar_effects.face.canonical import canonical_face"),
        ("effects/x.py", "from ar_effects.face import canonical"),
        ("effects/x.py", "from ar_effects.media.alpha_video import AlphaVideo"),
        ("tracking/x.py", "from ar_effects.tracking.region import Region"),
        ("cli/x.py", "from ar_effects import FaceTracker"),
        ("app/x.py", "import threading, numpy as np"),
    ],
)
def test_the_walk_lets_pass_what_is_allowed(path, line):
    assert offences(path, line) == []


def test_the_table_has_no_circles_and_no_room_that_is_gone():
    for room in ROOMS:
        assert (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file(), room
    assert circles({room: below for room, (below, _) in ROOMS.items()}) == []


def test_circles_are_found():
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"f"}, "f": {"e", "a"}}
    assert circles(edges) == [["a", "b", "c"], ["e", "f"]]


def test_few_modules_import_each_other():
    assert [circle for circle in circles(graph()) if len(circle) > MAX_CIRCLE] == []


def test_no_folder_is_a_drawer():
    assert {folder: count for folder, count in folders().items() if count > MAX_MODULES} == {}


def test_the_tool_prints_the_table(capsys):
    assert main() == 0
    printed = capsys.readouterr().out
    assert all(f"\n{room} " in printed for room in ROOMS)
    assert "All imports keep to the table." in printed


def test_only_one_room_each_knows_the_big_libraries():
    """As the modules import them, whatever the table says."""
    big = ("onnxruntime", "torch", "onnx", "moderngl", "pyglet", "numba", "av", "pydantic")
    importers: dict[str, set[str]] = {package: set() for package in big}
    for path in MODULES:
        packages = packages_of(path)
        assert not packages & (NEVER - set(big)), path
        for package in packages.intersection(big):
            importers[package].add(room_of(path))
    assert importers == {
        "onnxruntime": {"inference", "training"},
        "torch": {"training"},
        "onnx": {"training"},
        "moderngl": {"render"},
        "pyglet": {"render", "app"},
        "numba": {"compiled"},
        "av": {"media", "sinks", "cli"},
        "pydantic": {"effects", "gltf", "packs", "settings"},
    }


def test_the_table_allows_nothing_that_nobody_imports():
    """A permission that is not used is one that nobody decided on."""
    used: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path in MODULES:
        if path != "__init__.py":
            used[room_of(path)] |= packages_of(path)
    for room, (_, packages) in ROOMS.items():
        assert packages <= used[room], room


def test_nothing_but_the_command_line_knows_of_training():
    """And that inside of functions only: torch is not there for most people."""
    for path, file in MODULES.items():
        if room_of(path) in {"training", "__init__"}:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        knows = {name for name in imports(tree) if name.startswith("ar_effects.training")}
        assert not knows or room_of(path) == "cli", path
        assert not {"torch", "onnx"} & packages_of(path), path
        at_once = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not [n for n in at_once if "ar_effects.training" in ast.unparse(n)], path


def test_the_start_script_hands_over_to_the_command_line():
    names = imports(ast.parse((ROOT / "app.py").read_text(encoding="utf-8")))
    ours = {n.split(".")[1] for n in names if n.startswith("ar_effects.")}
    assert ours == {"__main__"}
    assert all(n.split(".")[0] in sys.stdlib_module_names | {"ar_effects"} for n in names)


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in memory after a statement in a fresh Python."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=HANGS_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "not_loaded"),
    [
        ("import ar_effects", HEAVY),
        ("import ar_effects.cli", HEAVY),
        ("import ar_effects.records, ar_effects.drawlist", HEAVY - {"numpy"}),
        (
            "import ar_effects.effects.effect, ar_effects.packs.library",
            {"onnxruntime", "pyglet", "moderngl"},
        ),
        ("import ar_effects.settings", HEAVY - {"numpy", "numba"}),
        # numba looks for scipy by itself, and loads it where it is
        ("from ar_effects import FaceTracker", {"pyglet", "moderngl", "av", "pydantic"} | NEVER - {"scipy"}),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_used(statement, not_loaded):
    assert loaded_by(statement) & not_loaded == set()


def test_public_names_are_found_when_asked_for():
    import ar_effects

    for name in ar_effects.__all__:
        assert getattr(ar_effects, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = ar_effects.Nothing


def undocumented(source: str) -> list[str]:
    """Public functions, classes, and methods of public classes without a docstring; and the module itself."""
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    missing = ["the module"] if tree.body and not ast.get_docstring(tree) else []
    for node in tree.body:
        if not isinstance(node, kinds) or node.name.startswith("_"):
            continue
        # a protocol's methods are explained where the protocol is, or by what it describes
        own = isinstance(node, ast.ClassDef) and not any("Protocol" in ast.unparse(b) for b in node.bases)
        inner = node.body if own else []
        methods = [n for n in inner if isinstance(n, kinds) and not n.name.startswith("_")]
        missing += [n.name for n in [node, *methods] if not ast.get_docstring(n)]
    return missing


@pytest.mark.parametrize("path", MODULES)
def test_public_things_are_explained(path):
    assert undocumented(MODULES[path].read_text(encoding="utf-8")) == []


def test_the_look_for_docstrings_finds_what_lacks_one():
    source = (
        'def a(): pass\nclass B:\n    """b"""\n    def c(self): pass\n    def _d(self): pass\ndef _e(): pass'
    )
    assert undocumented(source) == ["the module", "a", "c"]
