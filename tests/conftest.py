"""What many tests share: the demo clip with its ground truth, a tracker, a steady Hypothesis."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")  # as in the app; before anything imports OpenCV

import av
import numpy as np
import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `pytest` puts tests/ there, `python -m pytest` the repository too
    sys.path.insert(0, str(ROOT))

# A shell that puts the tests in the background, or nohup, has signals ignored, and every program that tests
# start would inherit that: then none of them could be interrupted.
for _name in ("SIGINT", "SIGTERM", "SIGHUP"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL)

from tests import words  # noqa: E402 - after the path is set

settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--slow``."""
    parser.addoption("--slow", action="store_true", help="run what takes a minute or more a test, too")


def pytest_configure(config: pytest.Config) -> None:
    """Caches and settings are the session's own: nothing that this user keeps is read, or written over.

    But for the driver's compiled shaders, which change no picture and take minutes to make.
    """
    own = Path(tempfile.mkdtemp(prefix="ar-effects-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    os.environ.setdefault("MESA_SHADER_CACHE_DIR", caches)
    os.environ.pop("AR_EFFECTS_SETTINGS", None)
    os.environ |= {
        "XDG_CACHE_HOME": str(own / "cache"),
        "XDG_CONFIG_HOME": str(own / "config"),
        "AR_EFFECTS_PACKS": str(own / "effects"),
    }
    if os.environ.pop(words.VARIABLE, "") == words.PSEUDO:
        words.write_pseudo(own / "pseudo.json")
        os.environ[words.VARIABLE] = str(own / "pseudo.json")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests are skipped, and said to be, unless they are asked for; those that test words are marked."""
    words.mark(items)
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: runs with ./run test --slow"))


@pytest.fixture(scope="session")
def demo_frames() -> list[np.ndarray]:
    """Every frame of the built-in clip, BGR; read-only, since all tests share them."""
    with av.open(str(ROOT / "assets" / "demo" / "demo.mp4")) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    for frame in frames:
        frame.flags.writeable = False
    return frames


@pytest.fixture(scope="session")
def demo_truth() -> list[dict]:
    """One record a frame: eyes, angles, translation."""
    text = (ROOT / "assets" / "demo" / "demo.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def cpu():
    """The provider every machine has: results are the same everywhere."""
    from ar_effects.inference.provider import choose_provider

    return choose_provider("cpu")


@pytest.fixture(scope="session")
def picture_tracker(cpu):
    """A tracker of single pictures: it keeps nothing from one frame to the next."""
    from ar_effects.tracking.tracker import FaceTracker

    return FaceTracker(max_faces=4, mode="picture", provider=cpu)


@pytest.fixture(scope="session")
def demo_face(picture_tracker, demo_frames):
    """The face of the clip's first frame."""
    (face,) = picture_tracker.track(demo_frames[0])
    return face
