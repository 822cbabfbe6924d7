"""Opening files that people name: every trouble of the file system said in words, in one place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from ar_effects.errors import SourceError
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind

if TYPE_CHECKING:
    from pathlib import Path


def open_for_reading(path: Path, kind: str) -> BinaryIO:
    """The file, opened in binary.

    Args:
        path: what the person named.
        kind: "video" or "picture", for the message.

    Raises:
        SourceError: missing, a folder, no permission, empty, or not an ordinary file.
    """
    try:
        # Opening a pipe waits for a writer for ever, so what is not an ordinary file is refused first.
        if path.exists() and not path.is_file() and not path.is_dir():
            raise SourceError(
                Message("file.not-ordinary", path=path, kind=kind), kind=SourceErrorKind.UNSUITABLE
            )
        if path.is_dir():
            raise SourceError(
                Message("file.is-folder", path=path, kind=kind), kind=SourceErrorKind.UNSUITABLE
            )
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise _in_words(path, kind, error) from None
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise SourceError(Message("file.empty", path=path, kind=kind), kind=SourceErrorKind.EMPTY)
    return file


def read_bytes(path: Path, kind: str) -> bytes:
    """All bytes of the file; SourceError as in `open_for_reading`."""
    with open_for_reading(path, kind) as file:
        try:
            return file.read()
        except OSError as error:
            raise _in_words(path, kind, error) from None


def _in_words(path: Path, kind: str, error: OSError | ValueError) -> SourceError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return SourceError(Message("file.missing", path=path), kind=SourceErrorKind.MISSING)
    if isinstance(error, PermissionError):
        return SourceError(Message("file.denied", path=path), kind=SourceErrorKind.DENIED)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SourceError(Message("file.unopened", kind=kind, path=path), got=reason)
