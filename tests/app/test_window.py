"""The real window on a virtual screen: keys, photo, figures, text, errors in words."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.paths import EFFECTS
from tests.cli.runner import one_line_error, run_app

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="virtual screens are X11's"),
]


@pytest.fixture(scope="module")
def session(run_session, tmp_path_factory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("window")
    shutil.copytree(EFFECTS / "sunglasses", folder / "effects" / "sunglasses")
    (folder / "effects" / "broken").mkdir()
    (folder / "effects" / "broken" / "effect.toml").write_text("format = 1\ntitel = 'x'\n")
    return run_session("keys", folder), folder


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(cv2.absdiff(a, b).mean())


def test_the_window_shows_the_effect_and_escape_ends_it(session):
    result, folder = session
    assert result["frames"] >= 5
    assert result["effect"] == "Sunglasses"
    worn = cv2.imread(str(folder / "worn.png"))
    assert worn.shape == (720, 960, 3)
    assert worn.std() > 30


def test_text_is_drawn_over_the_picture(session):
    _, folder = session
    worn = cv2.imread(str(folder / "worn.png"))
    greeting = worn[-70:-30, 10:260]
    assert (greeting.min(axis=2) > 250).sum() > 150  # white letters
    assert (greeting.max(axis=2) < 60).sum() > 50  # on their shadows


def test_space_saves_what_is_shown(session):
    result, folder = session
    (photo,) = (folder / "photos").iterdir()
    assert str(photo) in result["said"]
    shown = cv2.resize(cv2.imread(str(folder / "worn.png")), (640, 480), interpolation=cv2.INTER_AREA)
    image = cv2.imread(str(photo))
    assert image.shape == (480, 640, 3)
    assert difference(image[:400], shown[:400]) < 6  # the lowest rows hold text
    assert difference(image[:400], cv2.flip(shown, 1)[:400]) > 20


def test_mirror_and_figures(session):
    result, folder = session
    a, b = (cv2.imread(str(folder / f"{name}.png")) for name in ("worn", "mirrored"))
    assert difference(a[100:600], cv2.flip(b, 1)[100:600]) < difference(a[100:600], b[100:600])
    for word in ("frames/s", "640x480", "track", "draw", "CPU"):
        assert word in result["figures"]


def test_the_panels_library_is_closed_with_the_window(session):
    result, _ = session
    assert result["panel"], result["panel_said"]
    assert not result["imgui_left"]


def test_a_broken_pack_is_named_and_the_old_effect_kept(session):
    result, _ = session
    assert "effect.toml" in result["broken"]
    assert "titel" in result["broken"] or "title" in result["broken"]
    assert result["kept"] == "Sunglasses"
    assert result["left"] == "no effect"
    assert result["around"] == "Sunglasses"


def test_a_display_that_leads_nowhere_falls_back_to_the_file(tmp_path):
    process = run_app(cwd=tmp_path, display=":987")
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "out" / "demo.mp4").stat().st_size > 100_000
    assert "Traceback" not in process.stderr


def test_a_source_that_fails_ends_the_window_with_one_line(screen, tmp_path):
    (tmp_path / "notes.mp4").write_text("remember the milk")
    process = run_app("--source", tmp_path / "notes.mp4", display=screen)
    assert "notes.mp4" in one_line_error(process)


def test_a_camera_that_is_not_there_ends_with_one_line(screen):
    process = run_app("--source", "7", display=screen)
    assert "7" in one_line_error(process)


def test_the_panel_comes_and_goes(session):
    result, folder = session
    assert (result["panel"], result["panel_after"], result["panel_said"]) == (True, False, "")
    without, panel = (cv2.imread(str(folder / f"{name}.png")) for name in ("no_panel", "panel"))
    corner = (slice(10, 60), slice(10, 330))
    assert difference(without[corner], panel[corner]) > 20
