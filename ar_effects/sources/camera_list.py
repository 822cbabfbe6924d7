"""Which cameras there are, and how one is opened: all that differs between operating systems."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import unpack_from
from typing import Any, Protocol

import cv2

_SYSFS = Path("/sys/class/video4linux")
_DEV = Path("/dev")
_PROBED_INDICES = 5
_VIDIOC_QUERYCAP = 0x80685600
_QUERYCAP_BYTES = 104
_DEVICE_CAPS_OFFSET = 88
_CAN_CAPTURE = 0x1


@dataclass(frozen=True, slots=True, order=True)
class CameraEntry:
    """A camera of this computer.

    Attributes:
        index: the number OpenCV opens it by.
        name: what its maker or system calls it.
        openable: False when this person may not use it, or the node delivers no pictures.
    """

    index: int
    name: str
    openable: bool


class Device(Protocol):
    """The part of `cv2.VideoCapture` that is used here."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name
    def set(self, prop: int, value: float) -> bool: ...
    def get(self, prop: int) -> float: ...
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, Any]: ...
    def release(self) -> None: ...


Opener = Callable[[int, int], Device]
"""(camera index, OpenCV backend) -> device, perhaps not opened."""


def open_device(index: int, backend: int) -> Device:
    """Open a camera without OpenCV's messages on the error stream."""
    with quiet_opencv():
        device: Device = cv2.VideoCapture(index, backend)
        return device


def backends(platform: str = sys.platform) -> tuple[int, ...]:
    """OpenCV backends to try in order, for a ``sys.platform``."""
    if platform == "win32":
        return cv2.CAP_MSMF, cv2.CAP_DSHOW
    if platform == "darwin":
        return (cv2.CAP_AVFOUNDATION,)
    return (cv2.CAP_V4L2,)


def list_cameras(
    *,
    opener: Opener = open_device,
    platform: str = sys.platform,
    sysfs: Path = _SYSFS,
    dev: Path = _DEV,
) -> tuple[CameraEntry, ...]:
    """The cameras of this computer, by index.

    On Linux nothing is switched on: names and abilities come from the system. Elsewhere the first few
    indices are opened for a moment, as OpenCV knows no other way.

    Args:
        opener: opens a device; for tests.
        platform: a ``sys.platform``; for tests.
        sysfs: where Linux lists cameras; for tests.
        dev: where Linux keeps devices; for tests.
    """
    if platform.startswith("linux"):
        return _linux_cameras(sysfs, dev)
    found = []
    for index in range(_PROBED_INDICES):
        device = opener(index, backends(platform)[0])
        if device.isOpened():
            found.append(CameraEntry(index, f"Camera {index}", openable=True))
        device.release()
    return tuple(found)


def may_use(index: int, platform: str = sys.platform, dev: Path = _DEV) -> bool:
    """Whether this person has the right to open the camera; True where nobody can tell."""
    node = dev / f"video{index}"
    return not platform.startswith("linux") or not node.exists() or os.access(node, os.R_OK | os.W_OK)


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """OpenCV's own log switched off for a moment."""
    log: Any = cv2.utils.logging
    before = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)


def _linux_cameras(sysfs: Path, dev: Path) -> tuple[CameraEntry, ...]:
    found = []
    with contextlib.suppress(OSError):
        for entry in sysfs.iterdir():
            number = entry.name.removeprefix("video")
            if not number.isdecimal():
                continue
            try:
                name = (entry / "name").read_text(encoding="utf-8", errors="replace").strip()
            except OSError:
                name = ""
            captures = _captures(dev / entry.name)
            # Every webcam has a second node for metadata; it is no camera to anyone who looks for one.
            if captures is not False:
                found.append(CameraEntry(int(number), name or f"Camera {number}", captures is True))
    return tuple(sorted(found))


def _captures(node: Path) -> bool | None:
    """Whether the device delivers pictures; None if this person may not ask it."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - not there on Windows

    answer = bytearray(_QUERYCAP_BYTES)
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, _VIDIOC_QUERYCAP, answer)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return bool(unpack_from("=I", answer, _DEVICE_CAPS_OFFSET)[0] & _CAN_CAPTURE)
