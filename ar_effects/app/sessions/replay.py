"""Replay: the tracker once more over a session's frames, at the times they were taken."""

from __future__ import annotations

import json
import os
import platform
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ar_effects.app.pipeline.tracking_file import track_line
from ar_effects.app.sessions.figures import Seen, count_id_switches, measure_jitter
from ar_effects.app.sessions.lag import measure_lag
from ar_effects.app.sessions.report import KIND, REPORT_FORMAT, changed_versions, lag_of, stages_of
from ar_effects.app.sessions.session import (
    FACES,
    FORMAT,
    HEAD,
    TIMES,
    Recorded,
    SessionManifest,
    checksum,
    file_sha256,
    versions,
)
from ar_effects.errors import ArEffectsError, ProviderError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider, ProviderName, choose_provider
from ar_effects.inference.provider_types import LABELS
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND
from ar_effects.profiling.spans import record_spans
from ar_effects.profiling.stages import StageTimes
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Frame
from ar_effects.sources.open import DEMO_CLIP
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.tracker import FaceTracker

_AGAIN = Message("session.record-again")


def open_session(folder: Path) -> SessionManifest:
    """The first page of a session, its files checked against their hashes.

    Raises:
        SourceError: not a session, of another version, or a file is missing or was altered.
    """
    path = folder / HEAD
    if not path.is_file():
        raise SourceError(
            Message("session.not-a-session", folder=folder, head=HEAD, command=COMMAND),
            kind=SourceErrorKind.UNSUITABLE,
            got=Message(_found_instead(folder)),
        )
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SourceError(
            Message("session.unreadable", path=path), got=error.strerror or str(error)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(
            Message("session.damaged", path=path), kind=SourceErrorKind.DAMAGED, got=str(error), fix=_AGAIN
        ) from None
    if data.get("format") != FORMAT:
        raise SourceError(
            Message("session.other-version", folder=folder, format=FORMAT, other_format=data.get("format")),
            kind=SourceErrorKind.UNSUITABLE,
        )
    head = _head(folder, path, data)
    _check_files(head)
    return head


def _found_instead(folder: Path) -> str:
    if folder.is_dir():
        return "got.folder-without-it"
    return "got.a-file" if folder.exists() else "got.nothing"


def session_files(folder: Path) -> list[Path]:
    """What a session is read from: its own files, and the clip where it refers to one. Raises nothing."""
    try:
        files = list(folder.iterdir())
        clip = tomllib.loads((folder / HEAD).read_text("utf-8")).get("clip", "")
    except (OSError, ValueError):
        return []  # no session: who opens it will say so
    return [*files, DEMO_CLIP if clip == "demo" else folder / str(clip)]


def _head(folder: Path, path: Path, data: dict[str, Any]) -> SessionManifest:
    types: dict[str, type | tuple[type, ...]] = {
        "source": str,
        "clip": str,
        "width": int,
        "height": int,
        "fps": (int, float),
        "frames": int,
        "max_faces": int,
        "provider": str,
        "camera": dict,
        "versions": dict,
        "sha256": dict,
    }
    for key, kind in types.items():
        if not isinstance(data.get(key), kind) or isinstance(data[key], bool):
            raise SourceError(
                Message("session.key-missing", path=path, key=key), kind=SourceErrorKind.DAMAGED, fix=_AGAIN
            )
    try:
        camera = Camera(**{f.name: data["camera"][f.name] for f in fields(Camera)})
    except (KeyError, TypeError, ArEffectsError):
        raise SourceError(
            Message("session.camera-malformed", path=path), kind=SourceErrorKind.DAMAGED, fix=_AGAIN
        ) from None
    missing = [name for name in ("clip", TIMES, FACES) if not isinstance(data["sha256"].get(name), str)]
    if missing or data["provider"] not in LABELS:
        wrong = f"sha256.{missing[0]}" if missing else "provider"
        raise SourceError(
            Message("session.entry-wrong", path=path, wrong=wrong), kind=SourceErrorKind.DAMAGED, fix=_AGAIN
        )
    return SessionManifest(
        **{key: data[key] for key in types if key != "camera"}, camera=camera, folder=folder
    )


def _check_files(head: SessionManifest) -> None:
    for name, sha256 in head.sha256.items():
        path = head.clip_path if name == "clip" else head.folder / name
        own = path.parent == head.folder
        try:
            found = file_sha256(path)
        except OSError as error:
            gone = isinstance(error, FileNotFoundError)
            unread = "session.clip-unreadable" if name == "clip" else "session.file-unreadable"
            raise SourceError(
                Message(unread, path=path, folder=head.folder),
                kind=SourceErrorKind.MISSING if gone else SourceErrorKind.UNREADABLE,
                got=Message("got.nothing-of-that-name") if gone else error.strerror or str(error),
                fix=_AGAIN if own else Message("session.put-back-or-copy"),
            ) from None
        if found != sha256:
            raise SourceError(
                Message("session.file-altered", path=path, folder=head.folder, sha256=sha256[:12]),
                kind=SourceErrorKind.DAMAGED,
                got=f"{found[:12]}...",
                fix=_AGAIN if own else Message("session.put-back"),
            )


def read_recorded(head: SessionManifest) -> list[Recorded]:
    """Times and results of every frame of a session.

    Raises:
        SourceError: a line is damaged, or there are more or fewer than frames.
    """
    times, faces = ([*_lines(head.folder / name)] for name in (TIMES, FACES))
    if not len(times) == len(faces) == head.frames > 0:
        raise SourceError(
            Message(
                "session.incomplete",
                folder=head.folder,
                frames=head.frames,
                times=TIMES,
                faces=FACES,
                other_times=len(times),
                other_faces=len(faces),
            ),
            kind=SourceErrorKind.DAMAGED,
            fix=_AGAIN,
        )
    recorded = []
    for number, (stamp, line) in enumerate(zip(times, faces, strict=True)):
        try:
            one = Recorded(int(stamp["index"]), float(stamp["time_s"]), int(stamp["crc32"]), line["faces"])
            good = one.index == number and all(len(f["landmarks"]) == 478 and "id" in f for f in one.faces)
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise SourceError(
                Message("session.frame-damaged", folder=head.folder, number=number),
                kind=SourceErrorKind.DAMAGED,
                fix=_AGAIN,
            )
        recorded.append(one)
    return recorded


def _lines(path: Path) -> Iterator[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            yield json.loads(line)
    except (OSError, ValueError) as error:
        raise SourceError(
            Message("session.damaged", path=path), kind=SourceErrorKind.DAMAGED, got=str(error), fix=_AGAIN
        ) from None


@dataclass(slots=True)
class _Difference:
    """What a replay gave against what was recorded."""

    frames_differing: int = 0
    frames_other_faces: int = 0
    frames_other_pixels: int = 0
    max_px: float = 0.0

    def add(self, was: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
        """One frame. Figures that only one of two versions writes do not count."""
        if [f["id"] for f in was] != [f["id"] for f in now]:
            self.frames_differing += 1
            self.frames_other_faces += 1
            return
        self.frames_differing += any(
            a[key] != b[key] for a, b in zip(was, now, strict=True) for key in a.keys() & b.keys()
        )
        for a, b in zip(was, now, strict=True):
            moved = np.array(a["landmarks"], np.float64)[:, :2] - np.array(b["landmarks"], np.float64)[:, :2]
            self.max_px = max(self.max_px, float(np.hypot(moved[:, 0], moved[:, 1]).max()))


def replay_session(
    folder: Path,
    *,
    provider: ProviderName | None = None,
    progress: Callable[[int], Callable[[], None]] = lambda _: lambda: None,
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Track a session's frames again and measure; gives the report as plain data, ready for JSON.

    Args:
        folder: the session.
        provider: what the networks run on; None for what they ran on when it was recorded, if it is here.
        progress: told the number of frames, gives what to call after each.
        note: told sentences for the person.

    Raises:
        SourceError: not a session, or damaged.
        ModelError: a network cannot be loaded, or the provider asked for cannot run.
    """
    head = open_session(folder)
    recorded = read_recorded(head)
    chosen = _provider(head, provider, note)
    tracker = FaceTracker(head.max_faces, "video", chosen, head.camera)
    note(tracker.provider.reason)
    times = StageTimes()
    tick = progress(head.frames)
    series: list[tuple[float, list[Seen]]] = []
    difference = _Difference()
    with VideoSource(head.clip_path) as source:
        frames = source.frames()
        for was in recorded:
            with times.stage("decode"):
                got = next(frames, None)
            if got is None:
                raise SourceError(
                    Message("session.clip-too-short", clip=head.clip_path, folder=folder, frames=head.frames),
                    kind=SourceErrorKind.DAMAGED,
                    got=str(was.index),
                    fix=_AGAIN,
                )
            frame = Frame(got.image, was.time_s, was.index)
            with record_spans(times, "track"):
                faces = tracker.track(frame.image, frame.time_s)
            difference.frames_other_pixels += checksum(frame.image) != was.crc32
            difference.add(was.faces, json.loads(track_line(frame, faces))["faces"])
            seen = [Seen.of(f, tracker.raw_landmarks(f.id)) for f in faces if f.state == "tracking"]
            series.append((was.time_s, seen))
            tick()
    return _report(head, tracker.provider, series, difference, times)


def _provider(head: SessionManifest, wanted: ProviderName | None, note: Callable[[str], None]) -> Provider:
    if wanted is not None:
        return choose_provider(wanted)
    try:
        return choose_provider(head.provider)
    except ProviderError:
        label = LABELS[head.provider]
        note(sentence("session.recorded-elsewhere", label=label))
        return choose_provider("auto")


def _report(
    head: SessionManifest,
    provider: Provider,
    series: list[tuple[float, list[Seen]]],
    difference: _Difference,
    times: StageTimes,
) -> dict[str, Any]:
    jitter = measure_jitter(series)
    now = versions()
    changed = changed_versions(now, head.versions)
    if provider.name != head.provider:
        changed.append(sentence("session.provider-changed", before=head.provider, now=provider.name))
    if difference.frames_other_pixels:
        changed.append(sentence("session.decoder-differs", frames=difference.frames_other_pixels))
    return {
        "kind": KIND,
        "format": REPORT_FORMAT,
        "session": {
            "folder": str(head.folder),
            "source": head.source,
            "sha256": head.sha256["clip"],
            "size": [head.width, head.height],
            "seconds": series[-1][0] - series[0][0],
        },
        "frames": len(series),
        "hit_rate": sum(bool(faces) for _, faces in series) / len(series),
        "faces_per_frame": sum(len(faces) for _, faces in series) / len(series),
        "jitter": {
            "landmarks_percent": jitter.landmarks,
            "eyes_percent": jitter.eyes,
            "triples": jitter.triples,
        },
        "lag": lag_of(measure_lag(series)),
        "id_switches": count_id_switches(series),
        "stages": stages_of(times),
        "recorded": {
            "identical": difference.frames_differing == 0,
            "max_difference_px": None if _no_common(series, difference) else difference.max_px,
            "frames_differing": difference.frames_differing,
            "frames_other_faces": difference.frames_other_faces,
            "frames_other_pixels": difference.frames_other_pixels,
            "changed": changed,
        },
        "provider": provider.name,
        "versions": now,
        "machine": {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()},
    }


def _no_common(series: list[tuple[float, list[Seen]]], difference: _Difference) -> bool:
    """Whether no frame had the same faces both times, so that there is no distance to tell."""
    return difference.frames_other_faces == len(series)
