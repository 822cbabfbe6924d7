"""What is remembered between runs: the intrinsics of each camera, in one TOML file of the settings folder.

A settings file that is broken is named in a warning and left out, never overwritten: the next save moves
it aside first. One of a newer version is left where and as it is. Keys that are not known here are kept.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

import tomli_w
from platformdirs import user_config_path

from ar_effects.errors import InputError, SinkError
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND
from ar_effects.writing import write_error_message, write_text

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

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


@dataclass(slots=True)
class _Kept:
    """The settings file as it was read: what is understood, and all else for writing it again.

    Attributes:
        entries: each camera with the table it was made of.
        table: the whole file; empty where it could not be read.
        problems: a sentence for each thing that cannot be used.
        newer_format: of a file that a newer version wrote; None for others.
    """

    entries: list[tuple[StoredCamera, Mapping[str, Any]]] = field(default_factory=list)
    table: Mapping[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    newer_format: int | None = None

    @property
    def cameras(self) -> tuple[StoredCamera, ...]:
        return tuple(camera for camera, _ in self.entries)


def load_cameras() -> tuple[tuple[StoredCamera, ...], tuple[str, ...]]:
    """The cameras that are kept, and a sentence for each thing in the file that cannot be used."""
    kept = _read()
    return kept.cameras, tuple(kept.problems)


def check_replaceable() -> None:
    """Raise SinkError where a newer version's settings file stands, which is not written over."""
    _refuse_newer(_read())


def remember_camera(camera: StoredCamera) -> tuple[Path, str]:
    """Keep a camera's intrinsics, in place of earlier ones of the same name, method and aspect.

    Raises:
        SinkError: the settings folder cannot be written to, or a newer version wrote the file.

    Returns:
        The file, and a sentence about a broken file that was moved aside, or an empty one.
    """

    def replaced(old: StoredCamera) -> bool:
        return old.method == camera.method and old.fits(camera.name, camera.width, camera.height)

    kept = _read()
    return _save(kept, [*(entry for entry in kept.entries if not replaced(entry[0])), (camera, {})])


def forget_camera(name: str) -> int:
    """Forget everything kept for a camera; gives how many entries that were.

    Raises:
        InputError: there is none of that name.
        SinkError: the settings folder cannot be written to, or a newer version wrote the file.
    """
    kept = _read()
    _refuse_newer(kept)
    left = [entry for entry in kept.entries if entry[0].name.casefold() != name.casefold()]
    if len(left) == len(kept.entries):
        known = ", ".join(dict.fromkeys(c.name for c in kept.cameras)) or Message("got.none")
        raise InputError(Message("settings.camera-unknown", name=name, known=known))
    _save(kept, left)
    return len(kept.entries) - len(left)


def toml_text(table: Mapping[str, Any]) -> str:
    """A table as TOML; halves of surrogate pairs, which names of files may have, become question marks."""
    return tomli_w.dumps(table).encode("utf-8", "replace").decode("utf-8")


def _read() -> _Kept:
    path = cameras_file()
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return _Kept()
    except OSError as error:
        return _Kept(problems=[sentence("settings.unreadable", path=path, reason=error.strerror)])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return _Kept(problems=[sentence("settings.not-toml", path=path, error=error)])
    written = data.get("format")
    if isinstance(written, int) and not isinstance(written, bool) and written > FORMAT:
        newer = sentence("settings.newer-format", path=path, got=written, format=FORMAT)
        return _Kept(problems=[newer], newer_format=written)
    if written != FORMAT:
        return _Kept(
            problems=[sentence("settings.other-format", path=path, got=repr(written), format=FORMAT)]
        )
    tables = data.get("cameras", [])
    if not isinstance(tables, list):
        return _Kept(problems=[sentence("settings.no-list", path=path)])
    kept = _Kept(table=data)
    for number, table in enumerate(tables, 1):
        try:
            kept.entries.append((_stored(table), table))
        except InputError as error:
            kept.problems.append(
                sentence("settings.camera-left-out", path=path, number=number, problem=error.one_line())
            )
    return kept


def _refuse_newer(kept: _Kept) -> None:
    if kept.newer_format is not None:
        raise SinkError(
            Message(
                "settings.newer-not-replaced",
                path=cameras_file(),
                variable=FOLDER_VARIABLE,
                got=kept.newer_format,
                format=FORMAT,
            )
        )


def _save(kept: _Kept, entries: list[tuple[StoredCamera, Mapping[str, Any]]]) -> tuple[Path, str]:
    _refuse_newer(kept)
    path = cameras_file()
    note = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error_message(path, error) from None
    if kept.problems:
        aside = next(p for n in range(1, 10_000) if not (p := path.with_name(f"cameras-{n}.broken")).exists())
        try:
            path.replace(aside)
        except OSError as error:
            raise SinkError(
                Message("settings.not-moved-aside", path=path), got=error.strerror or str(error)
            ) from None
        note = sentence("settings.kept-aside", aside=aside)
    tables = [{**table, **asdict(camera)} for camera, table in entries]
    write_text(path, toml_text({**kept.table, "format": FORMAT, "cameras": tables}))
    return path, note


@cache
def _entry_model() -> type[BaseModel]:
    """What an entry of the file must be. Made when there is a file: pydantic takes its time to load."""
    from pydantic import ConfigDict, create_model  # noqa: PLC0415

    types = get_type_hints(StoredCamera)
    keys: dict[str, Any] = {
        f.name: (types[f.name], ... if f.default is MISSING else f.default) for f in fields(StoredCamera)
    }
    return create_model("Entry", __config__=ConfigDict(strict=True, allow_inf_nan=False), **keys)


def _stored(entry: Any) -> StoredCamera:
    """An entry of the file as a camera. InputError naming the key that is wrong."""
    import pydantic  # noqa: PLC0415

    try:
        checked = _entry_model().model_validate(entry)
    except pydantic.ValidationError as error:
        raise _entry_error(error) from None
    stored = StoredCamera(**checked.model_dump())
    _ = stored.camera  # refuses impossible intrinsics
    if stored.method == "assumed":
        made = stored.seeing(stored.width, stored.height)
        return replace(stored, fx=made.fx, fy=made.fy, cx=made.cx, cy=made.cy)
    return stored


def _entry_error(error: ValidationError) -> InputError:
    """The first problem in our words; keys that are missing go before what is wrong with others."""
    problems = error.errors(include_url=False)
    first = min(problems, key=lambda problem: problem["type"] != "missing")
    if not first["loc"]:
        return InputError(Message("settings.entry-no-table"))
    key, got = first["loc"][0], first["input"]
    if first["type"] == "missing":
        return InputError(Message("settings.key-missing", key=key))
    if first["type"] == "finite_number":
        return InputError(Message("settings.key-not-finite", key=key), got=repr(got))
    if first["type"] == "literal_error" and isinstance(got, str):
        return InputError(Message("settings.method-unknown"), expected=" or ".join(get_args(Method)), got=got)
    return InputError(Message("settings.key-kind", key=key), got=repr(got))


def _same_aspect(width: int, height: int, other_width: int, other_height: int) -> bool:
    return abs(width * other_height / (height * other_width) - 1) < SAME_ASPECT
