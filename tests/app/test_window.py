"""The real window on a virtual screen: keys, photo, figures, text, errors in words."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.app.window.fonts import fonts_with
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
    (folder / "effects" / "broken" / "effect.toml").write_text("format = 2\ntitel = 'x'\n")
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


FEW = """format = 2
title = "Few"
[parameters.size]
kind = "number"
default = 1.0
min = 0.0
max = 2.0
[[layers]]
kind = "post"
effect = "vignette"
"""
LABELS = (
    "\u0416\u0438\u0440\u0430\u0444",
    "\u03a9\u03bc\u03ad\u03b3\u03b1",
    "\u0531\u0580\u0587",
    "\U0001f600",
    "\u4f60\u597d",
)


@pytest.fixture(scope="module")
def texts(run_session, tmp_path_factory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("texts")
    number = 'kind = "number"\ndefault = 1.0\nmin = 0.0\nmax = 2.0\n'
    labelled = "".join(f'[parameters.p{i}]\n{number}label = "{LABELS[i % 5]}"\n' for i in range(40))
    many = FEW.replace("[parameters.size]", labelled + "[parameters.size]")
    many = many.replace("Few", f"Many {LABELS[2]} {LABELS[4]}")
    for name, text in (("few", FEW), ("many", many)):
        (folder / "effects" / name).mkdir(parents=True)
        (folder / "effects" / name / "effect.toml").write_text(text, encoding="utf-8")
    return run_session("texts", folder), folder


def test_the_panel_is_as_high_as_its_controls_and_leaves_the_figures_free(texts):
    result, _ = texts
    few, many, again = (result[name] for name in ("few", "many", "few_again"))
    assert again == pytest.approx(few)
    assert many[3] > 2 * few[3]
    for x, y, width, height in (few, many):
        assert y >= result["top"], "the figures stay free"
        assert x + width <= 960
        assert y + height <= 720, "what does not fit is scrolled to"


def test_letters_of_other_scripts_are_shown_or_named(texts):
    result, _ = texts
    letters = result["letters"]
    assert letters["A"]
    assert letters["\u0416"]  # Cyrillic
    assert letters["\u03a9"]  # Greek
    for letter, script in (("\u0531", "Armenian"), ("\U0001f600", "symbols"), ("\u4f60", "CJK")):
        expected = bool(fonts_with(letter))
        assert letters[letter] is expected
        assert (script in result["missing"]) is not expected


def test_captions_take_what_they_lack_from_the_computers_fonts(texts):
    result, _ = texts
    wanted = [fonts_with(letter)[:1] for letter in "\u0531\u4f60"]
    assert len(result["fallbacks"]) == len({path for paths in wanted for path in paths})


def test_texts_stay_inside_of_the_smallest_window(texts):
    result, _ = texts
    assert "M mirror" in result["help"]
    assert "F11 full screen" in result["help"]
    width, height = result["smallest"]
    assert (width, height) == (320, 240)
    (help_y, help_high, help_wide), (said_y, _, _), (figures_y, figures_high, _) = (
        result["small"][name] for name in ("help", "message", "figures")
    )
    assert help_y >= 0
    assert help_wide <= width
    assert help_high > 20, "it wraps"
    assert said_y >= help_y + help_high, "wrapped lines push the next text up"
    assert figures_y + figures_high <= height


def test_texts_have_a_dark_ground(texts):
    _, folder = texts
    shown = cv2.imread(str(folder / "captions.png"))
    help_line, picture = shown[-30:-8, 16:500], shown[300:400, 500:900]
    assert np.median(help_line) < 0.6 * np.median(picture)


def test_full_screen_and_back(texts):
    result, _ = texts
    # Asked of the window manager, which this screen has none of. Escape leaves it first, and then ends.
    assert result["full"] == [True, False, True, False]


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


@pytest.mark.words
def test_a_source_that_fails_ends_the_window_with_one_line(screen, tmp_path):
    (tmp_path / "notes.mp4").write_text("remember the milk")
    process = run_app("--source", tmp_path / "notes.mp4", display=screen)
    assert "notes.mp4" in one_line_error(process)


@pytest.mark.words
def test_a_camera_that_is_not_there_ends_with_one_line(screen):
    process = run_app("--source", "7", display=screen)
    assert "7" in one_line_error(process)


def test_the_panel_comes_and_goes(session):
    result, folder = session
    assert (result["panel"], result["panel_after"], result["panel_said"]) == (True, False, "")
    without, panel = (cv2.imread(str(folder / f"{name}.png")) for name in ("no_panel", "panel"))
    corner = (slice(10, 60), slice(10, 330))
    assert difference(without[corner], panel[corner]) > 20
