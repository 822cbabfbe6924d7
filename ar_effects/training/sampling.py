"""How often a picture is shown in an epoch: as often as it is there, or rare tags more often.

Power-law resampling by repeat factors, Mahajan et al., "Exploring the Limits of Weakly Supervised
Pretraining" (ECCV 2018), section 2.2: a tag of frequency f gets r = max(1, g(t / f)), g the square root or
the identity, and a picture the largest r among its tags, which is that of its rarest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sampling: TypeAlias = Literal["natural", "sqrt", "uniform"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)
"""What ``train run --sampling`` takes."""

_STREAM = 0x5A3B1E  # so that the order is not the one another use of the same seed draws


def tag_frequencies(tags: Sequence[Sequence[int]], count: int) -> NDArray[np.float64]:
    """Of each tag the proportion of pictures that have it.

    Args:
        tags: of each picture the numbers of its tags; a tag named twice counts once.
        count: how many tags there are.

    Returns:
        (count,) between 0 and 1.
    """
    counts = np.zeros(count)
    for own in tags:
        counts[list(set(own))] += 1
    return counts / max(1, len(tags))


def tag_repeat_factors(
    frequencies: ArrayLike, sampling: Sampling, threshold: float | None = None
) -> NDArray[np.float64]:
    """How often pictures of each tag are to be shown.

    Args:
        frequencies: (tags,) proportions of pictures, or counts of them.
        sampling: "natural": once; "sqrt": max(1, sqrt(t / f)); "uniform": max(1, t / f).
        threshold: t, in the unit of the frequencies; tags that are more frequent are shown once. None: that
            of the most frequent tag, so that all others are shown more often.

    Returns:
        (tags,) at least 1; 1 for tags that no picture has.
    """
    given = np.asarray(frequencies, np.float64)
    if sampling == "natural" or not given.size or not given.max() > 0:
        return np.ones_like(given)
    limit = float(given.max()) if threshold is None else threshold
    ratio = np.divide(limit, given, out=np.ones_like(given), where=given > 0)
    return np.maximum(1.0, np.sqrt(ratio) if sampling == "sqrt" else ratio)


def picture_repeat_factors(
    tags: Sequence[Sequence[int]], factors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of each picture the factor of its rarest tag, which is the largest.

    Args:
        tags: of each picture the numbers of its tags.
        factors: (tags,) as of `tag_repeat_factors`.

    Returns:
        (pictures,); 1 for a picture without tags.
    """
    return np.array([max((float(factors[tag]) for tag in own), default=1.0) for own in tags])


def epoch_order(factors: ArrayLike, *, seed: int, epoch: int, length: int | None = None) -> NDArray[np.int64]:
    """Which pictures an epoch shows, in which order: the same for the same seed and epoch, on every machine.

    A picture of factor r is shown floor(r) or ceil(r) times, r times on average (stochastic rounding by
    systematic sampling, so that the number of all is as exact as it can be).

    Args:
        factors: (pictures,) as of `picture_repeat_factors`.
        seed: of the run.
        epoch: from 0.
        length: how many pictures the epoch shows; the factors are scaled to it. None: their sum, rounded.

    Returns:
        (length,) numbers of pictures.
    """
    given = np.asarray(factors, np.float64)
    if not given.size or not given.sum() > 0:
        return np.zeros(0, np.int64)
    size = max(1, round(float(given.sum()))) if length is None else length
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([_STREAM, seed, epoch])))
    # Neighbours in a systematic sample depend on each other: shuffled first, none has the same ones twice.
    shuffled = generator.permutation(given.size)
    ends = np.cumsum(given[shuffled])
    ends *= size / ends[-1]
    ends[-1] = size
    reached = np.floor(ends + generator.random()).astype(np.int64)
    times = np.diff(np.minimum(reached, size), prepend=0)
    return generator.permutation(np.repeat(shuffled, times)).astype(np.int64)
