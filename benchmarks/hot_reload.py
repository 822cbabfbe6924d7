"""How long does it take from saving a pack's file to seeing it in the window?

Opens the real window on the demo clip (on a virtual screen where there is none), changes the colour of a
pack's lenses twenty times by writing its effect.toml, and measures from before the write to the end of the
flip of the first picture that was drawn with the new colour. Then a broken file is saved, and mended. Tells
whether the effect's clock, a parameter that was changed, and the last good version were kept, and whether the
error stood in the picture. Returns 2 when the median or the worst takes 300 ms, or something was lost.
"""

# ruff: noqa: SLF001 - it looks into the window, as no part of the program may

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ar_effects.packs.files import MANIFEST
from ar_effects.packs.templates import make_pack
from benchmarks.common import parser, quantiles, table, write_results

BAR_S = 0.300
SAVES = 20
FIRST = "#ffa03c"
COLOURS = ("#2a7de1", "#c81e1e")
CHOSEN = "#0a5a2a"
"""What somebody made of the frame's colour while the window was open."""


class Session:
    """The window, and a script that is played in it: a generator that is resumed after every picture."""

    def __init__(self, folder: Path, saves: int) -> None:
        from ar_effects.app.pipeline.live_pipeline import LivePipeline
        from ar_effects.app.window.window import FilterWindow
        from ar_effects.packs.library import Library
        from ar_effects.sources.open import open_source

        self.manifest = make_pack("mine", "sunglasses", folder) / MANIFEST
        self.text = self.manifest.read_text(encoding="utf-8")
        self.saves = saves
        self.seconds: list[float] = []
        self.kept: dict[str, bool] = {}

        def pipeline(wake: Callable[[], None]) -> LivePipeline:
            return LivePipeline(
                lambda: open_source("demo", loop=True, realtime=True),
                max_faces=1,
                provider="cpu",
                on_frame=wake,
            )

        self.window = FilterWindow(
            pipeline, library=Library(folder), effect="mine", mirror=False, photos=folder / "photos"
        )
        self._script = self._play()
        self._flip: Callable[[], None] = self.window.window.flip
        self.window.window.flip = self._flipped

    def run(self) -> None:
        """Play the script; the window closes at its end."""
        self.window.run()

    def _flipped(self) -> None:
        self._flip()
        if next(self._script, "over") == "over":
            self.window.close()

    def _play(self) -> Iterator[None]:
        window = self.window
        yield from self._until(lambda: len(window._drawn) > 20)
        window.effect_session.effect.set("frame", CHOSEN)
        before = FIRST
        pictures = []
        clocks = [window.effect_session.effect._clock_s]
        for i in range(self.saves):
            colour = COLOURS[i % len(COLOURS)]
            yield from self._until_passed(0.15 + 0.037 * i % 0.1)  # at no fixed place between two frames
            start = time.perf_counter()
            self.manifest.write_text(self.text.replace(FIRST, colour), encoding="utf-8")
            yield from self._until(lambda: self._drawn_lens() == colour)  # noqa: B023 - called at once
            self.seconds.append(time.perf_counter() - start)
            clocks.append(window.effect_session.effect._clock_s)
            pictures.append(self._lens())
            before = colour
        apart = np.abs(np.array(pictures[0]) - np.array(pictures[1])).max()
        self.kept["the picture shows the colour"] = bool(apart > 10.0)
        self.kept["the clock goes on"] = bool((np.diff(clocks) > 0.0).all())
        self.kept["a changed parameter stays"] = window.effect_session.effect.parameters["frame"] == CHOSEN
        yield from self._break_and_mend(before)

    def _break_and_mend(self, before: str) -> Iterator[None]:
        window = self.window
        worn, clean = window.effect_session.effect, self._grab()
        self.manifest.write_text(self.text.replace('anchor = "eyes"', 'anchor = "eyebrow"'), encoding="utf-8")
        yield from self._until(lambda: bool(window.effect_session.problem))
        yield from self._until_passed(0.2)
        self.kept["a broken save leaves the effect"] = window.effect_session.effect is worn
        self.kept["its colour stays"] = worn.parameters["lens"] == before
        said = "eyebrow" in window.effect_session.problem and "eyebrow" in window._captions.shown("problem")
        top = np.s_[20 : clean.shape[0] // 4]
        white = [int((picture[top].min(axis=2) > 250).sum()) for picture in (clean, self._grab())]
        self.kept["the error stands in the picture"] = bool(said and white[1] > white[0] + 300)
        self.screenshot = self._grab()
        self.manifest.write_text(self.text.replace(FIRST, "#ffffff"), encoding="utf-8")
        yield from self._until(lambda: window.effect_session.effect.parameters["lens"] == "#ffffff")
        self.kept["a mended file is worn"] = not window.effect_session.problem

    def _until(self, there: Callable[[], bool]) -> Iterator[None]:
        limit = time.monotonic() + 30.0
        while not there():
            if time.monotonic() > limit:
                raise TimeoutError("the window did not show what was saved")
            yield

    def _until_passed(self, seconds: float) -> Iterator[None]:
        end = time.monotonic() + seconds
        yield from self._until(lambda: time.monotonic() >= end)

    def _drawn_lens(self) -> object:
        """The colour that the picture in the window was drawn with."""
        drawn = self.window.composer.effect
        return drawn.parameters["lens"] if drawn else None

    def _lens(self) -> list[float]:
        """Mean colour around the eyes in the drawn picture."""
        window = self.window
        assert window.composer.renderer is not None
        assert window.composer.current is not None
        picture = window.composer.renderer.read()
        found = []
        for face in window.composer.current.faces:
            for eye in (face.eyes.left, face.eyes.right):
                x, y = (round(float(v)) for v in eye)
                found.append(
                    picture[max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7].reshape(-1, 3).mean(axis=0)
                )
        return list(np.mean(found, axis=0)) if found else [0.0, 0.0, 0.0]

    def _grab(self) -> Any:
        """(height, width, 3) what the window shows."""
        import pyglet

        self.window.window.switch_to()
        self.window._on_draw()
        data = pyglet.image.get_buffer_manager().get_color_buffer().get_image_data()
        rgba = np.frombuffer(data.get_data("RGBA", data.width * 4), np.uint8)
        return cv2.flip(cv2.cvtColor(rgba.reshape(data.height, data.width, 4), cv2.COLOR_RGBA2BGR), 0)


def main() -> int:
    """Run it."""
    p = parser("hot_reload", __doc__)
    p.add_argument("--saves", type=int, default=SAVES)
    p.add_argument("--screenshot", type=Path, help="save the window with the error in it")
    p.add_argument("--no-results", action="store_true", help="keep the figures of the last run")
    arguments = p.parse_args()
    if not os.environ.get("DISPLAY") and sys.platform.startswith("linux"):
        return _on_a_virtual_screen()
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder), arguments.saves)
        session.run()
    ms = [1e3 * s for s in session.seconds]
    figures = {**quantiles(ms), "worst": max(ms), "saves": len(ms)}
    print(table("from write() to the picture, ms", ("", *figures), [("save", *figures.values())]))
    for what, good in session.kept.items():
        print(f"{'yes' if good else 'NO '}  {what}")
    if arguments.screenshot:
        cv2.imwrite(str(arguments.screenshot), session.screenshot)
    if not arguments.no_results:
        command = "python -m benchmarks.hot_reload"
        print(write_results("hot_reload", command, {**figures, "kept": session.kept}))
    good = max(figures["median"], figures["worst"]) < 1e3 * BAR_S and all(session.kept.values())
    return 0 if good else 2


def _on_a_virtual_screen() -> int:
    runner = shutil.which("xvfb-run")
    if runner is None:
        print("There is no screen; install xvfb and xauth, or set DISPLAY.", file=sys.stderr)
        return 1
    command = [runner, "-a", "-s", "-screen 0 1280x1024x24", sys.executable, "-m", "benchmarks.hot_reload"]
    return subprocess.run([*command, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
