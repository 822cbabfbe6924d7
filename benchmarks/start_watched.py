"""Runs the program of any checkout, watched from outside: when is which picture in the window?

``python start_watched.py CHECKOUT OUTPUT PICTURES ARGUMENTS...`` starts ``app.py`` of that checkout with
those arguments, and ends it after so many new pictures with a face. The output is JSON: for every picture its
frame's index, when it was captured and when ``flip`` had returned, in seconds of the monotonic clock, which
all processes share; and by how much the first picture differs from the bare frame around the eyes.

It needs nothing but the standard library, so that what is imported when is the program's affair, and knows of
the program no more than ``LivePipeline.newest`` and pyglet's ``Window.flip``.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class FaceCandidates:
    """What is written down."""

    def __init__(self, output: Path, pictures: int) -> None:
        self.output, self.pictures = output, pictures
        self.shown: list[dict[str, float]] = []
        self.first_flip_s = 0.0
        self.bare_s = 0.0
        self.waiting: Any = None
        self.changed = 0.0

    def newest(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """``LivePipeline.newest``, remembering what it gave."""

        def newest(pipeline: Any) -> Any:
            tracked = original(pipeline)
            if tracked is not None:
                self.waiting = tracked
            return tracked

        return newest

    def flip(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """``Window.flip``, noting when it returned."""

        def flip(window: Any) -> None:
            tracked, self.waiting = self.waiting, None
            looked_s = 0.0
            if tracked is not None and tracked.faces and not self.shown:
                looked_s = self.look(tracked, window)
            original(window)
            now = time.perf_counter() - looked_s
            self.first_flip_s = self.first_flip_s or now
            if tracked is None:
                return
            if not tracked.faces:
                self.bare_s = self.bare_s or now
                return
            self.shown.append(
                {"index": tracked.frame.index, "captured_s": tracked.frame.time_s, "shown_s": now}
            )
            if len(self.shown) >= self.pictures:
                self.end()

        return flip

    def look(self, tracked: Any, window: Any) -> float:
        """Note how much the picture differs from the bare frame; gives the seconds that looking took."""
        import numpy as np
        from pyglet import gl

        gl.glFinish()  # drawing is the program's, looking is not
        start = time.perf_counter()
        width, height = window.get_framebuffer_size()
        rgba = np.empty((height, width, 4), np.uint8)
        gl.glReadBuffer(gl.GL_BACK)
        gl.glReadPixels(0, 0, width, height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, rgba.ctypes.data)
        image = tracked.frame.image
        scale = min(width / image.shape[1], height / image.shape[0])
        left, top = (width - scale * image.shape[1]) / 2, (height - scale * image.shape[0]) / 2
        eyes = tracked.faces[0].eyes
        middle, distance = (eyes.left + eyes.right) / 2.0, float(np.hypot(*(eyes.left - eyes.right)[:2]))
        # from brow to nose, from temple to temple
        x, y = np.meshgrid(
            np.arange(middle[0] - 0.8 * distance, middle[0] + 0.8 * distance),
            np.arange(middle[1] - 0.3 * distance, middle[1] + 0.4 * distance),
        )
        y, x = (a.round().astype(int).clip(0, n - 1) for a, n in zip((y, x), image.shape, strict=False))
        v, u = (top + (y + 0.5) * scale).astype(int), (left + (x + 0.5) * scale).astype(int)
        shown = rgba[::-1, :, 2::-1][v, u].astype(float)
        self.changed = float(np.abs(shown - image[y, x]).mean())
        return time.perf_counter() - start

    def end(self) -> None:
        """Write everything down; nothing of the program's end is measured, so it just ends."""
        found = {
            "first_flip_s": self.first_flip_s,
            "bare_s": self.bare_s,
            "shown": self.shown,
            "changed": self.changed,
        }
        self.output.write_text(json.dumps(found), encoding="utf-8")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class Patcher(importlib.abc.MetaPathFinder):
    """Changes modules right after they were imported, whenever that is."""

    def __init__(self, patches: dict[str, Callable[[Any], None]]) -> None:
        self.patches = patches

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        """The module's own spec, with a loader that patches."""
        patch = self.patches.pop(name, None)
        if patch is None:
            return None
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        run = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            patch(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def main() -> None:
    """Run the program."""
    checkout, output, pictures, *arguments = sys.argv[1:]
    watch = FaceCandidates(Path(output), int(pictures))

    def patch_window(module: Any) -> None:
        module.Window.flip = watch.flip(module.Window.flip)

    def patch_live(module: Any) -> None:
        module.LivePipeline.newest = watch.newest(module.LivePipeline.newest)

    sys.meta_path.insert(
        0, Patcher({"pyglet.window": patch_window, "ar_effects.app.pipeline.live_pipeline": patch_live})
    )
    sys.path[0] = checkout
    sys.argv = [str(Path(checkout) / "app.py"), *arguments]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
