"""The head of a tagger: one linear layer from an embedding to hashtags, and how far to trust its scores.

A file of NumPy's own kind (`.npz`), made by `ar-effects train head` and read without torch:

| name | dtype, shape | what |
|---|---|---|
| `format` | int, () | 1 |
| `backbone` | text, () | the network whose embeddings it takes, as `models/manifest.toml` calls it |
| `tags` | text, (T,) | canonical hashtags |
| `power`, `unit` | float, () and bool, () | what is done to the embedding first: `_prepared` |
| `weight`, `bias` | float16 (D, T), float32 (T,) | logits = prepared @ weight + bias |
| `temperature` | float32, () | the logits are divided by it before their softmax |
| `slope`, `offset` | float32, (T,) | score = sigmoid(slope * log(p / (1 - p)) + offset), p of the softmax |
| `threshold` | float32, (T,) | the score from which on a tag is sure enough to be shown; infinity: never |
| `notes` | text, () | JSON: the pictures it saw, their licences, its figures |
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ar_effects.errors import InputError, ModelError
from ar_effects.messages import Message
from ar_effects.paths import MODELS
from ar_effects.writing import write_bytes

SHIPPED = MODELS / "tagger_head.npz"
"""The head that comes with the program."""

FORMAT = 1
"""Number of the file's format."""

MAX_BYTES = 256 << 20
"""Of a file: 50,000 tags of 2,048 numbers take less."""

_SHAPES: Mapping[str, tuple[int, str]] = {
    "format": (0, "iu"),
    "backbone": (0, "U"),
    "tags": (1, "U"),
    "power": (0, "f"),
    "unit": (0, "b"),
    "weight": (2, "f"),
    "bias": (1, "f"),
    "temperature": (0, "f"),
    "slope": (1, "f"),
    "offset": (1, "f"),
    "threshold": (1, "f"),
    "familiar": (0, "f"),
    "notes": (0, "U"),
}
"""Of each array in the file: how many axes, and which kinds of dtype."""

_PER_TAG = ("bias", "slope", "offset", "threshold")
_UNREADABLE = (
    *(OSError, ValueError, KeyError, EOFError, MemoryError, SyntaxError, NotImplementedError),
    *(RuntimeError, zipfile.BadZipFile, zlib.error),
)
"""What NumPy and zipfile raise over damaged files."""

