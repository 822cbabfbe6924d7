"""The pictures of a pack while it is loaded: equal ones once, and all of them within a budget."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from pathlib import Path

from PIL import Image as Pillow

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError
from ar_effects.media.clips import Frames, animation
from ar_effects.media.textures import open_picture, picture_bytes, pixels_of
from ar_effects.messages import Message

BUDGET_BYTES = 128 << 20
"""Of all different pictures of a pack, unpacked: two of the largest, or eight of 2048x2048."""


class Pictures:
    """Unpacked pictures by what is in their files; what is shared is uploaded once, too."""

    def __init__(self) -> None:
        self._digests: dict[Path, bytes] = {}
        self._known: dict[Hashable, Texture] = {}
        self._frames: dict[Hashable, Frames] = {}
        self._bytes = 0

    def picture(self, path: Path) -> Texture:
        """The (first) picture of a file. Raises PackError: as ``read_picture``, or beyond the budget."""
        key, data = self._content(path)
        if key not in self._known:
            with open_picture(path, data) as opened:
                self._still(key, path, opened)
        return self._known[key]

    def clip(self, path: Path, still_s: float) -> Frames:
        """The frames of a file, or its only one, which is shown for ``still_s``.

        Raises PackError: as ``clips.animation``, or beyond the budget.
        """
        key, data = self._content(path)
        if (key, still_s) not in self._frames:
            self._frames[key, still_s] = animation(
                path,
                still_s,
                data,
                take=lambda count: self.take(count, path),
                still=lambda opened: self._still(key, path, opened),
            )
        return self._frames[key, still_s]

    def cells(self, path: Path, how: Hashable, cut: Callable[[Texture], Frames]) -> Frames:
        """The cells of a sheet, which those who ``cut`` it in the same way share. Raises PackError."""
        picture = self.picture(path)
        key = (self._content(path)[0], how)
        if key not in self._frames:
            self.take(picture.nbytes, path)
            self._frames[key] = cut(picture)
        return self._frames[key]

    def of_model(
        self, data: bytes, size: tuple[int, int], path: Path, unpack: Callable[[], Texture], place: str = ""
    ) -> Texture:
        """A texture of a model, whose colours are as the file has them, without its profile.

        Args:
            data: the picture's file.
            size: width and height by its header.
            path: of the file, for messages.
            unpack: makes it where it is not known.
            place: inside of the file, for messages.

        Raises:
            PackError: it would go beyond the budget; nothing was unpacked then.
        """
        return self._kept(("of a model", hashlib.sha256(data).digest()), size, path, unpack, place)

    def take(self, count: int, path: Path, place: str = "") -> None:
        """Reckon with so many bytes more. Raises PackError: the pack's pictures go beyond the budget."""
        self._need_room(count, path, place)
        self._bytes += count

    def _content(self, path: Path) -> tuple[bytes, bytes | None]:
        """What tells a file's content from others, and the content if it had to be read for that."""
        if path in self._digests:
            return self._digests[path], None
        data = picture_bytes(path)
        digest = self._digests[path] = hashlib.sha256(data).digest()
        return digest, data

    def _still(self, key: bytes, path: Path, opened: Pillow.Image) -> Texture:
        return self._kept(key, opened.size, path, lambda: pixels_of(opened, path))

    def _kept(
        self, key: Hashable, size: tuple[int, int], path: Path, unpack: Callable[[], Texture], place: str = ""
    ) -> Texture:
        if key not in self._known:
            count = size[0] * size[1] * 4
            self._need_room(count, path, place)
            self._known[key] = unpack()
            self._bytes += count  # not of one that is damaged
        return self._known[key]

    def _need_room(self, count: int, path: Path, place: str) -> None:
        if self._bytes + count > BUDGET_BYTES:
            raise PackError(
                Message(
                    "pack.pictures-too-large-together",
                    megabytes=BUDGET_BYTES >> 20,
                    size=(self._bytes + count) / (1 << 20),
                ),
                file=path,
                key=place,
            )
