"""What a driver in software compiles for itself, apart from anybody's shaders, done ahead.

Copies between pictures of one and of many samples, and mip levels, are made by programs of the driver's own.
Mesa compiles them when they are first needed, a quarter of a second in all, and keeps none of them for the
next start. pyglet's calls do not hold Python's lock, so that other threads load meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ar_effects.render.screen_rectangle import Rectangle
from ar_effects.render.targets import Targets, small_map
from ar_effects.render.textures import build_mipmaps

if TYPE_CHECKING:
    import moderngl

SIDE = 16


def prepare_driver(ctx: moderngl.Context) -> None:
    """Do once what models and what they mirror will need. The context is current in this thread.

    Raises:
        RenderError: the driver refuses framebuffers.
    """
    targets, all_of_it = Targets(ctx, (SIDE, SIDE)), Rectangle(0, 0, SIDE, SIDE)
    texture, fbo = small_map(ctx, SIDE)  # as what is mirrored: programs of the driver are of one format
    try:
        targets.copy_to_layer(all_of_it)
        targets.resolve(all_of_it)
        build_mipmaps(texture)
        ctx.finish()
    finally:
        ctx.screen.use()
        fbo.release()
        texture.release()
        targets.release()
