"""Checkpoints: whole or not there, the last good ones kept, whatever happens while one is written."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any, BinaryIO

import torch

from ar_effects.errors import SinkError, TrainingError
from ar_effects.messages import Message
from ar_effects.writing import PartFile, write_error_message

KEPT = 2
_NAME = re.compile(r"checkpoint-(\d{9})\.pt")


class _Careful:
    """A file for torch's writer, which dies where a write fails: the error waits until it is done."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """All of the data, or none once a write has failed; always as if it were all."""
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Nothing waits: the file has no buffer."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        path: replaced if it exists.
        state: tensors, numbers, texts, and lists and tables of such.

    Raises:
        SinkError: it cannot be written (a full disk); what stood there is untouched.
    """
    part = PartFile(path)
    try:
        careful = _Careful(part.file)
        torch.save(state, careful)
        if careful.error is not None:
            raise write_error_message(part.target, careful.error)
        part.finish()
    finally:
        part.discard()


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint, to the processor's memory; it cannot run a program.

    Raises:
        TrainingError: it is missing, cut off, damaged, or something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingError(Message("train.file-missing", place=path)) from None
    except PermissionError as error:
        raise TrainingError(Message("train.file-unreadable", place=path, reason=error.strerror)) from None
    except Exception:  # zip's, pickle's and torch's own, over damaged files
        raise TrainingError(Message("train.checkpoint-damaged", path=path)) from None
    if not isinstance(state, dict):
        raise TrainingError(Message("train.checkpoint-damaged", path=path))
    return state


class CheckpointFolder:
    """The checkpoints of one run, by step; older ones go when newer ones are whole.

    Args:
        folder: made where it is missing.

    Raises:
        SinkError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error_message(folder, error) from None

    def steps(self) -> list[int]:
        """Of the checkpoints there are, rising."""
        names = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(name[1]) for name in names if name)

    def path(self, step: int) -> Path:
        """Of a step's checkpoint."""
        return self.folder / f"checkpoint-{step:09d}.pt"

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write one, and then remove all but the newest ``KEPT``. SinkError: those before stay."""
        save(self.path(step), state)
        for old in self.steps()[:-KEPT]:
            with contextlib.suppress(OSError):
                self.path(old).unlink()

    def newest(self) -> tuple[dict[str, Any] | None, list[TrainingError]]:
        """The newest that can be read, None where there is none; and what is wrong with newer ones."""
        problems: list[TrainingError] = []
        for step in reversed(self.steps()):
            try:
                return load(self.path(step)), problems
            except TrainingError as error:
                problems.append(error)
        return None, problems

    def clean(self) -> None:
        """Remove what killed runs left half written. To be called by the one process that writes."""
        for part in self.folder.glob("*.part"):
            with contextlib.suppress(OSError):
                part.unlink()


def needed(state: dict[str, Any], path: Path, *keys: str) -> None:
    """Raise TrainingError unless a checkpoint has these keys."""
    if any(key not in state for key in keys):
        raise TrainingError(Message("train.checkpoint-damaged", path=path))


def load_weights(network: torch.nn.Module, weights: dict[str, Any], path: Path) -> None:
    """Give a network the weights of a checkpoint.

    Raises:
        TrainingError: names or shapes are another network's; the first one that differs is told.
    """
    own = network.state_dict()
    for name in sorted(own.keys() | weights.keys()):
        expected = tuple(own[name].shape) if name in own else None
        found = tuple(weights[name].shape) if name in weights else None
        if expected != found:
            raise TrainingError(
                Message(
                    "train.checkpoint-of-another-network",
                    path=path,
                    name=name,
                    expected=_shape(expected),
                    found=_shape(found),
                )
            )
    network.load_state_dict(weights)


def _shape(shape: tuple[int, ...] | None) -> Message | str:
    if shape is None:
        return Message("got.nothing")
    return "x".join(map(str, shape)) or "1"


__all__ = ["KEPT", "CheckpointFolder", "SinkError", "load", "load_weights", "needed", "save"]
