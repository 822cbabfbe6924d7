"""``sprite``: a picture, a sheet, an animation or a video, on an anchor or at a place of the frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ar_effects.drawlist import Blend, PictureDraw, SpaceDraw, SpriteDraw, Texture
from ar_effects.face.anchors import Anchor, camera_from_anchor
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import transform
from ar_effects.media.clips import Clip, Frames, Video, open_video, sheet
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, Cue, FrameContext, Layer, Need
from ar_effects.packs.tables import NumberValue, PictureValue, ShareValue, SpaceTable
from ar_effects.packs.values import Values
from ar_effects.records import Matrix
from ar_effects.table_error import TableError

VIDEOS = (".webm", ".mp4", ".mov", ".mkv", ".avi")
LARGEST_MM = 5_000.0

BEFORE_ALL, BEHIND_ALL = 2.0, 0.9
"""Where sprites of the frame are drawn: before everything, at so many times the nearest depth that is drawn,
or behind every head, at this share of the farthest."""

Place = Annotated[list[ShareValue], Field(min_length=2, max_length=2)]
Offset = Annotated[list[NumberValue], Field(min_length=3, max_length=3)]


class SpriteTable(SpaceTable):
    """A flat picture that moves with the head, or stays at a place of the frame."""

    kind: Literal["sprite"]
    file: PictureValue = Field(description="a picture (PNG, JPEG, WebP, GIF) or a video (WebM, MP4, MOV)")
    anchor: Anchor | Literal["frame"] = Field(default="forehead", description="where its middle is")
    facing: Literal["camera", "head"] = Field(
        default="camera", description="always upright and flat before the camera, or turning with the head"
    )
    size_mm: NumberValue = Field(default=80.0, description="width, on a head of usual size")
    offset_mm: Offset = Field(default=[0.0, 0.0, 0.0], description="from the anchor, along the head's axes")
    rotate_deg: NumberValue = Field(default=0.0, description="clockwise")
    occluded: bool | None = Field(
        default=None, description="hidden by what is before it: true on faces, false on the frame"
    )

    place: Place = Field(default=[0.5, 0.5], description='for anchor = "frame": of its middle, from top left')
    width: ShareValue = Field(default=0.3, description='for anchor = "frame": share of the frame\'s width')
    fit: Literal["width", "contain", "cover", "stretch"] = Field(
        default="width", description='for anchor = "frame": by its width, or all over the frame'
    )

    play: Literal["loop", "once", "on_cue"] = Field(
        default="loop",
        description="again and again; once, and its last picture stays; or only when a trigger plays it",
    )
    columns: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="of a sheet of pictures")
    rows: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="of a sheet of pictures")
    count: Annotated[int, Field(ge=1, le=600)] | None = Field(
        default=None, description="how many pictures the sheet has; all its cells without it"
    )
    fps: Annotated[float, Field(ge=0.05, le=120)] = Field(default=12.0, description="of a sheet of pictures")
    alpha: Literal["own", "beside", "below"] = Field(
        default="own", description="of a video: its own, or as grey in its right or lower half"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        of_frame = {"place", "width", "fit"} & self.model_fields_set
        of_face = {"size_mm", "offset_mm", "facing"} & self.model_fields_set
        if self.anchor != "frame" and of_frame:
            raise TableError(Message("sprite.key-of-frame", key=min(of_frame)))
        if self.anchor == "frame" and of_face:
            raise TableError(Message("sprite.key-of-face", key=min(of_face)))
        if self._is_video and self.columns * self.rows > 1:
            raise TableError(Message("sprite.cells-of-video"))
        if self.alpha != "own" and not self._is_video:
            raise TableError(Message("sprite.alpha-of-picture"))
        return self

    @property
    def _is_video(self) -> bool:
        return PurePosixPath(self.file).suffix.lower() in VIDEOS

    def _cuts(self, picture: Texture) -> bool:
        return bool(picture.shape[1] >= self.columns and picture.shape[0] >= self.rows)

    def load(self, files: PackFiles) -> Layer:
        """Read the picture, or the beginning of it. Raises PackError."""
        if self.file.startswith("$"):
            return SpriteLayer(self, None)
        path = files.path(self.file, "file")
        if self._is_video:
            video = open_video(path, self.alpha)
            return SpriteLayer(self, lambda: Video(video))
        if self.columns * self.rows == 1:
            frames: Clip = files.clip(self.file, "file", 1.0 / self.fps)
        else:
            picture = files.picture(self.file, "file")
            if not self._cuts(picture):
                raise files.error_at(
                    "columns",
                    Message("sprite.smaller-than-cells", columns=self.columns, rows=self.rows),
                    got=f"{picture.shape[1]}x{picture.shape[0]}",
                )
            how = (self.columns, self.rows, self.count, self.fps)
            frames = files.cells(self.file, "file", self.cut, how)
        return SpriteLayer(self, lambda: frames)

    def cut(self, picture: Texture) -> Frames:
        """The pictures of a sheet; a picture that is too small for one plays as it is."""
        if not self._cuts(picture):
            return sheet(picture, 1, 1, None, 1.0 / self.fps)
        return sheet(picture, self.columns, self.rows, self.count, 1.0 / self.fps)


class SpriteLayer:
    """What plays; pictures are shared by all faces, a video is played for each."""

    isolated = True
    own_blends: frozenset[Blend] = frozenset({"normal", "add"})
    needs: frozenset[Need] = frozenset()
    shader_files: tuple[str, ...] = ()

    def __init__(self, table: SpriteTable, clip: Callable[[], Clip] | None) -> None:
        self.table = table
        self.clip = clip
        self.per_face = table.anchor != "frame"

    def start(self) -> SpriteState:
        """At its beginning."""
        return SpriteState(self)


class SpriteState:
    """One sprite: a face's, or the frame's."""

    fades_itself: Literal[True] = True

    def __init__(self, layer: SpriteLayer) -> None:
        self._layer = layer
        self._begun_s: float | None = None
        self._cued = False
        self._clip = layer.clip() if layer.clip else None
        self._chosen: Texture | None = None

    def cue(self, cue: Cue) -> None:
        """Play: from the beginning, with the next frame."""
        if cue == "play":
            self._cued = True

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The picture of the moment in its place."""
        t = self._layer.table
        clip = self._playing(context.values)
        if self._cued or (self._begun_s is None and t.play != "on_cue"):
            self._begun_s, self._cued = context.time_s, False
        if self._begun_s is None or clip is None:
            return ()
        pixels, over = clip.at(context.time_s - self._begun_s, loop=t.play == "loop")
        if over and t.play == "on_cue":
            self._begun_s = None
            return ()
        aspect = pixels.shape[1] / pixels.shape[0]
        if worn is None or t.anchor == "frame":
            matrix = self._on_frame(context.values, context.camera, aspect)
        else:
            anchor = camera_from_anchor(t.anchor, worn.face, context.camera)
            matrix = self._on_face(context.values, anchor, aspect)
        opacity = worn.presence if worn else 1.0
        occluded = self._layer.per_face if t.occluded is None else t.occluded
        return (SpriteDraw(pixels, matrix, opacity, occluded, t.blend == "add", clip.stream, clip.version),)

    def _playing(self, values: Values) -> Clip | None:
        """What plays; a picture that the person chose may be another one by now."""
        t = self._layer.table
        if self._layer.clip is None:
            picture = values.picture(t.file)
            if picture is not self._chosen:
                self._chosen = picture
                self._clip = None if picture is None else t.cut(picture)
        return self._clip

    def _on_face(self, values: Values, anchor: Matrix, aspect: float) -> Matrix:
        t = self._layer.table
        scale = float(np.cbrt(abs(np.linalg.det(anchor[:3, :3]))))
        width = min(max(values.number(t.size_mm), 0.0), LARGEST_MM) * scale
        offset = np.array([values.number(o) for o in t.offset_mm])
        turned = anchor[:3, :3] / max(scale, 1e-9) if t.facing == "head" else np.eye(3)
        axes = turned @ _turn(values.number(t.rotate_deg)) * [width, width / aspect, 1.0]
        return transform(axes, anchor[:3, :3] @ offset + anchor[:3, 3])

    def _on_frame(self, values: Values, camera: Camera, aspect: float) -> Matrix:
        t = self._layer.table
        whole = float(camera.width), float(camera.height)
        if t.fit == "width":
            width = min(max(values.number(t.width), 0.0), 10.0) * whole[0]
            size = width, width / aspect
        elif t.fit == "stretch":
            size = whole
        else:
            choose = max if t.fit == "cover" else min
            width = choose(whole[0], whole[1] * aspect)
            size = width, width / aspect
        near, far = camera.depths_mm
        depth = BEHIND_ALL * far if t.occluded else BEFORE_ALL * near
        fractions = np.array([[values.number(p) for p in t.place]])
        middle = camera.unproject(fractions * whole - 0.5, np.array([depth]))[0]
        mm = np.array([size[0] * depth / camera.fx, size[1] * depth / camera.fy, 1.0])
        return transform(_turn(values.number(t.rotate_deg)) * mm, middle)


def _turn(clockwise_deg: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    c, s = math.cos(math.radians(clockwise_deg)), math.sin(math.radians(clockwise_deg))
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
