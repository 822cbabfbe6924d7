"""Reads the tensors of a .pth file in torch's format of before 2020, without torch.

The file is a row of pickles: a magic number, the protocol's version, facts of the machine, the object itself,
and the keys of its storages; behind them each storage as a count (int64) and its numbers. Only what a table
of tensors is made of is unpickled; anything else in the file is refused, not run.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
KINDS: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass
class _Storage:
    kind: np.dtype[Any]
    count: int


@dataclass
class _Tensor:
    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Its part of its storage's numbers, in rows."""
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        if min((self.offset, *self.strides)) < 0 or min(self.shape, default=1) < 1 or last >= len(numbers):
            raise ValueError(f"a tensor of shape {self.shape} reaches beyond its {len(numbers)} numbers")
        steps = tuple(s * numbers.itemsize for s in self.strides)
        part = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, steps, writeable=False)
        return np.ascontiguousarray(part).reshape(self.shape)


def _rebuild(storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Knows ordered tables, tensors and kinds of storage, and nothing else."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Callable[..., Any] | str] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
            **{("torch", kind): kind for kind in KINDS},
        }
        if (module, name) not in known:
            raise ValueError(f"the file holds {module}.{name}, which no table of tensors needs")
        return known[module, name]

    def persistent_load(self, pid: Any) -> str:
        tag, kind, key, _device, count, view = pid
        if tag != "storage" or view is not None:
            raise ValueError(f"{pid!r} is not a storage of its own")
        self.storages[key] = _Storage(KINDS[kind], count)
        return str(key)


def read_tensors(data: bytes) -> dict[str, NDArray[Any]]:
    """All tensors of the file by name. Raises ValueError for what is no such file."""
    file = io.BytesIO(data)
    for expected in (MAGIC, PROTOCOL):
        if (found := _Unpickler(file).load()) != expected:
            raise ValueError(f"not a torch file of the old format: {found!r} where {expected!r} is expected")
    if not _Unpickler(file).load()["little_endian"]:
        raise ValueError("the file is big-endian")
    reader = _Unpickler(file)
    table: dict[str, _Tensor] = reader.load()
    numbers = {key: _read_storage(file, reader.storages[key]) for key in _Unpickler(file).load()}
    return {name: tensor.of(numbers[tensor.storage]) for name, tensor in table.items()}


def _read_storage(file: io.BytesIO, storage: _Storage) -> NDArray[Any]:
    (count,) = np.frombuffer(file.read(8), "<i8")
    if count != storage.count:
        raise ValueError(f"a storage of {storage.count} numbers says that it has {count}")
    return np.frombuffer(file.read(storage.count * storage.kind.itemsize), storage.kind)
