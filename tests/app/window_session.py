"""Sessions with the real window, run by the tests in a process with a screen of its own.

``python -m tests.app.window_session NAME FOLDER [MILLISECONDS]`` plays a script and prints what happened as
one line of JSON. A script is a generator: it yields conditions, and goes on when they hold; none waits for a
time to pass, so that a slow machine sees the same.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pyglet

from ar_effects.app.pipeline import live_pipeline as is_live
from ar_effects.app.pipeline.live_pipeline import LivePipeline
from ar_effects.app.window.captions import _complete
from ar_effects.app.window.window import FilterWindow
from ar_effects.errors import RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.library import Library
from ar_effects.records import Frame
from ar_effects.render.renderer import Renderer
from ar_effects.sources.base import SourceInfo
from ar_effects.sources.open import open_source
from ar_effects.sources.spec import SourceKind
from tests.app.fakes import Closeable
from tests.app.x_client import ESCAPE, LEFT, RIGHT, SPACE, XClient

HANGS_S = 150.0
Script = Iterator[Callable[[], object]]


class Ticker(Closeable):
    """A camera of 240 Hz that can be given back; its pictures are numbered by their grey."""

    kind = SourceKind.CAMERA

    def __init__(self, fps: float = 240.0) -> None:
        self.info = SourceInfo("Ticker", 96, 72, fps, is_live=True)
        self.fps, self.index = fps, 0
        self.opened, self.given_back = 1, 0
        super().__init__()

    def frames(self) -> Iterator[Frame]:
        while not self.closed.wait(1 / self.fps):
            yield Frame(np.full((72, 96, 3), self.index % 200, np.uint8), time.monotonic(), self.index)
            self.index += 1

    def release(self) -> None:
        self.given_back += 1

    def reopen(self) -> None:
        self.opened += 1


class SeesNobody:
    """Stands for the tracker where only the window matters: it takes no time, so every frame is drawn."""

    class provider:
        name = "cpu"

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def use_camera(self, _: object) -> None: ...

    def track(self, *_: object) -> tuple[()]:
        return ()

    def camera_for(self, width: int, height: int) -> Camera:
        return Camera.assumed(width, height)


class BareFont:
    """A font of the captions that has no letter at all."""

    size = 13

    class face:
        get_character_index = staticmethod(lambda letter: 0)

    def __init__(self) -> None:
        self.fallbacks: list[object] = []

    def add_fallback(self, font: object) -> None:
        self.fallbacks.append(font)


class Session:
    """A window on a source, a script that is played in it, and what happened in ``result``."""

    def __init__(self, folder: Path, source: Callable[[], object], effect: str | None, **options) -> None:
        self.result: dict[str, object] = {}
        self.folder = folder
        self.window = FilterWindow(
            lambda wake: LivePipeline(source, max_faces=1, provider="cpu", on_frame=wake),
            library=Library(folder / "effects"),
            effect=effect,
            mirror=False,
            photos=folder / "photos",
            **options,
        )
        self.inner = self.window.window

    def play(self, script: Script) -> None:
        waiting: list[Callable[[], object]] = [lambda: True]
        until = time.monotonic() + HANGS_S

        def step(_: float) -> None:
            while waiting[0]():
                try:
                    waiting[0] = next(script)
                except StopIteration:
                    pyglet.clock.unschedule(step)
                    return
            if time.monotonic() > until:
                raise TimeoutError(f"the script waits at line {script.gi_frame.f_lineno}")

        pyglet.clock.schedule_interval(step, 0.02)
        try:
            self.window.run()
        finally:
            pyglet.clock.unschedule(step)
        self.result["threads"] = [t.name for t in threading.enumerate() if t is not threading.main_thread()]

    def press(self, symbol: int) -> None:
        self.inner.dispatch_event("on_key_press", symbol, 0)

    def grab(self, name: str) -> None:
        self.inner.switch_to()
        self.window._on_draw()
        data = pyglet.image.get_buffer_manager().get_color_buffer().get_image_data()
        rgba = np.frombuffer(data.get_data("RGBA", data.width * 4), np.uint8)
        image = cv2.flip(cv2.cvtColor(rgba.reshape(data.height, data.width, 4), cv2.COLOR_RGBA2BGR), 0)
        cv2.imwrite(str(self.folder / f"{name}.png"), image)

    def x_client(self) -> XClient:
        """A second client, keys going to the window."""
        client = XClient(os.environ["DISPLAY"])
        client.focus(self.inner._window)
        client.sync()
        return client


def keys(folder: Path) -> dict[str, object]:
    """What every key does, on the demo clip."""
    session = Session(
        folder,
        lambda: open_source("demo", loop=True, realtime=True),
        "sunglasses",
        greeting="Hello from the test",
    )
    window, result, key = session.window, session.result, pyglet.window.key

    def script() -> Script:
        yield lambda: len(window._drawn) >= 5
        result["frames"], result["effect"] = len(window._drawn), window.effect_name
        window.say("Hello from the test")  # the greeting's time may be over by now
        session.grab("worn")
        session.press(key.SPACE)
        yield lambda: "Photo saved" in window._message
        result["said"] = window._message
        session.press(key.M)
        session.press(key.H)
        session.grab("mirrored")
        result["figures"] = window._captions.shown("figures")
        session.press(key.C)
        yield lambda: window.panel_shown or window._message.startswith("The panel")
        session.grab("panel_begins")  # the library measures its windows in their first frame
        session.grab("panel")
        result["panel"] = window.panel_shown
        result["panel_said"] = window._panel.message if window._panel else window._message
        session.press(key.C)
        yield lambda: not window.panel_shown
        result["panel_after"] = window.panel_shown
        session.grab("no_panel")
        session.press(key.LEFT)  # the broken pack of the test
        yield lambda: window.effect_session.name == "broken"
        result["broken"], result["kept"] = window._message, window.effect_name
        session.press(key.LEFT)
        yield lambda: window.effect_session.name is None
        result["left"] = window.effect_name
        session.press(key.LEFT)
        yield lambda: window.effect_session.name == "sunglasses"
        result["around"] = window.effect_name
        session.press(key.ESCAPE)
        yield lambda: False

    session.play(script())
    from imgui_bundle import imgui

    result["imgui_left"] = imgui.get_current_context() is not None
    return result


def texts(folder: Path) -> dict[str, object]:
    """The panel on packs with few and many controls and letters of many scripts, texts, and full screen."""
    without_networks()
    session = Session(folder, Ticker, "few")
    window, result, key = session.window, session.result, pyglet.window.key

    def panel() -> tuple[float, ...]:
        return window._panel.rectangle if window._panel else ()

    def settled() -> Callable[[], bool]:
        """The library measures what is in its windows in their first frames."""
        shown = []
        draw = window._panel.draw

        def counted(*arguments) -> None:
            draw(*arguments)
            shown.append(panel())

        window._panel.draw = counted
        return lambda: len(shown) >= 4

    def script() -> Script:
        yield lambda: len(window._drawn) >= 3
        result["smallest"] = session.inner._minimum_size
        session.press(key.H)
        session.press(key.C)
        yield lambda: window.panel_shown
        yield settled()
        result["few"], result["top"] = panel(), window._captions.top
        session.press(key.RIGHT)
        yield lambda: window.effect_session.name == "many"
        yield settled()
        result["many"] = panel()
        from imgui_bundle import imgui

        font = imgui.get_io().fonts.fonts[0]
        result["letters"] = {c: font.is_glyph_in_font(ord(c)) for c in "A\u0416\u03a9\u0531\U0001f600\u4f60"}
        result["missing"] = list(window._panel.missing)
        session.press(key.LEFT)
        yield lambda: window.effect_session.name == "few"
        yield settled()
        result["few_again"] = panel()
        session.grab("captions")
        bare = BareFont()
        _complete(bare, "A \u0531 \u4f60")
        result["fallbacks"] = [font.name for font in bare.fallbacks]
        window.say("A sentence. " * 30)
        session.inner.set_size(*session.inner._minimum_size)
        yield lambda: session.inner.get_size() == session.inner._minimum_size
        session.grab("small")
        labels = window._captions._labels
        result["small"] = {
            name: [labels[f"{name}0"].y, labels[f"{name}0"].content_height, labels[f"{name}0"].content_width]
            for name in ("help", "message", "figures")
        }
        result["help"] = window._captions.shown("help")
        for symbol, modifiers in ((key.F11, 0), (key.F11, 0), (key.ENTER, key.MOD_ALT), (key.ESCAPE, 0)):
            before = session.inner.fullscreen
            session.inner.dispatch_event("on_key_press", symbol, modifiers)
            yield lambda before=before: session.inner.fullscreen != before
            seen = len(window._drawn)
            window._drawn.clear()
            yield lambda seen=seen: len(window._drawn) >= 3
            result.setdefault("full", []).append(session.inner.fullscreen)
        session.press(key.ESCAPE)
        yield lambda: False

    session.play(script())
    return result


def without_networks() -> None:
    is_live.FaceTracker = SeesNobody
    is_live.warm_up = lambda *_: None


def slow(folder: Path, milliseconds: float) -> dict[str, object]:
    """Each draw takes so long, and in the middle of each a real key is pressed; the last one is Escape."""
    without_networks()
    camera = Ticker()
    session = Session(folder, lambda: camera, None)
    window, result, log = session.window, session.result, []
    client = session.x_client()
    draws = max(12, round(2000 / milliseconds))
    compose, newest, put = window._compose, window.pipeline.newest, window.pipeline._tracked.put
    tracked = [-1]
    stale = []

    def slow_compose(frame) -> None:
        log.append(("draw", frame.frame.index, time.perf_counter()))
        compose(frame)
        client.press(ESCAPE if len([e for e in log if e[0] == "draw"]) == draws else ord("x"))
        client.sync()
        log.append(("pressed", 0, time.perf_counter()))
        time.sleep(milliseconds / 1000)

    def newest_checked():
        before = tracked[0]
        frame = newest()
        if frame is not None and frame.frame.index < before:
            stale.append((frame.frame.index, before))
        return frame

    def noted_put(frame) -> bool:
        done = put(frame)
        tracked[0] = frame.frame.index
        return done

    window._compose, window.pipeline.newest, window.pipeline._tracked.put = (
        slow_compose,
        newest_checked,
        noted_put,
    )
    note = lambda symbol, _: log.append(("key", symbol, time.perf_counter()))  # noqa: E731
    session.inner.push_handlers(on_key_press=note)
    tick = lambda _: log.append(("tick", 0, time.perf_counter()))  # noqa: E731
    pyglet.clock.schedule_interval(tick, 1 / 20)
    session.play(iter(()))
    pyglet.clock.unschedule(tick)
    result.update(log=log, stale=stale, draws=draws)
    return result


def waits(folder: Path, milliseconds: float) -> dict[str, object]:
    """Draws slowly, says which window it is, and waits for the test's Escape."""
    without_networks()
    session = Session(folder, Ticker, None)
    compose = session.window._compose
    session.window._compose = lambda frame: (compose(frame), time.sleep(milliseconds / 1000))

    def script() -> Script:
        yield lambda: len(session.window._drawn) >= 3
        print(json.dumps({"window": session.inner._window}), flush=True)

    session.play(script())
    return session.result


