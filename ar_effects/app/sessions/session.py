"""Sessions: a folder that holds what a camera or clip showed, when, and what was tracked in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from ar_effects.app.pipeline.lens import camera_of
from ar_effects.app.pipeline.tracking_file import track_line
from ar_effects.errors import CameraLostError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Device, ProviderName
from ar_effects.messages import Message, sentence
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Frame, Image
from ar_effects.settings import toml_text
from ar_effects.sources.base import Source, SourceInfo
from ar_effects.sources.open import DEMO_CLIP
from ar_effects.sources.spec import SourceKind
from ar_effects.tracking.tracker import FaceTracker
from ar_effects.version import program_version
from ar_effects.writing import PartFolder, write_error_message

FORMAT = 1
HEAD, TIMES, FACES, FRAMES = "session.toml", "frames.jsonl", "faces.jsonl", "frames.mkv"
_PACKAGES = ("numpy", "opencv-python", "onnxruntime", "onnxruntime-gpu", "av")


class FrameWriter(Protocol):
    """Keeps pictures so that the same pixels come back; raises OSError when it cannot."""

    def write(self, image: Image, time_s: float) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


MakeWriter = Callable[[Path, int, int], FrameWriter]
"""Given path, width and height, makes the writer of a camera's frames."""


@dataclass(frozen=True, slots=True)
class SessionManifest:
    """The first page of a session.

    Attributes:
        source: what people call the source.
        clip: where its frames lie: "demo", or a path, relative ones seen from the session's folder.
        width, height: pixels.
        fps: nominal.
        frames: how many.
        max_faces: followed at most.
        provider: what the networks ran on, "cpu", "cuda" or "tensorrt".
        camera: intrinsics that poses were solved with.
        versions: of the program and the packages that matter for the result.
        sha256: of the clip ("clip") and of the session's own files, by name.
        folder: where it lies.
    """

    source: str
    clip: str
    width: int
    height: int
    fps: float
    frames: int
    max_faces: int
    provider: Device
    camera: Camera
    versions: dict[str, str]
    sha256: dict[str, str]
    folder: Path

    @property
    def clip_path(self) -> Path:
        """The file that holds the frames."""
        return DEMO_CLIP if self.clip == "demo" else self.folder / self.clip


@dataclass(frozen=True, slots=True)
class Recorded:
    """One frame of a session: when it was taken, the checksum of its pixels, and its line of results."""

    index: int
    time_s: float
    crc32: int
    faces: list[dict[str, Any]]


@dataclass(slots=True)
class RecordReport:
    """What was recorded, for the person."""

    frames: int = 0
    frames_with_face: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def versions() -> dict[str, str]:
    """The program, Python, and the packages that results depend on; without importing them."""
    found = {"ar-effects": program_version(), "python": platform.python_version()}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def record_session(
    source: Source,
    target: Path,
    make_writer: MakeWriter,
    *,
    seconds: float | None = None,
    max_faces: int = 1,
    provider: ProviderName = "auto",
    copy: bool = False,
    fov_deg: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, float], None] = lambda _frames, _seconds: None,
) -> RecordReport:
    """Track a source and keep frames, times and results as a session.

    A video file is referred to, or copied; frames of everything else are kept losslessly. The folder
    appears under its name when it is complete.

    Args:
        source: open, and left open.
        target: the folder to make.
        make_writer: makes the writer for frames of cameras.
        seconds: of recording; None until the source ends or ``stop`` says so.
        max_faces: followed at most.
        provider: what the networks run on.
        copy: take a copy of the clip into the session.
        fov_deg: the lens's angle along the longer side, where somebody gives it.
        stop: asked after every frame; True ends the recording, and what is there is kept.
        progress: told the frames and seconds so far.

    Raises:
        SinkError: the folder exists or cannot be written; nothing is left of it.
        SourceError: the source cannot be read, or gave no frame.
    """
    file = source.info.file
    clip = file.path if file and source.kind is SourceKind.VIDEO and not source.info.is_live else None
    report = RecordReport()
    with PartFolder(target, Message("word.session")) as part:
        try:
            info = source.info
            camera = camera_of(info, fov_deg=fov_deg, warn=report.notes.append)
            camera = camera or Camera.assumed(*info.size)
            tracker = FaceTracker(max_faces, "video", provider, camera)
            report.notes.append(tracker.provider.reason)
            writer = None if clip else make_writer(part.path / FRAMES, *info.size)
            try:
                _pump(source, tracker, part, writer, report, seconds, stop, progress)
                if writer and report.frames:
                    writer.close()
            finally:
                if writer:
                    writer.abort()  # nothing is left to abort where it was closed
            if report.frames == 0:
                raise SourceError(Message("session.no-frame", name=info.name), kind=SourceErrorKind.EMPTY)
            where = _take_clip(clip, part, copy) if clip else FRAMES
            head = _head(source.info, where, camera, tracker, report, max_faces, part, clip)
            part.write(HEAD, toml_text(head).encode())
            part.finish()
        except OSError as error:
            raise write_error_message(target, error) from None
    report.notes += source.info.notes
    return report


