"""What passes draw with: the graphics card's context, the picture under them, and what they share.

Nothing here knows a pass, and passes know neither the renderer nor one another: ``Compositor`` brings them
together.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast

import moderngl

from ar_effects.geometry.camera import Camera
from ar_effects.render.cache import KEEP_FRAMES, IdentityCache
from ar_effects.render.detail import FULL
from ar_effects.render.full_screen import FullScreenDraws
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB
from ar_effects.render.textures import held_bytes, upload_texture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ar_effects.drawlist import Draw, Texture
    from ar_effects.render.cache import Made, Source
    from ar_effects.render.environment import Environment
    from ar_effects.render.programs import Programs
    from ar_effects.render.screen_rectangle import Rectangle
    from ar_effects.render.targets import Picture, Targets

PICTURE_UNIT = 0
"""Where ``RenderContext.fill`` binds what a sampler called ``picture`` reads; passes count on from 1."""


class ShaderLimit(NamedTuple):
    """How long a shader of a pack's own may take.

    Attributes:
        seconds: for one frame, the graphics card's work with it.
        clock: seconds, never going back.
    """

    seconds: float
    clock: Callable[[], float]


class Painter(Protocol):
    """Draws what a draw list holds; a pass hands it the draws that are inside of its own."""

    def draw(self, draws: Iterable[Draw]) -> None:
        """Draw one after the other upon the current picture."""

    def area(self, draws: Iterable[Draw]) -> Rectangle | None:
        """The pixels that draws can change; None if there are none."""


_T = TypeVar("_T")


class Component:
    """A part of the renderer that lives as long as its context: base of passes, and of what they share.

    Attributes:
        context: what it draws with.
    """

    def __init__(self, context: RenderContext) -> None:
        self.context = context
        self._owned: list[Any] = []

    def next_frame(self) -> None:
        """A frame is finished."""

    def release(self) -> None:
        """Free everything that ``own`` was told of, the last first."""
        for thing in reversed(self._owned):
            if isinstance(thing, IdentityCache):
                self.context.drop(thing)
            else:
                thing.release()
        self._owned.clear()

    def own(self, thing: _T) -> _T:
        """Have a thing freed with this; gives it back."""
        self._owned.append(thing)
        return thing


_Shared = TypeVar("_Shared", bound=Component)


class RenderContext:
    """The picture that is being made, with everything that passes share.

    Between passes nothing but the defaults is on: no blending, no depth test, no culling, no scissor that
    counts, and ``GL_FRAMEBUFFER_SRGB`` off. A pass turns on what it needs and off again.

    Attributes:
        ctx: moderngl's.
        programs: GLSL programs by their files.
        targets: the framebuffers.
        environment: the light on models where nothing else is known.
        painter: draws the draws inside of a draw.
        full_screen: runs programs that take no vertices.
        camera: of the frame.
        time_s: of the frame.
        detail: how finely to draw.
        shader_limit: how long shaders of packs may take; None for as long as they like.
        warnings: sentences for the person about draws that cannot be drawn, each said once; see
            ``Renderer.take_warnings``.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        programs: Programs,
        targets: Targets,
        environment: Environment,
        painter: Painter,
    ) -> None:
        self.ctx = ctx
        self.programs = programs
        self.targets = targets
        self.environment = environment
        self.painter = painter
        self.full_screen = FullScreenDraws(ctx)
        self.camera = Camera.assumed(*targets.size)
        self.time_s = 0.0
        self.detail = FULL
        self.shader_limit: ShaderLimit | None = None
        self.warnings: list[str] = []
        self._shared: dict[type[Component], Component] = {}
        self._caches: list[IdentityCache[Any, Any]] = []
        self._textures: IdentityCache[Texture, Any] = self.cache(self._upload, held=held_bytes)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self.targets.size

    def shared(self, kind: type[_Shared]) -> _Shared:
        """The one component of a kind that all passes share, made when it is first asked for."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        return cast("_Shared", self._shared[kind])

    def cache(
        self,
        make: Callable[[Source], Made],
        keep_frames: int | None = KEEP_FRAMES,
        held: Callable[[Made], int] | None = None,
    ) -> IdentityCache[Source, Made]:
        """A cache whose things are freed with their owners, at the next frame, and with the context.

        Arguments are as for ``IdentityCache``.
        """
        made = IdentityCache(make, keep_frames, held)
        self._caches.append(made)
        return made

    def drop(self, cache: IdentityCache[Any, Any]) -> None:
        """Free a cache of this context, with what is in it, before the context itself is released."""
        cache.release()
        self._caches.remove(cache)

    def texture(self, pixels: Texture) -> moderngl.Texture:
        """A colour texture of straight-alpha sRGB pixels, premultiplied and clamped; kept by identity.

        Its ``extra`` says whether nothing shines through it.
        Pixels that change every frame belong in a ``StreamTexture``.
        """
        return self._textures.get(pixels)  # type: ignore[no-any-return]

    @contextmanager
    def snapshot(
        self, area: Rectangle | None = None, source: Picture | None = None
    ) -> Iterator[moderngl.Texture]:
        """A copy of the current picture, or of another, for as long as the block runs.

        Args:
            area: where it is right; None for all of it.
            source: what is copied; None for the current picture.
        """
        targets = self.targets
        copy = targets.borrow()
        try:
            targets.copy(source or targets.current, copy, area)
            yield copy.texture
        finally:
            targets.give_back(copy)

    def fill(
        self,
        program: Any,
        area: Rectangle | None = None,
        *,
        under: moderngl.Texture | None = None,
        encoded: bool = False,
    ) -> None:
        """Run a program on every pixel of the current picture inside an area, in linear light.

        Args:
            program: made from ``picture.vert.glsl`` and a fragment shader. Uniforms it has are filled in:
                ``picture``, the texture ``under``; ``size``, in pixels.
            area: None for all of it.
            under: what to read from; not the current picture's own.
            encoded: the program gives sRGB values by itself, which are written (and blended) as they are.
        """
        if under is not None:
            under.use(PICTURE_UNIT)
        for name, value in (("picture", PICTURE_UNIT), ("size", tuple(map(float, self.size)))):
            if name in program:
                program[name].value = value
        self.targets.draw_to_current(area)
        if not encoded:
            self.ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        self.full_screen.draw(program)
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
                self.fill(program, under=old.texture, encoded=True)
        finally:
            targets.keep_alpha = kept
            targets.give_back(old)

    def collect(self) -> int:
        """Free what has lost its owner since the last time; gives how many things that were."""
        return sum(cache.collect() for cache in tuple(self._caches))

    def next_frame(self) -> None:
        """A frame is finished: free what was not used for a while."""
        for cache in tuple(self._caches):
            cache.next_frame()
        for component in self._shared.values():
            component.next_frame()

    def release(self) -> None:
        """Free everything but targets and programs."""
        self.ctx.screen.use()  # moderngl binds again what was bound last: that must not be a freed one
        for component in reversed(list(self._shared.values())):
            component.release()
        self._shared.clear()
        for cache in tuple(self._caches):
            cache.release()
        self.full_screen.release()

    def _upload(self, pixels: Texture) -> moderngl.Texture:
        texture = upload_texture(self.ctx, pixels, colour=True, premultiply=True)
        texture.repeat_x = texture.repeat_y = False
        texture.extra = bool((pixels[..., 3] == 255).all())
        return texture
