"""What is remembered between runs: the intrinsics of each camera, in one TOML file of the settings folder.

A settings file that is broken is named in a warning and left out, never overwritten: the next save moves
it aside first.
"""

from __future__ import annotations

import json
import logging
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_config_path

from ar_effects.errors import InputError, SinkError
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND
from ar_effects.writing import write_error_message, write_text

FORMAT = 1
FOLDER_VARIABLE = "AR_EFFECTS_SETTINGS"
"""Environment variable that names another settings folder."""

LARGE_K1 = 0.15
"""Lenses that bend more than this bend straight lines visibly; nothing here straightens them."""

SAME_ASPECT = 0.01
Method = Literal["chessboard", "assumed"]
_Warn = Callable[[str], object]
_warn: _Warn = logging.getLogger(__name__).warning


@dataclass(frozen=True, slots=True)
class StoredCamera:
    """One camera's intrinsics as they are kept.

    Attributes:
        name: what the source calls the camera.
        width, height: of the pictures they were measured in; for an assumed field of view only nominal.
        fx, fy, cx, cy: pixels of such a picture.
        method: "chessboard" measured, for pictures of this aspect; "assumed" from a field of view, for any.
        k1: first radial distortion term; told, not corrected.
        rms_px: reprojection error of the measurement, pixels.
        views: pictures it rests on.
        fov_deg: across the shorter side; 0 where ``fov_longer_deg`` is given.
        fov_longer_deg: along the longer side, of an assumed camera; 0 in what versions wrote that measured
            the angle across the shorter side.
    """

    name: str
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    method: Method
    k1: float = 0.0
    rms_px: float = 0.0
    views: int = 0
    fov_deg: float = 0.0
    fov_longer_deg: float = 0.0

    @property
    def camera(self) -> Camera:
        """The pinhole camera. InputError when the numbers are impossible."""
        return Camera(self.width, self.height, self.fx, self.fy, self.cx, self.cy)

    def seeing(self, width: int, height: int) -> Camera:
        """The pinhole camera for pictures of a size that it ``fits``."""
        if self.method == "chessboard":
            return self.camera.scaled_to(width, height)
        if self.fov_longer_deg:
            return Camera.of_fov(width, height, self.fov_longer_deg)
        return Camera.of_fov(width, height, self.fov_deg, "shorter")

    @property
    def lens_note(self) -> str:
        """A sentence about a lens that bends straight lines; empty for others."""
        if abs(self.k1) <= LARGE_K1:
            return ""
        return sentence("settings.lens-bends", name=self.name, k1=self.k1)

    def fits(self, name: str, width: int, height: int) -> bool:
        """Whether it speaks for a camera of this name delivering pictures of this size."""
        if self.name.casefold() != name.casefold():
            return False
        return self.method == "assumed" or _same_aspect(self.width, self.height, width, height)


def assumed_camera(name: str, fov_deg: float, width: int = 1280, height: int = 720) -> StoredCamera:
    """A camera of a known field of view along the longer side, whatever its pictures' aspect.

    Raises:
        InputError: not an angle a lens can have.
    """
    c = Camera.of_fov(width, height, fov_deg)
    return StoredCamera(name, width, height, c.fx, c.fy, c.cx, c.cy, "assumed", fov_longer_deg=float(fov_deg))