def _pump(
    source: Source,
    tracker: FaceTracker,
    part: PartFolder,
    writer: FrameWriter | None,
    report: RecordReport,
    seconds: float | None,
    stop: Callable[[], bool],
    progress: Callable[[int, float], None],
) -> None:
    """Frames into the session until the source ends, the time is over, or somebody says stop."""
    first_s: float | None = None
    size = source.info.size
    with part.open(TIMES) as times, part.open(FACES) as lines:
        try:
            for frame in source.frames():
                first_s = frame.time_s if first_s is None else first_s
                if frame.size != size:
                    report.notes.append(sentence("session.ended-by-size"))
                    return
                if seconds is not None and frame.time_s - first_s >= seconds:
                    return
                # Counted here: a camera that was opened anew, or lost frames, must not tear holes.
                frame = Frame(frame.image, frame.time_s, report.frames)  # noqa: PLW2901
                faces = tracker.track(frame.image, frame.time_s)
                if writer:
                    writer.write(frame.image, frame.time_s - first_s)
                stamp = {"index": frame.index, "time_s": frame.time_s, "crc32": checksum(frame.image)}
                times.write(json.dumps(stamp).encode() + b"\n")
                lines.write(track_line(frame, faces).encode() + b"\n")
                report.frames += 1
                report.frames_with_face += any(face.state == "tracking" for face in faces)
                report.seconds = frame.time_s - first_s
                progress(report.frames, report.seconds)
                if stop():
                    return
        except CameraLostError as error:
            if not report.frames:
                raise
            report.notes.append(sentence("session.ended-by-error", what=error.what))


def checksum(image: Image) -> int:
    """Of a picture's pixels: two that differ anywhere have another one, but for one in 4 000 000 000."""
    return zlib.crc32(image.data if image.flags.c_contiguous else image.tobytes())


def _take_clip(clip: Path, part: PartFolder, copy: bool) -> str:
    if copy:
        part.copy(clip, f"clip{clip.suffix}")
        return f"clip{clip.suffix}"
    absolute = Path(os.path.abspath(clip))  # noqa: PTH100 - resolve() would follow links
    if absolute == DEMO_CLIP:
        return "demo"
    # Beside or below the session: both can be moved together.
    if absolute.is_relative_to(part.target.parent):
        return f"../{absolute.relative_to(part.target.parent).as_posix()}"
    return str(absolute)


def _head(
    info: SourceInfo,
    where: str,
    camera: Camera,
    tracker: FaceTracker,
    report: RecordReport,
    max_faces: int,
    part: PartFolder,
    clip: Path | None,
) -> dict[str, Any]:
    own = [TIMES, FACES]
    sums = {name: file_sha256(part.path / name) for name in own}
    return {
        "format": FORMAT,
        "source": info.name,
        "clip": where,
        "width": info.width,
        "height": info.height,
        "fps": info.fps,
        "frames": report.frames,
        "max_faces": max_faces,
        "provider": tracker.provider.name,
        "camera": asdict(camera),
        "versions": versions(),
        "sha256": {"clip": file_sha256(clip or part.path / FRAMES), **sums},
    }


def file_sha256(path: Path) -> str:
    """Of a file's bytes, hexadecimal. OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
