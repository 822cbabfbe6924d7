"""Cameras are kept by name and aspect; a broken file is named, left out, and never lost."""

from __future__ import annotations

import logging
import sys
import tomllib
from datetime import date

import pytest

from ar_effects import settings
from ar_effects.errors import InputError, SinkError
from ar_effects.geometry.camera import Camera
from ar_effects.settings import StoredCamera, assumed_camera, camera_for, remember_camera

MEASURED = StoredCamera("Logi", 1280, 720, 900.5, 901.25, 640.1, 355.9, "chessboard", k1=-0.05, views=14)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(settings.FOLDER_VARIABLE, str(tmp_path / "config"))
    return tmp_path / "config"


def test_without_a_file_nothing_is_known(folder):
    assert camera_for("Logi", 1280, 720) is None
    assert not folder.exists()


def test_a_measured_camera_comes_back_exactly_and_scaled():
    remember_camera(MEASURED)
    assert camera_for("logi", 1280, 720) == MEASURED.camera
    assert camera_for("Logi", 640, 360) == MEASURED.camera.scaled_to(640, 360)
    assert camera_for("Logi", 1366, 768) is not None, "a rounded 16:9"


def test_another_aspect_or_name_is_another_camera():
    remember_camera(MEASURED)
    assert camera_for("Logi", 640, 480) is None
    assert camera_for("Logitech", 1280, 720) is None


def test_measuring_again_replaces_and_other_cameras_stay():
    remember_camera(MEASURED)
    remember_camera(StoredCamera("Logi", 640, 480, 600, 600, 319.5, 239.5, "chessboard"))
    remember_camera(StoredCamera("Other", 1280, 720, 800, 800, 639.5, 359.5, "chessboard"))
    remember_camera(StoredCamera("Logi", 1920, 1080, 1500, 1500, 959.5, 539.5, "chessboard"))
    stored, problems = settings.load_cameras()
    assert not problems
    assert [(c.name, c.width) for c in stored] == [("Logi", 640), ("Other", 1280), ("Logi", 1920)]


def test_an_assumed_field_of_view_is_for_every_aspect_and_gives_way_to_measuring():
    remember_camera(assumed_camera("Logi", 55))
    assert camera_for("Logi", 640, 480) == Camera.of_fov(640, 480, 55)
    assert camera_for("Logi", 480, 640) == Camera.of_fov(480, 640, 55)
    remember_camera(MEASURED)
    assert camera_for("Logi", 1280, 720) == MEASURED.camera
    assert camera_for("Logi", 640, 480) == Camera.of_fov(640, 480, 55)


def test_an_angle_kept_by_an_older_version_is_still_across_the_shorter_side(folder):
    folder.mkdir()
    settings.cameras_file().write_text(
        'format = 1\n\n[[cameras]]\nname = "Logi"\nwidth = 1280\nheight = 720\nfx = 691.6\nfy = 691.6\n'
        'cx = 639.5\ncy = 359.5\nmethod = "assumed"\nk1 = 0.0\nrms_px = 0.0\nviews = 0\nfov_deg = 55.0\n'
    )
    expected = Camera.of_fov(640, 480, 55, "shorter")
    assert camera_for("Logi", 640, 480) == expected
    remember_camera(MEASURED)  # writes the file anew
    assert camera_for("Logi", 640, 480) == expected
    remember_camera(assumed_camera("Logi", 60))  # takes its place
    assert camera_for("Logi", 640, 480) == Camera.of_fov(640, 480, 60)


def test_an_angle_given_for_now_goes_between_measured_and_assumed():
    told = []
    assert camera_for("Logi", 640, 480, fov_deg=70, warn=told.append) == Camera.of_fov(640, 480, 70)
    remember_camera(assumed_camera("Logi", 55))
    assert camera_for("Logi", 640, 480, fov_deg=70, warn=told.append) == Camera.of_fov(640, 480, 70)
    assert told == []
    remember_camera(MEASURED)
    assert camera_for("Logi", 1280, 720, fov_deg=70, warn=told.append) == MEASURED.camera
    assert len(told) == 1
    assert "Logi was measured" in told[0]
    assert 'calibrate forget "Logi"' in told[0]
    with pytest.raises(InputError, match="field of view"):
        camera_for("Nobody", 640, 480, fov_deg=400)


@pytest.mark.parametrize("fov", [0, -3, 180, float("nan")])
def test_impossible_angles_are_refused(fov):
    with pytest.raises(InputError, match="field of view"):
        assumed_camera("Logi", fov)


@pytest.mark.words
def test_a_bending_lens_is_told(caplog):
    remember_camera(StoredCamera("Wide", 640, 480, 300, 300, 319.5, 239.5, "chessboard", k1=-0.31))
    with caplog.at_level(logging.WARNING):
        assert camera_for("Wide", 640, 480) is not None
    assert "k1 = -0.31" in caplog.text


