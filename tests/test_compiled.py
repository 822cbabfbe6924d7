"""Compiled loops: the same without the compiler, kept from start to start, and never a reason to stop."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import ar_effects
from ar_effects import compiled as compiled_module
from ar_effects.compiled import IS_COMPILED, compiled
from ar_effects.errors import AssetError
from ar_effects.tracking import warm_up as warm_up_module
from ar_effects.tracking.warm_up import EVERY_TIME, FIRST_TIME, warm_up
from tests.processes import finished

ROOT = Path(__file__).resolve().parents[1]
needs_compiler = pytest.mark.skipif(not IS_COMPILED, reason="there is no compiler")


def python(code: str, *arguments: object, **env: str) -> str:
    """What a Python of its own prints; it must end well."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    done = finished([sys.executable, "-c", code, *arguments], ROOT, environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- with and without the compiler ------------------------------------------------------------------------

NO_COMPILER = "import sys; sys.modules['numba'] = None\n"
TRACK = """
import sys
from dataclasses import astuple
import numpy as np
from ar_effects import FaceTracker, compiled

def loops():
    modules = [module for name, module in sys.modules.items() if name.startswith("ar_effects")]
    values = [value for module in modules for value in vars(module).values()]
    return {v.__module__ + "." + v.__name__: len(v.signatures) for v in values if hasattr(v, "py_func")}

frames = np.load(sys.argv[1])
tracker = FaceTracker(max_faces=2, provider="cpu")
ready = loops()
faces = [tracker.track(frame, i / 30)[0] for i, frame in enumerate(frames)]
if ready:
    FaceTracker(mode="picture", provider=tracker.provider).track(frames[0])
later = loops()
np.savez(
    sys.argv[2],
    landmarks=[face.landmarks for face in faces],
    pose=[face.pose.camera_from_head for face in faces],
    reprojection=[face.pose.reprojection_px for face in faces],
    eyes=[(face.eyes.left, face.eyes.right) for face in faces],
    expression=[astuple(face.expression)[:-1] for face in faces],
    quality=[face.quality for face in faces],
    size=[face.head_scale for face in faces],
    pupils=[face.pupil_span for face in faces],
)
print(compiled.IS_COMPILED, *(name for name in later if later[name] != ready[name]))
"""


@pytest.fixture(scope="module")
def frames_file(demo_frames, tmp_path_factory):
    path = tmp_path_factory.mktemp("frames") / "frames.npy"
    np.save(path, np.array(demo_frames[:3]))
    return path


@pytest.fixture(scope="module")
def as_shipped(frames_file):
    """What is printed and what is tracked by a process in which nobody has compiled anything else."""
    target = frames_file.with_name("compiled.npz")
    return python(TRACK, frames_file, target), np.load(target)


@needs_compiler
def test_nothing_is_compiled_after_the_warm_up(as_shipped):
    """Else a frame would wait for it: other kinds of arguments are other machine code."""
    assert as_shipped[0].split() == ["True"]


@pytest.mark.parametrize(
    ("before", "env"),
    [("", {"NUMBA_DISABLE_JIT": "1"}), (NO_COMPILER, {})],
    ids=["switched off", "not installed"],
)
def test_the_face_is_the_same_without_the_compiler(as_shipped, frames_file, before, env):
    target = frames_file.with_name("plain.npz")
    assert python(before + TRACK, frames_file, target, **env).split() == ["False"]
    plain, reference = np.load(target), as_shipped[1]
    assert reference["landmarks"].shape == (3, 478, 3)
    # OpenCV samples at whole 32nds of a pixel and the mesh is one network there, so it is not the last digit.
    for name, tolerance in {"landmarks": 0.06, "eyes": 0.03, "pose": 0.05, "expression": 0.01}.items():
        np.testing.assert_allclose(plain[name], reference[name], atol=tolerance, err_msg=name)
    for name in ("reprojection", "quality", "size"):
        np.testing.assert_allclose(plain[name], reference[name], rtol=1e-3, err_msg=name)


