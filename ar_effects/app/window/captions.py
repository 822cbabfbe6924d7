"""Text over the picture, readable on any picture, in a window of any size."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ar_effects.app.window.fonts import fonts_with, is_drawn

if TYPE_CHECKING:
    from pyglet.text import Label

Place = Literal["top", "middle", "bottom"]

MARGIN, GAP, PADDING = 16, 8, 5
NARROWEST = 50
"""Text is wrapped no narrower than this, however small the window; points of the window."""

BACKING = (0, 0, 0, 150)
"""A dark ground under each text: white letters alone vanish on a bright picture."""

_SHADES = (((0, 0, 0, 200), 1), ((255, 255, 255, 255), 0))
"""A dark shadow, one to the right and below, then white."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One text in the window.

    Attributes:
        name: which caption it is; its label is kept and changed.
        text: what it says; an empty one is not drawn.
        place: where it stands. Those at the top are stacked downwards, those at the bottom upwards, so
            that wrapped lines push the next caption on instead of covering it or leaving the window.
        size: of its letters, points.
    """

    name: str
    text: str
    place: Place
    size: int


class Captions:
    """Draws captions; each is made once, and changed when it changes. Needs the window's context.

    Attributes:
        top: how far those at the top reach down, points from the window's upper edge.
    """

    def __init__(self) -> None:
        self._labels: dict[str, Label] = {}
        self._backing: Any = None
        self.top = 0

    def draw(self, captions: Sequence[Caption], size: tuple[int, int]) -> None:
        """Draw them on the current framebuffer, wrapped to a window of that (width, height) in points."""
        width, height = size
        wrap = max(width - 2 * MARGIN, NARROWEST)
        top, bottom = height - MARGIN + PADDING, MARGIN - PADDING
        for caption in captions:
            if not caption.text:
                continue
            labels = [self._label(f"{caption.name}{o}", caption, shade, wrap) for shade, o in _SHADES]
            tall = labels[-1].content_height
            if caption.place == "top":
                y = top - tall
                top = y - GAP
            elif caption.place == "bottom":
                y = bottom
                bottom += tall + GAP
            else:
                y = (height - tall) // 2
            self._draw_backing(MARGIN, y, labels[-1].content_width, tall)
            for label, (_, offset) in zip(labels, _SHADES, strict=True):
                label.position = (MARGIN + offset, y - offset, 0)
                label.draw()
        self.top = height - top

    def shown(self, name: str) -> str:
        """What the caption of that name said when it was last drawn; empty if it never was."""
        label = self._labels.get(f"{name}0")
        return str(label.text) if label is not None else ""

    def _draw_backing(self, x: int, y: int, width: int, height: int) -> None:
        if self._backing is None:
            from pyglet.shapes import Rectangle  # noqa: PLC0415 - needs the context

            self._backing = Rectangle(0, 0, 1, 1, BACKING)
        self._backing.position = (x - PADDING, y - PADDING // 2)
        self._backing.width, self._backing.height = width + 2 * PADDING, height + PADDING
        self._backing.draw()

    def _label(self, key: str, caption: Caption, shade: tuple[int, int, int, int], wrap: int) -> Label:
        label = self._labels.get(key)
        if label is None:
            from pyglet.text import Label  # noqa: PLC0415 - needs the context

            label = self._labels[key] = Label(
                "", font_size=caption.size, color=shade, multiline=True, width=wrap, anchor_y="bottom"
            )
        if label.text != caption.text:
            _complete(label.document.get_font(0), caption.text)
            label.text = caption.text
        if label.width != wrap:
            label.width = wrap
        return label


def _complete(font: Any, text: str) -> None:
    """Give a font what it lacks of a text. Windows and macOS do so by themselves."""
    if not sys.platform.startswith("linux"):
        return
    from pyglet import font as fonts  # noqa: PLC0415 - needs the context

    have = [font, *font.fallbacks]
    for letter in sorted({c for c in text if ord(c) > 127 and is_drawn(c)}):
        if any(one.face.get_character_index(letter) for one in have):
            continue
        for path in fonts_with(letter)[:1]:
            # A damaged file is told by every part of pyglet in its own way; its letters stay boxes.
            with contextlib.suppress(Exception):
                found = fonts.load(_family(path), font.size)
                if found not in have:
                    font.add_fallback(found)
                    have.append(found)


def _family(path: Path) -> str:
    from pyglet.font.freetype import FreeTypeFace  # noqa: PLC0415 - Linux only

    return str(FreeTypeFace.from_file(str(path)).family_name)
