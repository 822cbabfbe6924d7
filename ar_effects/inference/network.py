"""One network in one warm ONNX Runtime session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ar_effects.errors import ModelError, ProviderError
from ar_effects.inference.manifest import NetworkEntry, read_network
from ar_effects.inference.provider import CUDA, Provider
from ar_effects.paths import MODELS
from ar_effects.profiling.marks import stage

Array = NDArray[np.float32]

CPU_THREADS = 1
"""Measured (benchmarks/threads.py): the networks are so small that waking a second thread costs more than it
does, unless it spins between frames and burns a core. One thread also makes results repeatable."""

QUIET = 4
"""ONNX Runtime's severity "fatal": it prints to stderr what we say in words."""


class Network:
    """Loads, checks and warms up a network; then ``run`` is one call.

    Args:
        name: as in ``models/manifest.toml``.
        provider: what to run on.
        folder: where the manifest lies.
        threads: of the CPU provider; None for the measured default.

    Raises:
        ModelError: the file is missing, altered, or not what the manifest says.
        ProviderError: CUDA loads but refuses to run this network.
    """

    def __init__(
        self, name: str, provider: Provider, folder: Path = MODELS, threads: int | None = None
    ) -> None:
        self.entry, data = read_network(name, folder)
        self.provider = provider
        self._session = _session(self.entry, data, provider, threads)
        self._input = next(iter(self.entry.inputs))
        self._outputs = list(self.entry.outputs)
        self._check_signature()
        self._batch = np.zeros((1, 3, self.side, self.side), np.float32)
        self._planes = list(self._batch[0])
        self.run(self._batch)

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """(batch name, 3, height, width)."""
        return self.entry.inputs[self._input]

    @property
    def side(self) -> int:
        """Width and height of the square input in pixels."""
        return int(self.input_shape[3])

    @stage("network")
    def run(self, batch: Array) -> list[Array]:
        """(n, 3, side, side) float32 RGB in the entry's ``input_range`` -> the outputs, in order."""
        return self._session.run(self._outputs, {self._input: batch})  # type: ignore[no-any-return]

    @stage("planes")
    def run_picture(self, picture: NDArray[np.uint8]) -> list[Array]:
        """(side, side, 3) BGR or (side, side, 4) RGBA uint8 -> the outputs; one array is filled each time."""
        low, high = self.entry.input_range
        # Planes are gathered as bytes first: strided reads of bytes into floats cost twice as much.
        planes = cv2.split(picture)
        rgb = planes[:3] if len(planes) == 4 else planes[::-1]
        for plane, target in zip(rgb, self._planes, strict=True):
            np.multiply(plane, np.float32((high - low) / 255.0), out=target)
        if low:
            self._batch += np.float32(low)
        return self.run(self._batch)

    def _check_signature(self) -> None:
        found = {i.name: tuple(i.shape) for i in [*self._session.get_inputs(), *self._session.get_outputs()]}
        wanted = {**self.entry.inputs, **self.entry.outputs}
        if found != wanted:
            raise ModelError(
                f"{self.entry.path} is not the network its manifest describes",
                expected=str(wanted),
                got=str(found),
                fix="Run `python -m tools.convert`",
            )


def _session(entry: NetworkEntry, data: bytes, provider: Provider, threads: int | None) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or CPU_THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    # Spinning threads would burn a whole core between frames for a gain of microseconds.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(data, options, providers=provider.ort_names)
    except Exception as error:  # ONNX Runtime's exceptions share no base class
        raise ModelError(
            f"{entry.path} cannot be loaded by ONNX Runtime {ort.__version__}",
            got=str(error).splitlines()[0],
            fix="Reinstall with `pip install -r requirements.txt`",
        ) from error
    if provider.name == "cuda" and session.get_providers()[0] != CUDA:
        raise ProviderError(
            "CUDA loads but ONNX Runtime fell back to the CPU",
            got=", ".join(session.get_providers()),
            fix="Check that driver, CUDA and cuDNN versions match, or use provider cpu",
        )
    return session
