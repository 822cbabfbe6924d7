"""Makeup on a tracked face: regions of its mesh, colours moved in a perceptual space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.drawlist.face_paint import MakeupDraw
from ar_effects.render.face.face_mesh import FaceMeshes, view_of
from ar_effects.render.passes.base import Pass
from ar_effects.render.targets import small_map
from ar_effects.render.textures import upload_texture

if TYPE_CHECKING:
    from ar_effects.drawlist.face_mesh import FaceMesh
    from ar_effects.drawlist.face_paint import Cosmetic, MakeupRegions
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.face.face_light import FaceLight
    from ar_effects.render.screen_rectangle import Rectangle

COSMETICS = ("lipstick", "eye_shadow", "eyeliner", "blush", "brows", "contour")
_UNITS = {"picture": 0, "first": 1, "second": 2, "soft": 3, "mean": 4, "lip_mean": 5}
_MAP_LEVELS = 4.0
"""The regions are sixteen times finer than the map of the skin."""

SHUT_PX = (1.0, 3.0)
"""Mean gap between the lips at which a mouth is shut, and open."""


@dataclass(frozen=True, slots=True)
class _Masks:
    first: Any
    second: Any

    def release(self) -> None:
        self.first.release()
        self.second.release()


class MakeupPass(Pass[MakeupDraw]):
    """Draws the mesh with new colours, in place of the current ones."""

    def prepare(self) -> None:
        """Make the programs, and the map of the lips."""
        context = self.context
        get = context.programs.get
        self._faces = context.shared(FaceMeshes)
        self._program: Any = get("face_paint.vert.glsl", "makeup.frag.glsl")
        self._mean: Any = get("picture.vert.glsl", "face_light_mean.frag.glsl", frozenset({"LIPS"}))
        self._masks: IdentityCache[MakeupRegions, _Masks] = self.own(context.cache(self._upload))
        self._lip_mean, self._lip_fbo = map(self.own, small_map(context.ctx, 1))

    def draw(self, draw: MakeupDraw) -> None:
        """Without any amount of anything the picture stays as it is."""
        cosmetics = {name: getattr(draw, name) for name in COSMETICS}
        context, faces = self.context, self._faces
        face = faces.get(draw.mesh)
        if face is None or all(c.amount <= 0.0 for c in cosmetics.values()):
            return
        rectangle = faces.rectangle(face, draw.triangles)
        if rectangle is None:
            return
        masks, light = self._masks.get(draw.regions), face.light()
        if draw.lipstick.amount > 0.0:
            self._look_at_lips(light, masks)
        program = self._program
        for name, cosmetic in cosmetics.items():
            program[name].value = (*oklab_from_linear(cosmetic), min(max(cosmetic.amount, 0.0), 1.0))
        program["highlight"].value, program["shine"].value = draw.highlight, draw.shine
        program["view"].value = view_of(context.camera)
        with context.snapshot(rectangle) as skin:
            textures = (skin, masks.first, masks.second, light.soft, light.mean, self._lip_mean)
            for (name, unit), texture in zip(_UNITS.items(), textures, strict=True):
                program[name].value = unit
                texture.use(unit)
            shut = _shut(draw.mesh)
            program["shut"].value, program["in_mouth"].value = shut, 0.0
            with faces.drawing(face, rectangle):
                face.draw(program, draw.triangles)
                if shut > 0.0 and draw.lipstick.amount > 0.0:
                    program["in_mouth"].value = 1.0
                    face.draw(program, "mouth")

    def area(self, draw: MakeupDraw) -> Rectangle | None:
        """The pixels of the face."""
        face = self._faces.get(draw.mesh)
        return face.rectangle if face else None

    def _look_at_lips(self, light: FaceLight, masks: _Masks) -> None:
        self._mean["map"].value, self._mean["regions"].value = 0, 1
        self._mean["region_level"].value = _MAP_LEVELS
        light.skin.use(0)
        masks.first.use(1)
        self.context.full_screen.draw(self._mean, self._lip_fbo)

    def _upload(self, regions: MakeupRegions) -> _Masks:
        both: list[moderngl.Texture] = []
        for pixels in (regions.first, regions.second):
            texture = upload_texture(self.context.ctx, pixels, colour=False)
            texture.repeat_x = texture.repeat_y = False
            texture.anisotropy = 1.0  # soft masks look the same without, and software drivers pay for it
            texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
            both.append(texture)
        return _Masks(*both)


def _shut(mesh: FaceMesh) -> float:
    """1 when the gap between the lips is thinner than a pixel, and lips itself; 0 when it is three pixels."""
    corners = mesh.vertices[mesh.topology.mouth_triangles, :2]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    length = float(np.hypot(*np.ptp(corners.reshape(-1, 2), axis=0)))
    opening = float(np.abs(ax * by - ay * bx).sum()) / 2.0 / max(length, 1.0)
    return min(max((SHUT_PX[1] - opening) / (SHUT_PX[1] - SHUT_PX[0]), 0.0), 1.0)


_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab_from_linear(cosmetic: Cosmetic) -> tuple[float, float, float]:
    """A cosmetic's colour in OKLab (Ottosson, "A perceptual color space for image processing", 2020)."""
    lightness, a, b = _LAB @ np.cbrt(_LMS @ np.maximum(cosmetic.colour, 0.0))
    return float(lightness), float(a), float(b)
