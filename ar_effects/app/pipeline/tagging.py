"""``tag``: the hashtags of pictures, folders and clips, as one JSON line a file.

Files are read by a few threads, each with a face tracker of its own; the lines come in the order of the
files.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ar_effects.errors import ArEffectsError, SourceError
from ar_effects.hashtags.backbone import DEFAULT
from ar_effects.hashtags.known import SeenFace, capture_faces, place_tags
from ar_effects.hashtags.tagger import Known, Tagged, Tagger
from ar_effects.inference.provider import ProviderName, choose_provider
from ar_effects.media import pictures
from ar_effects.media.facts import date_of, places_of
from ar_effects.media.frames import over_black
from ar_effects.media.xmp import capture_in, face_box, packet_of
from ar_effects.media.xmp import read as read_capture
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Image
from ar_effects.sources.picture import PictureFolder
from ar_effects.sources.spec import PICTURE_SUFFIXES
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.tracker import FaceTracker

SHORTER_SIDE = 320
"""Pixels that a picture is unpacked to at least: faces of a twentieth of it are still found."""

MOST_FACES = 32
LEAST_STEPS, STEPS = 2, 5
"""At a picture, for faces: each look sees another view; the more where there are several people."""

CLIP_FRAMES, CLIP_SECONDS = 8, 60.0
"""Of a clip so many frames are looked at, evenly over its first minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOptions:
    """What may be looked at and told.

    Attributes:
        faces: look for faces.
        date: tell month and year.
        place: tell city and country where the file names them.
        embedding: give the embedding along.
        backbone: a network's name or an ONNX file.
        provider: what networks run on.
        workers: threads; None for one a core, at most four.
    """

    faces: bool = True
    date: bool = False
    place: bool = False
    embedding: bool = False
    backbone: str | Path = DEFAULT
    provider: ProviderName = "auto"
    workers: int | None = None


