"""Where shards lie: a folder, or any address that fsspec knows (s3://, gs://, https://, memory://)."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import Any

from ar_effects.errors import SinkError, TrainingError
from ar_effects.messages import Message
from ar_effects.writing import write_bytes, write_error_message


class Store:
    """A folder of files that are written whole or not at all.

    Args:
        address: a path, or an address with a scheme; fsspec's ``filecache::s3://...`` keeps whole files here.

    Raises:
        TrainingError: fsspec does not know the scheme, or needs a package that is missing.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._folder = None if "://" in address else Path(address)
        self._opened: Any = None
        self._root, self._process = "", 0
        if self._folder is None:
            self._open()

    @property
    def _system(self) -> Any:
        """fsspec's, of this process: connections do not outlast a fork."""
        if self._process != os.getpid():
            self._open()
        return self._opened

    def _open(self) -> None:
        import fsspec  # noqa: PLC0415 - for those who train from afar

        try:
            self._opened, self._root = fsspec.core.url_to_fs(self.address)
        except (ValueError, ImportError) as error:
            raise TrainingError(
                Message("train.address-unknown", address=self.address, reason=_words(error))
            ) from None
        self._process = os.getpid()

    def place(self, name: str) -> str:
        """The whole address of a file, for messages."""
        return str(self._folder / name) if self._folder is not None else posixpath.join(self.address, name)

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return self.size(name) is not None

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None where there is none. TrainingError: nobody answers."""
        try:
            if self._folder is not None:
                return os.stat(self._folder / name).st_size  # noqa: PTH116 - one call, and the same errors
            return int(self._system.size(self._path(name)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:  # each of fsspec's systems has errors of its own
            raise self._unreadable(name, error) from None

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """The bytes of a file, or those from ``start`` up to ``end``; fewer where the file ends before.

        Raises:
            TrainingError: there is no such file, or it cannot be read.
        """
        try:
            if self._folder is not None:
                with (self._folder / name).open("rb") as file:
                    file.seek(start or 0)
                    return file.read() if end is None else file.read(end - (start or 0))
            return bytes(self._system.cat_file(self._path(name), start=start, end=end))
        except Exception as error:
            raise self._unreadable(name, error) from None

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all. SinkError."""
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise write_error_message(self._folder, error) from None
            write_bytes(self._folder / name, data)
            return
        try:  # what is written in one piece appears in one piece: so do object stores
            self._system.makedirs(self._root, exist_ok=True)
            self._system.pipe_file(self._path(name), data)
        except Exception as error:
            raise SinkError(
                Message("train.address-unwritable", place=self.place(name), reason=_words(error))
            ) from None

    def _path(self, name: str) -> str:
        return posixpath.join(self._root, name)

    def _unreadable(self, name: str, error: Exception) -> TrainingError:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return TrainingError(Message("train.file-missing", place=self.place(name)))
        return TrainingError(Message("train.file-unreadable", place=self.place(name), reason=_words(error)))


def _words(error: Exception) -> str:
    """What another package says, on one line."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(words).split())[:300]
