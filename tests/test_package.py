"""What is installed from a wheel is whole: it runs away from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from ar_effects.paths import ROOT
from tests.processes import finished
from tests.waiting import HANGS_S

LARGEST_MB = 40
SUPPORTED = ("3.11", "3.12", "3.13")
INSTALL_S = 3600.0
"""A gigabyte is downloaded."""


def listed(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.replace('"', "'") for line in lines if line and not line.startswith(("#", "-"))}


def test_the_package_needs_what_run_installs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {line.replace('"', "'") for line in project["dependencies"]}
    assert needed == listed(ROOT / "requirements.txt")
    train = {line.split(">=")[0]: line for line in project["optional-dependencies"]["train"]}
    pinned = {re.split("[>=]=", line)[0]: line for line in listed(ROOT / "requirements-train.txt")}
    with_tests = {re.split("[>=]=", line)[0]: line for line in listed(ROOT / "requirements-dev.txt")}
    assert train.keys() == pinned.keys() | {"onnx"}, "onnx stands among what the tests need"
    assert pinned.pop("torch") == "torch==2.13.0"
    assert train.pop("torch") == "torch>=2.11,<3"
    assert train == {**pinned, "onnx": with_tests["onnx"]}
    runtimes = [line for line in needed if line.startswith("onnxruntime")]
    gpu = project["optional-dependencies"]["gpu"]
    assert [line.replace("[cuda,cudnn]", "").replace('"', "'") for line in gpu] == [
        line for line in runtimes if line.startswith("onnxruntime-gpu")
    ], "the one runtime, with CUDA's libraries: two of them overwrite each other's files"


def interpreter(version: str) -> str | None:
    """A Python of this version: on the path, where pyenv keeps its own, or by Windows' launcher."""
    if version == f"3.{sys.version_info.minor}":
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in [*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]:
        if found is not None and finished([found, "-c", "import ssl, venv"], Path.cwd()).returncode == 0:
            return str(found)
    return None


def environment(version: str, folder: Path) -> Path:
    """Where the programs of a new, empty environment stand."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    subprocess.run([python, "-m", "venv", str(folder)], check=True, timeout=HANGS_S)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built as ``pip wheel .`` builds it, with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=HANGS_S,
    )
    (made,) = folder.glob("*.whl")
    return made


def elsewhere(python: Path | str, *arguments: str, cwd: Path, **environment: str) -> str:
    """What a Python says that has no screen, no settings, and does not see the checkout."""
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "AR_EFFECTS_COMMAND"}}
    env |= {"DISPLAY": "", "AR_EFFECTS_PACKS": str(cwd / "packs"), **environment}
    done = finished([python, *arguments], cwd, env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_what_the_program_needs(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
        stored = sum(entry.compress_size for entry in file.infolist())
    assert stored <= LARGEST_MB * 1e6
    assert f"{wheel.name.rsplit('-', 3)[0]}.dist-info/entry_points.txt" in names
    assert "ar_effects/py.typed" in names
    shipped = {
        f"ar_effects/data/{p.relative_to(ROOT).as_posix()}"
        for folder in ("assets", "effects", "models")
        for p in (ROOT / folder).rglob("*")
        if p.is_file() and p.suffix != ".pyc"
    }
    assert shipped <= names
    code = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "ar_effects").rglob("*")
        if p.suffix in {".py", ".glsl"}
    }
    assert code <= names
    assert not [n for n in names if n.startswith(("tests", "tools", "benchmarks")) or "__pycache__" in n]


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory) -> Path:
    """The wheel as it lies in site-packages; what it needs is this environment's."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def test_the_wheel_renders_away_from_the_checkout(unpacked, tmp_path):
    elsewhere(
        sys.executable,
        "-m",
        "ar_effects",
        "render",
        "demo",
        "out.mp4",
        cwd=tmp_path,
        PYTHONPATH=str(unpacked),
    )
    assert (tmp_path / "out.mp4").stat().st_size > 100_000
    said = elsewhere(sys.executable, "-m", "ar_effects", "--help", cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert said.startswith("Usage: ar-effects ")


def test_the_wheel_is_a_library(unpacked, tmp_path):
    program = (
        "import ar_effects, numpy as np\n"
        "tracker = ar_effects.FaceTracker(max_faces=1)\n"
        "print(ar_effects.__file__, tracker.track(np.zeros((64, 64, 3), np.uint8)))\n"
    )
    said = elsewhere(sys.executable, "-c", program, cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert said.startswith(str(unpacked))
    assert said.endswith("()\n")


def test_own_packs_stand_outside_of_the_program(unpacked, tmp_path):
    run = ("-m", "ar_effects", "packs")
    before = {p for p in unpacked.rglob("*") if "__pycache__" not in p.parts}
    said = elsewhere(sys.executable, *run, "new", "mine", cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert str(tmp_path / "packs" / "mine") in said
    assert "ar-effects packs preview mine" in said
    names = elsewhere(sys.executable, *run, "list", cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert {"mine", "sunglasses"} <= {line.split()[0] for line in names.splitlines()}
    assert {p for p in unpacked.rglob("*") if "__pycache__" not in p.parts} == before


@pytest.mark.slow
@pytest.mark.parametrize("version", SUPPORTED)
def test_the_wheel_installs_in_an_empty_environment(version, wheel, tmp_path):
    """On every Python, with the examples, away from the checkout."""
    folder = environment(version, tmp_path / "venv")
    install = [str(folder / "python"), "-m", "pip", "install", "-q", str(wheel)]
    subprocess.run(install, check=True, timeout=INSTALL_S)
    elsewhere(folder / "ar-effects", "render", "demo", "out.mp4", cwd=tmp_path)
    assert (tmp_path / "out.mp4").stat().st_size > 100_000
    elsewhere(folder / "python", "-c", "from ar_effects import FaceTracker", cwd=tmp_path)
    examples = finished(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_examples.py"],
        ROOT,
        {**os.environ, "AR_EFFECTS_EXAMPLES_PYTHON": str(folder / "python")},
    )
    assert examples.returncode == 0, examples.stdout[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("version", SUPPORTED)
def test_the_suite_passes_on_every_python(version, tmp_path):
    """The other ones than this, which runs it now."""
    if version == f"3.{sys.version_info.minor}":
        pytest.skip("it runs there now")
    folder = environment(version, tmp_path / "venv")
    install = [str(folder / "python"), "-m", "pip", "install", "-q", "-r", str(ROOT / "requirements-dev.txt")]
    subprocess.run(install, check=True, timeout=INSTALL_S)
    done = subprocess.run(
        [str(folder / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