def storm(folder: Path) -> dict[str, object]:
    """A thousand keys at once, and a window of any size."""
    without_networks()
    session = Session(folder, Ticker, "first")
    window, result = session.window, session.result
    client = session.x_client()
    handled = []
    session.inner.push_handlers(on_key_press=lambda symbol, _: handled.append(symbol))
    drawn = [0]
    noted = window._frame_drawn
    window._frame_drawn = lambda took: (noted(took), drawn.__setitem__(0, drawn[0] + 1))

    def resized(width: int, height: int) -> Callable[[], bool]:
        client.resize(session.inner._window, width, height)
        client.sync()
        return lambda: session.inner.get_size() == (width, height)

    def three_more() -> Callable[[], bool]:
        seen = drawn[0]
        return lambda: drawn[0] >= seen + 3

    def script() -> Script:
        yield lambda: drawn[0] >= 3
        for i in range(250):
            for symbol in (RIGHT, ord("m"), SPACE, LEFT if i % 2 else RIGHT):
                client.press(symbol)
        client.sync()
        before = drawn[0]
        yield lambda: len(handled) >= 1000
        result["drawn_meanwhile"] = drawn[0] - before
        yield three_more()
        result["handled"], result["worn"] = len(handled), window.effect_session.name
        result["photos"] = len(list((folder / "photos").iterdir()))
        for size in ((1, 1), (8000, 4000), (1, 4000), (960, 720)):
            yield resized(*size)
            yield three_more()
        client.press(ESCAPE)
        client.sync()
        yield lambda: False

    session.play(script())
    return result


