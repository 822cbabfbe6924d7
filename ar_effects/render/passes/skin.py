"""Skin: an edge-preserving filter, worked out on a small picture of the face, and another tone.

The filter is the guided filter (He, Sun and Tang, "Guided Image Filtering", ECCV 2010) with its coefficients
found on a reduced picture (He and Sun, "Fast Guided Filter", arXiv:1505.00996), guided by the skin's own
lightness; one gain serves all three colours. What the reduced picture cannot hold is the skin's texture,
of which a share is given back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ar_effects.drawlist.skin import SkinDraw
from ar_effects.render.face.face_mesh import FaceMeshes, view_of
from ar_effects.render.passes.base import Pass
from ar_effects.render.targets import small_map

if TYPE_CHECKING:
    import moderngl

    from ar_effects.render.face.face_mesh import GpuFace

SIDE = 192
"""Texels of the reduced picture at most."""

TEXELS_PER_MM = 0.5
RADIUS_MM = 5.5
DEVIATION = 0.06
"""Differences of this size (square roots of light, 0..1) within the radius are half smoothed away."""

SAMPLES, RADII = (1, 2, 4, 8), (1, 2, 3)
"""Of a texel of the reduced picture, a side, each the mean of up to four pixels; and of the means, in texels.

Software is slow in loops whose length it does not know, so there is a program for each: few of them, all made
before the first face, so that nothing is compiled when somebody comes nearer.
"""

_PICTURE, _SMALL, _CHANGE, _MASK, _MEAN = range(5)


class SkinPass(Pass[SkinDraw]):
    """Two separable means on three small textures of its own, then one pass over the face."""

    def prepare(self) -> None:
        """Make all programs there are, and the small textures."""
        get = self.context.programs.get
        self._faces = self.context.shared(FaceMeshes)
        self._skin: Any = get("face_paint.vert.glsl", "skin.frag.glsl")
        self._toned: Any = get("face_paint.vert.glsl", "skin.frag.glsl", frozenset({"TONE"}))
        for samples in SAMPLES:
            self._look(samples)
        for radius in RADII:
            self._all_means(radius)
        self._maps: list[tuple[Any, Any]] = []
        for _ in range(3):
            texture, fbo = map(self.own, small_map(self.context.ctx, SIDE))
            self._maps.append((texture, fbo))

    def draw(self, draw: SkinDraw) -> None:
        """Faces that cannot be seen, and changes of nothing, cost nothing."""
        if not (draw.smooth or draw.even_out or draw.brightness or draw.warmth):
            return
        face = self._faces.get(draw.mesh)
        if face is None:
            return
        mean = face.light().mean
        with self.context.snapshot(face.rectangle) as under:
            self._reduce(face, draw, under, mean)
            self._draw_skin(face, draw, under, mean)

    def _reduce(self, face: GpuFace, draw: SkinDraw, under: moderngl.Texture, mean: Any) -> None:
        """Leaves the reduced picture in the first map and how colours change in the third."""
        x, y, width, height = face.rectangle
        scale = min(1.0, TEXELS_PER_MM / max(draw.px_per_mm, 1e-6), SIDE / max(width, height))
        self._used = (max(round(width * scale), 1), max(round(height * scale), 1))
        step = (width / self._used[0], height / self._used[1])
        wanted = 0.5 * max(step)
        sampler = self._look(next((n for n in SAMPLES if n >= wanted), SAMPLES[-1]))
        sampler["picture"].value = _PICTURE
        sampler["size"].value = tuple(map(float, self.context.size))
        sampler["corner"].value, sampler["step"].value = (float(x), float(y)), step
        under.use(_PICTURE)
        self._fill(sampler, 0)
        radius = min(max(round(RADIUS_MM * draw.px_per_mm / max(step)), RADII[0]), RADII[-1])
        average, gain, change = self._all_means(radius)
        gain["noise"].value = DEVIATION**2
        change["small"].value, change["mean"].value = _SMALL, _MEAN
        change["grain"].value = draw.texture
        self._maps[0][0].use(_SMALL)
        mean.use(_MEAN)
        for program, source, target, way in (
            (average, 0, 1, (1, 0)),
            (gain, 1, 2, (0, 1)),
            (average, 2, 1, (1, 0)),
            (change, 1, 2, (0, 1)),
        ):
            program["map"].value = _PICTURE
            program["last"].value = (self._used[0] - 1, self._used[1] - 1)
            program["way"].value = way
            self._maps[source][0].use(_PICTURE)
            self._fill(program, target)

    def _look(self, samples: int) -> Any:
        return self.context.programs.get(
            "picture.vert.glsl", "skin_look.frag.glsl", frozenset({f"SAMPLES {samples}"})
        )

    def _all_means(self, radius: int) -> list[Any]:
        """The plain mean, with the gain, and with the change."""
        return [
            self.context.programs.get(
                "picture.vert.glsl", "skin_mean.frag.glsl", frozenset({f"RADIUS {radius}", *more})
            )
            for more in ((), ("GAIN",), ("CHANGE",))
        ]

    def _fill(self, program: Any, target: int) -> None:
        fbo = self._maps[target][1]
        fbo.viewport = (0, 0, *self._used)
        self.context.full_screen.draw(program, fbo)

    def _draw_skin(self, face: GpuFace, draw: SkinDraw, under: moderngl.Texture, mean: Any) -> None:
        toned = bool(draw.even_out or draw.brightness or draw.warmth)
        program = self._toned if toned else self._skin
        x, y, width, height = face.rectangle
        textures = [
            ("picture", _PICTURE, under),
            ("change", _CHANGE, self._maps[2][0]),
            ("mask", _MASK, self.context.texture(draw.mask)),
        ]
        if toned:
            textures += [("small", _SMALL, self._maps[0][0]), ("mean", _MEAN, mean)]
            program["even_out"].value = draw.even_out
            program["tone"].value = (draw.brightness, draw.warmth)
        for name, unit, texture in textures:
            program[name].value = unit
            texture.use(unit)
        program["view"].value = view_of(self.context.camera)
        program["corner"].value = (float(x), float(y))
        program["texels"].value = (self._used[0] / width, self._used[1] / height)
        program["used"].value = tuple(map(float, self._used))
        program["smoothing"].value = draw.smooth
        with self._faces.drawing(face):
            face.draw(program)
