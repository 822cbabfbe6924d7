"""Files and folders that appear only when they are whole: written beside the target, moved there at the end.

Everything that is kept goes through here: pictures, videos, traces, sessions, settings, bundles, caches.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

from ar_effects.errors import SinkError
from ar_effects.messages import Message, Text


class _WholeWrites(io.FileIO):
    """A file without a buffer whose ``write`` writes all of it or raises.

    The system may take less than it was given and call that success: at a disk that is nearly full, at a
    limit of the file's size, on a network drive. ``io.FileIO`` hands that on, and who overlooks it keeps
    the first bytes of a file for all of it.
    """

    def write(self, data: Any, /) -> int:
        """All of the data, bytes or an array; gives how many bytes that were. OSError."""
        rest = memoryview(data).cast("B")
        total = rest.nbytes
        while rest:
            written = super().write(rest)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest = rest[written:]
        return total


class PartFile:
    """A file under a temporary name in the target's folder; `finish` gives it the final name.

    Attributes:
        target: the final name, absolute.
        file: the open file, unbuffered so that a full disk is noticed where it happens; its ``write`` takes
            everything or raises.

    Args:
        target: the final name.
        private: nobody but the user may read it.

    Raises:
        SinkError: the folder is missing or may not be written to, or the target is no ordinary file.
    """

    def __init__(self, target: Path, *, private: bool = False) -> None:
        self.target = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow links
        check_target(self.target)
        # Same folder, so that the move at the end is one step and not a copy. Short, so that it fits.
        self.path = self.target.with_name(f"{self.target.stem[:40]}-{secrets.token_hex(4)}.part")
        mode = 0o600 if private else 0o666
        try:
            self.file = _WholeWrites(self.path, "x+b", opener=lambda name, flags: os.open(name, flags, mode))
        except (OSError, ValueError) as error:
            raise write_error_message(self.target, error) from None

    def finish(self) -> None:
        """Bring everything to the disk and give it its name. On failure nothing is left. SinkError."""
        try:
            os.fsync(self.file.fileno())
            self.file.close()
            self.path.replace(self.target)
        except OSError as error:
            self.discard()
            raise write_error_message(self.target, error) from None
        sync_folder(self.target.parent)

    def discard(self) -> None:
        """Remove the part; may be called twice, and after `finish`."""
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


class PartFolder:
    """A folder under a temporary name beside its target; leaving without `finish` removes it.

    Attributes:
        target: the final name, absolute.
        path: the folder to fill.

    Args:
        target: the final name; nothing may stand there.
        what: what the folder will be, for the messages.

    Raises:
        SinkError: there is something of that name, or no folder to put it in.
    """

    def __init__(self, target: Path, what: Text) -> None:
        self.target = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow links
        self._what = what
        self._check_free()
        if not self.target.parent.is_dir():
            raise SinkError(Message("output.parent-missing", folder=self.target.parent))
        self.path = self.target.with_name(f"{self.target.name[:40]}-{secrets.token_hex(4)}.part")

    def __enter__(self) -> Self:
        try:
            self.path.mkdir()
        except (OSError, ValueError) as error:
            raise write_error_message(self.target, error) from None
        return self

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A new file in it, on the disk when the block ends well. OSError."""
        with (self.path / name).open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    def write(self, name: str, data: bytes) -> None:
        """A new file of these bytes. OSError."""
        with self.open(name) as file:
            file.write(data)

    def copy(self, source: Path, name: str) -> None:
        """A new file with the bytes of another. OSError."""
        with source.open("rb") as read, self.open(name) as file:
            shutil.copyfileobj(read, file, 1 << 20)

    def finish(self) -> None:
        """Give it its name; whoever took the name meanwhile keeps it. OSError, SinkError."""
        self._check_free()
        sync_folder(self.path)
        self.path.rename(self.target)
        sync_folder(self.target.parent)

    def _check_free(self) -> None:
        if os.path.lexists(self.target):
            raise SinkError(Message("output.exists", target=self.target, what=self._what))


def write_bytes(target: Path, data: bytes, *, private: bool = False) -> None:
    """Write a small file, whole or not at all.

    Args:
        target: replaced if it exists.
        data: all of it.
        private: nobody but the user may read it.

    Raises:
        SinkError: it cannot be written; what stood there is untouched.
    """
    part = PartFile(target, private=private)
    try:
        part.file.write(data)
        part.finish()
    except OSError as error:
        raise write_error_message(part.target, error) from None
    finally:
        part.discard()


def write_text(target: Path, text: str) -> None:
    """Write a small UTF-8 file, whole or not at all. SinkError."""
    write_bytes(target, text.encode())


def sync_folder(folder: Path) -> None:
    """Bring a folder's new names to the disk, so that they outlast a power cut, where the system can."""
    # Windows opens no folders, and some network drives sync none: the files themselves are there.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_target(target: Path) -> None:
    """Raise SinkError unless a file of that name can stand where it is asked for."""
    folder = target.parent
    try:
        is_folder, has_folder = target.is_dir(), folder.is_dir()
        is_device = target.exists() and not target.is_file() and not is_folder
    except (OSError, ValueError) as error:
        raise write_error_message(target, error) from None
    if is_folder:
        raise SinkError(Message("output.is-folder", target=target))
    if not has_folder:
        raise SinkError(Message("output.folder-missing", folder=folder))
    if is_device:  # moving a file there would put it in the place of the device or pipe
        raise SinkError(Message("output.not-ordinary", target=target))


def check_not_input(target: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over what is read; to be asked before anything is opened.

    The same file counts whatever it is called: other spellings, symbolic and hard links, letters in another
    case where the disk takes them for the same.

    Args:
        target: what would be written.
        inputs: files that are read, there or not.

    Raises:
        SinkError: the target is one of them.
    """
    for path in inputs:
        if _same_file(target, path):
            if target == path:
                raise SinkError(Message("output.is-input", target=target))
            raise SinkError(Message("output.is-input-by-another-name", target=target, path=path))


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        # One is not there (two results of one command, say), or may not be asked about.
        return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


_REFUSALS = {
    errno.ENOSPC: "output.disk-full",
    errno.EDQUOT: "output.quota-used-up",
    errno.EFBIG: "output.file-too-large",
    errno.EACCES: "output.denied",
    errno.EPERM: "output.denied",
    errno.EROFS: "output.denied",
    errno.ENAMETOOLONG: "output.name-too-long",
}
"""Messages by the system's number of the error."""


def write_error_message(target: Path, error: Exception) -> SinkError:
    """The SinkError that says in words why ``target`` could not be written."""
    number = getattr(error, "errno", None)
    if number in _REFUSALS:
        return SinkError(Message(_REFUSALS[number], target=target))
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return SinkError(Message("output.unwritable", target=target), got=str(reason))
