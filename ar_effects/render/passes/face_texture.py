"""Paint on the skin of a tracked face, by the texture space of its mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

if TYPE_CHECKING:
    from ar_effects.drawlist.face_paint import FaceTextureDraw
    from ar_effects.geometry.camera import Camera
    from ar_effects.render.canvas import Canvas
    from ar_effects.render.screen_rectangle import Rectangle

_UNITS = {"picture": 0, "paint": 1, "soft": 2, "mean": 3}
_CLEAR = 1.0 / 512.0


class FaceTexturePass:
    """Draws the mesh with a picture, over the current one."""

    def __init__(self, canvas: Canvas) -> None:
        self._program: Any = canvas.programs.get("face_paint.vert.glsl", "face_texture.frag.glsl")

    def draw(self, canvas: Canvas, draw: FaceTextureDraw) -> None:
        """Faces that cannot be seen, and paint that is clear, cost nothing."""
        face = canvas.faces.get(draw.mesh)
        if face is None or draw.tint[3] < _CLEAR:
            return
        covers = draw.cover_eyes or draw.cover_mouth
        rectangle = face.rectangle if covers else canvas.faces.rectangle(face, draw.triangles)
        if rectangle is None:
            return
        program, targets = self._program, canvas.targets
        light = face.light(canvas)
        skin = targets.borrow()
        try:
            # the finished picture, not a group's clear ground
            targets.copy(targets.final, skin, rectangle)
            textures = (skin.texture, canvas.texture(draw.texture), light.soft, light.mean)
            textures[1].anisotropy = 1.0
            for (name, unit), texture in zip(_UNITS.items(), textures, strict=True):
                program[name].value = unit
                texture.use(unit)
            program["view"].value = view_of(canvas.camera)
            program["tint"].value = draw.tint
            program["feather_mm"].value = max(draw.feather_mm, 1e-3)
            program["shading"].value, program["grain"].value = draw.shading, draw.grain
            program["covers"].value = (float(draw.cover_eyes), float(draw.cover_mouth))
            ctx = canvas.ctx
            with canvas.faces.drawing(face, rectangle):
                ctx.enable(moderngl.BLEND)
                ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
                face.draw(program, draw.triangles)
                if draw.cover_eyes:
                    face.draw(program, "eyes")
                if draw.cover_mouth:
                    face.draw(program, "mouth")
                ctx.disable(moderngl.BLEND)
        finally:
            targets.give_back(skin)

    def reach(self, canvas: Canvas, draw: FaceTextureDraw) -> Rectangle | None:
        """The pixels of the face."""
        face = canvas.faces.get(draw.mesh)
        return face.rectangle if face else None

    def next_frame(self) -> None:
        """Nothing is kept."""

    def release(self) -> None:
        """The program is the renderer's."""


def view_of(camera: Camera) -> tuple[float, float, float, float]:
    """What turns a pixel's place into the direction towards the camera, x and y for z = 1."""
    return (-1.0 / camera.fx, 1.0 / camera.fy, camera.cx / camera.fx, -camera.cy / camera.fy)
