"""Our end of the peer's process."""

from __future__ import annotations

import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import ArEffectsError
from benchmarks.peer.protocol import receive, send

if TYPE_CHECKING:
    from ar_effects.records import Image

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """Arguments of ``FaceMesh``; ``session`` tells one sequence of frames from the next."""

    static: bool
    max_faces: int = 1
    refine: bool = True
    session: str = ""


@dataclass(frozen=True, slots=True)
class PeerResult:
    """(n, 478, 3) float32 pixels; wall and CPU milliseconds of colour conversion and ``process``."""

    faces: NDArray[np.float32]
    ms: float
    cpu_ms: float


class Peer:
    """A running peer process; a context manager that ends it.

    Attributes:
        versions: of MediaPipe and of its Python.
    """

    def __init__(self, python: Path) -> None:
        self._python = python
        self._process = subprocess.Popen(
            [str(python), str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)
        self.versions: dict[str, Any] = self._answer()[0]

    def infer(self, image: Image, options: PeerOptions) -> PeerResult:
        """Run the peer on one BGR frame."""
        body = np.ascontiguousarray(image).data.cast("B")
        send(self._to, {"shape": image.shape, "options": asdict(options)}, body)
        header, answer = self._answer()
        faces = np.frombuffer(answer, np.float32).reshape(header["shape"])
        return PeerResult(
            faces if len(faces) else np.zeros((0, 478, 3), np.float32), header["ms"], header["cpu_ms"]
        )

    def _answer(self) -> tuple[dict[str, Any], bytes]:
        message = receive(self._from)
        if message is None:
            raise ArEffectsError(
                "The peer's process ended",
                got=f"exit status {self._process.wait()}",
                fix=f"Run {self._python} {WORKER} by hand to see why",
            )
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._to.close()
        self._process.wait()
