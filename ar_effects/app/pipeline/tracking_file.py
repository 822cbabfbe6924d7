"""``track``: the faces of a picture, a video or a folder of pictures, as one JSON line a frame.

What each key means: docs/track-json.md, and docs/track.schema.json for programs. Keys may be added only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from ar_effects.app.pipeline.lens import camera_of
from ar_effects.errors import SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import ProviderName
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Expression, Face, Frame
from ar_effects.sources.base import SourceInfo
from ar_effects.sources.open import open_source
from ar_effects.sources.picture import PictureFolder
from ar_effects.sources.spec import SourceKind, SourceSpec
from ar_effects.tracking.tracker import FaceTracker
from ar_effects.writing import PartFile, write_error_message

Progress = Callable[[int | None], Callable[[], None]]


def track_line(
    frame: Frame,
    faces: tuple[Face, ...],
    file: str | None = None,
    camera: Camera | None = None,
    start_s: float | Fraction | None = None,
) -> str:
    """The faces of one frame as a line of JSON; coordinates to a hundredth of a pixel.

    Args:
        frame: the picture.
        faces: as the tracker gives them.
        file: the picture's name, in a folder of them.
        camera: that poses were solved with, to be told along.
        start_s: what was taken off the file's own times to make ``time_s``, to be told along.
    """
    width, height = frame.size
    line: dict[str, Any] = {} if file is None else {"file": file}
    line |= {
        "frame": frame.index,
        "time_s": round(frame.time_s, 6),
        "width": width,
        "height": height,
        "faces": [_face(face) for face in faces if face.state == "tracking"],
        "unseen": [_face(face) for face in faces if face.state != "tracking"],
    }
    if camera is not None:
        line["camera"] = {key: round(getattr(camera, key), 3) for key in ("fx", "fy", "cx", "cy")}
    if start_s is not None:
        line["start_s"] = round(float(start_s), 6)
    return json.dumps(line, separators=(",", ":"))


def _face(face: Face) -> dict[str, Any]:
    yaw, pitch, roll = face.pose.angles_deg
    return {
        "id": face.id,
        "score": round(face.score, 4),
        "landmarks": _rounded(face.landmarks),
        "yaw_deg": round(yaw, 3),
        "pitch_deg": round(pitch, 3),
        "roll_deg": round(roll, 3),
        "translation_mm": _rounded(face.pose.translation_mm),
        "eyes": {"left": _rounded(face.eyes.left), "right": _rounded(face.eyes.right)},
        "state": face.state,
        "unseen_s": round(face.unseen_s, 4),
        "quality": round(face.quality, 4),
        "head_scale": round(face.head_scale, 4),
        "pupil_span": round(face.pupil_span, 4),
        "expression": _expression(face.expression),
    }


def _expression(expression: Expression | None) -> dict[str, Any] | None:
    """All that is measured, each to a thousandth; None where nothing was."""
    if expression is None:
        return None
    values = {field.name: getattr(expression, field.name) for field in fields(expression)}
    return {k: list(v) if k == "events" else round(float(v), 3) for k, v in values.items()}


def _rounded(values: Any) -> Any:
    # Through float64, since a rounded float32 prints with all its digits.
    return values.astype("float64").round(2).tolist()


def track_lines(
    source: SourceSpec | str | Path,
    *,
    max_faces: int = 1,
    provider: ProviderName = "auto",
    fov_deg: float | None = None,
    progress: Progress = lambda _: lambda: None,
    note: Callable[[str], None] = lambda _: None,
    problem: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """The lines of a source, in order.

    A folder's pictures are tracked each on its own; one that cannot be read is told to ``problem``
    and left out. ``fov_deg`` is the lens's angle along the longer side, where somebody gives it.

    Raises:
        ArEffectsError: the source cannot be read, or a network cannot be loaded.
    """
    spec = SourceSpec.parse(source)
    if spec.kind is SourceKind.FOLDER:
        yield from _folder_lines(spec.path, max_faces, provider, fov_deg, progress, note, problem)
        return
    with open_source(spec) as opened:
        if opened.info.is_live:
            raise SourceError(
                Message("offline.endless-tracking", name=opened.info.name), kind=SourceErrorKind.UNSUITABLE
            )
        still = opened.kind is SourceKind.PICTURE
        camera = camera_of(opened.info, fov_deg=fov_deg, warn=note)
        tracker = FaceTracker(max_faces, "picture" if still else "video", provider, camera)
        note(tracker.provider.reason)
        tick = progress(opened.info.frame_count)
        start_s = opened.info.file.origin_s if opened.info.file and not still else None
        for frame in opened.frames():
            faces = tracker.track(frame.image, frame.time_s)
            yield track_line(frame, faces, camera=tracker.camera_for(*frame.size), start_s=start_s)
            tick()
        for text in opened.info.notes:
            note(text)


def _folder_lines(
    folder: Path,
    max_faces: int,
    provider: ProviderName,
    fov_deg: float | None,
    progress: Progress,
    note: Callable[[str], None],
    problem: Callable[[str], None],
) -> Iterator[str]:
    pictures = PictureFolder(folder)
    tracker = FaceTracker(max_faces, "picture", provider)
    note(tracker.provider.reason)
    tick = progress(len(pictures))
    for path, frame in pictures:
        info = SourceInfo(path.name, *frame.size, fps=0.0, camera=frame.camera)
        tracker.use_camera(camera_of(info, fov_deg=fov_deg))
        faces = tracker.track(frame.image, frame.time_s)
        yield track_line(frame, faces, path.name, tracker.camera_for(*frame.size))
        tick()
    for _, error in pictures.unreadable:
        problem(error.one_line())


def write_lines(lines: Iterator[str], output: Path) -> int:
    """Write lines to a file that appears when it is complete; gives their number.

    Raises:
        SinkError: the file cannot be written; nothing is left of it.
    """
    part = PartFile(output)
    count = 0
    try:
        for line in lines:
            try:
                part.file.write(line.encode() + b"\n")
            except OSError as error:
                raise write_error_message(output, error) from None
            count += 1
        part.finish()
    finally:
        part.discard()
    return count
