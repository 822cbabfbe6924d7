"""Loads the CUDA libraries that pip installed, without a word."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any

import onnxruntime as ort


def preload_cuda() -> None:
    """Let ONNX Runtime find the libraries of the packages nvidia-*, which no loader looks for by itself.

    What is missing stays missing: ONNX Runtime's own helper prints about it, and is kept from that; the chain
    is checked library by library afterwards.
    """
    helper = getattr(ort, "preload_dlls", None)  # since 1.21
    if helper is None:
        return
    with QuietThread():
        try:
            helper(cuda=True, cudnn=True)
        except (OSError, RuntimeError):
            return


class QuietThread:
    """Drops what this thread prints while it lasts; other threads print as before."""

    def __enter__(self) -> None:
        """Begin."""
        self._before: Any = sys.stdout
        self._own: Any = _Filter(self._before, threading.get_ident())
        sys.stdout = self._own

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; where somebody else has replaced the output meanwhile, theirs stays."""
        if sys.stdout is self._own:
            sys.stdout = self._before


class _Filter:
    def __init__(self, stream: Any, thread: int) -> None:
        self._stream = stream
        self._thread = thread

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return len(text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
