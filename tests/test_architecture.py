"""Who may import whom: the table of docs/architecture.md, held by walking the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ar_effects"

BASE = {"errors", "messages", "paths", "plugins", "reasons"}
RECORDS = BASE | {"geometry", "records"}
STAGES = {"media", "sources", "inference", "tracking", "effects", "render", "sinks", "profiling"}
ALL_BELOW_APP = RECORDS | STAGES | {"colour", "drawlist", "slots", "settings", "writing"}

ROOMS: dict[str, tuple[set[str], set[str]]] = {
    # room: (rooms it may import, packages it may import)
    "messages": (set(), set()),
    "reasons": (set(), set()),
    "errors": ({"messages", "reasons"}, set()),
    "paths": ({"messages"}, {"platformdirs"}),
    "plugins": ({"messages"}, set()),
    "slots": (set(), set()),
    "writing": ({"errors", "messages"}, set()),
    "colour": (set(), {"numpy"}),
    "compiled": (set(), {"numba"}),
    "geometry": ({"errors", "messages", "compiled"}, {"numpy"}),
    "records": ({"errors", "messages", "geometry"}, {"numpy"}),
    "drawlist": ({"geometry", "records"}, {"numpy"}),
    # the one place where pictures and videos enter
    "media": (RECORDS | {"colour"}, {"numpy", "cv2", "av", "PIL", "pi_heif"}),
    "sources": (RECORDS | {"media"}, {"numpy", "cv2", "PIL", "cv2_enumerate_cameras"}),
    "inference": (BASE | {"compiled", "profiling"}, {"numpy", "onnxruntime", "cv2", "platformdirs"}),
    "tracking": (RECORDS | {"compiled", "inference", "profiling"}, {"numpy", "cv2"}),
    # the face's shape and topology are data that effects need; nothing else of tracking
    "effects": (
        RECORDS | {"colour", "compiled", "drawlist", "media", "tracking.canonical", "writing"},
        {"numpy", "cv2", "pydantic", "pydantic_core", "PIL", "cryptography", "platformdirs", "DracoPy"},
    ),
    "render": (RECORDS | {"colour", "drawlist"}, {"numpy", "cv2", "moderngl", "pyglet"}),
    "sinks": (RECORDS | {"writing"}, {"numpy", "cv2", "av"}),
    "profiling": (set(), {"numpy"}),
    # what is remembered between runs
    "settings": (RECORDS | {"writing"}, {"platformdirs"}),
    "app": (ALL_BELOW_APP, {"numpy", "cv2", "pyglet", "watchfiles", "imgui_bundle"}),
    "__main__": ({"cli"}, set()),
    "cli": (ALL_BELOW_APP | {"app"}, {"click", "platformdirs", "av"}),
}

EXCEPTIONS = {("cli/devices.py", "onnxruntime")}
"""It prints the version."""

NEVER = {"torch", "mediapipe", "tools", "benchmarks", "tests", "onnx", "tflite", "ai_edge_litert", "scipy"}
HEAVY = {"onnxruntime", "cv2", "pyglet", "moderngl", "av", "pydantic", "numpy", "numba", "PIL"} | NEVER

MODULES = {m.relative_to(PACKAGE).as_posix(): m for m in sorted(PACKAGE.rglob("*.py"))}


def imports(tree: ast.Module) -> set[str]:
    """Dotted names of everything a module imports, inside functions and for types, too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(path: str) -> str:
    """The room of a module (path inside the package)."""
    return path.split("/", maxsplit=1)[0].removesuffix(".py")


def packages_of(path: str) -> set[str]:
    """Top-level packages that a module of ours imports."""
    tree = ast.parse(MODULES[path].read_text(encoding="utf-8"))
    return {name.split(".")[0] for name in imports(tree)}


def offences(path: str, source: str) -> list[str]:
    """What a module (path inside the package) imports and may not."""
    room = room_of(path)
    if room not in ROOMS:
        return [f"{path}: the room {room} is not in the table of tests/test_architecture.py"]
    rooms, packages = ROOMS[room]
    bad = []
    for name in imports(ast.parse(source)):
        top, *rest = name.split(".")
        if top == "ar_effects":
            target = rest[0] if rest else ""
            allowed = rooms | {room}
            is_module = (PACKAGE / target).is_dir() or (PACKAGE / f"{target}.py").is_file()
            ok = target in allowed or ".".join(rest[:2]) in allowed or not is_module
        else:
            ok = top in sys.stdlib_module_names or top in packages or (path, top) in EXCEPTIONS
        if not ok:
            bad.append(f"{path} imports {name}")
    return sorted(bad)


@pytest.mark.parametrize("path", [m for m in MODULES if m != "__init__.py"])
def test_imports_keep_to_the_table(path):
    assert offences(path, MODULES[path].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("geometry/x.py", "from ar_effects.records import Frame"),
        ("records.py", "from ar_effects.drawlist import Mesh"),
        ("sources/x.py", "import onnxruntime"),
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
        ("effects/x.py", "from ar_effects.tracking import canonical"),
        ("effects/x.py", "from ar_effects.media.alpha_video import AlphaVideo"),
        ("tracking/x.py", "from ar_effects.tracking.region import Region"),
        ("cli/x.py", "from ar_effects import __version__"),
        ("app/x.py", "import threading, numpy as np"),
    ],
)
def test_the_walk_lets_pass_what_is_allowed(path, line):
    assert offences(path, line) == []


def test_the_table_has_no_circles_and_no_room_that_is_gone():
    for room, (below, _) in ROOMS.items():
        assert (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file(), room
        reached, todo = set(), [b.split(".")[0] for b in below if b != "tracking.canonical"]
        while todo:
            current = todo.pop()
            if current not in reached:
                reached.add(current)
                todo += [b.split(".")[0] for b in ROOMS[current][0] if b != "tracking.canonical"]
        assert room not in reached, room


def test_only_one_room_each_knows_the_big_libraries():
    """As the modules import them, whatever the table says."""
    big = ("onnxruntime", "moderngl", "pyglet", "numba", "av", "pydantic")
    importers: dict[str, set[str]] = {package: set() for package in big}
    for path in MODULES:
        packages = packages_of(path)
        assert not packages & NEVER, path
        for package in packages.intersection(big):
            if (path, package) not in EXCEPTIONS:
                importers[package].add(room_of(path))
    assert importers == {
        "onnxruntime": {"inference"},
        "moderngl": {"render"},
        "pyglet": {"render", "app"},
        "numba": {"compiled"},
        "av": {"media", "sinks", "cli"},
        "pydantic": {"effects"},
    }


def test_the_table_allows_nothing_that_nobody_imports():
    """A permission that is not used is one that nobody decided on."""
    used: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path in MODULES:
        if path != "__init__.py":
            used[room_of(path)] |= packages_of(path)
    for room, (_, packages) in ROOMS.items():
        assert packages <= used[room], room
    for path, package in EXCEPTIONS:
        assert package in packages_of(path)


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
