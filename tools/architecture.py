"""``python -m tools.architecture``: who imports whom, as the code has it, held against what is allowed.

Prints the rooms with their size and what they import, circles of modules, and folders by their number of
modules; ends with status 1 where something is not as the table below says.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ar_effects.paths import ROOT

PACKAGE = ROOT / "ar_effects"

MAX_CIRCLE, MAX_MODULES = 3, 25
"""Files that may import each other in a circle, and modules that a folder may have."""

BASE = {"errors", "messages", "paths", "plugins", "reasons"}
RECORDS = BASE | {"geometry", "records"}
STAGES = {"media", "sources", "inference", "tracking", "packs", "effects", "render", "sinks", "profiling"}
ALL_BELOW_APP = (
    RECORDS
    | STAGES
    | {
        "colour",
        "face",
        "drawlist",
        "hashtags",
        "slots",
        "settings",
        "version",
        "writing",
    }
)

ROOMS: dict[str, tuple[set[str], set[str]]] = {
    # room: (rooms it may import, packages it may import)
    "messages": (set(), set()),
    "reasons": (set(), set()),
    "errors": ({"messages", "reasons"}, set()),
    "table_error": ({"messages"}, set()),
    "paths": ({"messages"}, {"platformdirs"}),
    "plugins": ({"messages"}, set()),
    "version": ({"paths"}, set()),
    "slots": (set(), set()),
    "writing": ({"errors", "messages"}, set()),
    "colour": (set(), {"numpy"}),
    "compiled": (set(), {"numba"}),
    "geometry": ({"errors", "messages", "compiled"}, {"numpy"}),
    "records": ({"errors", "messages", "geometry"}, {"numpy"}),
    "drawlist": ({"geometry", "records"}, {"numpy"}),
    # the face's shape: what tracking measures against and what effects are put on
    "face": (RECORDS | {"colour", "drawlist"}, {"numpy", "cv2"}),
    # the one place where pictures and videos enter
    "media": (RECORDS | {"colour", "drawlist"}, {"numpy", "cv2", "av", "PIL", "pi_heif"}),
    "sources": (RECORDS | {"media"}, {"numpy", "cv2", "PIL", "cv2_enumerate_cameras"}),
    "inference": (BASE | {"compiled", "profiling"}, {"numpy", "onnxruntime", "cv2", "platformdirs"}),
    "tracking": (RECORDS | {"compiled", "face", "inference", "profiling"}, {"numpy", "cv2"}),
    "gltf": (
        RECORDS | {"colour", "drawlist", "media", "table_error"},
        {"numpy", "cv2", "pydantic", "pydantic_core", "DracoPy"},
    ),
    # packs as data: what is read, checked, bundled and found; kinds of layers are known to it by name only
    "packs": (
        RECORDS | {"colour", "drawlist", "media", "table_error", "writing"},
        {"pydantic", "pydantic_core", "cryptography", "numpy"},
    ),
    # what a worn pack draws on each frame
    "effects": (
        RECORDS
        | {"colour", "compiled", "drawlist", "face", "gltf", "media", "packs", "table_error", "writing"},
        {"numpy", "cv2", "pydantic", "platformdirs"},
    ),
    "render": (RECORDS | {"colour", "drawlist"}, {"numpy", "cv2", "moderngl", "pyglet"}),
    # what pictures are tagged with: words, the posts they come from, and what the app itself knows
    "sinks": (RECORDS | {"writing"}, {"numpy", "cv2", "av", "PIL"}),
    "profiling": (set(), {"numpy"}),
    # what is remembered between runs
    "settings": (RECORDS | {"writing"}, {"platformdirs", "pydantic", "tomli_w"}),
    # what a picture shows, as hashtags; no torch here
    "hashtags": (
        RECORDS | {"colour", "compiled", "face", "inference", "media", "profiling", "table_error", "writing"},
        {"numpy", "cv2"},
    ),
    # how networks learn; the extra `train`, which nothing but the command line knows of
    "training": (
        RECORDS | {"colour", "hashtags", "inference", "media", "profiling", "settings", "writing"},
        {"numpy", "cv2", "PIL", "torch", "fsspec", "onnx", "onnxruntime"},
    ),
    "app": (ALL_BELOW_APP, {"numpy", "cv2", "pyglet", "watchfiles", "imgui_bundle"}),
    "__main__": ({"cli"}, set()),
    "cli": (ALL_BELOW_APP | {"app", "training"}, {"click", "platformdirs", "av"}),
}


def modules() -> dict[str, Path]:
    """All modules of the package by their path inside of it, such as "app/window/loop.py"."""
    return {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(tree: ast.Module) -> set[str]:
    """Dotted names of everything a module imports, inside functions and for types, too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise ValueError(f"line {node.lineno}: imports are absolute")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(path: str) -> str:
    """The room of a module (path inside the package)."""
    return path.split("/", maxsplit=1)[0].removesuffix(".py")


