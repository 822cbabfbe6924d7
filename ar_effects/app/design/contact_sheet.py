"""The contact sheet: one pack on several heads, turned, nodding, near and far, and on the demo's face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.app.design.mannequins import PEOPLE, Mannequin, posed
from ar_effects.app.design.pack_cost import tracked_demo
from ar_effects.app.pipeline.cropping import cropped
from ar_effects.drawlist import Draw, Group, ModelDraw, Scene
from ar_effects.effects.effect import Effect
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import choose_provider
from ar_effects.messages import sentence
from ar_effects.packs.pack import Pack
from ar_effects.records import Expression, Face, Frame, Image, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sources.picture import PictureFolder
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker

CELL = (280, 280)
HEADER_PX, LABEL_PX = 26, 18
YAWS_DEG = (-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 60.0)
PITCHES_DEG = (20.0, 0.0, -20.0)
NEAR_MM, FAR_MM = 520.0, 1300.0
FOCALS_PX = tuple(fraction * CELL[0] for fraction in (1.5, 1.25, 1.05, 0.9, 0.75))
"""The first shows little more than the head; a pack whose models stand out of it gets one of the others."""

MAX_POINTS = 4000
"""Of a model, that are looked at to see whether it is cut off."""
MEASURED = frozenset({"segmentation"})
"""What is measured on the cells. What faces do is given, and where they are is known."""

SETTLE_FRAMES = 12
"""Frames that an effect gets to move before its picture is taken."""

OFF_SCREEN, TEXT, GROUND = (60, 60, 230), (235, 235, 235), (38, 34, 32)

ROWS: tuple[tuple[int, float, float], ...] = (
    (0, 20.0, NEAR_MM),
    (0, 0.0, NEAR_MM),
    (0, -20.0, NEAR_MM),
    (1, 0.0, NEAR_MM),
    (2, 0.0, NEAR_MM),
    (1, 0.0, FAR_MM),
)
"""Which of ``PEOPLE``, pitch in degrees, distance in millimetres."""

DOINGS: tuple[tuple[str, Expression], ...] = (
    ("mouth open", Expression(mouth_open=1.0)),
    ("smile", Expression(smile=1.0)),
    ("brows raised", Expression(brow_raise=1.0)),
    ("kiss", Expression(pucker=1.0)),
    ("blink", Expression(eye_open_left=0.0, eye_open_right=0.0, events=("blink",))),
    ("wink left", Expression(eye_open_left=0.0, events=("wink_left",))),
    ("nod", Expression(events=("nod",))),
)
"""What faces do in the row of packs that ask for it."""


@dataclass(slots=True, eq=False)
class ContactSheet:
    """The picture, and sentences on what was noticed."""

    picture: Image
    remarks: list[str] = field(default_factory=list)


def contact_sheet(pack: Pack, pictures: Path | None = None) -> ContactSheet:
    """Draw the sheet, without a screen.

    Cells that cut off a part of a model have a red frame and a remark. So that hats do not, the lens is the
    longest of ``FOCALS_PX`` in which models are whole however the head turns.

    Args:
        pack: what is cast.
        pictures: a folder of pictures of people, who get rows of their own.

    Raises:
        RenderError: OpenGL is missing.
        SourceError: the folder or a picture in it cannot be read.
    """
    rows: list[tuple[str, list[Image]]] = []
    remarks: list[str] = []
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, CELL)
        try:
            lens = _lens_for(pack)
            for person, pitch, depth in ROWS:
                name = f"{PEOPLE[person].name}, pitch {pitch:+.0f}, {depth / 10:.0f} cm"
                frames = _mannequin_frames(renderer, PEOPLE[person], pitch, depth, lens)
                rows.append((name, _cells(renderer, pack, frames, name, remarks)))
            if "expression" in pack.needs:
                frames = _doing_frames(renderer, lens)
                rows.append(("what the face does", _cells(renderer, pack, frames, "doing", remarks)))
            rows.append(("demo clip", _cells(renderer, pack, _demo_frames(), "demo clip", remarks)))
            if pictures is not None:
                people = list(_picture_frames(pictures, remarks))
                for i in range(0, len(people), len(YAWS_DEG)):
                    some = people[i : i + len(YAWS_DEG)]
                    rows.append(("pictures", _cells(renderer, pack, some, "pictures", remarks)))
        finally:
            renderer.release()
    return ContactSheet(_put_together(pack, rows), remarks)


Labelled = tuple[str, TrackedFrame]


def _mannequin_frames(
    renderer: Renderer, person: Mannequin, pitch: float, depth: float, camera: Camera
) -> Iterator[Labelled]:
    model = person.model()
    for yaw in YAWS_DEG:
        pose = posed(yaw, pitch, depth)
        renderer.draw(_ground(), person.draw(model, pose, camera))
        frame = Frame(renderer.read().copy(), 0.0)
        yield f"yaw {yaw:+.0f}", TrackedFrame(frame, (person.face(pose, camera),), camera)


def _doing_frames(renderer: Renderer, camera: Camera) -> Iterator[Labelled]:
    person = PEOPLE[0]
    model, pose = person.model(), posed(0.0, 0.0, NEAR_MM)
    renderer.draw(_ground(), person.draw(model, pose, camera))
    frame = Frame(renderer.read().copy(), 0.0)
    for name, expression in DOINGS:
        yield name, TrackedFrame(frame, (person.face(pose, camera, expression),), camera)


def _demo_frames() -> Iterator[Labelled]:
    tracked = [t for t in tracked_demo((640, 480), 240) if t.faces]
    for i in np.linspace(0, len(tracked) - 1, len(YAWS_DEG)).astype(int):
        one = tracked[i]
        face = replace(one.faces[0], expression=Expression())
        yield f"yaw {face.pose.yaw_deg:+.0f}", _around(replace(one, faces=(face,)))


def _picture_frames(folder: Path, remarks: list[str]) -> Iterator[Labelled]:
    tracker = FaceTracker(1, "picture", "cpu")
    for path, frame in PictureFolder(folder):
        tracker.use_camera(frame.camera)
        faces = tracker.track(frame.image)
        if not faces:
            remarks.append(sentence("sheet.no-face", path=path))
            continue
        face = replace(faces[0], expression=Expression())
        yield path.stem[:24], _around(TrackedFrame(frame, (face,), tracker.camera_for(*frame.size)))


def _around(tracked: TrackedFrame) -> TrackedFrame:
    """The face with room around it, in the size of a cell."""
    face = tracked.faces[0]
    low, high = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    half_size = 1.1 * float((high - low).max())
    x, y = ((low + high) / 2).tolist()
    width, height = tracked.frame.size
    box = (
        int(max(x - half_size, 0)),
        int(max(y - half_size, 0)),
        int(min(x + half_size, width)),
        int(min(y + half_size, height)),
    )
    part = cropped(tracked, box)
    side = max(part.frame.size)
    scale = CELL[0] / side
    picture = np.empty((CELL[1], CELL[0], 3), np.uint8)
    picture[:] = GROUND
    w, h = (max(round(s * scale), 1) for s in part.frame.size)
    picture[:h, :w] = cv2.resize(part.frame.image, (w, h), interpolation=cv2.INTER_AREA)
    camera = part.camera
    scaled = Camera(*CELL, camera.fx * scale, camera.fy * scale, camera.cx * scale, camera.cy * scale)
    moved = part.faces[0]
    landmarks = (moved.landmarks * np.float32(scale)).astype(np.float32)
    eyes = replace(moved.eyes, left=moved.eyes.left * scale, right=moved.eyes.right * scale)
    return TrackedFrame(Frame(picture, 0.0), (replace(moved, landmarks=landmarks, eyes=eyes),), scaled)


def _cells(
    renderer: Renderer, pack: Pack, frames: list[Labelled] | Iterator[Labelled], row: str, remarks: list[str]
) -> list[Image]:
    cells = []
    annotator = FrameAnnotator(AnalyserSetup(choose_provider("cpu"), "picture"))
    for label, bare in list(frames):
        tracked = annotator.annotate(bare, pack.needs & MEASURED)
        effect = Effect(pack)
        for i in range(SETTLE_FRAMES):
            instant = replace(tracked, frame=replace(tracked.frame, time_s=i / 30.0))
            if i:  # events happen once
                instant = replace(instant, faces=tuple(_without_events(f) for f in instant.faces))
            draws = effect.draw_list(instant)
        renderer.draw(tracked.frame.image, draws)
        cell = renderer.read().copy()
        away = [d for d in _models(draws.draws) if _is_cut(d, tracked)]
        if away:
            cv2.rectangle(cell, (1, 1), (CELL[0] - 2, CELL[1] - 2), OFF_SCREEN, 3)
            outside = "sheet.one-outside" if len(away) == 1 else "sheet.some-outside"
            remarks.append(sentence(outside, row=row, label=label, count=len(away)))
        cv2.putText(cell, label, (6, CELL[1] - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(cell, label, (6, CELL[1] - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, TEXT, 1, cv2.LINE_AA)
        cells.append(cell)
    return cells


def _without_events(face: Face) -> Face:
    return replace(face, expression=replace(face.expression, events=())) if face.expression else face


def _models(draws: Iterable[Draw]) -> Iterator[ModelDraw]:
    """All of them, in groups, too."""
    for draw in draws:
        if isinstance(draw, Group):
            yield from _models(draw.draws)
        elif isinstance(draw, Scene):
            yield from draw.models


def _is_cut(draw: ModelDraw, tracked: TrackedFrame) -> bool:
    """Whether a part of it lies beyond the picture's edge, or behind the camera."""
    points = _points(draw) @ draw.camera_from_model[:3, :3].T + draw.camera_from_model[:3, 3]
    if (points[:, 2] >= -1.0).any():
        return True
    places = tracked.camera.project(points)
    return bool((places < -0.5).any() or (places > np.array(tracked.frame.size) - 0.5).any())


