"""What passes draw on, and what they share: programs, textures, the snapshot of the picture under them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import moderngl

from ar_effects.geometry.camera import Camera
from ar_effects.render.cache import IdentityCache
from ar_effects.render.detail import FULL
from ar_effects.render.face_mesh import FaceMeshes
from ar_effects.render.mattes import FrameMatte
from ar_effects.render.passes import PASSES
from ar_effects.render.screen_rectangle import Rectangle, union
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB, Picture, Targets
from ar_effects.render.textures import held_bytes, upload_texture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ar_effects.drawlist import Draw, Texture
    from ar_effects.render.environment import Environment
    from ar_effects.render.programs import Programs

PICTURE_UNIT = 0
"""Where ``Canvas.fill`` binds the snapshot for a sampler called ``picture``; passes count on from 1."""


class Pass(Protocol):
    """Draws one kind of thing of a draw list. Made when the first of its kind is drawn."""

    def draw(self, canvas: Canvas, draw: Any) -> None:
        """Draw on ``canvas.targets.current``, leaving the state of OpenGL as ``Canvas`` says."""

    def next_frame(self) -> None:
        """A frame is finished: free what was not used for a while."""

    def release(self) -> None:
        """Free everything."""


class ShaderLimit(NamedTuple):
    """How long a shader of a pack's own may take.

    Attributes:
        seconds: for one frame, the graphics card's work with it.
        clock: seconds, never going back.
    """

    seconds: float
    clock: Callable[[], float]


class Canvas:
    """The picture that is being made, with everything that passes share.

    Between passes nothing but the defaults is on: no blending, no depth test, no culling, no scissor that
    counts, and ``GL_FRAMEBUFFER_SRGB`` off. A pass turns on what it needs and off again.

    Attributes:
        ctx, programs, environment: for passes to make their things with.
        targets: the framebuffers.
        camera: of the frame.
        time_s: of the frame.
        detail: how finely to draw.
        shader_limit: how long shaders of packs may take; None for as long as they like.
        faces: meshes of tracked faces, uploaded once a frame.
        matte: the cut around the frame's people.
        warnings: sentences for the person about draws that cannot be drawn, each said once; see
            ``Renderer.take_warnings``.
    """

    def __init__(
        self, ctx: moderngl.Context, programs: Programs, targets: Targets, environment: Environment
    ) -> None:
        self.ctx = ctx
        self.programs = programs
        self.environment = environment
        self.targets = targets
        self.camera = Camera.assumed(*targets.size)
        self.time_s = 0.0
        self.detail = FULL
        self.shader_limit: ShaderLimit | None = None
        self.faces = FaceMeshes(self)
        self.matte = FrameMatte(ctx, programs)
        self.warnings: list[str] = []
        self._passes: dict[type[Any], Pass] = {}
        self._textures = IdentityCache[Any, Any](self._upload, held=held_bytes)
        self._fill_vaos: dict[int, Any] = {}

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self.targets.size

    def draw(self, draws: Iterable[Draw]) -> None:
        """Draw one after the other upon the current picture."""
        for draw in draws:
            self._pass(draw).draw(self, draw)

    def reach(self, draws: Iterable[Draw]) -> Rectangle | None:
        """The pixels that draws can change, as far as their passes tell: all of them unless every pass does.

        A pass tells by a method ``reach(canvas, draw)`` with the rectangle, or None if it changes nothing.
        What it tells must hold for what it reads of the current picture, too.
        """
        found: list[Rectangle] = []
        for draw in draws:
            tells = getattr(self._pass(draw), "reach", None)
            if tells is None:
                return Rectangle(0, 0, *self.size)
            rectangle = tells(self, draw)
            if rectangle is not None:
                found.append(rectangle)
        return union(found) if found else None

    def _pass(self, draw: Draw) -> Pass:
        kind = type(draw)
        if kind not in self._passes:
            self._passes[kind] = PASSES[kind](self)
        return self._passes[kind]

    def snapshot(self, rectangle: Rectangle | None = None) -> Picture:
        """A copy of the current picture, right inside the rectangle only; give it back to ``targets``."""
        copy = self.targets.borrow()
        self.targets.copy(self.targets.current, copy, rectangle)
        return copy

    def texture(self, pixels: Texture) -> moderngl.Texture:
        """A colour texture of straight-alpha sRGB pixels, premultiplied and clamped; kept by identity.

        Its ``extra`` says whether nothing shines through it.
        Pixels that change every frame belong in a texture of the pass's own.
        """
        return self._textures.get(pixels)  # type: ignore[no-any-return]

    def fill(
        self,
        program: Any,
        rectangle: Rectangle | None = None,
        *,
        under: Picture | None = None,
        encoded: bool = False,
    ) -> None:
        """Run a program on every pixel of the current picture inside the rectangle, in linear light.

        Args:
            program: made from ``picture.vert.glsl`` and a fragment shader. Uniforms it has are filled in:
                ``picture``, the texture of ``under``; ``size``, in pixels.
            rectangle: None for all of it.
            under: what to read from; it must not be the current picture.
            encoded: the program gives sRGB values by itself, which are written (and blended) as they are.
        """
        if under is not None:
            under.texture.use(PICTURE_UNIT)
        for name, value in (("picture", PICTURE_UNIT), ("size", tuple(map(float, self.size)))):
            if name in program:
                program[name].value = value
        vao = self._fill_vaos.get(id(program))
        if vao is None:
            vao = self._fill_vaos[id(program)] = self.ctx.vertex_array(program, [])
        self.targets.draw_to_current(rectangle)
        if not encoded:
            self.ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        vao.render(moderngl.TRIANGLES, vertices=3)
        self.ctx.disable_direct(GL_FRAMEBUFFER_SRGB)

    def transform(self, program: Any, *, smooth: bool = False) -> None:
        """Make the whole current picture anew from itself, in encoded values; no copy of it is needed.

        Args:
            program: as for ``fill``; it reads and writes encoded values and writes the alpha it read. Where
                ``targets.reads_encoded`` is False it must encode what it reads.
            smooth: whether ``picture`` is read between its pixels.
        """
        targets = self.targets
        kept, targets.keep_alpha = targets.keep_alpha, True
        old = targets.begin_anew()
        try:
            with targets.reading_as(old, encoded=targets.reads_encoded, smooth=smooth):
                self.fill(program, under=old, encoded=True)
        finally:
            targets.keep_alpha = kept
            targets.give_back(old)

    def forget(self, program: Any) -> None:
        """A program that ``fill`` has run is going to be freed."""
        vao = self._fill_vaos.pop(id(program), None)
        if vao is not None:
            vao.release()

    def next_frame(self) -> None:
        """A frame is finished: free what was not used for a while."""
        self._textures.next_frame()
        self.faces.next_frame()
        for one in self._passes.values():
            one.next_frame()

    def release(self) -> None:
        """Free everything but targets and programs."""
        for one in self._passes.values():
            one.release()
        self._passes.clear()
        self.faces.release()
        self.matte.release()
        for vao in self._fill_vaos.values():
            vao.release()
        self._fill_vaos.clear()
        self._textures.release()

    def _upload(self, pixels: Texture) -> Any:
        texture = upload_texture(self.ctx, pixels, color=True, premultiply=True)
        texture.repeat_x = texture.repeat_y = False
        texture.extra = bool((pixels[..., 3] == 255).all())
        return texture
