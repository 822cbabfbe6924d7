"""One module for each kind of draw; ``PASSES`` says which pass draws what."""

from __future__ import annotations

from typing import Any

from ar_effects.drawlist import Group, Scene
from ar_effects.drawlist.cover import CoverDraw
from ar_effects.drawlist.glsl import GlslDraw
from ar_effects.drawlist.post import PostDraw
from ar_effects.drawlist.warp import WarpDraw
from ar_effects.render.passes.cover import CoverPass
from ar_effects.render.passes.glsl import GlslPass
from ar_effects.render.passes.group import GroupPass
from ar_effects.render.passes.post import PostPass
from ar_effects.render.passes.scene import ScenePass
from ar_effects.render.passes.warp import WarpPass

PASSES: dict[type[Any], Any] = {
    Scene: ScenePass,
    Group: GroupPass,
    WarpDraw: WarpPass,
    CoverDraw: CoverPass,
    GlslDraw: GlslPass,
    PostDraw: PostPass,
}
"""Made with the canvas when the first draw of its kind comes: what is not shown costs nothing."""
