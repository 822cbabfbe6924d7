"""One network in one warm ONNX Runtime session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import IS_COMPILED
from ar_effects.errors import ModelError, ProviderError
from ar_effects.inference.cuda import DeviceRunner, HostMemory, cuda_runtime
from ar_effects.inference.manifest import NetworkEntry, read_network
from ar_effects.inference.nchw import write_planes
from ar_effects.inference.provider_types import PROVIDERS, Device, Provider
from ar_effects.inference.sessions import device_error, open_cpu, open_device, read_file
from ar_effects.messages import Message
from ar_effects.paths import MODELS
from ar_effects.profiling.spans import stage

Array = NDArray[np.float32]

_LOST: list[object] = []
"""What ran on a device that failed. Taking it down would call the broken device once more, which can end the
process: it stays until the process ends."""


class Network:
    """Loads, checks and warms up a network; then ``run`` is one call.

    A device that fails while it runs gives way to the CPU, for all networks of the same ``provider``, where
    that may be (``Provider.may_fall_back``).

    Args:
        name: as in ``models/manifest.toml``; or the path of an ONNX file that no manifest lists, whose one
            input are pictures and whose ``input_range`` is in its metadata (`read_file`).
        provider: what to run on.
        folder: where the manifest lies.
        threads: of the CPU provider; None for the measured default.

    Raises:
        ModelError: the file is missing, altered, or not what the manifest says.
        ProviderError: the provider's device refuses to run this network.
    """

    def __init__(
        self, name: str | Path, provider: Provider, folder: Path = MODELS, threads: int | None = None
    ) -> None:
        self._name, self._folder, self._threads = name, folder, threads
        self.entry, data = self._read()
        self.provider = provider
        self._input = next(iter(self.entry.inputs))
        self._outputs = list(self.entry.outputs)
        self._device: DeviceRunner | None = None
        self._added: Device | None = None
        """The plug-in's provider that runs ``_session``; None where that is the CPU's."""
        if provider.name == "cpu":
            self._session = self._open_cpu(data)
        elif provider.name in PROVIDERS:
            self._session, _ = open_device(self.entry, data, provider)
            self._check_signature(self._session)
            self._added = provider.name
        else:
            self._open_device(data)
        self._batch = self._device.input_array() if self._device else self.new_batch()
        self.run(self._batch)

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """(batch name, 3, height, width)."""
        return self.entry.inputs[self._input]

    def new_batch(self, count: int = 1) -> Array:
        """An input for so many pictures, zeros, of the caller's own: each thread needs one."""
        return np.zeros([count if isinstance(size, str) else size for size in self.input_shape], np.float32)

    @property
    def side(self) -> int:
        """Width and height of the square input in pixels."""
        return int(self.input_shape[3])

    @stage("network")
    def run(self, batch: Array) -> list[Array]:
        """(n, 3, side, side) float32 RGB in the entry's ``input_range`` -> the outputs, in order."""
        if self._device is not None:
            return self._run_on_device(self._device, batch)
        try:
            return self._session.run(self._outputs, {self._input: batch})  # type: ignore[no-any-return]
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            if self._added is not None:
                raise device_error(self._added, error) from error
            raise ModelError(
                Message("network.failed-on-cpu", name=self.entry.name, input_shape=self.input_shape),
                got=f"{getattr(batch, 'shape', batch)}: {str(error).splitlines()[0]}",
            ) from error

    def run_picture(self, picture: NDArray[np.uint8], batch: Array | None = None) -> list[Array]:
        """(side, side, 3) BGR or (side, side, 4) RGBA uint8 -> the outputs.

        Args:
            picture: the pixels.
            batch: is filled with them, as ``new_batch`` gives it; the network's own if None, which one thread
                at a time may use.
        """
        batch = self._batch if batch is None else batch
        self.fill(batch, picture)
        return self.run(batch)

    @stage("planes")
    def fill(self, batch: Array, picture: NDArray[np.uint8], at: int = 0) -> None:
        """Write a picture, as ``run_picture`` takes it, into one place of a batch."""
        low, high = self.entry.input_range
        scale = np.float32((high - low) / 255.0)
        if IS_COMPILED and picture.shape[2] == 4 and picture.flags.c_contiguous:
            write_planes(picture.view(np.uint32), scale, np.float32(low), batch[at])
            return
        # Planes are gathered as bytes first: strided reads of bytes into floats cost twice as much.
        channels = cv2.split(picture)
        rgb = channels[:3] if len(channels) == 4 else channels[::-1]
        for plane, target in zip(rgb, batch[at], strict=True):
            np.multiply(plane, scale, out=target)
        if low:
            batch[at] += np.float32(low)

    def _read(self) -> tuple[NetworkEntry, bytes]:
        return (
            read_file(self._name) if isinstance(self._name, Path) else read_network(self._name, self._folder)
        )

    def _open_cpu(self, data: bytes) -> Any:
        session = open_cpu(self.entry, data, self._threads)
        self._check_signature(session)
        return session

    def _open_device(self, data: bytes) -> None:
        """Bind the network to the device; where that fails and may, on the CPU instead."""
        try:
            session, graphs = open_device(self.entry, data, self.provider)
            self._check_signature(session)
            host = HostMemory(cuda_runtime())
            self._device = DeviceRunner(session, self.entry, self.provider.name, graphs=graphs, host=host)
            self._device.input_array()  # makes the buffers, which may be one too many for the device
        except ProviderError as error:
            self._leave_device(error)

    def _run_on_device(self, device: DeviceRunner, batch: Array) -> list[Array]:
        if self.provider.name == device.name:
            try:
                return device.run(batch)
            except ProviderError as error:
                self._leave_device(error)
        else:
            self._leave_device(None)  # another network found the device gone
        return self.run(batch)

    def _leave_device(self, error: ProviderError | None) -> None:
        """Go on with the CPU. Raises the error where the device was asked for by name."""
        if self._device is not None and self._device not in _LOST:
            _LOST.append(self._device)
        if error is not None:
            if not self.provider.may_fall_back:
                raise error
            self.provider.fall_back(error.message)
        self._session = self._open_cpu(self._read()[1])
        self._device = None

    def _check_signature(self, session: Any) -> None:
        found = {i.name: tuple(i.shape) for i in [*session.get_inputs(), *session.get_outputs()]}
        wanted = {**self.entry.inputs, **self.entry.outputs}
        if found != wanted:
            raise ModelError(
                Message("network.not-as-described", path=self.entry.path),
                expected=str(wanted),
                got=str(found),
            )
