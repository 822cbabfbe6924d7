"""A second client of an X server, for what only the outside can do to a window: real keys, resizing, hiding.

Speaks the wire protocol itself (X Window System Protocol, X Version 11, Release 7.7, and the XTEST Extension
Protocol 2.2), so that the tests need nothing installed beside the server.
"""

from __future__ import annotations

import contextlib
import socket
import struct

ESCAPE, LEFT, RIGHT, SPACE = 0xFF1B, 0xFF51, 0xFF53, 0x20
_KEY_PRESS, _KEY_RELEASE = 2, 3


class XClient:
    """Connected until ``close``.

    Args:
        display: such as ":5"; a server of this machine that asks for no password, as Xvfb's own.
    """

    def __init__(self, display: str) -> None:
        self._socket = _connect(f"/tmp/.X11-unix/X{display.lstrip(':').split('.')[0]}")
        self._socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        status, length = struct.unpack("<B5xH", self._exactly(8))
        setup = self._exactly(4 * length)
        if status != 1:
            raise ConnectionError(setup.decode("latin-1", "replace"))
        vendor, formats = struct.unpack_from("<H2xxB", setup, 16)
        self._first_key, self._last_key = setup[26], setup[27]
        (self.root,) = struct.unpack_from("<I", setup, 32 + -(-vendor // 4) * 4 + 8 * formats)
        self._xtest = self._extension(b"XTEST")
        self._codes = self._key_codes()

    def close(self) -> None:
        self._socket.close()

    def sync(self) -> None:
        """Wait until the server has done all that was asked, and sent the events of it."""
        self._ask(struct.pack("<BxH", 43, 1))

    def focus(self, window: int) -> None:
        """Let keys go to a window."""
        self._send(struct.pack("<BBHII", 42, 0, 3, window, 0))

    def press(self, symbol: int) -> None:
        """Press and let go the key of a symbol, as hands do."""
        for kind in (_KEY_PRESS, _KEY_RELEASE):
            self._send(
                struct.pack("<BBHBBxxII8x12x", self._xtest, 2, 9, kind, self._codes[symbol], 0, self.root)
            )

    def resize(self, window: int, width: int, height: int) -> None:
        self._send(struct.pack("<BxHIHxxII", 12, 5, window, 4 | 8, width, height))

    def hide(self, window: int) -> None:
        """What window managers do to a window that is minimised."""
        self._send(struct.pack("<BxHI", 10, 2, window))

    def show(self, window: int) -> None:
        self._send(struct.pack("<BxHI", 8, 2, window))

    def _extension(self, name: bytes) -> int:
        padded = name.ljust(-(-len(name) // 4) * 4, b"\0")
        answer = self._ask(struct.pack("<BxHHxx", 98, 2 + len(padded) // 4, len(name)) + padded)
        if not answer[8]:
            raise ConnectionError(f"the server has no {name.decode()}")
        return answer[9]

    def _key_codes(self) -> dict[int, int]:
        """The key of each symbol that is had without a modifier."""
        count = self._last_key - self._first_key + 1
        answer = self._ask(struct.pack("<BxHBBxx", 101, 2, self._first_key, count))
        each = answer[1]
        symbols = struct.unpack_from(f"<{count * each}I", answer, 32)
        return {symbols[each * i]: self._first_key + i for i in reversed(range(count))}

    def _send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def _ask(self, request: bytes) -> bytes:
        """The reply to a request; events that come before it are of no interest."""
        self._send(request)
        while True:
            head = self._exactly(32)
            if head[0] == 0:
                raise ConnectionError(f"the server refused a request: error {head[1]}")
            if head[0] == 1:
                return head + self._exactly(4 * struct.unpack_from("<I", head, 4)[0])

    def _exactly(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            part = self._socket.recv(size - len(parts))
            if not part:
                raise ConnectionError("the server hung up")
            parts += part
        return parts


def _connect(path: str) -> socket.socket:
    """By the file, or the abstract name that Linux servers listen on where they may not make files."""
    for address in (path, "\0" + path):
        connection = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            connection.connect(address)
            return connection
        connection.close()
    raise ConnectionError(f"no server listens on {path}")
