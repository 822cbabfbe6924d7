"""The window: the newest tracked frame with its effect, keys, and a line of figures."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pyglet

from ar_effects.app.live import LivePipeline
from ar_effects.app.panel import Panel
from ar_effects.app.wearing import Wearing
from ar_effects.effects.library import Library
from ar_effects.errors import ArEffectsError, RenderError
from ar_effects.records import TrackedFrame
from ar_effects.render.context import attach, gl_errors_explained, window_config
from ar_effects.render.renderer import Renderer
from ar_effects.sinks.picture import next_photo_path, save_picture

if TYPE_CHECKING:
    from pyglet.text import Label

    from ar_effects.effects.effect import Effect

TITLE = "AR Effects"
FIRST_SIZE = (960, 720)
MESSAGE_S = 4.0
HELP = "Esc quit   Space photo   Left/Right effect   C controls   H figures"
POLL_S = 0.25
"""How often the window looks for a new message while no frames come."""


class FilterWindow:
    """Owns the pyglet window and everything OpenGL; runs in the main thread.

    Args:
        make_pipeline: given a function that wakes the window, makes the pipeline (not started).
        library: where packs are.
        effect: the pack to begin with; None for none.
        mirror: show the picture as a mirror does.
        photos: folder for photos.
        greeting: a sentence to show first, such as why the demo clip is shown.

    Raises:
        RenderError: no window can be opened, or OpenGL is too old.
        PackError: the first effect cannot be loaded.
    """

    def __init__(
        self,
        make_pipeline: Callable[[Callable[[], None]], LivePipeline],
        *,
        library: Library,
        effect: str | None,
        mirror: bool,
        photos: Path,
        greeting: str = "",
    ) -> None:
        self.mirror = mirror
        self.figures_shown = False
        self.error: BaseException | None = None
        self._photos = photos
        if effect:
            library.load(effect)  # a broken one is told before a window opens
        with gl_errors_explained():
            import pyglet.window  # noqa: PLC0415 - the import chooses screen or EGL

            self.window: Any = pyglet.window.Window(
                *FIRST_SIZE, caption=TITLE, resizable=True, config=window_config(), vsync=False
            )
        self._ctx = attach()
        self._renderer: Renderer | None = None
        self._panel: Panel | None = None
        self.panel_shown = False
        self._message, self._message_until = greeting, time.monotonic() + 2 * MESSAGE_S
        self._labels: dict[str, Label] = {}
        self._drawn: deque[float] = deque(maxlen=60)
        self._current: TrackedFrame | None = None
        self._composed: Effect | None = None  # what the picture was drawn with
        self._waking = threading.Event()
        self.wearing = Wearing(library, effect, self._wake)
        self.window.register_event_type("on_new_frame")
        self.window.push_handlers(
            on_draw=self._on_draw,
            on_key_press=self._on_key,
            on_close=self.close,
            on_new_frame=self._on_new_frame,
            on_resize=lambda *_: None,
        )
        self.pipeline = make_pipeline(self._wake)

    def run(self) -> None:
        """Show the window until it is closed. Raises what ended the pipeline, in this thread."""
        self.pipeline.start()
        pyglet.clock.schedule_interval(lambda _: self._on_new_frame(), POLL_S)
        try:
            pyglet.app.run(interval=None)
        finally:
            self.pipeline.close()
            self.wearing.close()
            if self._panel:
                self._panel.release()
            if self._renderer:
                self._renderer.release()
            self.window.close()
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """End ``run``."""
        pyglet.app.exit()

    def say(self, text: str) -> None:
        """Show a sentence for some seconds."""
        self._message, self._message_until = text, time.monotonic() + MESSAGE_S

    @property
    def effect_name(self) -> str:
        """The title of the effect that is worn."""
        return self.wearing.title

    def _wake(self) -> None:
        """From any thread: draw soon. Calls while one is on its way are dropped: keys must get their turn."""
        if not self._waking.is_set():
            self._waking.set()
            pyglet.app.platform_event_loop.post_event(self.window, "on_new_frame")

    def _on_new_frame(self) -> None:
        self._waking.clear()
        said = self.wearing.refresh()
        if said:
            self.say(said)
        self.pipeline.need(self.wearing.needs)
        try:
            newest = self.pipeline.newest()
        except BaseException as error:
            self.error = error
            self.close()
            return
        if newest is not None:
            self._compose(newest)
        elif self._current is not None and (self._composed is not self.wearing.effect or self.panel_shown):
            self._compose(self._current)  # no new frame, but another effect or setting: stills show it, too
        self.window.switch_to()
        self._on_draw()
        with self.pipeline.times.stage("flip"):
            self.window.flip()

    def _compose(self, tracked: TrackedFrame) -> None:
        """Draw the newest frame into the renderer's picture."""
        size = tracked.frame.size
        self.window.switch_to()
        if self._renderer is None:
            self._renderer = Renderer(self._ctx, size)
        self._renderer.resize(size)
        with self.pipeline.times.stage("draw"):
            self._renderer.draw(tracked.frame.image, self.wearing.effect.draw_list(tracked))
        self.pipeline.times.add_taken("gpu", self._renderer.take_gpu_s())
        self.wearing.drawn(self._renderer.take_warnings())
        self._current, self._composed = tracked, self.wearing.effect
        self._drawn.append(time.perf_counter())

    def _on_draw(self) -> None:
        self._ctx.screen.use()
        if self._renderer is not None and self._current is not None:
            with self.pipeline.times.stage("present"):
                self._renderer.present(self.window.get_framebuffer_size(), mirror=self.mirror)
        else:
            self.window.clear()
        with self.pipeline.times.stage("text"):
            self._draw_text()
        if self.panel_shown and self._panel is not None:
            with self.pipeline.times.stage("panel"):
                self._panel.draw(self.wearing)

    def _draw_text(self) -> None:
        status = self.pipeline.status
        message = self._message if time.monotonic() < self._message_until else ""
        height = self.window.height
        if status:
            self._text("status", status, 16, height // 2, size=16)
        if self.wearing.problem:
            self._text("problem", self.wearing.problem, 16, height - 56, size=13)
        if message:
            self._text("message", message, 16, 44, size=13)
        if self.figures_shown:
            self._text("figures", self._figures(), 16, height - 28, size=11)
        self._text("help", f"{self.effect_name}     {HELP}", 16, 14, size=10)

    def _text(self, name: str, text: str, x: int, y: int, size: int) -> None:
        """A label with a dark shadow, readable on any picture; made once, changed when it changes."""
        width = max(self.window.width - 32, 50)
        for shade, offset in (((0, 0, 0, 200), 1), ((255, 255, 255, 255), 0)):
            key = f"{name}{offset}"
            label = self._labels.get(key)
            if label is None:
                from pyglet.text import Label  # noqa: PLC0415 - needs the context

                label = self._labels[key] = Label(
                    text, font_size=size, color=shade, multiline=True, width=width
                )
            if label.text != text:
                label.text = text
            if label.width != width:
                label.width = width
            label.position = (x + offset, y - offset, 0)
            label.draw()

    def _figures(self) -> str:
        times = self.pipeline.times
        span = self._drawn[-1] - self._drawn[0] if len(self._drawn) > 1 else 0.0
        fps = (len(self._drawn) - 1) / span if span > 0 else 0.0
        size = "{}x{}".format(*self._current.frame.size) if self._current else "-"
        stages = "  ".join(
            f"{n} {times.median_ms(n):.1f}" for n in ("track", "draw", "gpu", "present", "text", "flip")
        )
        reason = self.pipeline.provider_reason
        provider = next((name for name in ("TensorRT", "CUDA") if f"on {name}" in reason), "CPU")
        return f"{fps:.0f} frames/s  {size}  {stages} ms  {provider}  dropped {self.pipeline.dropped}"

    def _on_key(self, symbol: int, _modifiers: int) -> bool:
        key = pyglet.window.key
        if self.panel_shown and self._panel is not None and self._panel.wants_keys and symbol != key.ESCAPE:
            return False  # something is being typed
        if symbol == key.ESCAPE:
            self.close()
        elif symbol == key.C:
            self.toggle_panel()
        elif symbol == key.SPACE:
            self.take_photo()
        elif symbol in (key.LEFT, key.RIGHT):
            self.change_effect(1 if symbol == key.RIGHT else -1)
        elif symbol == key.H:
            self.figures_shown = not self.figures_shown
        elif symbol == key.M:
            self.mirror = not self.mirror
        elif 33 <= symbol <= 126:
            self.wearing.effect.key(chr(symbol))  # a pack's triggers
        return True  # handled: pyglet's own Escape would close the window under us

    def toggle_panel(self) -> None:
        """Show or hide the controls of the effect."""
        if self._panel is None:
            self.window.switch_to()
            try:
                self._panel = Panel(self.window)
            except RenderError as error:
                self.say(error.one_line())
                return
        self.panel_shown = not self.panel_shown

    def take_photo(self) -> Path | None:
        """Save the picture as it is shown; gives where, or None with the reason shown."""
        if self._renderer is None or self._current is None:
            self.say("There is no picture yet.")
            return None
        image = self._renderer.read()
        shown = np.ascontiguousarray(cv2.flip(image, 1)) if self.mirror else image
        try:
            self._photos.mkdir(parents=True, exist_ok=True)
            path = save_picture(next_photo_path(self._photos, datetime.now()), shown)  # noqa: DTZ005 - local time names a photo
        except ArEffectsError as error:
            self.say(error.one_line())
            return None
        except OSError as error:
            self.say(f"The photo folder {self._photos} cannot be made: {error.strerror}.")
            return None
        self.say(f"Photo saved: {path}")
        return path

    def change_effect(self, step: int) -> None:
        """Go to the next or previous effect."""
        self.say(self.wearing.change(step))
