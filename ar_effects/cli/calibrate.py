"""``python app.py calibrate``: a camera's lens measured with a chessboard, or assumed."""

from __future__ import annotations

import click

from ar_effects.app.calibration import Board, Views, collect, collect_folder, measure_camera
from ar_effects.cli.stopping import deferred
from ar_effects.errors import InputError, SourceError
from ar_effects.geometry.camera import ASSUMED_FOV_DEG
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND
from ar_effects.settings import (
    StoredCamera,
    assumed_camera,
    cameras_file,
    check_replaceable,
    forget_camera,
    load_cameras,
    remember_camera,
)
from ar_effects.sources.open import open_source
from ar_effects.sources.spec import SourceKind, SourceSpec, exists


def measure_command(source: SourceSpec, board: str, square: float, camera: str | None, quiet: bool) -> int:
    """Measure a lens, and keep it."""
    check_replaceable()  # before anybody holds up a board
    views = Views(Board.parse(board, square))

    def notify(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    if source.kind is SourceKind.FOLDER:
        if not camera:
            raise _no_name(source)
        for error in collect_folder(source.path, views, notify=notify):
            click.echo(sentence("calibration.left-out", problem=error.one_line()), err=True)
        name = camera
    else:
        with open_source(source) as opened, deferred() as stop:
            if not opened.info.is_live and not camera:
                raise _no_name(source)
            name = camera or opened.info.name
            notify(sentence("calibration.looking", name=opened.info.name, wish=views.wish().capitalize()))
            collect(opened, views, notify=notify, stop=stop)
    if views.other_size:
        notify(sentence("calibration.others-left-out", count=views.other_size))
    found = measure_camera(views, name)
    notify(sentence("calibration.found", views=found.views, rms_px=found.rms_px))
    return _keep(found)


def assume_command(fov_deg: float, source: SourceSpec, camera: str | None) -> int:
    """Keep an angle that is assumed for a camera."""
    return _keep(assumed_camera(camera or _name_of(source), fov_deg))


def list_command() -> int:
    """Show what is kept."""
    cameras, problems = load_cameras()
    for problem in problems:
        click.echo(problem, err=True)
    for camera in cameras:
        click.echo(_described(camera))
    if not cameras:
        click.echo(sentence("calibration.nothing-kept", path=cameras_file(), assumed_fov_deg=ASSUMED_FOV_DEG))
    return 0


def forget_command(name: str) -> int:
    """Forget what is kept for a camera."""
    count = forget_camera(name)
    forgot = "calibration.forgot-one" if count == 1 else "calibration.forgot-many"
    click.echo(sentence(forgot, name=name, count=count))
    return 0


def _keep(camera: StoredCamera) -> int:
    path, note = remember_camera(camera)
    for text in (note, camera.lens_note):
        if text:
            click.echo(text, err=True)
    click.echo(_described(camera))
    click.echo(sentence("calibration.kept", path=path))
    return 0


def _described(camera: StoredCamera) -> str:
    facts: dict[str, object] = {name: getattr(camera, name) for name in StoredCamera.__dataclass_fields__}
    if camera.method != "assumed":
        return sentence("calibration.camera", fov=camera.camera.fov_deg, **facts)
    # Whatever the aspect; older versions kept the other side's angle.
    assumed = "calibration.assumed" if camera.fov_longer_deg else "calibration.assumed-across-the-shorter"
    return sentence(assumed, fov=camera.camera.fov_deg, **facts)


def _name_of(source: SourceSpec) -> str:
    """The name of a camera that is there."""
    if source.kind is not SourceKind.CAMERA and exists(source.path):
        raise _no_name(source)
    try:
        with open_source(source) as opened:
            if opened.info.is_live:
                return opened.info.name
    except SourceError as error:
        raise InputError(Message("calibration.whose-lens"), got=error.what) from None
    raise _no_name(source)


def _no_name(source: SourceSpec) -> InputError:
    return InputError(Message("calibration.camera-unnamed", source=source, command=COMMAND))