_LEAST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Hashtags of embeddings.

    Attributes:
        tags: canonical hashtags, in the order of all that is (T,).
        weight: (D, T) float32.
        bias: (T,) float32.
        backbone: the network whose embeddings it takes.
        power: to which each number of an embedding is raised, its sign kept.
        unit: whether an embedding is then brought to length 1.
        temperature: by which logits are divided.
        slope: (T,) float32, of the curve from a share of the softmax to a probability.
        offset: (T,) float32, likewise.
        threshold: (T,) float32, of scores.
        notes: where it comes from, as JSON has it.
        familiar: the largest logit that a picture needs to be like those that were learnt from: see
            `is_familiar`.
    """

    tags: tuple[str, ...]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    backbone: str
    power: float
    unit: bool
    temperature: float
    slope: NDArray[np.float32]
    offset: NDArray[np.float32]
    threshold: NDArray[np.float32]
    notes: Mapping[str, Any] = field(default_factory=dict)
    familiar: float = -np.inf

    def logits(self, embeddings: ArrayLike) -> NDArray[np.float32]:
        """What the layer says, not calibrated.

        Args:
            embeddings: (N, D) of the head's backbone, as that gives them.

        Returns:
            (N, T) float32.

        Raises:
            InputError: of another shape, or not finite.
        """
        return prepared(self._checked(embeddings), self.power, unit=self.unit) @ self.weight + self.bias

    def scores(self, embeddings: ArrayLike) -> NDArray[np.float32]:
        """How likely each tag is one of the picture's.

        Args:
            embeddings: (N, D) of the head's backbone, as that gives them.

        Returns:
            (N, T) float32 between 0 and 1; a row need not sum up to 1.

        Raises:
            InputError: of another shape, or not finite.
        """
        return calibrated(self.logits(embeddings), self.temperature, self.slope, self.offset)

    def is_familiar(self, embeddings: ArrayLike) -> NDArray[np.bool_]:
        """Whether pictures are like those that the head learnt from: of others it may be sure, and wrong.

        By the largest logit, before it becomes a probability (Hendrycks et al., "Scaling Out-of-Distribution
        Detection for Real-World Settings", ICML 2022): a softmax is sure of something always.

        Args:
            embeddings: (N, D) of the head's backbone, as that gives them.

        Returns:
            (N,) bool.

        Raises:
            InputError: of another shape, or not finite.
        """
        return np.asarray(self.logits(embeddings).max(axis=1) >= self.familiar)

    def _checked(self, embeddings: ArrayLike) -> NDArray[np.float32]:
        given = np.asarray(embeddings, np.float32)
        size = self.weight.shape[0]
        if given.ndim != 2 or given.shape[1] != size:
            raise InputError(Message("head.embedding-shape", size=size, shape=given.shape))
        if not np.isfinite(given).all():
            raise InputError(Message("head.embedding-not-finite"))
        return given


def prepared(embeddings: NDArray[np.float32], power: float, *, unit: bool) -> NDArray[np.float32]:
    """What is done to embeddings before the linear layer, in training and afterwards.

    Args:
        embeddings: (N, D) as the backbone gives them.
        power: to which each number is raised, its sign kept; below 1 it takes weight from the few numbers
            that are large, as Perronnin et al. (ECCV 2010) do with Fisher vectors.
        unit: whether each row is then brought to length 1.

    Returns:
        (N, D) float32.
    """
    given = embeddings
    if power != 1.0:
        given = np.sign(given) * np.abs(given) ** np.float32(power)
    if unit:
        given = given / np.maximum(np.linalg.norm(given, axis=1, keepdims=True), np.float32(_LEAST))
    return given.astype(np.float32, copy=False)


def calibrated(
    logits: ArrayLike, temperature: float, slope: ArrayLike, offset: ArrayLike
) -> NDArray[np.float32]:
    """Logits as probabilities, each tag by its own curve.

    Args:
        logits: (N, T).
        temperature: by which they are divided before the softmax.
        slope: (T,); all 1 with offsets of 0 leave the softmax as it is.
        offset: (T,).

    Returns:
        (N, T) float32 between 0 and 1.
    """
    odds = log_odds(np.asarray(logits, np.float64) / temperature)
    raised = np.asarray(slope, np.float64) * odds + np.asarray(offset, np.float64)
    return (1.0 / (1.0 + np.exp(-np.clip(raised, -60.0, 60.0)))).astype(np.float32)


def log_odds(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(p / (1 - p)) of each share p of the softmax, exact where p is almost 1.

    Args:
        logits: (N, T).

    Returns:
        (N, T).
    """
    shifted = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)
    grown = np.exp(shifted)
    others = grown.sum(axis=1, keepdims=True) - grown
    best = grown.argmax(axis=1) if grown.size else np.zeros(len(grown), np.int64)
    rows = np.arange(len(grown))
    if grown.size:  # the largest is 1, and what is left of the sum after taking it away loses its digits
        kept = grown.copy()
        kept[rows, best] = 0.0
        others[rows, best] = kept.sum(axis=1)
    found: NDArray[np.float64] = shifted - np.log(np.maximum(others, 1e-300))
    return found


def write_head(path: Path, head: Head) -> None:
    """Write a head's file, whole or not at all; the same head gives the same bytes.

    Args:
        path: replaced if it exists.
        head: its weights are kept in half precision.

    Raises:
        SinkError: it cannot be written.
    """
    file = io.BytesIO()
    np.savez(
        file,
        format=np.int64(FORMAT),
        backbone=np.array(head.backbone),
        tags=np.array(head.tags, dtype=np.str_),
        power=np.float32(head.power),
        unit=np.bool_(head.unit),
        weight=head.weight.astype(np.float16),
        bias=head.bias.astype(np.float32),
        temperature=np.float32(head.temperature),
        slope=head.slope.astype(np.float32),
        offset=head.offset.astype(np.float32),
        threshold=head.threshold.astype(np.float32),
        familiar=np.float32(head.familiar),
        notes=np.array(json.dumps(dict(head.notes), sort_keys=True, ensure_ascii=False)),
    )
    write_bytes(path, file.getvalue())


