"""Files in, files out: rendering an effect into a picture or video, without a screen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ar_effects.app.pipeline.describing import FullestFrame, capture_of, described, recorded
from ar_effects.app.pipeline.lens import camera_of
from ar_effects.app.pipeline.overlap import Overlap
from ar_effects.app.pipeline.stills import draw_picture, draw_transparent, is_whole
from ar_effects.app.pipeline.transparency import KEEPS_ALPHA
from ar_effects.app.window.detail import DetailMode
from ar_effects.drawlist import DrawList
from ar_effects.effects.effect import Effect
from ar_effects.errors import SinkError, SourceError
from ar_effects.inference.provider import ProviderName
from ar_effects.media.files import read_bytes
from ar_effects.media.xmp import box, packet
from ar_effects.messages import Message, sentence
from ar_effects.packs.library import Library
from ar_effects.packs.pack import Pack
from ar_effects.profiling.stages import StageTimes
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Alpha, Frame, Image, PictureMetadata, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.detail import FAST, FULL, DetailStep
from ar_effects.render.renderer import Renderer
from ar_effects.sinks.encoder import Quality
from ar_effects.sinks.picture import save_picture
from ar_effects.sinks.video import VideoSink
from ar_effects.sources.base import Source, SourceFile, SourceInfo
from ar_effects.sources.metadata import picture_metadata
from ar_effects.sources.open import input_files, open_source
from ar_effects.sources.spec import SourceKind, SourceSpec
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker
from ar_effects.writing import PartFile, check_not_input, check_target, write_error_message

T = TypeVar("T")
Progress = Callable[[SourceInfo], Callable[[], None]]
"""Told what is coming, gives back what to call after each frame."""

DEFAULT_MAX_FACES = 5

TICK_S = Fraction(1, 90_000)
"""Of videos made from frames that have times in seconds only: MPEG's clock, in which the frames of all usual
rates last whole ticks (ISO/IEC 13818-1, 2.4.2)."""


@dataclass(slots=True)
class RenderReport:
    """What was done.

    Attributes:
        frames, frames_with_face: counted.
        notes: sentences worth saying.
        times: the stages' clock.
        detail: how finely it was drawn.
        stripped: whether date, place, camera and the like were left out.
        described: whether effect, faces and expression were written into the result.
    """

    frames: int = 0
    frames_with_face: int = 0
    notes: list[str] = field(default_factory=list)
    times: StageTimes = field(default_factory=StageTimes)
    detail: DetailStep = FULL
    stripped: bool = False
    described: bool = True


def no_progress(_: SourceInfo) -> Callable[[], None]:
    """Tells nobody."""
    return lambda: None


def render_file(
    source: SourceSpec | str | Path,
    output: Path,
    effect: str | None = "sunglasses",
    *,
    library: Library | None = None,
    max_faces: int = DEFAULT_MAX_FACES,
    provider: ProviderName = "auto",
    quality: Quality = "good",
    detail: DetailMode = "auto",
    strip_metadata: bool = False,
    describe: bool = True,
    fov_deg: float | None = None,
    progress: Progress = no_progress,
    times: StageTimes | None = None,
) -> RenderReport:
    """Draw an effect over every face of a picture or video and save the result.

    Size, frame count, times and sound of a video are kept; the output appears only when it is complete.

    Args:
        source: a path, "demo", or a plug-in's words.
        output: .mp4, .mov; of a picture .png, .jpg, .webp.
        effect: a pack's name or folder; None draws nothing.
        library: where packs are.
        max_faces: how many faces wear it at most.
        provider: what the networks run on.
        quality: of the video encoder.
        detail: how finely to draw; "auto" is "full", as nobody waits.
        strip_metadata: leave out date, place, camera, title and the like, and what ``describe`` adds.
        describe: write into the result which effect, faces and expression it shows.
        fov_deg: the lens's angle along the longer side, where somebody gives it.
        progress: is told the length, then of each frame.
        times: clock to use, for a trace.

    Raises:
        ArEffectsError: of the kind that fits: source, sink, pack, model, renderer.
    """
    step = FAST if detail == "fast" else FULL
    report = RenderReport(
        times=times or StageTimes(),
        detail=step,
        stripped=strip_metadata,
        described=describe and not strip_metadata,
    )
    check_target(output)
    spec = SourceSpec.parse(source)
    check_not_input(output, input_files(spec))
    pack = (library or Library()).load(effect) if effect else None
    with open_source(spec) as opened:
        if opened.info.is_live:
            raise SourceError(
                Message("offline.endless-source", name=opened.info.name), kind=SourceErrorKind.UNSUITABLE
            )
        camera = camera_of(opened.info, fov_deg=fov_deg, warn=report.notes.append)
        if opened.kind is SourceKind.PICTURE:
            tracker = FaceTracker(max_faces, "picture", provider, camera)
            _render_picture(opened, output, pack, tracker, progress, report)
        else:
            tracker = FaceTracker(max_faces, "video", provider, camera)
            _render_video(opened, output, pack, tracker, quality, progress, report)
        report.notes[:0] = opened.info.notes
    return report


def _render_picture(
    source: Source,
    output: Path,
    pack: Pack | None,
    tracker: FaceTracker,
    progress: Progress,
    report: RenderReport,
) -> None:
    tick = progress(source.info)
    frame = next(_timed(source.frames(), "decode", report.times))
    report.notes.append(tracker.provider.reason)
    alpha = frame.transparency
    if alpha is not None and output.suffix.lower() not in KEEPS_ALPHA:
        report.notes.append(sentence("offline.no-transparency", ending=output.suffix))
        alpha = None
    with report.times.stage("track"):
        tracked = tracker.annotate(TrackedFrame(frame, (), tracker.camera_for(*frame.size)))
    report.frames, report.frames_with_face = 1, int(bool(tracked.faces))
    if tracked.faces or (pack is not None and is_whole(pack)):
        setup = AnalyserSetup(tracker.provider, "picture")
        with FrameAnnotator(setup, times=report.times) as annotator:
            tracked = annotator.annotate(tracked, pack.needs if pack else ())
        report.notes.extend(map(str, annotator.problems))
        with report.times.stage("draw"):
            if alpha is None:
                image, left = draw_picture(tracked, pack, report.detail), None
            else:
                image, left = draw_transparent(alpha, tracked, pack, report.detail)
        with report.times.stage("encode"):
            metadata = _metadata_of(source.info, output, report)
            if report.described:
                metadata = described(metadata, capture_of(Effect(pack), tracked))
            save_picture(output, image, alpha=left, metadata=metadata)
    else:
        report.notes.append(sentence("offline.no-face", name=source.info.name))
        with report.times.stage("encode"):
            image, left = (frame.image, None) if alpha is None else (alpha.bgr, alpha.alpha)
            _save_unchanged(source.info, image, left, output, report)
    tick()


def _metadata_of(info: SourceInfo, output: Path, report: RenderReport) -> PictureMetadata | None:
    """What the result goes on saying of itself."""
    if report.stripped or info.file is None:
        return None
    found = picture_metadata(read_bytes(info.file.path, "picture"), *info.size)
    if found is None:
        report.notes.append(sentence("offline.metadata-unread", output=output))
    elif found.iptc and output.suffix.lower() not in {".jpg", ".jpeg"}:
        report.notes.append(sentence("offline.no-iptc", ending=output.suffix))
    return found


def _save_unchanged(
    info: SourceInfo, image: Image, alpha: Alpha | None, output: Path, report: RenderReport
) -> None:
    if report.stripped or info.file is None or info.file.path.suffix.lower() != output.suffix.lower():
        save_picture(output, image, alpha=alpha, metadata=_metadata_of(info, output, report))
        return
    # The same kind of file: the bytes themselves, since coding a JPEG again would change it.
    part = PartFile(output)
    try:
        with info.file.path.open("rb") as read:
            shutil.copyfileobj(read, part.file)
        part.finish()
    except OSError as error:
        raise write_error_message(output, error) from None
    finally:
        part.discard()


def _render_video(
    source: Source,
    output: Path,
    pack: Pack | None,
    tracker: FaceTracker,
    quality: Quality,
    progress: Progress,
    report: RenderReport,
) -> None:
    """The stages overlap; drawing is done in this thread, which has the context."""
    info, times = source.info, report.times
    time_base = source.time_base or TICK_S
    file = info.file or SourceFile(Path())
    report.notes.append(tracker.provider.reason)
    tick = progress(info)
    effect = Effect(pack, with_candidates=True)
    fullest = FullestFrame()
    with (
        FrameAnnotator(AnalyserSetup(tracker.provider), times=times) as annotator,
        open_headless() as context,
    ):
        renderer = Renderer(context.ctx, info.size, detail=report.detail)
        sink = VideoSink(
            output,
            info.width,
            info.height,
            time_base=time_base,
            fps=Fraction(info.fps).limit_denominator(1001) if info.fps > 0 else 30,
            quality=quality,
            audio_from=file.path if file.has_audio else None,
            audio_origin_s=file.origin_s,
            left_out=file.left_out,
            metadata={} if report.stripped else file.metadata,
            chapters=() if report.stripped else file.chapters,
        )

        def encode(drawn: tuple[Frame, NDArray[np.uint8]]) -> None:
            frame, rgba = drawn
            with times.stage("encode"):
                pts = round(frame.time_s / time_base) if frame.pts is None else frame.pts
                sink.write(rgba, pts, duration=frame.duration)

        # one is encoded while the other is filled
        buffers = cycle([np.empty((info.height, info.width, 4), np.uint8) for _ in range(2)])
        try:
            with sink:
                with Overlap() as overlap:
                    decoded = overlap.ahead(_timed(source.frames(), "decode", times), "decode")
                    needs = pack.needs if pack else frozenset()
                    tracked_frames = overlap.ahead(
                        _tracked(decoded, tracker, annotator, needs, times), "track"
                    )
                    encoded = overlap.behind(encode, "encode")
                    for frame, tracked, draws in overlap.ahead(
                        _worn(tracked_frames, effect, times), "effect"
                    ):
                        rgba = next(buffers)
                        _draw(frame, draws, renderer, rgba, times)
                        encoded.put((frame, rgba))
                        report.frames += 1
                        report.frames_with_face += any(face.state == "tracking" for face in tracked.faces)
                        fullest.see(tracked)
                        tick()
                    encoded.finish()
                    if report.described and fullest.frame is not None:
                        capture = capture_of(
                            effect,
                            fullest.frame,
                            at_s=fullest.frame.frame.time_s,
                            created=recorded(file.metadata),
                        )
                        sink.trailing_box = box(packet(capture))
                if report.frames == 0:
                    raise SinkError(Message("offline.no-frames", name=info.name, output=output))
        finally:
            report.notes.extend(map(str, annotator.problems))
            report.notes.extend(renderer.take_warnings())
            renderer.release()
    report.notes.extend(sink.notes)


def _tracked(
    frames: Iterable[Frame],
    tracker: FaceTracker,
    annotator: FrameAnnotator,
    needs: frozenset[str],
    times: StageTimes,
) -> Iterator[tuple[Frame, TrackedFrame]]:
    for frame in frames:
        with times.stage("track"):
            tracked = tracker.annotate(TrackedFrame(frame, (), tracker.camera_for(*frame.size)))
        yield frame, annotator.annotate(tracked, needs)


def _worn(
    frames: Iterable[tuple[Frame, TrackedFrame]], effect: Effect, times: StageTimes
) -> Iterator[tuple[Frame, TrackedFrame, DrawList]]:
    for frame, tracked in frames:
        with times.stage("effect"):
            draws = effect.draw_list(tracked)
        yield frame, tracked, draws


def _draw(
    frame: Frame, draws: DrawList, renderer: Renderer, rgba: NDArray[np.uint8], times: StageTimes
) -> None:
    with times.stage("draw"):
        renderer.draw(frame.image, draws)
        renderer.finish()  # other threads run meanwhile, which they could not in ``read_rgba``
    times.add_taken("gpu", renderer.take_gpu_s())
    with times.stage("read back"):
        renderer.read_rgba(rgba)


def _timed(items: Iterable[T], name: str, times: StageTimes) -> Iterator[T]:
    """Pass the items on, timing how long each took to come."""
    iterator = iter(items)
    while True:
        with times.stage(name):
            item = next(iterator, None)
        if item is None:
            return
        yield item
