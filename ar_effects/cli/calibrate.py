"""``python app.py calibrate``: a camera's lens measured with a chessboard, or assumed."""

from __future__ import annotations

import click

from ar_effects.app.calibration import Board, Views, collect, collect_folder, measure_camera
from ar_effects.cli.stopping import deferred
from ar_effects.errors import InputError, SourceError
from ar_effects.geometry.camera import ASSUMED_FOV_DEG
from ar_effects.paths import COMMAND
from ar_effects.settings import (
    StoredCamera,
    assumed_camera,
    cameras_file,
    forget_camera,
    load_cameras,
    remember_camera,
)
from ar_effects.sources.open import open_source
from ar_effects.sources.spec import SourceKind, SourceSpec, exists


def calibrate_command(
    source: SourceSpec,
    board: str,
    square: float,
    fov: float | None,
    camera: str | None,
    show: bool,
    forget: str | None,
    quiet: bool,
) -> int:
    """Measure or assume, and keep; or show or forget what is kept."""
    if show:
        return _show()
    if forget is not None:
        count = forget_camera(forget)
        click.echo(f"Forgot {forget} ({count} {'entry' if count == 1 else 'entries'}).")
        return 0
    if fov is not None:
        return _keep(assumed_camera(camera or _name_of(source), fov))
    views = Views(Board.parse(board, square))

    def notify(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    if source.kind is SourceKind.FOLDER:
        if not camera:
            raise _no_name(source)
        for error in collect_folder(source.path, views, notify=notify):
            click.echo(f"left out: {error.one_line()}", err=True)
        name = camera
    else:
        with open_source(source) as opened, deferred() as stop:
            if not opened.info.is_live and not camera:
                raise _no_name(source)
            name = camera or opened.info.name
            notify(
                f"Looking for the board with {opened.info.name}; Ctrl-C ends it. {views.wish().capitalize()}."
            )
            collect(opened, views, notify=notify, stop=stop)
    if views.other_size:
        notify(f"{views.other_size} pictures of another size were left out.")
    found = measure_camera(views, name)
    notify(f"{found.views} views, reprojection error {found.rms_px:.2f} px")
    return _keep(found)


def _keep(camera: StoredCamera) -> int:
    path, note = remember_camera(camera)
    for text in (note, camera.lens_note):
        if text:
            click.echo(text, err=True)
    click.echo(_described(camera))
    click.echo(f"Kept in {path}")
    return 0


def _show() -> int:
    cameras, problems = load_cameras()
    for problem in problems:
        click.echo(problem, err=True)
    for camera in cameras:
        click.echo(_described(camera))
    if not cameras:
        click.echo(
            f"Nothing is kept in {cameras_file()}: "
            f"{ASSUMED_FOV_DEG:g} degrees along the longer side are assumed."
        )
    return 0


def _described(camera: StoredCamera) -> str:
    angle = f"{camera.camera.fov_deg:.1f} degrees along the longer side"
    if camera.method == "assumed":
        # Whatever the aspect; older versions kept the other side's angle.
        shorter = f"{camera.fov_deg:.1f} degrees across the shorter side"
        return f"{camera.name}: {angle if camera.fov_longer_deg else shorter}, assumed"
    lens = f"fx {camera.fx:.1f}, fy {camera.fy:.1f}, centre {camera.cx:.1f} {camera.cy:.1f}"
    how = f"k1 {camera.k1:+.3f}, error {camera.rms_px:.2f} px over {camera.views} views"
    return f"{camera.name}, {camera.width}x{camera.height}: {angle}, {lens}, {how}"


def _name_of(source: SourceSpec) -> str:
    """The name of a camera that is there."""
    if source.kind is not SourceKind.CAMERA and exists(source.path):
        raise _no_name(source)
    try:
        with open_source(source) as opened:
            if opened.info.is_live:
                return opened.info.name
    except SourceError as error:
        raise InputError(
            "Whose field of view it is, is not known", got=error.what, fix="Name the camera with --camera"
        ) from None
    raise _no_name(source)


def _no_name(source: SourceSpec) -> InputError:
    return InputError(
        f"{source} does not tell which camera it was taken with",
        expected="--camera NAME",
        fix=f"Cameras and their names are shown by: {COMMAND} devices",
    )