def test_forgetting():
    remember_camera(MEASURED)
    remember_camera(assumed_camera("LOGI", 60))
    remember_camera(assumed_camera("Other", 60))
    assert settings.forget_camera("logi") == 2
    assert [c.name for c in settings.load_cameras()[0]] == ["Other"]
    with pytest.raises(InputError, match="Other"):
        settings.forget_camera("Logi")


@pytest.mark.parametrize(
    "content",
    [
        b"cameras = [",
        b"\xff\xfe\x00",
        b"format = 0\n",
        b"",
        b'format = 1\ncameras = "none"\n',
        b'format = 1\n[[cameras]]\nname = "Logi"\n',
    ],
)
def test_a_broken_file_is_named_left_out_and_kept(folder, content):
    folder.mkdir()
    path = settings.cameras_file()
    path.write_bytes(content)
    told = []
    assert camera_for("Logi", 1280, 720, warn=told.append) is None
    assert len(told) == 1
    assert str(path) in told[0]
    _, note = remember_camera(MEASURED)
    assert (folder / "cameras-1.broken").read_bytes() == content
    assert "cameras-1.broken" in note
    assert camera_for("Logi", 1280, 720, warn=told.append) == MEASURED.camera
    assert len(told) == 1


def test_a_newer_version_s_file_is_named_and_left_untouched(folder):
    folder.mkdir()
    path = settings.cameras_file()
    content = b'format = 2\n[[cameras]]\nname = "Logi"\n'
    path.write_bytes(content)
    told = []
    assert camera_for("Logi", 1280, 720, warn=told.append) is None
    assert len(told) == 1
    assert str(path) in told[0]
    for write in (lambda: remember_camera(MEASURED), lambda: settings.forget_camera("Logi")):
        with pytest.raises(SinkError) as raised:
            write()
        assert raised.value.identifier == "settings.newer-not-replaced"
        assert raised.value.facts["path"] == path
    with pytest.raises(SinkError):
        settings.check_replaceable()
    assert [p.name for p in folder.iterdir()] == ["cameras.toml"]
    assert path.read_bytes() == content


def test_keys_of_another_version_are_kept_when_the_file_is_written():
    path, _ = remember_camera(MEASURED)
    data = tomllib.loads(path.read_text())
    other = {"theme": "dark", "since": date(2026, 5, 31), "window": {"size": [1280, 720]}}
    path.write_text(settings.toml_text({**data, **other, "cameras": [{**data["cameras"][0], "k3": 0.5}]}))
    remember_camera(assumed_camera("Other", 60))
    settings.forget_camera("Other")
    kept = tomllib.loads(path.read_text())
    assert kept == {**data, **other, "cameras": [{**data["cameras"][0], "k3": 0.5}]}
    assert settings.load_cameras() == ((MEASURED,), ())


def test_a_settings_folder_that_is_none_is_named_and_skipped(folder):
    folder.write_text("a file stands here")
    told = []
    assert camera_for("Logi", 1280, 720, fov_deg=70, warn=told.append) == Camera.of_fov(1280, 720, 70)
    if sys.platform != "win32":  # which says that there is no such file
        assert len(told) == 1
        assert str(folder) in told[0]
    settings.check_replaceable()


@pytest.mark.words
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('width = "wide"', "width"),
        ("fx = nan", "fx"),
        ("fx = -5.0", "intrinsics"),
        ('method = "guess"', "method"),
        ("height = true", "height"),
    ],
)
def test_one_wrong_entry_does_not_cost_the_others(line, key):
    path, _ = remember_camera(MEASURED)
    name = line.split(" = ")[0]
    entry = [line if row.startswith(f"{name} =") else row for row in path.read_text().splitlines()]
    path.write_text("\n".join([*entry, ""]) + settings.toml_text({"cameras": [settings.asdict(MEASURED)]}))
    told = []
    assert camera_for("Logi", 1280, 720, warn=told.append) == MEASURED.camera
    assert len(told) == 1
    assert "camera 1" in told[0]
    assert key in told[0]


def test_a_settings_folder_that_cannot_be_made_is_said(folder):
    folder.write_text("a file stands here")
    with pytest.raises(SinkError, match=r"cameras\.toml"):
        remember_camera(MEASURED)


def test_toml_is_read_back_as_written():
    table = {
        "text": 'quote " back \\ line \n tab \t bell \x07 del \x7f smile \U0001f600 é',
        "odd key": 1,
        "numbers": [1, 2.5, -1e-9, 0.1 + 0.2],
        "yes": True,
        "empty": [],
        "table": {"x": 1.0, "frames.mkv": "abc"},
        "list": [{"a": 1}, {"a": 2}],
    }
    assert tomllib.loads(settings.toml_text(table)) == table
