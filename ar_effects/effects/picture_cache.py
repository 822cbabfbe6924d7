"""The pictures of a pack while it is loaded: equal ones once, and all of them within a budget."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError

if TYPE_CHECKING:
    from ar_effects.effects.clips import Frames

BUDGET_BYTES = 128 << 20
"""Of all different pictures of a pack, unpacked: two of the largest, or eight of 2048x2048."""


class Pictures:
    """Unpacked pictures by what is in their files; what is shared is uploaded once, too."""

    def __init__(self) -> None:
        self._known: dict[bytes, Texture] = {}
        self._frames: dict[Hashable, Frames] = {}
        self._bytes = 0

    def get(self, data: bytes, size: tuple[int, int], name: str, unpack: Callable[[], Texture]) -> Texture:
        """The picture in ``data``.

        Args:
            data: the file's bytes.
            size: width and height by its header.
            name: of the file, for messages.
            unpack: makes it where it is not known.

        Raises:
            PackError: it would go beyond the budget; nothing was unpacked then.
        """
        key = hashlib.sha256(data).digest()
        if key not in self._known:
            count = size[0] * size[1] * 4
            self._need_room(count, name)
            self._known[key] = unpack()
            self._bytes += count  # not of one that is damaged
        return self._known[key]

    def frames(self, data: bytes, how: Hashable, make: Callable[[], Frames]) -> Frames:
        """The frames that ``make`` makes of ``data`` in the way ``how``; made once."""
        key = (hashlib.sha256(data).digest(), how)
        if key not in self._frames:
            self._frames[key] = make()
        return self._frames[key]

    def counted(self, pixels: Texture, name: str = "The pack") -> Texture:
        """A picture that was made from others. Raises PackError as ``get``."""
        self.take(pixels.nbytes, name)
        return pixels

    def take(self, count: int, name: str) -> None:
        """Reckon with so many bytes more. Raises PackError: the pack's pictures go beyond the budget."""
        self._need_room(count, name)
        self._bytes += count

    def _need_room(self, count: int, name: str) -> None:
        if self._bytes + count > BUDGET_BYTES:
            raise PackError(
                f"{name}: the pack's pictures are too large together",
                expected=f"at most {BUDGET_BYTES >> 20} MB unpacked, 4 bytes a pixel",
                got=f"{(self._bytes + count) / (1 << 20):.0f} MB with this one",
                fix="Make them smaller, or use one picture in several layers, which counts once",
            )