def read_head(path: Path = SHIPPED) -> Head:
    """Read and check a head's file.

    Args:
        path: as `write_head` writes it.

    Returns:
        The head.

    Raises:
        ModelError: missing, not such a file, damaged, or its parts do not fit each other.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise ModelError(Message("head.unreadable", path=path), got=error.strerror or str(error)) from None
    if size > MAX_BYTES:
        raise ModelError(Message("head.too-large", path=path, size=size, limit=MAX_BYTES))
    try:
        arrays = _arrays(data)
    except _UNREADABLE as error:
        raise ModelError(Message("head.damaged", path=path, reason=error or type(error).__name__)) from None
    _check(path, arrays)
    return Head(
        tags=tuple(str(tag) for tag in arrays["tags"]),
        weight=arrays["weight"].astype(np.float32),
        bias=arrays["bias"].astype(np.float32),
        backbone=str(arrays["backbone"]),
        power=float(arrays["power"]),
        unit=bool(arrays["unit"]),
        temperature=float(arrays["temperature"]),
        slope=arrays["slope"].astype(np.float32),
        offset=arrays["offset"].astype(np.float32),
        threshold=arrays["threshold"].astype(np.float32),
        notes=_notes(path, str(arrays["notes"])),
        familiar=float(arrays["familiar"]),
    )


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """All arrays of the table above that the file has. Raises what ``_UNREADABLE`` lists."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > MAX_BYTES:  # a small file may claim to unpack to any size
            raise ValueError(f"{unpacked} bytes unpacked")
    found = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(found, np.lib.npyio.NpzFile):
        raise ValueError("one array")  # noqa: TRY004 - the caller maps it
    with found:
        return {name: found[name] for name in found.files if name in _SHAPES}


def _check(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    def wrong(name: str, problem: Message) -> ModelError:
        return ModelError(Message("head.part", path=path, name=name, problem=problem))

    missing = [name for name in _SHAPES if name not in arrays]
    if missing:
        raise wrong(missing[0], Message("head.part-missing"))
    for name, (axes, types) in _SHAPES.items():
        array = arrays[name]
        if array.ndim != axes or array.dtype.kind not in types:
            got = f"{array.dtype} {array.shape}"
            raise wrong(name, Message("head.part-shape", axes=axes, types=types, got=got))
    if int(arrays["format"]) != FORMAT:
        raise ModelError(Message("head.format", path=path, format=int(arrays["format"]), known=FORMAT))
    count = len(arrays["tags"])
    if not count or arrays["weight"].shape[1] != count or not arrays["weight"].shape[0]:
        raise wrong("weight", Message("head.part-count", count=count, got=arrays["weight"].shape))
    for name in _PER_TAG:
        if len(arrays[name]) != count:
            raise wrong(name, Message("head.part-count", count=count, got=arrays[name].shape))
    for name in ("weight", "bias", "power", "temperature", "slope", "offset"):
        if not np.isfinite(arrays[name]).all():
            raise wrong(name, Message("head.part-not-finite"))
    for name in ("threshold", "familiar"):
        if np.isnan(arrays[name]).any():
            raise wrong(name, Message("head.part-not-finite"))
    for name in ("power", "temperature"):
        if not arrays[name] > 0:
            raise wrong(name, Message("head.part-not-positive", value=float(arrays[name])))
    tags = [str(tag) for tag in arrays["tags"]]
    if len(set(tags)) != count or not all(tags):
        raise wrong("tags", Message("head.part-tags"))


def _notes(path: Path, text: str) -> dict[str, Any]:
    try:
        notes = json.loads(text)
    except ValueError:
        notes = None
    if not isinstance(notes, dict):
        raise ModelError(Message("head.part", path=path, name="notes", problem=Message("head.part-notes")))
    return notes
