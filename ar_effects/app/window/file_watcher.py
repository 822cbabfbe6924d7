"""Tells when files of packs change, from a thread of its own: designers see what they saved at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

from ar_effects.messages import sentence

DEBOUNCE_MS, STEP_MS = 60, 15
"""A save is often several writes: so long is waited for the last of them, looking every step."""


class FileWatcher:
    """Collects changed files until they are asked for.

    Folders that cannot be watched (a network drive, no more watches left) are said in ``problem``.

    Args:
        folders: watched with everything inside.
        on_change: called from the watching thread when something changed.
    """

    def __init__(self, folders: list[Path], on_change: Callable[[], None] = lambda: None) -> None:
        self.problem = ""
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._on_change = on_change
        self._changed: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        if self._folders:
            self._thread.start()

    def changed(self) -> set[Path]:
        """The files that changed since the last call."""
        found: set[Path] = set()
        while True:
            try:
                found.add(self._changed.get_nowait())
            except queue.Empty:
                return found

    def close(self) -> None:
        """Stop watching. May be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        try:
            for changes in watch(
                *self._folders,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self._stop,
                rust_timeout=500,
                raise_interrupt=False,
            ):
                for _, name in changes:
                    self._changed.put(Path(name))
                self._on_change()
        except (OSError, RuntimeError) as error:
            self.problem = sentence("window.changes-not-noticed", error=error)
