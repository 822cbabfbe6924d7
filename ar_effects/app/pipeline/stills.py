"""Single pictures with an effect: each drawn through a context of its own, and of large ones only a part."""

from __future__ import annotations

from dataclasses import replace

from ar_effects.app.pipeline.cropping import cropped, faces_bounding_box
from ar_effects.app.pipeline.transparency import drawn
from ar_effects.effects.effect import Effect
from ar_effects.errors import RenderError
from ar_effects.messages import Message
from ar_effects.packs.pack import Pack
from ar_effects.records import Alpha, Image, TrackedFrame, Transparency
from ar_effects.render.context import open_headless
from ar_effects.render.detail import FULL, DetailStep
from ar_effects.render.renderer import Renderer
from ar_effects.tracking.analysers import is_whole_frame

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
        x0, y0, x1, y1 = faces_bounding_box(tracked)
    part = cropped(tracked, (x0, y0, x1, y1))
    with open_headless() as context:
        limit = int(context.ctx.info["GL_MAX_TEXTURE_SIZE"])
        if max(part.frame.size) > limit:
            raise RenderError(
                Message("render.faces-too-large", limit=limit), got="{}x{}".format(*part.frame.size)
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
    return any(map(is_whole_frame, pack.needs)) or not all(layer.per_face for layer in pack.layers)


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
