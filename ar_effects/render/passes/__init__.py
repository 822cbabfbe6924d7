"""One module for each kind of draw; ``PASSES`` says which pass draws what, ``register_pass`` adds one."""

from __future__ import annotations

from ar_effects.drawlist import Group, Scene
from ar_effects.drawlist.cover import CoverDraw
from ar_effects.drawlist.face_paint import FaceTextureDraw, MakeupDraw, WireframeDraw
from ar_effects.drawlist.glsl import GlslDraw
from ar_effects.drawlist.post import PostDraw
from ar_effects.drawlist.segmentation import BackgroundDraw
from ar_effects.drawlist.skin import SkinDraw
from ar_effects.drawlist.warp import WarpDraw
from ar_effects.render.passes.base import ADDED_PASSES, PASSES, Pass, pass_of, register_pass
from ar_effects.render.passes.cover import CoverPass
from ar_effects.render.passes.face_texture import FaceTexturePass
from ar_effects.render.passes.glsl import GlslPass
from ar_effects.render.passes.group import GroupPass
from ar_effects.render.passes.makeup import MakeupPass
from ar_effects.render.passes.post import PostPass
from ar_effects.render.passes.scene import ScenePass
from ar_effects.render.passes.segmentation import BackgroundPass
from ar_effects.render.passes.skin import SkinPass
from ar_effects.render.passes.warp import WarpPass
from ar_effects.render.passes.wireframe import WireframePass

__all__ = ["ADDED_PASSES", "PASSES", "Pass", "pass_of", "register_pass"]

register_pass(Scene, ScenePass)
register_pass(Group, GroupPass)
register_pass(BackgroundDraw, BackgroundPass)
register_pass(SkinDraw, SkinPass)
register_pass(WarpDraw, WarpPass)
register_pass(CoverDraw, CoverPass)
register_pass(GlslDraw, GlslPass)
register_pass(PostDraw, PostPass)
register_pass(FaceTextureDraw, FaceTexturePass)
register_pass(MakeupDraw, MakeupPass)
register_pass(WireframeDraw, WireframePass)
