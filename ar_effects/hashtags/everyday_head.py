"""The head for everyday things in scenes, where the classes of the backbone say nonsense: people, tables,
cars.

A file of NumPy's own kind: ``backbone``, ``tags`` (T,), ``weight`` (D, T), ``bias`` (T,), ``threshold``
(T,). A score
is what ridge regression gives, -1 for not there and 1 for there; each tag is judged by itself, for a scene
has many.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import ModelError
from ar_effects.hashtags.head import prepared
from ar_effects.messages import Message
from ar_effects.paths import MODELS, RESTORE
from ar_effects.writing import write_bytes

SHIPPED = MODELS / "tagger_everyday.npz"
POWER = 0.5
"""To which the numbers of an embedding are raised, as Perronnin et al. (ECCV 2010) do; half the error."""


@dataclass(frozen=True, slots=True, eq=False)
class EverydayHead:
    """Scores of everyday things.

    Attributes:
        backbone: the network whose embeddings it takes.
        tags: words as COCO has them, (T,).
        weight: (D, T) float32.
        bias: (T,) float32.
        threshold: (T,) float32, of scores; infinite for what is never sure.
    """

    backbone: str
    tags: tuple[str, ...]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    threshold: NDArray[np.float32]

    def scores(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, T) of embeddings (N, D), -1 for not there and 1 for there, and somewhat beyond."""
        found: NDArray[np.float32] = prepared(embeddings, POWER, unit=True) @ self.weight + self.bias
        return found


def write_everyday(path: Path, head: EverydayHead) -> None:
    """Write a head, whole or not at all. SinkError."""
    file = io.BytesIO()
    np.savez(
        file,
        backbone=np.array(head.backbone),
        tags=np.array(head.tags),
        weight=head.weight.astype(np.float16),
        bias=head.bias,
        threshold=head.threshold,
    )
    write_bytes(path, file.getvalue())


def read_everyday(path: Path = SHIPPED) -> EverydayHead:
    """Read a head.

    Raises:
        ModelError: missing, damaged, or its parts do not fit each other.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            tags = tuple(map(str, file["tags"]))
            weight, bias, threshold = (file[n].astype(np.float32) for n in ("weight", "bias", "threshold"))
            backbone = str(file["backbone"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(
            Message("everyday.unreadable", path=path), got=str(error) or type(error).__name__, fix=RESTORE
        ) from None
    fits = weight.ndim == 2 and weight.shape[1:] == bias.shape == threshold.shape == (len(tags),)
    if not fits or not np.isfinite(weight).all() or not np.isfinite(bias).all() or np.isnan(threshold).any():
        raise ModelError(Message("everyday.unreadable", path=path), got=str(weight.shape), fix=RESTORE)
    return EverydayHead(backbone, tags, weight, bias, threshold)
