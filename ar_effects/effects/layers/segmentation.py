"""``segmentation``: another background behind the people of the frame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from ar_effects.drawlist import Blend, PictureDraw, SpaceDraw, Texture
from ar_effects.drawlist.segmentation import BackgroundDraw
from ar_effects.effects.layers.sprite import VIDEOS
from ar_effects.media.clips import Clip, Video, open_video
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, Cue, FrameContext, Layer, Need
from ar_effects.packs.tables import (
    ChoiceReference,
    ColourValue,
    FileName,
    LayerTable,
    PictureValue,
    ShareValue,
)
from ar_effects.table_error import TableError

Background = Literal["blur", "colour", "picture", "video"]

MOST_BLUR = 0.045
"""Standard deviation at an amount of 1, as a share of the frame's height."""

STILL_S = 1.0


class SegmentationTable(LayerTable):
    """Another background behind the people of the frame."""

    kind: Literal["segmentation"]
    background: Background | ChoiceReference = Field(
        default="blur", description="what is seen behind the people; options of a choice are the same words"
    )
    amount: ShareValue = Field(default=0.5, description="of the blur; 0 leaves the frame as it is")
    colour: ColourValue = Field(default="#1c7c4a", description='for background = "colour"')
    picture: PictureValue | None = Field(
        default=None,
        description='for background = "picture": a picture or an animation, cut to fill the frame',
    )
    video: FileName | None = Field(
        default=None, description='for background = "video": played again and again, cut to fill the frame'
    )
    cleaning: ShareValue = Field(
        default=1.0, description="how far the old background's light is taken out of hair and edges"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for kind in ("picture", "video"):
            if self.background == kind and getattr(self, kind) is None:
                raise TableError(Message("background.needs-key", kind=kind))
        if self.video is not None and PurePosixPath(self.video).suffix.lower() not in VIDEOS:
            raise TableError(Message("background.video-ending", endings=", ".join(VIDEOS)))
        if self.is_cut:
            raise TableError(Message("background.behind-everybody"))
        return self

    def load(self, files: PackFiles) -> Layer:
        """Read the picture and the beginning of the video. Raises PackError."""
        picture: Clip | None = None
        if self.picture is not None and not self.picture.startswith("$"):
            picture = files.clip(self.picture, "picture", STILL_S)
        video = open_video(files.path(self.video, "video"), "own") if self.video is not None else None
        return SegmentationLayer(self, picture, Video(video) if video is not None else None)


class SegmentationLayer:
    """A background; one for the frame."""

    per_face = False
    isolated = False
    own_blends: frozenset[Blend] = frozenset({"normal"})
    needs: frozenset[Need] = frozenset({"segmentation"})
    shader_files: tuple[str, ...] = ()

    def __init__(self, table: SegmentationTable, picture: Clip | None, video: Clip | None) -> None:
        self.table = table
        self._clips = {"picture": picture, "video": video}
        self._begun_s: float | None = None

    def start(self) -> SegmentationLayer:
        """Itself: there is one frame."""
        self._begun_s = None
        return self

    def cue(self, cue: Cue) -> None:
        """Play: from the beginning."""
        if cue == "play":
            self._begun_s = None

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:  # noqa: ARG002
        """The background, once the people are known. What is asked for and not there is a colour."""
        if context.tracked.segmentation is None:
            return ()
        t, values = self.table, context.values
        kind = values.text(t.background)
        if kind not in get_args(Background):
            return ()
        cleaning = values.number(t.cleaning)
        if kind == "blur":
            return (BackgroundDraw(blur=MOST_BLUR * values.number(t.amount), cleaning=cleaning),)
        if kind != "colour":
            if kind == "picture" and t.picture is not None and t.picture.startswith("$"):
                chosen = values.picture(t.picture)
                if chosen is not None:
                    return (BackgroundDraw(chosen, cleaning=cleaning),)
            elif (clip := self._clips[kind]) is not None:
                if self._begun_s is None or self._begun_s > context.time_s:
                    self._begun_s = context.time_s
                pixels, _ = clip.at(context.time_s - self._begun_s, loop=True)
                return (self._played(pixels, clip, cleaning),)
        return (BackgroundDraw(colour=values.colour(t.colour)[:3], cleaning=cleaning),)

    @staticmethod
    def _played(pixels: Texture, clip: Clip, cleaning: float) -> BackgroundDraw:
        return BackgroundDraw(pixels, cleaning=cleaning, stream=clip.stream, version=clip.version)