def packages_of(path: str) -> set[str]:
    """Top-level packages that a module of ours imports."""
    return {name.split(".")[0] for name in imports(ast.parse((PACKAGE / path).read_text(encoding="utf-8")))}


def rooms_of(path: str) -> set[str]:
    """Other rooms that a module of ours imports."""
    names = imports(ast.parse((PACKAGE / path).read_text(encoding="utf-8")))
    ours = {name.split(".")[1] for name in names if name.startswith("ar_effects.")}
    return {room for room in ours if room in ROOMS} - {room_of(path)}


def offences(path: str, source: str) -> list[str]:
    """What a module (path inside the package) imports and may not."""
    room = room_of(path)
    if room not in ROOMS:
        return [f"{path}: the room {room} is not in the table of tools/architecture.py"]
    rooms, packages = ROOMS[room]
    bad = []
    for name in imports(ast.parse(source)):
        top, *rest = name.split(".")
        if top == "ar_effects":
            target = rest[0] if rest else ""
            is_module = (PACKAGE / target).is_dir() or (PACKAGE / f"{target}.py").is_file()
            ok = target in rooms | {room} or not is_module
        else:
            ok = top in sys.stdlib_module_names or top in packages
        if not ok:
            bad.append(f"{path} imports {name}")
    return sorted(bad)


def graph() -> dict[str, set[str]]:
    """Which modules (by dotted name) each imports, for types and inside functions, too."""
    named = {
        ".".join(("ar_effects", *Path(path).with_suffix("").parts)).removesuffix(".__init__"): file
        for path, file in modules().items()
    }
    found: dict[str, set[str]] = {}
    for name, file in named.items():
        targets = set()
        for target in imports(ast.parse(file.read_text(encoding="utf-8"))):
            known = target
            while known and known not in named:
                known = known.rpartition(".")[0]
            targets |= {known} - {"", name}
        found[name] = targets
    return found


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Modules that import each other in a circle, larger ones first (Tarjan, 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for target in sorted(edges.get(node, ())):
            if target not in order:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], order[target])
        if low[node] == order[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(edges):
        if node not in order:
            visit(node)
    return sorted(found, key=len, reverse=True)


def folders() -> dict[str, int]:
    """How many modules lie right in each folder of the package, its ``__init__`` apart."""
    counts: dict[str, int] = {}
    for path in modules():
        folder = str(Path(path).parent)
        counts[folder] = counts.get(folder, 0) + (Path(path).name != "__init__.py")
    return counts


def problems() -> Iterator[str]:
    """Everything that is not as it should be, a sentence each."""
    for path, file in modules().items():
        if path != "__init__.py":
            yield from offences(path, file.read_text(encoding="utf-8"))
    for circle in circles(graph()):
        if len(circle) > MAX_CIRCLE:
            yield f"{len(circle)} modules import each other: {', '.join(circle)}"
    for folder, count in folders().items():
        if count > MAX_MODULES:
            yield f"ar_effects/{folder} has {count} modules, at most {MAX_MODULES}"


def main() -> int:
    """Print the table; 1 where there is a problem."""
    every = modules()
    print(f"{'room':<12} {'modules':>7} {'lines':>6}  imports")
    for room in ROOMS:
        paths = [path for path in every if room_of(path) == room]
        lines = sum(len(every[path].read_text(encoding="utf-8").splitlines()) for path in paths)
        used = sorted(set().union(*(rooms_of(path) for path in paths))) if paths else []
        print(f"{room:<12} {len(paths):>7} {lines:>6}  {', '.join(used) or '-'}")
    found = circles(graph())
    print(f"\n{len(found)} circles: " + ("; ".join(" <-> ".join(circle) for circle in found) or "none"))
    largest = sorted(folders().items(), key=lambda item: -item[1])[:5]
    print("Largest folders: " + ", ".join(f"{folder} {count}" for folder, count in largest))
    wrong = list(problems())
    print("\n".join(wrong) or "All imports keep to the table.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