def hidden(folder: Path) -> dict[str, object]:
    """Taken off the screen, left alone, and shown again."""
    without_networks()
    is_live.RELEASE_AFTER_S = 0.5
    camera = Ticker(60.0)
    session = Session(folder, lambda: camera, None)
    window, result = session.window, session.result
    client = session.x_client()
    composed, shown = [], []
    compose, flip = window._compose, session.inner.flip
    window._compose = lambda frame: (composed.append(frame.frame.index), compose(frame))
    session.inner.flip = lambda: (shown.append(0), flip())

    def used_s() -> float:
        times = os.times()
        return times.user + times.system

    def script() -> Script:
        yield lambda: len(composed) >= 5
        client.hide(session.inner._window)
        client.sync()
        yield lambda: camera.given_back
        drawn, frames, flips = len(composed), camera.index, len(shown)
        start, used = time.monotonic(), used_s()
        yield lambda: time.monotonic() - start > 3.0
        result["share"] = (used_s() - used) / (time.monotonic() - start)
        result["drawn_hidden"] = len(composed) - drawn
        result["shown_hidden"] = len(shown) - flips
        result["taken_hidden"] = camera.index - frames
        result["opened_hidden"] = camera.opened
        asked = time.monotonic()
        client.show(session.inner._window)
        client.sync()
        yield lambda: len(composed) >= drawn + 3
        result["back_s"] = time.monotonic() - asked
        result["opened"], result["status"] = camera.opened, window.pipeline.status
        client.focus(session.inner._window)  # as window managers do; it went with the window
        client.press(ESCAPE)
        client.sync()
        yield lambda: False

    session.play(script())
    return result


