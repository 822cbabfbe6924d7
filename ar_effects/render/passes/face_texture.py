"""Paint on the skin of a tracked face, by the texture space of its mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.drawlist.face_paint import FaceTextureDraw
from ar_effects.render.face.face_mesh import FaceMeshes, view_of
from ar_effects.render.passes.base import Pass

if TYPE_CHECKING:
    from ar_effects.render.screen_rectangle import Rectangle

_UNITS = {"picture": 0, "paint": 1, "soft": 2, "mean": 3}
_CLEAR = 1.0 / 512.0


class FaceTexturePass(Pass[FaceTextureDraw]):
    """Draws the mesh with a picture, over the current one."""

    def prepare(self) -> None:
        """Make the program."""
        self._faces = self.context.shared(FaceMeshes)
        self._program: Any = self.context.programs.get("face_paint.vert.glsl", "face_texture.frag.glsl")

    def draw(self, draw: FaceTextureDraw) -> None:
        """Faces that cannot be seen, and paint that is clear, cost nothing."""
        context, faces = self.context, self._faces
        face = faces.get(draw.mesh)
        if face is None or draw.tint[3] < _CLEAR:
            return
        covers = draw.cover_eyes or draw.cover_mouth
        rectangle = face.rectangle if covers else faces.rectangle(face, draw.triangles)
        if rectangle is None:
            return
        program, ctx, light = self._program, context.ctx, face.light()
        # the finished picture, not a group's clear ground
        with context.snapshot(rectangle, context.targets.final) as skin:
            textures = (skin, context.texture(draw.texture), light.soft, light.mean)
            textures[1].anisotropy = 1.0
            for (name, unit), texture in zip(_UNITS.items(), textures, strict=True):
                program[name].value = unit
                texture.use(unit)
            program["view"].value = view_of(context.camera)
            program["tint"].value = draw.tint
            program["feather_mm"].value = max(draw.feather_mm, 1e-3)
            program["shading"].value, program["grain"].value = draw.shading, draw.grain
            program["covers"].value = (float(draw.cover_eyes), float(draw.cover_mouth))
            with faces.drawing(face, rectangle):
                ctx.enable(moderngl.BLEND)
                ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
                face.draw(program, draw.triangles)
                if draw.cover_eyes:
                    face.draw(program, "eyes")
                if draw.cover_mouth:
                    face.draw(program, "mouth")
                ctx.disable(moderngl.BLEND)

    def area(self, draw: FaceTextureDraw) -> Rectangle | None:
        """The pixels of the face."""
        face = self._faces.get(draw.mesh)
        return face.rectangle if face else None