@pytest.mark.parametrize("failure", ["ImportError", "OSError"])
def test_a_compiler_that_cannot_be_loaded_is_none(tmp_path, monkeypatch, failure):
    """Not there, or without the library of LLVM that it loads."""
    (tmp_path / "numba.py").write_text(f"raise {failure}('no such library')")
    for name in [name for name in sys.modules if name.split(".")[0] == "numba"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    module = runpy.run_path(compiled_module.__file__)
    assert module["IS_COMPILED"] is False
    assert module["compiled"](len) is len


# --- what is kept on the disk -----------------------------------------------------------------------------

INNER = """
from ar_effects.compiled import compiled

@compiled
def times(x):
    return {factor} * x
"""
OUTER = """
from ar_effects.inner_loop import times
from ar_effects.compiled import compiled

@compiled
def more(x):
    return times(x) + 1.0
"""


class Loops:
    """A compiled loop that calls one of another file, started anew as often as one likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write(10.0)
        (folder / "outer_loop.py").write_text(OUTER)

    def write(self, factor: float) -> None:
        (self.folder / "inner_loop.py").write_text(INNER.format(factor=factor))

    def forget(self) -> None:
        """As if the program had just been started."""
        for name in ("inner_loop", "outer_loop"):
            sys.modules.pop(f"ar_effects.{name}", None)
        compiled_module._version_of.cache_clear()
        compiled_module._source.cache_clear()
        importlib.invalidate_caches()

    def call(self) -> tuple[float, bool]:
        """What a new start gives, and whether the loop was kept from the one before."""
        self.forget()
        more = importlib.import_module("ar_effects.outer_loop").more
        return more(2.0), sum(more.stats.cache_hits.values()) == 1

    def call_both(self) -> tuple[float, float]:
        """What the inner and the outer loop give after a new start."""
        self.forget()
        inner = importlib.import_module("ar_effects.inner_loop").times
        return inner(2.0), importlib.import_module("ar_effects.outer_loop").more(2.0)

    def kept(self, ending: str) -> Path:
        (path,) = self.folder.rglob(f"outer_loop.more*.{ending}")
        return path


@pytest.fixture
def loops(tmp_path, monkeypatch):
    monkeypatch.setattr(ar_effects, "__path__", [*ar_effects.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python's own would not notice so quick a change
    monkeypatch.setattr("numba.config.CACHE_DIR", "")
    yield Loops(tmp_path)
    for name in ("inner_loop", "outer_loop"):
        sys.modules.pop(f"ar_effects.{name}", None)


@needs_compiler
def test_a_loop_is_compiled_once(loops):
    assert loops.call() == (21.0, False)
    assert loops.call() == (21.0, True)


@needs_compiler
def test_a_loop_is_compiled_again_when_one_it_calls_has_changed(loops):
    """numba by itself would go on with the old one: the caller's file is the same."""
    loops.call()
    loops.write(20.0)
    assert loops.call() == (41.0, False)
    assert loops.call() == (41.0, True)
    loops.write(10.0)
    assert loops.call() == (21.0, False)


@needs_compiler
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [b"", b"no such thing", "cut"])
def test_a_damaged_file_is_made_anew(loops, ending, damage):
    loops.call()
    path = loops.kept(ending)
    path.write_bytes(path.read_bytes()[:60] if damage == "cut" else damage)
    assert loops.call() == (21.0, False)
    assert loops.call() == (21.0, True)


@needs_compiler
def test_where_there_is_no_place_to_keep_them_loops_are_compiled_all_the_same():
    names: dict = {}
    exec("def double(x): return 2.0 * x", names)  # a function of no file, as in a program packed into one
    with pytest.raises(RuntimeError, match="cannot cache"):
        compiled_module.njit(names["double"], cache=True)
    assert compiled(names["double"])(1.5) == 3.0


@needs_compiler
@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_a_full_disk_does_not_keep_loops_from_running(tmp_path):
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
import numpy as np
from ar_effects.geometry.small import turn_between
print(turn_between(np.eye(3), np.eye(3)), sum(turn_between.stats.cache_misses.values()))
"""
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)) == "(0.0, 0.0, 0.0) 1\n"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- warming up -------------------------------------------------------------------------------------------


@pytest.fixture
def warming(monkeypatch):
    """What ``warm_up`` says when what it runs is this."""
    warm_up_module._run_all.cache_clear()

    def told(run):
        monkeypatch.setattr(warm_up_module, "_run_all", run)
        sentences: list[str] = []
        warm_up(sentences.append)
        return sentences

    return told


@needs_compiler
def test_an_empty_cache_is_told_once(warming, loops):
    assert warming(loops.call) == [str(FIRST_TIME)]


@needs_compiler
def test_it_is_told_before_the_wait(loops, monkeypatch):
    monkeypatch.setattr(warm_up_module, "_run_all", loops.call)
    with pytest.raises(KeyboardInterrupt):  # whoever hears it can stop it
        warm_up(lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    assert not list(loops.folder.rglob("*.nbc"))


@needs_compiler
def test_a_full_cache_is_not_told_however_slow_the_machine(warming, loops):
    loops.call()

    def slowly():
        time.sleep(1.2)
        assert loops.call() == (21.0, True)

    assert warming(slowly) == []


@needs_compiler
def test_what_the_program_keeps_is_not_told(as_shipped):
    """The real loops: whatever ``as_shipped`` found, they are kept now."""
    assert as_shipped
    code = "from ar_effects.tracking.warm_up import warm_up; warm_up(print); warm_up(print)"
    assert python(code) == ""


@needs_compiler
def test_a_cache_that_is_stale_in_part_is_told(warming, loops):
    assert loops.call_both() == (20.0, 21.0)
    (kept,) = loops.folder.rglob("inner_loop.times*.nbi")
    before = kept.read_bytes()
    (loops.folder / "outer_loop.py").write_text(OUTER.replace("1.0", "2.0"))
    found = []
    assert warming(lambda: found.append(loops.call_both())) == [str(FIRST_TIME)]
    assert found == [(20.0, 22.0)]
    assert kept.read_bytes() == before  # of what was not stale nothing was made anew
    assert warming(loops.call_both) == []


@needs_compiler
def test_where_nothing_can_be_kept_it_is_not_called_once(warming, loops, monkeypatch):
    monkeypatch.setattr(compiled_module._Kept, "__init__", lambda *_: (_ for _ in ()).throw(RuntimeError))
    assert warming(loops.call) == [str(EVERY_TIME)]


def test_a_failed_warm_up_is_not_told(warming):
    def fail():
        raise AssetError("damaged")

    with pytest.raises(AssetError):
        warming(fail)
    assert compiled_module._listeners == []


def test_it_is_warm_after_the_first_time(monkeypatch):
    warm_up_module._run_all.cache_clear()
    calls = []
    real = warm_up_module.extent_of
    monkeypatch.setattr(warm_up_module, "extent_of", lambda points: (calls.append(1), real(points))[1])
    for _ in range(3):
        warm_up()
    assert len(calls) == 1