def undrawable(folder: Path) -> dict[str, object]:
    """Some frames that the driver refuses, then it draws again."""
    without_networks()
    session = Session(folder, Ticker, None)
    window, result, key = session.window, session.result, pyglet.window.key
    draw, refused = Renderer.draw, []

    def refusing(self, image, draw_list=None) -> None:
        if refuses[0]:
            refused.append(0)
            raise RenderError("The graphics driver is out of memory", fix="Choose a smaller size")
        draw(self, image, draw_list)

    refuses = [False]
    Renderer.draw = refusing

    def script() -> Script:
        yield lambda: len(window._drawn) >= 3
        refuses[0] = True
        yield lambda: len(refused) >= 3 and window._captions.shown("problem")
        result["problem"] = window._captions.shown("problem")
        session.press(key.M)
        result["answers"] = window.mirror
        refuses[0] = False
        seen = len(window._drawn)
        yield lambda: len(window._drawn) > seen
        yield lambda: not window.composer.problem
        result["texts"] = [caption.text for caption in window._texts()]
        session.press(key.ESCAPE)
        yield lambda: False

    session.play(script())
    return result


def breaks(folder: Path) -> dict[str, object]:
    """Defects in the draw, in a key and in a timer, and a driver that lets nothing be made, each end it."""
    without_networks()

    def boom(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    def refuse(*_: object, **__: object) -> None:
        raise RenderError("The graphics driver refuses")

    result: dict[str, object] = {}
    make = Renderer.__init__
    for where in ("draw", "key", "timer", "renderer"):
        session = Session(folder, Ticker, None)
        window = session.window

        def script(where=where, session=session, window=window) -> Script:
            yield lambda: len(window._drawn) >= 2
            if where == "draw":
                window.composer.renderer.draw = boom
            elif where == "key":
                window.close = boom
                window.effect_session.effect.key = boom
                session.press(ord("x"))
            else:
                pyglet.clock.schedule_once(boom, 0)
            yield lambda: False

        if where == "renderer":
            Renderer.__init__ = refuse
        try:
            session.play(script())
            result[where] = "nothing was raised"
        except (ZeroDivisionError, RenderError) as error:
            result[where] = f"{type(error).__name__}: {error}"
        finally:
            Renderer.__init__ = make
    result["threads"] = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    return result


SESSIONS = {f.__name__: f for f in (keys, texts, slow, waits, storm, hidden, undrawable, breaks)}

if __name__ == "__main__":
    name, where, *numbers = sys.argv[1:]
    print(json.dumps(SESSIONS[name](Path(where), *map(float, numbers))))
    gc.freeze()  # as app.py ends
