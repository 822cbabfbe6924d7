"""Single pictures with an effect: each drawn through a context of its own, and of large ones only a part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ar_effects.app.transparency import drawn
from ar_effects.effects.effect import Effect
from ar_effects.effects.pack import Pack
from ar_effects.errors import RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.records import Alpha, Eyes, Image, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.detail import FULL, DetailStep
from ar_effects.render.renderer import Renderer
from ar_effects.sources.base import Transparency

WHOLE_PICTURE_SIDE = 4096
"""Larger pictures are drawn in part, to spare memory."""


def draw_picture(tracked: TrackedFrame, pack: Pack | None, detail: DetailStep = FULL) -> Image:
    """One picture with its effect, through a context of its own.

    Of a large picture only the part around its faces is drawn, which is all that an effect touches.
    """
    image = tracked.frame.image
    width, height = tracked.frame.size
    whole = pack is not None and is_whole(pack)
    x0, y0, x1, y1 = (0, 0, width, height)
    if max(width, height) > WHOLE_PICTURE_SIDE and not whole:
        x0, y0, x1, y1 = surroundings(tracked)
    part = cropped(tracked, (x0, y0, x1, y1))
    with open_headless() as context:
        limit = int(context.ctx.info["GL_MAX_TEXTURE_SIZE"])
        if max(part.frame.size) > limit:
            raise RenderError(
                "The faces in the picture are too large for the graphics driver",
                expected=f"at most {limit} pixels a side",
                got="{}x{}".format(*part.frame.size),
                fix="Make the picture smaller first",
            )
        renderer = Renderer(context.ctx, part.frame.size, detail=detail)
        try:
            renderer.draw(part.frame.image, Effect(pack).draw_list(part))
            result = image.copy()
            result[y0:y1, x0:x1] = renderer.read()
        finally:
            renderer.release()
    return result


def is_whole(pack: Pack) -> bool:
    """Whether it draws on all of the picture, faces or none."""
    return bool(pack.needs & {"segmentation", "watch"}) or not all(layer.per_face for layer in pack.layers)


def cropped(tracked: TrackedFrame, box: tuple[int, int, int, int]) -> TrackedFrame:
    """The part x0, y0, x1, y1 of a tracked picture, faces and camera moved along."""
    x0, y0, x1, y1 = box
    camera, frame = tracked.camera, tracked.frame
    if (x0, y0, x1, y1) == (0, 0, *frame.size):
        return tracked
    part = Camera(x1 - x0, y1 - y0, camera.fx, camera.fy, camera.cx - x0, camera.cy - y0)
    shift = np.array([x0, y0, 0.0], np.float32)
    faces = tuple(
        replace(
            face,
            landmarks=face.landmarks - shift,
            eyes=Eyes(face.eyes.left - shift[:2], face.eyes.right - shift[:2]),
        )
        for face in tracked.faces
    )
    image = np.ascontiguousarray(frame.image[y0:y1, x0:x1])
    return TrackedFrame(replace(frame, image=image), faces, part)


def surroundings(tracked: TrackedFrame) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 in pixels: every face with its own size around it on all sides."""
    boxes = []
    for face in tracked.faces:
        low, high = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
        margin = float((high - low).max())
        boxes.append(np.concatenate([low - margin, high + margin]))
    corners = np.array(boxes)
    low_x, low_y = np.floor(corners[:, :2].min(axis=0))
    high_x, high_y = np.ceil(corners[:, 2:].max(axis=0))
    width, height = tracked.frame.size
    return (
        int(np.clip(low_x, 0, width - 1)),
        int(np.clip(low_y, 0, height - 1)),
        int(np.clip(high_x, 1, width)),
        int(np.clip(high_y, 1, height)),
    )


def draw_transparent(
    picture: Transparency, tracked: TrackedFrame, pack: Pack | None, detail: DetailStep = FULL
) -> tuple[Image, Alpha]:
    """The same for a picture that is not opaque: its colours and its alpha afterwards.

    Args:
        picture: as its file has it.
        tracked: the picture over black, with its faces.
        pack: what they wear; nothing changes without one.
        detail: how finely to draw.
    """
    if pack is None:
        return picture.bgr, picture.alpha

    def draw(image: Image) -> Image:
        return draw_picture(replace(tracked, frame=replace(tracked.frame, image=image)), pack, detail)

    result = drawn(picture, draw)
    return result.bgr, result.alpha
