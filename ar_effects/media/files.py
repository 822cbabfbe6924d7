"""Opening files that people name: every trouble of the file system said in words, in one place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from ar_effects.errors import SourceError

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
                f"{path} is not an ordinary file",
                expected=f"a {kind} file",
                fix="Save it as a file first",
            )
        if path.is_dir():
            raise SourceError(
                f"{path} is a folder", expected=f"a {kind} file", fix=f"Name one {kind} inside it"
            )
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise _in_words(path, kind, error) from None
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise SourceError(
            f"{path} is empty",
            expected=f"a {kind} file",
            got="0 bytes",
            fix="Copy or record it again; the copy was cut off before it began",
        )
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
        return SourceError(f"There is no file {path}", fix="Check the name and the folder")
    if isinstance(error, PermissionError):
        return SourceError(
            f"{path} may not be read",
            got="permission denied",
            fix="Give yourself the right to read it, or copy it to a folder of yours",
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SourceError(
        f"The {kind} {path} cannot be opened", got=reason, fix="Check the name and the disk it is on"
    )
