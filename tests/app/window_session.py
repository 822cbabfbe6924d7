"""A session with the real window, run by test_window.py in a process with a screen of its own.

Plays a script of keys against the demo clip and prints what happened as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pyglet

from ar_effects.app.live import LivePipeline
from ar_effects.app.window import FilterWindow
from ar_effects.effects.library import Library
from ar_effects.sources.open import open_source


def main(folder: Path) -> None:
    result: dict[str, object] = {}

    def pipeline(wake):
        return LivePipeline(
            lambda: open_source("demo", loop=True, realtime=True), max_faces=1, provider="cpu", on_frame=wake
        )

    window = FilterWindow(
        pipeline,
        library=Library(folder / "effects"),
        effect="sunglasses",
        mirror=False,
        photos=folder / "photos",
        greeting="Hello from the test",
    )
    key = pyglet.window.key

    def press(symbol: int) -> None:
        window.window.dispatch_event("on_key_press", symbol, 0)

    def grab(name: str) -> None:
        window.window.switch_to()
        window._on_draw()
        data = pyglet.image.get_buffer_manager().get_color_buffer().get_image_data()
        rgba = np.frombuffer(data.get_data("RGBA", data.width * 4), np.uint8)
        image = cv2.flip(cv2.cvtColor(rgba.reshape(data.height, data.width, 4), cv2.COLOR_RGBA2BGR), 0)
        cv2.imwrite(str(folder / f"{name}.png"), image)

    def photo(_: float) -> None:
        result["frames"] = len(window._drawn)
        result["effect"] = window.effect_name
        grab("worn")
        press(key.SPACE)
        result["said"] = window._message

    def mirror(_: float) -> None:
        press(key.M)
        press(key.H)
        grab("mirrored")
        result["figures"] = window._figures()

    def controls(_: float) -> None:
        press(key.C)
        grab("panel_begins")  # the library measures its windows in their first frame
        grab("panel")
        result["panel"] = window.panel_shown
        result["panel_said"] = window._panel.message if window._panel else window._message
        press(key.C)
        result["panel_after"] = window.panel_shown
        grab("no_panel")

    def without(_: float) -> None:
        press(key.LEFT)  # the broken pack of the test
        result["broken"] = window._message
        result["kept"] = window.effect_name
        press(key.LEFT)
        result["left"] = window.effect_name
        press(key.LEFT)
        result["around"] = window.effect_name

    steps = iter((photo, mirror, controls, without, lambda _: press(key.ESCAPE)))

    def when_ready(_: float) -> None:
        if len(window._drawn) < 5:  # the networks are still loading
            return
        pyglet.clock.unschedule(when_ready)
        for i, step in enumerate(steps):
            pyglet.clock.schedule_once(step, 0.4 * (i + 1))

    pyglet.clock.schedule_interval(when_ready, 0.05)
    window.run()
    print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
