"""Which cameras there are, and how one is opened: all that differs between operating systems."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
        index: the number people choose it by, and OpenCV opens it by where ``ways`` does not say otherwise.
        name: what its maker or system calls it; of several with one name the second ends in "(2)".
        openable: False when this person may not use it, or the node delivers no pictures.
        ways: (OpenCV backend, number there), in order, where the system's backends count cameras differently.
        listed: False for a number that no list knows, and whose name is made up.
    """

    index: int
    name: str
    openable: bool
    ways: tuple[tuple[int, int], ...] = ()
    listed: bool = True


class Device(Protocol):
    """The part of `cv2.VideoCapture` that is used here."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name
    def set(self, prop: int, value: float) -> bool: ...
    def get(self, prop: int) -> float: ...
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, Any]: ...
    def release(self) -> None: ...


class Listed(Protocol):
    """The part of ``cv2_enumerate_cameras.CameraInfo`` that is used here."""

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str | None: ...


Lister = Callable[[int], Iterable[Listed]]
"""OpenCV backend -> the cameras it counts, in its order. May raise anything."""

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


def ways_of(entry: CameraEntry, platform: str = sys.platform) -> tuple[tuple[int, int], ...]:
    """(OpenCV backend, number there) by which a camera is opened, in the order to try them."""
    return entry.ways or tuple((backend, entry.index) for backend in backends(platform))


def system_cameras(backend: int) -> Iterable[Listed]:
    """What Windows or macOS say of their cameras, in the order in which OpenCV counts them."""
    from cv2_enumerate_cameras import enumerate_cameras  # noqa: PLC0415 - only there is it installed

    found: Iterable[Listed] = enumerate_cameras(backend)
    return found


def known_cameras(
    *,
    platform: str = sys.platform,
    lister: Lister = system_cameras,
    sysfs: Path = _SYSFS,
    dev: Path = _DEV,
) -> tuple[CameraEntry, ...] | None:
    """The cameras of this computer by index, none of them opened; None where the system does not tell.

    Args:
        platform: a ``sys.platform``; for tests.
        lister: lists cameras on Windows and macOS; for tests.
        sysfs: where Linux lists cameras; for tests.
        dev: where Linux keeps devices; for tests.
    """
    if platform.startswith("linux"):
        return _told_apart(_linux_cameras(sysfs, dev))
    try:
        listed = {backend: list(lister(backend)) for backend in backends(platform)}
    except Exception:  # not installed, or its system calls failed, which share no base class: no names then
        return None
    return _told_apart(_by_all_ways(listed))


def list_cameras(
    *,
    opener: Opener = open_device,
    platform: str = sys.platform,
    lister: Lister = system_cameras,
    sysfs: Path = _SYSFS,
    dev: Path = _DEV,
) -> tuple[CameraEntry, ...]:
    """As `known_cameras`; where the system does not tell, the first few numbers are opened for a moment.

    Args:
        opener: opens a device; for tests.
        platform: a ``sys.platform``; for tests.
        lister: lists cameras on Windows and macOS; for tests.
        sysfs: where Linux lists cameras; for tests.
        dev: where Linux keeps devices; for tests.
    """
    known = known_cameras(platform=platform, lister=lister, sysfs=sysfs, dev=dev)
    return probed_cameras(opener, platform) if known is None else known


def probed_cameras(opener: Opener, platform: str = sys.platform) -> tuple[CameraEntry, ...]:
    """The first few numbers that can be opened, each for a moment."""
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


def _by_all_ways(listed: dict[int, list[Listed]]) -> list[CameraEntry]:
    """One entry a camera from the lists of all backends; its number is that of the first that knows it.

    Media Foundation and DirectShow count apart, and virtual cameras are DirectShow's only: these get
    the numbers after all others.
    """
    unique: list[tuple[Listed, list[tuple[int, int]]]] = []
    for backend, cameras in listed.items():
        before = list(unique)  # two cameras of one list are never the same
        for camera in cameras:
            same = next((pair for pair in before if _is_same(pair[0], camera)), None)
            if same is None:
                unique.append((camera, [(backend, camera.index)]))
            else:
                before.remove(same)
                same[1].append((backend, camera.index))
    return [
        CameraEntry(number, camera.name.strip() or f"Camera {number}", openable=True, ways=tuple(ways))
        for number, (camera, ways) in enumerate(unique)
    ]


def _is_same(a: Listed, b: Listed) -> bool:
    """Whether two backends speak of one camera: by the device's path, or its name where there is none.

    Windows' paths end in ``#{...}`` with a category, which is each backend's own.
    """
    if a.path and b.path:
        return a.path.casefold().partition("#{")[0] == b.path.casefold().partition("#{")[0]
    return a.name == b.name


def _told_apart(cameras: Sequence[CameraEntry]) -> tuple[CameraEntry, ...]:
    """Names that others have, too, numbered, so that each can be chosen and calibrated by its own."""
    seen: dict[str, int] = {}
    result = []
    for camera in cameras:
        count = seen[camera.name] = seen.get(camera.name, 0) + 1
        result.append(camera if count == 1 else replace(camera, name=f"{camera.name} ({count})"))
    return tuple(result)


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
