"""Effects as means over seeds and photographs, their intervals, and what is decided by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HELD, FAILED, UNDECIDED = "held", "failed", "undecided"
DRAWS = 2000
LEVEL = 0.95

Outcomes = Mapping[str, NDArray[np.float64]]
"""By arm: (seeds, photographs), 1 where right, 0 where wrong, NaN where not tested."""


@dataclass(frozen=True)
class Effect:
    """A difference, and how sure it is.

    Attributes:
        mean: over all seeds and photographs, in units of the outcome (1 = all right).
        low: lower end of the interval.
        high: upper end of the interval.
    """

    mean: float
    low: float
    high: float

    def verdict(self, *, margin: float = 0.0) -> str:
        """Held where all of the interval is above ``-margin``, failed where all is below 0.

        Args:
            margin: what is no loss worth speaking of; 0 where a gain is claimed.
        """
        if self.high < 0:
            return FAILED
        return HELD if self.low > -margin else UNDECIDED


def together(verdicts: Sequence[str]) -> str:
    """Of the parts of a claim: failed where one failed, held where all held."""
    if FAILED in verdicts:
        return FAILED
    return HELD if all(v == HELD for v in verdicts) else UNDECIDED


def contrast(outcomes: Outcomes, factors: Mapping[str, float]) -> NDArray[np.float64]:
    """(seeds, photographs) sums of arms times their factors: what is compared stays paired."""
    total: NDArray[np.float64] = sum(  # type: ignore[assignment]
        factor * outcomes[arm] for arm, factor in factors.items()
    )
    return total


def effect(values: NDArray[np.float64], *, draws: int | None = None, seed: int = 0) -> Effect:
    """The mean, and its percentile interval by a bootstrap that draws seeds and photographs again.

    Args:
        values: (seeds, photographs), NaN where not tested.
        draws: of the bootstrap; None for ``DRAWS``.
        seed: of the draws.

    Returns:
        The effect with its 95 % interval.
    """
    tested = ~np.isnan(values)
    filled = np.where(tested, values, 0.0)
    random = np.random.default_rng(seed)
    seeds, photographs = values.shape
    draws = DRAWS if draws is None else draws
    means = np.empty(draws)
    for i in range(draws):
        by_seed = np.bincount(random.integers(seeds, size=seeds), minlength=seeds).astype(np.float64)
        by_photo = np.bincount(random.integers(photographs, size=photographs), minlength=photographs)
        count = by_seed @ (tested @ by_photo.astype(np.float64))
        means[i] = by_seed @ (filled @ by_photo.astype(np.float64)) / max(count, 1.0)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Effect(float(filled.sum() / tested.sum()), float(low), float(high))


def slope_factors(sizes: Sequence[int], arms: Sequence[str]) -> dict[str, float]:
    """Factors by which the arms' outcomes add up to the slope over log2 of their sizes (least squares)."""
    x = np.log2(np.asarray(sizes, np.float64))
    centred = x - x.mean()
    return {arm: float(f) for arm, f in zip(arms, centred / (centred @ centred), strict=True)}


def straightness(sizes: Sequence[int], means: Sequence[float]) -> float:
    """R^2 of the line through the means over log2 of the sizes; 0 where there is nothing to explain."""
    x, y = np.log2(np.asarray(sizes, np.float64)), np.asarray(means, np.float64)
    total = float(np.sum((y - y.mean()) ** 2))
    if total <= 0:
        return 0.0
    line = np.polyval(np.polyfit(x, y, 1), x)
    return 1.0 - float(np.sum((y - line) ** 2)) / total
