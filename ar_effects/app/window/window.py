"""The window: the newest tracked frame with its effect, keys, and a line of figures."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyglet

from ar_effects.app.window.captions import Caption
from ar_effects.app.window.composer import Composer
from ar_effects.app.window.detail import DetailMode
from ar_effects.app.window.effect_session import EffectSession
from ar_effects.app.window.figures import figures_line
from ar_effects.app.window.loop import TurnLoop
from ar_effects.app.window.opening import OpenWindow, fill_screen, get_ready, open_window
from ar_effects.app.window.panel import Panel
from ar_effects.errors import RenderError
from ar_effects.messages import sentence
from ar_effects.packs.library import Library
from ar_effects.records import TrackedFrame

if TYPE_CHECKING:
    from ar_effects.app.pipeline.live_pipeline import LivePipeline

MESSAGE_S = 4.0
POLL_S = 0.25
"""How often the window looks for what nobody wakes it for, such as a sentence whose time is over."""

PANEL_S = 1 / 30
"""Open controls are shown so often, frames or not: they follow the mouse."""


class FilterWindow:
    """Owns the pyglet window and everything OpenGL; runs in the main thread.

    Handlers of events only note what is wanted. Once a turn of the loop ``_turn`` does it, draws the newest
    frame if there is a new one, and shows the picture if anything about it changed.

    Args:
        make_pipeline: given a function that wakes the window, makes the pipeline; ``run`` starts it where
            that has not happened.
        library: where packs are.
        effect: the pack to begin with; None for none.
        mirror: show the picture as a mirror does.
        photos: folder for photos.
        greeting: a sentence to show first, such as why the demo clip is shown.
        detail: how finely to draw: "auto" keeps the camera's rate, "full" and "fast" stay.
        on_first_picture: called when the first frame is in the window.
        opened: the window, where it is open and ready already.
        preview: stay with this one pack, and tell this its problems, with file and line.
        describe: write into photos which effect, faces and expression they show.

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
        detail: DetailMode = "auto",
        on_first_picture: Callable[[], None] = lambda: None,
        opened: OpenWindow | None = None,
        preview: Callable[[str], None] | None = None,
        describe: bool = True,
    ) -> None:
        self.mirror = mirror
        self.figures_shown = False
        self._photos = photos
        self._on_first_picture = on_first_picture
        if effect:
            library.load(effect)  # a broken one is told before a window is seen
        if opened is None:
            opened = open_window()
            get_ready(opened)
        self.window, self._ctx, self._captions = opened.window, opened.ctx, opened.captions
        self.composer = Composer(self._ctx, detail, describe=describe)
        self._panel: Panel | None = None
        self.panel_shown = False
        self._message, self._message_until = greeting, time.monotonic() + 2 * MESSAGE_S
        self._drawn: deque[float] = deque(maxlen=60)
        self._next: TrackedFrame | None = None  # the newest one, not drawn yet
        self._hidden = False
        self._steps, self._photo_wanted, self._panel_wanted = 0, False, False
        self._full_screen_wanted = False
        self._set_by_panel = False
        self._shown: list[Caption] | None = None  # the texts on the screen; None: show the picture again
        self._shown_s = 0.0
        self.loop = TurnLoop(self._turn)
        more: dict[str, Any] = {"only": True, "told": preview} if preview else {}
        self.effect_session = EffectSession(library, effect, self.loop.wake, **more)
        handlers: dict[str, Callable[..., Any]] = {
            "on_key_press": self._on_key,
            "on_close": self.close,
            "on_hide": self._on_hide,
            "on_show": self._on_show,
            "on_expose": self._show_again,
            "on_resize": self._show_again,
        }
        self.window.push_handlers(**{name: self.loop.guarded(h) for name, h in handlers.items()})
        self.pipeline = make_pipeline(self.loop.wake)

    def run(self) -> None:
        """Show the window until it is closed. Raises what ended the pipeline, in this thread."""
        self.pipeline.start()
        pyglet.clock.schedule_interval(self._poll, POLL_S)
        try:
            self._show()
            self._rehearse()
            self.loop.run()
        finally:
            pyglet.clock.unschedule(self._poll)
            pyglet.clock.unschedule(self._poll_panel)
            self.window.set_visible(False)  # gone at once, though threads end when their work is done
            self.pipeline.close()
            self.effect_session.close()
            if self._panel:
                self._panel.release()
            self.composer.release()
            self.window.close()

    def close(self) -> None:
        """End ``run``."""
        self.loop.exit()

    def say(self, text: str) -> None:
        """Show a sentence for some seconds."""
        self._message, self._message_until = text, time.monotonic() + MESSAGE_S

    @property
    def effect_name(self) -> str:
        """The title of the effect that is worn."""
        return self.effect_session.title

    def _turn(self) -> None:
        """Do what was asked for, draw the newest frame, and show what changed: each at most once."""
        self._do_what_was_asked()
        message = self.effect_session.refresh()
        if message:
            self.say(message)
        self.pipeline.need(self.effect_session.needs)
        newest = self.pipeline.newest()
        if newest is not None:
            self._next = newest
        if self._hidden:
            return
        start = time.perf_counter()
        frame, self._next = self._next, None
        if frame is None and (self.composer.effect is not self.effect_session.effect or self._set_by_panel):
            frame = self.composer.current  # no new frame, but another effect or setting: stills show it, too
        if frame is not None:
            self._set_by_panel = False
            self._compose(frame)
            self._shown = None
        if self._shown is None or self._shown != self._texts():
            self._show()
        if frame is not None and not self.composer.problem:
            self._frame_drawn(time.perf_counter() - start)

    def _rehearse(self) -> None:
        """Make what the effect is drawn with while the tracker is loading; nothing of it is shown."""
        pack, size = self.effect_session.effect.pack, self.window.get_framebuffer_size()
        self.effect_session.drawn(self.composer.rehearse(pack, size))
        self.window.clear()
        self._show_again()

    def _frame_drawn(self, took_s: float) -> None:
        """A frame was drawn and shown; it took so many seconds of this thread."""
        if not self._drawn:
            self._on_first_picture()
        self.pipeline.times.add_taken("frame", [took_s])
        self.composer.took(took_s)
        self._drawn.append(time.perf_counter())

    def _compose(self, tracked: TrackedFrame) -> None:
        """Draw a frame into the picture; what goes wrong with it is told in the window."""
        self.window.switch_to()
        warnings = self.composer.compose(tracked, self.effect_session.effect, self.pipeline.times)
        self.effect_session.drawn(warnings)

    def _show(self) -> None:
        """Put the picture as it is, and the texts over it, on the screen."""
        self.window.switch_to()
        self._on_draw()
        with self.pipeline.times.stage("flip"):
            self.window.flip()
        self._shown_s = time.perf_counter()

    def _on_draw(self) -> None:
        self._ctx.screen.use()
        if self.composer.renderer is not None and self.composer.current is not None:
            with self.pipeline.times.stage("present"):
                self.composer.renderer.present(self.window.get_framebuffer_size(), mirror=self.mirror)
        else:
            self.window.clear()
        self._shown = self._texts()
        with self.pipeline.times.stage("text"):
            self._captions.draw(self._shown, self.window.get_size())
        if self.panel_shown and self._panel is not None:
            with self.pipeline.times.stage("panel"):
                before = self.effect_session.effect, dict(self.effect_session.effect.parameters)
                self._panel.draw(self.effect_session, self._captions.top)
                if before != (self.effect_session.effect, self.effect_session.effect.parameters):
                    self._set_by_panel = True
                    self.loop.wake()

    def _texts(self) -> list[Caption]:
        """What is to be read in the window now."""
        message = self._message if time.monotonic() < self._message_until else ""
        problem = self.composer.problem or self.effect_session.problem or self.pipeline.problem
        return [
            Caption("status", self.pipeline.status, "middle", 16),
            Caption("figures", self._figures() if self.figures_shown else "", "top", 11),
            Caption("problem", problem, "top", 13),
            Caption("help", sentence("window.help", effect=self.effect_name), "bottom", 10),
            Caption("message", message, "bottom", 13),
        ]

    def _figures(self) -> str:
        size = self.composer.current.frame.size if self.composer.current else None
        return figures_line(self.pipeline, self._drawn, size, self.composer.detail.step)

    def _on_key(self, symbol: int, modifiers: int) -> bool:
        key = pyglet.window.key
        if self.panel_shown and self._panel is not None and self._panel.wants_keys and symbol != key.ESCAPE:
            return False  # something is being typed
        if symbol == key.F11 or (symbol == key.ENTER and modifiers & key.MOD_ALT):
            self._full_screen_wanted = not self._full_screen_wanted
        elif symbol == key.ESCAPE and self._full_screen_wanted:
            self._full_screen_wanted = False
        elif symbol == key.ESCAPE:
            self.close()
        elif symbol == key.C:
            self._panel_wanted = not self._panel_wanted
        elif symbol == key.SPACE:
            self._photo_wanted = True
        elif symbol in (key.LEFT, key.RIGHT):
            self._steps += 1 if symbol == key.RIGHT else -1
        elif symbol == key.H:
            self.figures_shown = not self.figures_shown
        elif symbol == key.M:
            self.mirror = not self.mirror
            self._shown = None
        elif 33 <= symbol <= 126:
            self.effect_session.effect.key(chr(symbol))  # a pack's triggers
        self.loop.wake()
        return True  # handled: pyglet's own Escape would close the window under us

    def _do_what_was_asked(self) -> None:
        """What takes its time, asked for by keys since the last turn; a thousand keys are answered as one."""
        photo, self._photo_wanted = self._photo_wanted, False
        toggle, self._panel_wanted = self._panel_wanted, False
        steps, self._steps = self._steps, 0
        if self._full_screen_wanted != self.window.fullscreen:
            message = fill_screen(self.window, self._full_screen_wanted)
            self._full_screen_wanted = self.window.fullscreen
            self.say(message)
            self._show_again()
        if photo:
            self.take_photo()
        if toggle:
            self.toggle_panel()
        if steps:
            self.change_effect(steps)

    def _on_hide(self) -> None:
        """Minimised: nothing is drawn, and the camera is given back after some seconds."""
        self._hidden = True
        self.pipeline.pause()

    def _on_show(self) -> None:
        self._hidden = False
        self.pipeline.resume()
        self._show_again()

    def _show_again(self, *_: object) -> None:
        """What the screen holds is lost or does not fit; the picture itself is as it was."""
        self._shown = None
        self.loop.wake()

    def _poll(self, _: float) -> None:
        self.loop.wake()

    def _poll_panel(self, _: float) -> None:
        if time.perf_counter() - self._shown_s >= PANEL_S:
            self._show_again()

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
        if self.panel_shown:
            pyglet.clock.schedule_interval(self._poll_panel, PANEL_S)
        else:
            pyglet.clock.unschedule(self._poll_panel)
        self._show_again()

    def take_photo(self) -> Path | None:
        """Save the picture as it is shown; gives where, or None with the reason shown."""
        path, message = self.composer.save(self._photos, mirror=self.mirror)
        self.say(message)
        return path

    def change_effect(self, step: int) -> None:
        """Go to the next or previous effect."""
        self.say(self.effect_session.change(step))
