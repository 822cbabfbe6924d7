"""Runs a session on a graphics card: fixed buffers there, page-locked ones here, recorded work.

Our networks are hundreds of operations, each so small that a card waits for the next one to be handed over.
So input and output stand at fixed places in the card's memory for each size of batch, and CUDA records the
whole network once (a CUDA graph) and replays it in a single call.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ar_effects.errors import ModelError
from ar_effects.inference.manifest import NetworkEntry
from ar_effects.inference.provider_types import Device
from ar_effects.inference.sessions import MAX_BATCH, device_error
from ar_effects.messages import Message

Array = NDArray[np.float32]

SIZES = (1, 2, 4, MAX_BATCH)
"""Batches that are recorded; others are filled up to the next, and longer ones go in parts."""


class HostMemory:
    """Arrays that a card can read by itself: page-locked by CUDA's runtime, ordinary ones where it refuses.

    ONNX Runtime's Python interface cannot allocate page-locked memory for a CUDA provider that is part of its
    wheel: OrtValue knows no device "cuda_pinned", and its ``memory_info`` serves plug-in providers only.

    Args:
        runtime: CUDA's runtime library, or None.
    """

    def __init__(self, runtime: Any | None = None) -> None:
        self._runtime = runtime

    def array(self, shape: tuple[int, ...]) -> Array:
        """Zeros. The memory lives as long as any view of the array."""
        if self._runtime is not None:
            pointer = ctypes.c_void_p()
            size = ctypes.c_size_t(prod(shape) * 4)
            if self._runtime.cudaMallocHost(ctypes.byref(pointer), size) == 0 and pointer.value:
                array: Array = np.asarray(_Block(self._runtime, pointer.value, shape))
                array[...] = 0.0
                return array
        return np.zeros(shape, np.float32)


class _Block:
    """A piece of page-locked memory; numpy keeps it as the base of the arrays upon it."""

    def __init__(self, runtime: Any, address: int, shape: tuple[int, ...]) -> None:
        self._runtime = runtime
        self._address = address
        self.__array_interface__ = {
            "shape": shape,
            "typestr": np.dtype(np.float32).str,
            "data": (address, False),
            "version": 3,
        }

    def __del__(self) -> None:
        self._runtime.cudaFreeHost(ctypes.c_void_p(self._address))


def cuda_runtime(load: Callable[[str], Any] = ctypes.CDLL, platform: str = sys.platform) -> Any | None:
    """CUDA's runtime library, which the provider has loaded already; None if it has another name."""
    major = str(getattr(ort, "cuda_version", "") or "").split(".")[0]
    if not major:
        return None
    try:
        return load(f"cudart64_{major}.dll" if platform == "win32" else f"libcudart.so.{major}")
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class _Slot:
    """Buffers for batches of one size; their addresses never change, as a recorded graph needs it."""

    host: Array
    source: Any
    results: list[Any]
    binding: Any
    options: Any


class DeviceRunner:
    """A session bound to fixed buffers; not for several threads at once.

    Args:
        session: of ONNX Runtime.
        entry: what the manifest says of the network.
        name: of the provider, for messages.
        graphs: the session records CUDA graphs.
        host: where the batches are gathered.
        place: ONNX Runtime's name of the buffers' device; "cpu" runs the same way without a card.
    """

    def __init__(
        self,
        session: Any,
        entry: NetworkEntry,
        name: Device,
        *,
        graphs: bool = False,
        host: HostMemory | None = None,
        place: str = "cuda",
    ) -> None:
        self.name = name
        self._session = session
        self._entry = entry
        self._graphs = graphs
        self._host = host or HostMemory()
        self._place = place
        self._slots: dict[int, _Slot] = {}

    def input_array(self) -> Array:
        """The (1, 3, side, side) array to fill for a single picture: ``run`` takes it without a copy."""
        return self._slot(1).host

    def run(self, batch: Array) -> list[Array]:
        """As ``Network.run``. The results are the caller's own.

        Raises:
            ModelError: not such a batch.
            ProviderError: the device failed.
        """
        ((name, shape),) = self._entry.inputs.items()
        if batch.shape[1:] != self._sizes(shape):
            raise ModelError(
                Message("network.failed", name=self._entry.name, other_name=name, shape=shape),
                got=str(batch.shape),
            )
        parts = [self._part(batch[i : i + MAX_BATCH]) for i in range(0, len(batch), MAX_BATCH)]
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return [np.zeros((0, *self._sizes(s)), np.float32) for s in self._entry.outputs.values()]
        return [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]

    def _part(self, batch: Array) -> list[Array]:
        count = len(batch)
        slot = self._slot(next(size for size in SIZES if size >= count))
        try:
            if not np.shares_memory(batch, slot.host):
                slot.host[:count] = batch
            slot.source.update_inplace(slot.host)
            self._session.run_with_iobinding(slot.binding, slot.options)
            slot.binding.synchronize_outputs()
            return [np.array(result.numpy()[:count]) for result in slot.results]
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            raise device_error(self.name, error) from error

    def _slot(self, size: int) -> _Slot:
        if size not in self._slots:
            try:
                self._slots[size] = self._new_slot(size)
            except Exception as error:
                raise device_error(self.name, error) from error
        return self._slots[size]

    def _new_slot(self, size: int) -> _Slot:
        ((name, shape),) = self._entry.inputs.items()
        binding = self._session.io_binding()
        source = self._buffer((size, *self._sizes(shape)))
        binding.bind_ortvalue_input(name, source)
        results = []
        for output, sizes in self._entry.outputs.items():
            results.append(self._buffer((size, *self._sizes(sizes))))
            binding.bind_ortvalue_output(output, results[-1])
        options = ort.RunOptions()
        if self._graphs:
            options.add_run_config_entry("gpu_graph_id", str(size))
        return _Slot(self._host.array((size, *self._sizes(shape))), source, results, binding, options)

    def _buffer(self, shape: tuple[int, ...]) -> Any:
        return ort.OrtValue.ortvalue_from_shape_and_type(shape, np.float32, self._place, 0)

    @staticmethod
    def _sizes(shape: tuple[int | str, ...]) -> tuple[int, ...]:
        """Without the batch."""
        return tuple(int(s) for s in shape[1:])