def settings_folder() -> Path:
    """Where settings lie on this system."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else user_config_path("ar-effects", appauthor=False)


def cameras_file() -> Path:
    """The file of the cameras."""
    return settings_folder() / "cameras.toml"


def camera_for(
    name: str, width: int, height: int, *, fov_deg: float | None = None, warn: _Warn = _warn
) -> Camera | None:
    """The intrinsics kept for a camera, scaled to its pictures; None where nothing is known.

    What was measured goes before an angle that is given, and that before what was assumed once. A settings
    file that cannot be read is named to ``warn`` and counts as empty.

    Args:
        name: what the source calls the camera.
        width: of its pictures.
        height: of its pictures.
        fov_deg: an angle along the longer side that somebody gives for now.
        warn: is told sentences worth knowing.

    Raises:
        InputError: ``fov_deg`` is not an angle a lens can have.
    """
    stored, problems = load_cameras()
    for problem in problems:
        warn(problem)
    fitting = sorted((c for c in stored if c.fits(name, width, height)), key=lambda c: c.method == "assumed")
    chosen = fitting[0] if fitting else None
    if fov_deg is not None:
        given = Camera.of_fov(width, height, fov_deg)
        if chosen is None or chosen.method == "assumed":
            return given
        warn(sentence("settings.measured-goes-before", name=chosen.name, fov_deg=fov_deg, command=COMMAND))
    if chosen is None:
        return None
    if chosen.lens_note:
        warn(chosen.lens_note)
    return chosen.seeing(width, height)


def load_cameras() -> tuple[tuple[StoredCamera, ...], tuple[str, ...]]:
    """The cameras that are kept, and a sentence for each thing in the file that cannot be used."""
    path = cameras_file()
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return (), ()
    except OSError as error:
        return (), (sentence("settings.unreadable", path=path, reason=error.strerror),)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return (), (sentence("settings.not-toml", path=path, error=error),)
    if data.get("format") != FORMAT:
        got = repr(data.get("format"))
        return (), (sentence("settings.other-format", path=path, got=got, format=FORMAT),)
    entries = data.get("cameras", [])
    if not isinstance(entries, list):
        return (), (sentence("settings.no-list", path=path),)
    cameras, problems = [], []
    for number, entry in enumerate(entries, 1):
        try:
            cameras.append(_stored(entry))
        except InputError as error:
            problems.append(
                sentence("settings.camera-left-out", path=path, number=number, problem=error.one_line())
            )
    return tuple(cameras), tuple(problems)


def remember_camera(camera: StoredCamera) -> tuple[Path, str]:
    """Keep a camera's intrinsics, in place of earlier ones of the same name, method and aspect.

    Raises:
        SinkError: the settings folder cannot be written to.

    Returns:
        The file, and a sentence about a broken file that was moved aside, or an empty one.
    """

    def replaced(old: StoredCamera) -> bool:
        return old.method == camera.method and old.fits(camera.name, camera.width, camera.height)

    kept, problems = load_cameras()
    return _save([*(c for c in kept if not replaced(c)), camera], broken=bool(problems))


def forget_camera(name: str) -> int:
    """Forget everything kept for a camera; gives how many entries that were.

    Raises:
        InputError: there is none of that name.
        SinkError: the settings folder cannot be written to.
    """
    stored, problems = load_cameras()
    kept = [c for c in stored if c.name.casefold() != name.casefold()]
    if len(kept) == len(stored):
        known = ", ".join(dict.fromkeys(c.name for c in stored)) or Message("got.none")
        raise InputError(Message("settings.camera-unknown", name=name, known=known))
    _save(kept, broken=bool(problems))
    return len(stored) - len(kept)


def toml_text(table: Mapping[str, Any]) -> str:
    """Plain values, tables of them, and lists of tables as TOML; what tomllib reads gives the same back."""
    lines, below = [], []
    for key, value in table.items():
        if isinstance(value, Mapping):
            below.append(f"\n[{_quoted(key)}]\n{toml_text(value)}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            below += [f"\n[[{_quoted(key)}]]\n{toml_text(entry)}" for entry in value]
        else:
            lines.append(f"{_quoted(key)} = {_value(value)}\n")
    return "".join(lines + below)


def _quoted(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the delete character and halves of pairs, which TOML forbids.
        text = value.encode("utf-8", "replace").decode("utf-8")
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _save(cameras: list[StoredCamera], *, broken: bool) -> tuple[Path, str]:
    path = cameras_file()
    note = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error_message(path, error) from None
    if broken:
        aside = next(p for n in range(1, 10_000) if not (p := path.with_name(f"cameras-{n}.broken")).exists())
        try:
            path.replace(aside)
        except OSError as error:
            raise SinkError(
                Message("settings.not-moved-aside", path=path), got=error.strerror or str(error)
            ) from None
        note = sentence("settings.kept-aside", aside=aside)
    write_text(path, toml_text({"format": FORMAT, "cameras": [asdict(c) for c in cameras]}))
    return path, note


def _stored(entry: Any) -> StoredCamera:
    """An entry of the file as a camera. InputError naming the key that is wrong."""
    if not isinstance(entry, dict):
        raise InputError(Message("settings.entry-no-table"))
    types: dict[str, type | tuple[type, ...]] = {"name": str, "method": str, "width": int, "height": int}
    fields = {f: entry[f] for f in StoredCamera.__dataclass_fields__ if f in entry}
    needed = ["name", "width", "height", "fx", "fy", "cx", "cy", "method"]
    missing = [key for key in needed if key not in fields]
    if missing:
        raise InputError(Message("settings.key-missing", key=missing[0]))
    for key, value in fields.items():
        kind = types.get(key, int if key == "views" else (int, float))
        if isinstance(value, bool) or not isinstance(value, kind):
            raise InputError(Message("settings.key-kind", key=key), got=repr(value))
        if isinstance(value, float) and not isfinite(value):
            raise InputError(Message("settings.key-not-finite", key=key), got=repr(value))
    if fields["method"] not in get_args(Method):
        raise InputError(
            Message("settings.method-unknown"), expected=" or ".join(get_args(Method)), got=fields["method"]
        )
    stored = StoredCamera(**fields)
    _ = stored.camera  # refuses impossible intrinsics
    if stored.method == "assumed":
        made = stored.seeing(stored.width, stored.height)
        return replace(stored, fx=made.fx, fy=made.fy, cx=made.cx, cy=made.cy)
    return stored


def _same_aspect(width: int, height: int, other_width: int, other_height: int) -> bool:
    return abs(width * other_height / (height * other_width) - 1) < SAME_ASPECT
