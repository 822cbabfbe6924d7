"""The picture in the window: the newest frame that could be drawn, with the effect it was drawn with."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ar_effects.app.pipeline.describing import capture_of
from ar_effects.app.window.detail import DetailControl, DetailMode, FrameInterval
from ar_effects.app.window.photos import save_photo
from ar_effects.app.window.rehearsal import SIZE, rehearse
from ar_effects.errors import ArEffectsError
from ar_effects.messages import sentence
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Image, TrackedFrame
from ar_effects.render.detail import FULL
from ar_effects.render.render_context import ShaderLimit
from ar_effects.render.renderer import Renderer

if TYPE_CHECKING:
    from ar_effects.effects.effect import Effect
    from ar_effects.packs.pack import Pack

SHADER_LIMIT = ShaderLimit(0.25, time.perf_counter)
"""At four frames a second the window is of no use."""


class Composer:
    """Draws frames one at a time, and keeps the picture for showing it again. Needs the window's context.

    Args:
        ctx: the window's moderngl context.
        detail: how finely to draw: "auto" keeps the source's rate.
        describe: write into photos which effect, faces and expression they show.

    Attributes:
        renderer: None before the rehearsal or the first frame.
        current: the frame that was drawn last; None before the first.
        effect: what it was drawn with.
        problem: why it could not be drawn, and the picture is the one before; empty when it could.
        detail: chooses how finely to draw.
    """

    def __init__(self, ctx: Any, detail: DetailMode = "auto", *, describe: bool = True) -> None:
        self._ctx = ctx
        self._describe = describe
        self.detail = DetailControl(detail)
        self._interval = FrameInterval()
        self.renderer: Renderer | None = None
        self.current: TrackedFrame | None = None
        self.effect: Effect | None = None
        self.problem = ""

    def rehearse(self, pack: Pack | None, framebuffer_size: tuple[int, int]) -> list[str]:
        """Make ahead what a pack is drawn and shown with; gives what the renderer had to leave out, in words.

        Draws over the window's back buffer, and leaves no picture.

        Args:
            pack: None for none.
            framebuffer_size: of the window, real pixels.

        Raises:
            RenderError: the driver lets no renderer be made at all.
        """
        self.renderer = renderer = Renderer(
            self._ctx, SIZE, detail=self.detail.step, shader_limit=SHADER_LIMIT
        )
        try:
            rehearse(renderer, pack)
            renderer.present(framebuffer_size)
        except ArEffectsError as error:
            self.problem = error.one_line()
        return renderer.take_warnings()

    def compose(self, tracked: TrackedFrame, effect: Effect, times: StageTimes) -> list[str]:
        """Draw a frame; gives what the renderer had to leave out, in words, new since the last call.

        Raises:
            RenderError: the driver lets no renderer be made at all.
        """
        size = tracked.frame.size
        if self.renderer is None:
            self.renderer = Renderer(self._ctx, size, shader_limit=SHADER_LIMIT)
        if effect is not self.effect or size != self.renderer.size:
            self.detail.begin_anew()
        self.current, self.effect = tracked, effect
        message = self._set_detail(self.renderer)
        try:
            self.renderer.resize(size)
            with times.stage("draw"):
                self.renderer.draw(tracked.frame.image, effect.draw_list(tracked))
        except ArEffectsError as error:
            self.problem = error.one_line()
            return message
        self.problem = ""
        times.add_taken("gpu", self.renderer.take_gpu_s())
        return [*message, *self.renderer.take_warnings()]

    def _set_detail(self, renderer: Renderer) -> list[str]:
        """Draw as finely as is wanted now; where the driver refuses, as before, which is said once."""
        try:
            renderer.set_detail(self.detail.step)
        except ArEffectsError as error:
            self.detail.refused(renderer.detail)
            return [error.one_line()]
        return []

    def took(self, seconds: float) -> None:
        """The current frame was drawn and shown, which took so many seconds."""
        if self.current is None:
            return
        frame = self.current.frame
        self.detail.drawn(seconds, self._interval.update(frame.index, frame.time_s))

    def save(self, folder: Path, *, mirror: bool) -> tuple[Path | None, str]:
        """Save the picture as a photo; gives where, or None, and what to say of it."""
        if self.renderer is None or self.current is None or self.effect is None:
            return None, sentence("photos.no-picture")
        try:
            picture = self._in_full(self.renderer, self.current, self.effect)
            capture = capture_of(self.effect, self.current) if self._describe else None
            path = save_photo(picture, folder, mirror=mirror, capture=capture)
        except ArEffectsError as error:
            return None, error.one_line()
        return path, sentence("photos.saved", path=path)

    @staticmethod
    def _in_full(renderer: Renderer, tracked: TrackedFrame, effect: Effect) -> Image:
        """The picture in all its detail, as photos are; where the driver refuses that, as it is shown."""
        picture = renderer.read().copy()
        if renderer.detail is not FULL:
            with suppress(ArEffectsError):
                renderer.set_detail(FULL)
                renderer.draw(tracked.frame.image, effect.draw_list(tracked))
                picture = renderer.read()
        return picture

    def release(self) -> None:
        """Free what it holds on the graphics card."""
        if self.renderer is not None:
            self.renderer.release()
