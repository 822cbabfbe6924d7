"""Whether a pack's own shaders compile: only a graphics driver can tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ar_effects.effects.effect import Effect
from ar_effects.effects.layers.post import GlslLayer
from ar_effects.errors import PackError, RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message
from ar_effects.packs.check import Problem
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from ar_effects.packs.toml_lines import TomlLines
from ar_effects.records import Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer

SIZE = (64, 64)


def shader_problems(folder: Path) -> list[Problem]:
    """What the driver says against the shaders of a pack that is right otherwise.

    Without OpenGL that is one piece of advice.

    Raises:
        PackError: the pack is not right.
    """
    pack = load_pack(folder)
    path = folder / MANIFEST
    lines = TomlLines(path.read_text(encoding="utf-8-sig"))
    tracked = TrackedFrame(Frame(np.zeros((*SIZE, 3), np.uint8), 0.0), (), Camera.assumed(*SIZE))
    found = []
    for i, layer in enumerate(pack.layers):
        if not isinstance(layer, GlslLayer):
            continue
        line, key = lines.line_of(("layers", i, "file")), f"layers[{i}].file"
        try:
            message = _said(Effect(pack.only(i)), tracked)
        except RenderError as error:
            unknown = PackError(Message("shader.not-compiled", error=error), file=path, key=key)
            return [Problem(unknown, path, line, serious=False)]
        found += [
            Problem(PackError(Message("shader.complaint", text=text), file=path, key=key), path, line)
            for text in message
        ]
    return found


def _said(effect: Effect, tracked: TrackedFrame) -> list[str]:
    """Warnings of drawing one frame."""
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, SIZE)
        try:
            renderer.draw(tracked.frame.image, effect.draw_list(tracked))
            return renderer.take_warnings()
        finally:
            renderer.release()
