"""Webcams: opened fast, measured instead of believed, and missed when they go away."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ar_effects.errors import CameraLostError, SourceError
from ar_effects.messages import Message, sentence
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Frame, Image
from ar_effects.sources.base import BasicSource, SourceInfo
from ar_effects.sources.camera_list import (
    CameraEntry,
    Device,
    Opener,
    known_cameras,
    may_use,
    open_device,
    probed_cameras,
    quiet_opencv,
    ways_of,
)
from ar_effects.sources.spec import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_FIRST_FRAME_S = 5.0
_BLACK_S = 1.5
_BLACK_MEAN = 4.0
_RETRY_S = 0.02
_MEASURED_FRAMES = 30
_SLOW = 0.8


class CameraSource(BasicSource):
    """A webcam.

    ``time_s`` of a frame is the clock at the moment it arrived. ``info.fps`` is what the camera declares
    until 30 frames have been timed, and the measured rate from then on; ``notes`` are completed then, too.

    Args:
        device: "auto" for the first that works, an index, or a part of the name.
        width, height: asked for, pixels; what is delivered instead is said in ``info.notes``.
        fps: asked for, frames a second.
        lost_after_s: without a frame for this long the camera counts as gone.
        clock: seconds, never going back.
        sleep: waits that many seconds.
        opener: opens a device; for tests.
        cameras: lists the cameras, None where they are not told without opening them; for tests.
        platform: a ``sys.platform``; for tests.

    Raises:
        SourceError: no camera, not that one, no permission, or it is in use.
    """

    kind = SourceKind.CAMERA

    def __init__(
        self,
        device: str | int = "auto",
        *,
        width: int = 1280,
        height: int = 720,
        fps: float = 30.0,
        lost_after_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        opener: Opener = open_device,
        cameras: Callable[[], tuple[CameraEntry, ...] | None] | None = None,
        platform: str = sys.platform,
    ) -> None:
        self._wanted = device
        self._size = (width, height)
        self._fps = fps
        self._lost_after_s = lost_after_s
        self._clock = clock
        self._sleep = sleep
        self._opener = opener
        self._platform = platform
        self._known = cameras or (lambda: known_cameras(platform=platform))
        self._entry: CameraEntry | None = None
        self._lock = threading.Lock()
        self._device: Device | None = None
        self._closed = threading.Event()
        self._index = 0
        self._arrivals: deque[float] = deque(maxlen=_MEASURED_FRAMES + 1)
        self.info = self._open_first()

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, until `close`.

        Raises:
            CameraLostError: no frame for ``lost_after_s``; `reopen` may bring it back.
        """
        last_s = self._clock()
        while not self._closed.is_set():
            got = self._read()
            if got is None:
                if self._closed.is_set():
                    return
                if self._clock() - last_s > self._lost_after_s:
                    raise CameraLostError(
                        Message("camera.silent", name=self.info.name, seconds=self._lost_after_s)
                    )
                self._sleep(_RETRY_S)
                continue
            image, last_s = got
            self._measure(last_s)
            yield Frame(image, last_s, self._index)
            self._index += 1

    def reopen(self) -> None:
        """Try once to get the camera back, by its name, since its number may have changed.

        No other device is opened meanwhile, and none at all while the system does not list the camera.

        Raises:
            CameraLostError: the system does not list it.
            SourceError: it is listed and does not work; another program may have it.
        """
        self.release()
        if self._closed.is_set():
            raise SourceError(Message("camera.closed", name=self.info.name), kind=SourceErrorKind.LOST)
        assert self._entry is not None
        known = self._known()
        if known is None or not self._entry.listed:
            self.info = self._open_first((self._entry,))
            return
        named = tuple(c for c in known if c.name == self._entry.name)
        if not named:
            raise CameraLostError(Message("camera.unplugged", name=self._entry.name))
        self.info = self._open_first(named)

    def release(self) -> None:
        """Switch the camera off for now, so that others can have it; `reopen` takes it back."""
        with self._lock:
            if self._device is not None:
                self._device.release()
                self._device = None

    def close(self) -> None:
        """Switch the camera off for good; may be called twice, and from another thread."""
        self._closed.set()
        self.release()

    def _open_first(self, choice: tuple[CameraEntry, ...] | None = None) -> SourceInfo:
        choice = self._choose() if choice is None else choice
        refused = [c for c in choice if not c.openable]
        for entry in choice:
            if entry.openable and (info := self._try(entry)) is not None:
                return info
        if refused and len(refused) == len(choice):
            raise SourceError(
                Message("camera.denied", name=refused[0].name, index=refused[0].index),
                kind=SourceErrorKind.DENIED,
            )
        names = ", ".join(c.name for c in choice)
        raise SourceError(Message("camera.no-pictures", names=names))

    def _choose(self) -> tuple[CameraEntry, ...]:
        if isinstance(self._wanted, int):
            # Asked for by number: tried even if the list does not know it, as in some containers.
            known = [c for c in self._known() or () if c.index == self._wanted]
            allowed = may_use(self._wanted, self._platform)
            entry = CameraEntry(self._wanted, f"Camera {self._wanted}", allowed, listed=False)
            return tuple(known) or (entry,)
        found = self._list()
        if not found:
            raise SourceError(Message("camera.none"), kind=SourceErrorKind.MISSING)
        if self._wanted == "auto":
            return found
        part = self._wanted.casefold()
        chosen = tuple(c for c in found if part in c.name.casefold())
        if not chosen:
            raise SourceError(
                Message("camera.name-unknown", wanted=self._wanted),
                kind=SourceErrorKind.MISSING,
                expected=sentence("list.or").join(f"{c.index} ({c.name})" for c in found),
            )
        return chosen

    def _list(self) -> tuple[CameraEntry, ...]:
        known = self._known()
        return probed_cameras(self._opener, self._platform) if known is None else known

    def _try(self, entry: CameraEntry) -> SourceInfo | None:
        for backend, number in ways_of(entry, self._platform):
            device = self._opener(number, backend)
            if device.isOpened():
                self._ask(device)
                self._device = device
                warm = self._warm_up()
                if warm is not None:
                    self._entry = entry
                    return self._describe(entry.name, device, *warm)
            self.release()
            device.release()
        return None

    def _ask(self, device: Device) -> None:
        width, height = self._size
        with quiet_opencv():
            # Compressed first: uncompressed 1080p does not fit through USB 2 at more than 5 frames a second.
            device.set(cv2.CAP_PROP_FOURCC, _MJPG)
            device.set(cv2.CAP_PROP_FRAME_WIDTH, width)
            device.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
            device.set(cv2.CAP_PROP_FPS, self._fps)
            if int(device.get(cv2.CAP_PROP_FOURCC)) != _MJPG:
                device.set(cv2.CAP_PROP_FOURCC, _MJPG)  # DirectShow forgets it with every new size
            device.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _warm_up(self) -> tuple[Image, bool] | None:
        """The first picture that is not black and False; a black one and True if none comes in time."""
        begin = self._clock()
        black: Image | None = None
        black_since = begin
        while (now := self._clock()) - begin < _FIRST_FRAME_S:
            got = self._read()
            if got is None:
                self._sleep(_RETRY_S)
                continue
            image, arrived = got
            if float(image[::8, ::8].mean()) > _BLACK_MEAN:
                return image, False
            if black is None:
                black_since = now
            black = image
            if arrived - black_since > _BLACK_S:
                break
        return None if black is None else (black, True)

    def _describe(self, name: str, device: Device, image: Image, black: bool) -> SourceInfo:
        height, width = image.shape[:2]
        notes = []
        if (width, height) != self._size:
            notes.append(
                sentence(
                    "camera.other-size",
                    wanted_width=self._size[0],
                    wanted_height=self._size[1],
                    width=width,
                    height=height,
                )
            )
        if black:
            notes.append(sentence("camera.black"))
        declared = device.get(cv2.CAP_PROP_FPS)
        fps = declared if 1 <= declared <= 1000 else self._fps
        self._arrivals.clear()
        return SourceInfo(name, width, height, fps, is_live=True, notes=tuple(notes))

    def _read(self) -> tuple[Image, float] | None:
        with self._lock:
            device = self._device
            if device is None:
                return None
            try:
                if not device.grab():
                    return None
                arrived = self._clock()
                done, image = device.retrieve()
            except cv2.error:
                return None  # an MJPG frame that was damaged on its way; the next one will do
        if not done or image is None or image.size == 0:
            return None
        if image.ndim == 2:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        return np.ascontiguousarray(image), arrived

    def _measure(self, arrived_s: float) -> None:
        if len(self._arrivals) > _MEASURED_FRAMES:
            return
        self._arrivals.append(arrived_s)
        if len(self._arrivals) <= _MEASURED_FRAMES:
            return
        # The median of the gaps: a hiccup of the computer is not the camera's rate.
        gap = float(np.median(np.diff(self._arrivals)))
        fps = round(1 / gap, 1) if gap > 0 else self.info.fps
        notes = self.info.notes
        if fps < self._fps * _SLOW:
            notes += (sentence("camera.other-rate", fps=self._fps, other_fps=fps),)
        old = self.info
        self.info = SourceInfo(old.name, old.width, old.height, fps, is_live=True, notes=notes)
