"""Files that appear only when they are whole: written beside the target, moved there at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from ar_effects.errors import SinkError


class PartFile:
    """A file under a temporary name in the target's folder; `finish` gives it the final name.

    Attributes:
        target: the final name, absolute.
        file: the open file, unbuffered so that a full disk is noticed where it happens.

    Raises:
        SinkError: the folder is missing or may not be written to, or the target is a folder.
    """

    def __init__(self, target: Path) -> None:
        self.target = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow links
        check_target(self.target)
        # Same folder, so that the move at the end is one step and not a copy. Short, so that it fits.
        self.path = self.target.with_name(f"{self.target.stem[:40]}-{secrets.token_hex(4)}.part")
        try:
            self.file: BinaryIO = self.path.open("x+b", buffering=0)
        except (OSError, ValueError) as error:
            raise write_trouble(self.target, error) from None

    def finish(self) -> None:
        """Bring everything to the disk and give it its name. On failure nothing is left. SinkError."""
        try:
            os.fsync(self.file.fileno())
            self.file.close()
            self.path.replace(self.target)
        except OSError as error:
            self.discard()
            raise write_trouble(self.target, error) from None

    def discard(self) -> None:
        """Remove the part; may be called twice, and after `finish`."""
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def write_text(target: Path, text: str) -> None:
    """Write a small UTF-8 file, whole or not at all. SinkError."""
    part = PartFile(target)
    try:
        part.file.write(text.encode())
        part.finish()
    except OSError as error:
        raise write_trouble(target, error) from None
    finally:
        part.discard()


def check_target(target: Path) -> None:
    """Raise SinkError unless a file of that name can stand where it is asked for."""
    folder = target.parent
    try:
        is_folder, has_folder = target.is_dir(), folder.is_dir()
    except (OSError, ValueError) as error:
        raise write_trouble(target, error) from None
    if is_folder:
        raise SinkError(
            f"{target} is a folder", expected="the name of a file", fix="Add a file name, such as out.mp4"
        )
    if not has_folder:
        raise SinkError(f"There is no folder {folder}", fix="Make the folder first, or name another one")


def write_trouble(target: Path, error: Exception) -> SinkError:
    """The SinkError that says in words why ``target`` could not be written."""
    number = getattr(error, "errno", None)
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    what = f"{target} could not be written"
    if number in (errno.ENOSPC, errno.EDQUOT):
        return SinkError(
            what,
            got="the disk is full" if number == errno.ENOSPC else "your share of the disk is used up",
            fix="Free some space or name a folder on another disk; nothing half-written was left",
        )
    if number == errno.EFBIG:
        return SinkError(
            what,
            got="the file grew larger than the disk or your limits allow",
            fix="Record shorter pieces, or name a folder on another disk",
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return SinkError(
            what,
            got="permission denied",
            fix="Name a folder of yours, or give yourself the right to write there",
        )
    if number == errno.ENAMETOOLONG:
        return SinkError(what, got="the name is too long", fix="Choose a shorter name")
    return SinkError(what, got=str(reason), fix="Check the name and the disk it is on")
