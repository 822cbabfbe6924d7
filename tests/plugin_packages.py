"""Packages that add to the program, as pip leaves them: each in a folder of its own, not in the checkout."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path

from ar_effects.paths import ROOT
from tests.processes import finished

PAGE = ROOT / "docs" / "how-to-add.md"

_SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`([\w./-]+)`:\n```\w+\n(.*?)```", re.DOTALL)
_SCRIPT = re.compile(r"by a few lines:\n```python\n(.*?)```", re.DOTALL)


def sections() -> dict[str, str]:
    """The page's text by title: "A layer" and the like."""
    return dict(_SECTION.findall(PAGE.read_text(encoding="utf-8")))


def write_files(text: str, folder: Path) -> list[Path]:
    """The files that a section names, as it has them, and those that its script makes."""
    written = []
    for name, content in _FILE.findall(text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        written.append(path)
    for script in _SCRIPT.findall(text):
        into = written[-1].parent
        done = finished([sys.executable, "-c", script], into, dict(os.environ))
        assert done.returncode == 0, done.stderr
        written += [path for path in into.iterdir() if path.is_file() and path not in written]
    return written


def install(folder: Path) -> Path:
    """Do for the package in a folder what pip does: its name and entry points stand beside its modules."""
    table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{table['name'].replace('-', '_')}-{table['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {table['name']}\nVersion: {table['version']}\n", encoding="utf-8"
    )
    lines = []
    for group, entries in table["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def package(folder: Path, name: str, module: str, **groups: dict[str, str]) -> Path:
    """Install a package of one module, of the package's name, with entry points by group."""
    folder.mkdir(parents=True)
    text = f'[project]\nname = "{name}"\nversion = "1.0"\n'
    for group, entries in groups.items():
        text += f'[project.entry-points."ar_effects.{group}"]\n'
        text += "".join(f'{key} = "{value}"\n' for key, value in entries.items())
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    (folder / f"{name.replace('-', '_')}.py").write_text(module, encoding="utf-8")
    return install(folder)


def with_packages(*folders: Path) -> dict[str, str]:
    """The environment of a process in which these are installed."""
    path = os.pathsep.join(map(str, (ROOT, *folders)))
    return {**os.environ, "DISPLAY": "", "PYTHONPATH": path}
