"""Text over the picture, readable on any picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyglet.text import Label

MARGIN = 16
NARROWEST = 50
"""Text is wrapped no narrower than this, however small the window; points of the window."""

_SHADES = (((0, 0, 0, 200), 1), ((255, 255, 255, 255), 0))
"""A dark shadow, one to the right and below, then white."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One text in the window.

    Attributes:
        name: which caption it is; its label is kept and changed.
        text: what it says; an empty one is not drawn.
        y: of its first line, points above the window's lower edge.
        size: of its letters, points.
    """

    name: str
    text: str
    y: int
    size: int


class Captions:
    """Draws captions; each is made once, and changed when it changes. Needs the window's context."""

    def __init__(self) -> None:
        self._labels: dict[str, Label] = {}

    def draw(self, captions: Sequence[Caption], width: int) -> None:
        """Draw them on the current framebuffer, wrapped to a window of that width in points."""
        wrap = max(width - 2 * MARGIN, NARROWEST)
        for caption in captions:
            if caption.text:
                for shade, offset in _SHADES:
                    label = self._label(f"{caption.name}{offset}", caption, shade, wrap)
                    label.position = (MARGIN + offset, caption.y - offset, 0)
                    label.draw()

    def shown(self, name: str) -> str:
        """What the caption of that name said when it was last drawn; empty if it never was."""
        label = self._labels.get(f"{name}0")
        return str(label.text) if label is not None else ""

    def _label(self, key: str, caption: Caption, shade: tuple[int, int, int, int], wrap: int) -> Label:
        label = self._labels.get(key)
        if label is None:
            from pyglet.text import Label  # noqa: PLC0415 - needs the context

            label = self._labels[key] = Label(
                caption.text, font_size=caption.size, color=shade, multiline=True, width=wrap
            )
        if label.text != caption.text:
            label.text = caption.text
        if label.width != wrap:
            label.width = wrap
        return label
