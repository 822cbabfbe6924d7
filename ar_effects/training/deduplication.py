"""Pictures that are there twice: by a perceptual hash, which is cheap, and by embeddings, which see further.

A network that saw a test picture while it learnt is measured wrongly; Mahajan et al. (ECCV 2018) look for
test pictures among their training pictures, and so does this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

HASH_BITS = 64
DISTANCE = 4
"""Bits in which two hashes of one picture may differ, once saved smaller or with fewer bytes."""

SIMILARITY = 0.95
"""Cosine from which on two embeddings are taken for the same picture."""

_SIDE, _KEPT = 32, 8
_FLAT = 2.0


def perceptual_hash(bgr: NDArray[np.uint8]) -> int:
    """64 bits that stay nearly the same where a picture is scaled, compressed again or made a little lighter.

    The signs of the lowest frequencies of its cosine transform (Zauner, "Implementation and Benchmarking of
    Perceptual Image Hash Functions", 2010, section 3.2). A picture of one colour has no frequencies: its hash
    is that of its bytes, so that not all such pictures are the same.

    Args:
        bgr: (height, width, 3) uint8.

    Returns:
        From 0 up to 2^64 - 1.
    """
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if float(small.std()) < _FLAT:
        size = np.asarray(bgr.shape, np.int64).tobytes()
        digest = hashlib.sha256(size + np.ascontiguousarray(bgr).tobytes()).digest()
        return int.from_bytes(digest[:8], "big")
    low = cv2.dct(small)[:_KEPT, :_KEPT].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def distance(one: int, other: int) -> int:
    """In how many bits two hashes differ."""
    return (one ^ other).bit_count()


class HashIndex:
    """Hashes by which near ones are found without looking at all: of ``most + 1`` pieces one has to be equal.

    Args:
        most: bits in which two hashes may differ and still be the same picture, below 16.
    """

    def __init__(self, most: int = DISTANCE) -> None:
        self._most = most
        edges = [round(HASH_BITS * i / (most + 1)) for i in range(most + 2)]
        self._pieces = [(low, (1 << (high - low)) - 1) for low, high in pairwise(edges)]
        self._tables: list[dict[int, list[int]]] = [{} for _ in self._pieces]
        self.hashes: list[int] = []

    def add(self, value: int) -> None:
        """Remember a hash; its number is how many there were before."""
        for table, (shift, mask) in zip(self._tables, self._pieces, strict=True):
            table.setdefault(value >> shift & mask, []).append(len(self.hashes))
        self.hashes.append(value)

    def nearest(self, value: int) -> tuple[int, int] | None:
        """Number and distance of the nearest hash, the first of equals; None where none is near enough."""
        best: tuple[int, int] | None = None
        for table, (shift, mask) in zip(self._tables, self._pieces, strict=True):
            for number in table.get(value >> shift & mask, ()):
                far = distance(self.hashes[number], value)
                if far <= self._most and (best is None or (far, number) < (best[1], best[0])):
                    best = number, far
        return best


def near_hashes(test: Iterable[int], training: Iterable[int], most: int = DISTANCE) -> dict[int, int]:
    """Test pictures that are among the training pictures.

    Args:
        test: their hashes.
        training: the hashes of what is learnt from.
        most: as of `HashIndex`.

    Returns:
        Numbers of test pictures, and of the nearest training picture.
    """
    index = HashIndex(most)
    for value in training:
        index.add(int(value))
    found = ((number, index.nearest(int(value))) for number, value in enumerate(test))
    return {number: near[0] for number, near in found if near is not None}


def near_embeddings(
    test: NDArray[np.floating], training: NDArray[np.floating], least: float = SIMILARITY, rows: int = 4096
) -> dict[int, int]:
    """Test pictures that look like a training picture to a network.

    Args:
        test: (n, d) embeddings.
        training: (m, d) embeddings by the same network.
        least: cosine from which on they are the same picture.
        rows: of the training pictures, how many are compared at once.

    Returns:
        Numbers of test pictures, and of the most similar training picture.
    """
    one, other = _unit(test), _unit(training)
    best = np.full(len(one), -np.inf, np.float32)
    which = np.zeros(len(one), np.int64)
    for start in range(0, len(other), rows):
        cosine = one @ other[start : start + rows].T
        at = cosine.argmax(axis=1)
        value = cosine[np.arange(len(one)), at]
        better = value > best
        best[better], which[better] = value[better], at[better] + start
    return {int(i): int(which[i]) for i in np.flatnonzero(best >= least)}


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    given = np.asarray(vectors, np.float32)
    unit: NDArray[np.float32] = given / np.maximum(np.linalg.norm(given, axis=1, keepdims=True), 1e-12)
    return unit