def _points(draw: ModelDraw) -> NDArray[np.float64]:
    """(n, 3) points of what is shown of a model, in its frame."""
    pose = draw.pose or draw.model.rest
    if pose is not None:
        return pose.corners_mm
    shown = [p for i, p in enumerate(draw.model.primitives) if i not in draw.hidden]
    if not shown:
        return np.zeros((0, 3))
    points = np.concatenate([p.positions[np.unique(p.triangles)] for p in shown])
    return np.asarray(points[:: len(points) // MAX_POINTS + 1], np.float64)


def _lens_for(pack: Pack) -> Camera:
    """The longest lens in which models are whole on a near head that turns; the shortest without one."""
    camera = _lens(FOCALS_PX[0])
    for focal in FOCALS_PX:
        camera = _lens(focal)
        if not any(_cuts(pack, yaw, pitch, camera) for pitch in PITCHES_DEG for yaw in YAWS_DEG):
            break
    return camera


def _cuts(pack: Pack, yaw: float, pitch: float, camera: Camera) -> bool:
    """Whether a head in such a pose has a model that is cut off."""
    face = PEOPLE[0].face(posed(yaw, pitch, NEAR_MM), camera)
    tracked = TrackedFrame(Frame(_ground(), 0.0), (face,), camera)
    return any(_is_cut(draw, tracked) for draw in _models(Effect(pack).draw_list(tracked).draws))


def _lens(focal_px: float) -> Camera:
    return Camera(*CELL, focal_px, focal_px, CELL[0] / 2 - 0.5, CELL[1] / 2 - 0.5)


def _ground() -> Image:
    """A grey wall, lighter in the middle."""
    y, x = np.mgrid[0 : CELL[1], 0 : CELL[0]]
    away = np.hypot((x - CELL[0] / 2) / CELL[0], (y - CELL[1] / 2) / CELL[1])
    grey = (176 - 90 * away).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _put_together(pack: Pack, rows: list[tuple[str, list[Image]]]) -> Image:
    width = CELL[0] * len(YAWS_DEG)
    sheet = np.empty((HEADER_PX + len(rows) * (LABEL_PX + CELL[1]), width, 3), np.uint8)
    sheet[:] = GROUND
    title = f"{pack.manifest.title}  ({pack.name} {pack.manifest.version})"
    cv2.putText(sheet, title, (8, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.55, TEXT, 1, cv2.LINE_AA)
    y = HEADER_PX
    for name, cells in rows:
        cv2.putText(sheet, name, (8, y + 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, TEXT, 1, cv2.LINE_AA)
        y += LABEL_PX
        for i, cell in enumerate(cells):
            sheet[y : y + CELL[1], i * CELL[0] : (i + 1) * CELL[0]] = cell
        y += CELL[1]
    return sheet
