"""The picture in the window: the newest frame that could be drawn, with the effect it was drawn with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ar_effects.app.photos import save_photo
from ar_effects.errors import ArEffectsError
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import TrackedFrame
from ar_effects.render.renderer import Renderer

if TYPE_CHECKING:
    from ar_effects.effects.effect import Effect


class Composer:
    """Draws frames one at a time, and keeps the picture for showing it again. Needs the window's context.

    Args:
        ctx: the window's moderngl context.

    Attributes:
        renderer: None before the first frame.
        current: the frame that was drawn last; None before the first.
        effect: what it was drawn with.
        trouble: why it could not be drawn, and the picture is the one before; empty when it could.
    """

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx
        self.renderer: Renderer | None = None
        self.current: TrackedFrame | None = None
        self.effect: Effect | None = None
        self.trouble = ""

    def compose(self, tracked: TrackedFrame, effect: Effect, times: StageTimes) -> list[str]:
        """Draw a frame; gives what the renderer had to leave out, in words, new since the last call.

        Raises:
            RenderError: the driver lets no renderer be made at all.
        """
        size = tracked.frame.size
        if self.renderer is None:
            self.renderer = Renderer(self._ctx, size)
        self.current, self.effect = tracked, effect
        try:
            self.renderer.resize(size)
            with times.stage("draw"):
                self.renderer.draw(tracked.frame.image, effect.draw_list(tracked))
        except ArEffectsError as error:
            self.trouble = error.one_line()
            return []
        self.trouble = ""
        times.add_taken("gpu", self.renderer.take_gpu_s())
        return self.renderer.take_warnings()

    def save(self, folder: Path, *, mirror: bool) -> tuple[Path | None, str]:
        """Save the picture as a photo; gives where, or None, and what to say of it."""
        if self.renderer is None:
            return None, "There is no picture yet."
        try:
            path = save_photo(self.renderer.read(), folder, mirror=mirror)
        except ArEffectsError as error:
            return None, error.one_line()
        return path, f"Photo saved: {path}"

    def release(self) -> None:
        """Free what it holds on the graphics card."""
        if self.renderer is not None:
            self.renderer.release()
