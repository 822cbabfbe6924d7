"""Messages between us and the peer's process: lengths, a JSON header, raw bytes.

A message is two little-endian uint32 (bytes of the header, bytes of the body), the header, the body.
Standard library only: the peer's Python imports this file too.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

_LENGTHS = struct.Struct("<II")


def send(stream: BinaryIO, header: dict[str, Any], body: bytes | memoryview = b"") -> None:
    """Write one message and flush it."""
    text = json.dumps(header).encode()
    size = body.nbytes if isinstance(body, memoryview) else len(body)
    stream.write(_LENGTHS.pack(len(text), size) + text)
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Read one message; None at the end of the stream."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_size, body_size = _LENGTHS.unpack(lengths)
    text, body = stream.read(header_size), stream.read(body_size)
    if len(text) < header_size or len(body) < body_size:
        return None
    return json.loads(text), body