class FileTagger:
    """Tags files. A context manager, which gives its networks back.

    Args:
        options: as above.

    Raises:
        ArEffectsError: a network, head or table is missing or damaged, or the provider cannot run.
    """

    def __init__(self, options: TagOptions | None = None) -> None:
        self.options = options or TagOptions()
        self._provider = choose_provider(self.options.provider)
        self.tagger = Tagger(self.options.backbone, self._provider)
        self._own = threading.local()
        self._trackers: list[FaceTracker] = []

    def tag(self, path: Path) -> Tagged:
        """The tags of a picture or clip. Several threads may call this at once.

        Raises:
            SourceError: it is neither, or cannot be read.
        """
        suffix = path.suffix.lower()
        if suffix in PICTURE_SUFFIXES and (suffix != ".gif" or pictures.is_still_file(path)):
            return self._picture(path)
        try:
            return self._clip(path)
        except SourceError as error:
            if error.kind is not SourceErrorKind.UNSUITABLE:
                raise
            try:
                return self._picture(path)  # endings lie
            except SourceError:
                raise error from None

    def _picture(self, path: Path) -> Tagged:
        pixels = pictures.read_reduced(path, SHORTER_SIDE)
        image = pixels.bgr if pixels.alpha is None else over_black(pixels.bgr, pixels.alpha)
        capture = capture_in(packet_of(pixels.data))
        taken = (
            (date_of(pixels.data) or (capture.created if capture else None)) if self.options.date else None
        )
        known = Known(
            faces=self._faces([image], capture),
            capture=capture,
            taken=taken,
            places=tuple(place_tags(places_of(pixels.data))) if self.options.place else (),
        )
        return self.tagger.tag(image, known)

    def _clip(self, path: Path) -> Tagged:
        with VideoSource(path) as source:
            count = source.info.frame_count or int(CLIP_SECONDS * max(source.info.fps, 1.0))
            step = max(min(count, int(CLIP_SECONDS * max(source.info.fps, 1.0))) // CLIP_FRAMES, 1)
            seen: list[Image] = []
            for index, frame in enumerate(source.frames()):
                if index % step == step // 2:
                    seen.append(frame.image)
                if len(seen) == CLIP_FRAMES:
                    break
        if not seen:
            raise SourceError(Message("video.no-picture", path=path), kind=SourceErrorKind.EMPTY)
        capture = read_capture(path)
        known = Known(
            faces=self._faces(seen, capture),
            capture=capture,
            taken=capture.created if capture and self.options.date else None,
        )
        return self.tagger.tag_features(self.tagger.backbone.run(seen), seen, known)

    def _faces(self, images: list[Image], capture: Any) -> tuple[SeenFace, ...] | None:
        """Those of the fullest picture; a capture of ours knows them better than anybody who looks later."""
        if not self.options.faces:
            return None
        if capture is not None:
            return capture_faces(capture)
        return max((self._found(image) for image in images), key=len)

    def _found(self, image: Image) -> tuple[SeenFace, ...]:
        """As the live tracker finds them, in a few looks at one picture: a fifth of the exhaustive search."""
        size = image.shape[1], image.shape[0]
        tracker = self._tracker()
        tracker.reset()
        found = tracker.track(image, 0.0)
        for step in range(1, STEPS if len(found) > 1 else LEAST_STEPS):
            found = tracker.track(image, step / 30)
        return tuple(
            SeenFace(face_box(face.landmarks, size), face.pose.yaw_deg, face.score)
            for face in found
            if face.state == "tracking"
        )

    def _tracker(self) -> FaceTracker:
        tracker: FaceTracker | None = getattr(self._own, "tracker", None)
        if tracker is None:
            tracker = self._own.tracker = FaceTracker(
                MOST_FACES, "video", self._provider, smooth=False, expression=False
            )
            self._trackers.append(tracker)
        return tracker

    def close(self) -> None:
        """Give the networks back; may be called twice."""
        while self._trackers:
            self._trackers.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to tag: those named, and the pictures of folders. SourceError where a folder has none."""
    for path in paths:
        if path.is_dir():
            yield from PictureFolder(path).paths
        else:
            yield path


def tag_files(
    paths: Iterable[Path],
    options: TagOptions | None = None,
    problem: Callable[[Path, ArEffectsError], None] = lambda _path, _error: None,
) -> Iterator[tuple[Path, Tagged]]:
    """The tags of files, in order; those that cannot be read are told to ``problem`` and left out.

    Args:
        paths: pictures, clips and folders of pictures.
        options: what may be looked at.
        problem: is told the path and the error.

    Raises:
        ArEffectsError: the tagger itself cannot be loaded.
    """
    options = options or TagOptions()
    workers = options.workers or max(min(os.cpu_count() or 1, 4), 1)
    files: list[Path] = []
    for path in paths:
        try:
            files.extend(files_of([path]))
        except SourceError as error:
            problem(path, error)
    with FileTagger(options) as tagger, ThreadPoolExecutor(min(workers, max(len(files), 1)), "tag") as pool:
        waiting: list[tuple[Path, Future[Tagged]]] = []
        try:
            for path in files:
                waiting.append((path, pool.submit(tagger.tag, path)))
                if len(waiting) > 2 * workers:
                    yield from _finished(waiting, problem)
            while waiting:
                yield from _finished(waiting, problem)
        finally:
            for _, future in waiting:
                future.cancel()


def _finished(
    waiting: list[tuple[Path, Future[Tagged]]], problem: Callable[[Path, ArEffectsError], None]
) -> Iterator[tuple[Path, Tagged]]:
    path, future = waiting.pop(0)
    try:
        tagged = future.result()
    except ArEffectsError as error:
        problem(path, error)
        return
    yield path, tagged


def tag_line(path: Path, tagged: Tagged, *, embedding: bool = False) -> str:
    """The line of a file: ``{"file", "tags": [{"tag", "score", "why", "parents"}], "people",
    "embedding"?}``.
    """
    line: dict[str, Any] = {
        "file": str(path),
        "tags": [
            {"tag": t.tag, "score": round(t.score, 3), "why": str(t.why), "parents": list(t.parents)}
            for t in tagged.tags
        ],
    }
    if tagged.people is not None:
        line["people"] = tagged.people
    if embedding:
        line["embedding"] = [round(float(value), 5) for value in tagged.embedding]
    return json.dumps(line, ensure_ascii=False)


def tag_text(path: Path, tagged: Tagged) -> str:
    """For people: the file, and its tags with why each is there."""
    tags = "\n".join(f"  #{t.tag} {t.score:.2f}  {t.why}" for t in tagged.tags)
    return f"{path}\n{tags}" if tags else str(path)
