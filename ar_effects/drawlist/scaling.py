"""The same draw list for a smaller picture: what is measured in pixels shrinks, millimetres stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ar_effects.drawlist import Draw, DrawList, FaceOccluderDraw, Group, Scene
from ar_effects.drawlist.cover import CoverDraw, Place
from ar_effects.drawlist.face_mesh import FaceMesh
from ar_effects.drawlist.face_paint import FaceTextureDraw, MakeupDraw, WireframeDraw
from ar_effects.drawlist.light import Shadow
from ar_effects.drawlist.skin import SkinDraw
from ar_effects.drawlist.warp import WarpDraw


def scaled(draw_list: DrawList, size: tuple[int, int]) -> DrawList:
    """A draw list for the same view in a picture of another size.

    Args:
        draw_list: made for its camera's picture.
        size: (width, height) of the other, of about the same shape.
    """
    camera = draw_list.camera
    if (camera.width, camera.height) == size:
        return draw_list
    by = _Scaling(size[0] / camera.width, size[1] / camera.height)
    return replace(
        draw_list,
        camera=camera.scaled_to(*size),
        draws=tuple(by.draw(draw) for draw in draw_list.draws),
    )


class _Scaling:
    """Pixel (0, 0) is the centre of the first one in both pictures: x -> (x + 0.5) * sx - 0.5."""

    def __init__(self, sx: float, sy: float) -> None:
        self._factors = np.array([sx, sy], np.float32)
        self._mean = float(np.sqrt(sx * sy))
        self._meshes: dict[int, FaceMesh] = {}  # one object for all draws of a face, as before

    def draw(self, draw: Draw) -> Draw:
        if isinstance(draw, Scene):
            models = tuple(replace(m, shadow=self._shadow(m.shadow)) if m.shadow else m for m in draw.models)
            occluders = tuple(
                replace(o, face=self._mesh(o.face)) if isinstance(o, FaceOccluderDraw) else o
                for o in draw.occluders
            )
            return replace(draw, models=models, occluders=occluders)
        if isinstance(draw, Group):
            return replace(draw, draws=tuple(self.draw(inner) for inner in draw.draws))
        if isinstance(draw, CoverDraw):
            return replace(draw, places=tuple(self._place(place) for place in draw.places))
        if isinstance(draw, WarpDraw):
            return replace(draw, vertices=self._pixels(draw.vertices, 4))
        if isinstance(draw, WireframeDraw):
            width, glow = draw.width_px * self._mean, draw.glow_px * self._mean
            return replace(draw, mesh=self._mesh(draw.mesh), width_px=width, glow_px=glow)
        if isinstance(draw, SkinDraw):
            return replace(draw, mesh=self._mesh(draw.mesh), px_per_mm=draw.px_per_mm * self._mean)
        if isinstance(draw, (FaceTextureDraw, MakeupDraw)):
            return replace(draw, mesh=self._mesh(draw.mesh))
        return draw

    def _pixels(self, values: np.ndarray, count: int) -> np.ndarray:
        """The first ``count`` columns are x, y, x, y, ..."""
        moved = values.copy()
        moved[:, :count] = (values[:, :count] + 0.5) * np.tile(self._factors, count // 2) - 0.5
        return moved

    def _mesh(self, mesh: FaceMesh) -> FaceMesh:
        found = self._meshes.get(id(mesh))
        if found is None:
            found = self._meshes[id(mesh)] = replace(mesh, vertices=self._pixels(mesh.vertices, 2))
        return found

    def _shadow(self, shadow: Shadow) -> Shadow:
        return replace(shadow, face=self._mesh(shadow.face))

    def _place(self, place: Place) -> Place:
        x, y = ((c + 0.5) * float(f) - 0.5 for c, f in zip(place.centre, self._factors, strict=True))
        half_size = place.half_size[0] * self._mean, place.half_size[1] * self._mean
        return replace(place, centre=(x, y), half_size=half_size, inner=place.inner * self._mean)
