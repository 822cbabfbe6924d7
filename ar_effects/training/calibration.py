"""Scores that mean what they say: one temperature for all or a curve for each tag; and thresholds by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GOLDEN = (5**0.5 - 1) / 2


def fit_temperature(logits: ArrayLike, truth: ArrayLike) -> float:
    """The temperature by which logits are divided so that the softmax says how sure it may be.

    Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): the one that makes the negative
    log-likelihood least. With several tags a picture, each of k has the target 1/k.

    Args:
        logits: (pictures, tags) of pictures that were not trained on.
        truth: (pictures, tags), not 0 where the picture has the tag; pictures without any are left out.

    Returns:
        Between 0.02 and 50; 1 without any picture.
    """
    own = (np.asarray(truth) > 0).astype(np.float64)
    has_one = own.any(axis=1)
    own, given = own[has_one], np.asarray(logits, np.float64)[has_one]
    if not own.size:
        return 1.0
    own /= own.sum(axis=1, keepdims=True)
    given = given - given.max(axis=1, keepdims=True)

    def loss(logarithm: float) -> float:
        scaled = given / np.exp(logarithm)
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - (scaled * own).sum(axis=1)))

    # The loss is convex in 1/T, so that it has one valley in log T as well: golden sections find it.
    low, high = np.log(0.02), np.log(50.0)
    for _ in range(60):
        step = _GOLDEN * (high - low)
        if loss(high - step) < loss(low + step):
            high = low + step
        else:
            low = high - step
    return float(np.exp((low + high) / 2))


@dataclass(frozen=True, slots=True, eq=False)
class Platt:
    """A sigmoid of each tag's logit.

    Attributes:
        slope: (tags,), at least 0: a surer network is never less likely to be right.
        offset: (tags,).
    """

    slope: NDArray[np.float64]
    offset: NDArray[np.float64]

    def __call__(self, logits: ArrayLike) -> NDArray[np.float64]:
        """(pictures, tags) logits to probabilities."""
        raised = self.slope * np.asarray(logits, np.float64) + self.offset
        return 1.0 / (1.0 + np.exp(-np.clip(raised, -500, 500)))


def fit_platt(logits: ArrayLike, truth: ArrayLike) -> Platt:
    """Platt's sigmoid of each tag, with the targets and the Newton steps of Lin, Lin and Weng (2007).

    Args:
        logits: (pictures, tags) of pictures that were not trained on.
        truth: (pictures, tags), not 0 where the picture has the tag.

    Returns:
        The curves; a tag that no picture or every picture has gets its smoothed frequency, always.
    """
    given, own = np.asarray(logits, np.float64), np.asarray(truth) > 0
    fitted = np.array([_platt(given[:, i], own[:, i]) for i in range(given.shape[1])]).reshape(-1, 2)
    return Platt(fitted[:, 0], fitted[:, 1])


def _platt(given: NDArray[np.float64], own: NDArray[np.bool_]) -> tuple[float, float]:
    positives, negatives = int(own.sum()), int((~own).sum())
    prior = float(np.log((positives + 1.0) / (negatives + 1.0)))
    if not positives or not negatives:
        return 0.0, prior
    targets = np.where(own, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))

    def loss(slope: float, offset: float) -> float:
        raised = slope * given + offset
        return float(np.sum(np.logaddexp(0.0, raised) - targets * raised))

    slope, offset = 0.0, prior
    best = loss(slope, offset)
    for _ in range(100):
        likely = 1.0 / (1.0 + np.exp(-np.clip(slope * given + offset, -500, 500)))
        error, weight = likely - targets, likely * (1.0 - likely)
        down = np.array([np.sum(error * given), np.sum(error)])
        if np.abs(down).max() < 1e-7:
            break
        across = float(np.sum(weight * given))
        curve = np.array([[np.sum(weight * given**2), across], [across, np.sum(weight)]]) + 1e-12 * np.eye(2)
        step = -np.linalg.solve(curve, down)
        size = 1.0
        while size > 1e-10:
            trial = loss(slope + size * step[0], offset + size * step[1])
            if trial < best + 1e-4 * size * float(step @ down):
                slope, offset, best = slope + size * step[0], offset + size * step[1], trial
                break
            size /= 2
        else:
            break
    return (slope, offset) if slope > 0 else (0.0, prior)


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic:
    """A rising curve for each tag, straight between its corners.

    Attributes:
        corners: of each tag (corners,) scores, rising.
        heights: of each tag (corners,) probabilities, never falling.
    """

    corners: tuple[NDArray[np.float64], ...]
    heights: tuple[NDArray[np.float64], ...]

    def __call__(self, scores: ArrayLike) -> NDArray[np.float64]:
        """(pictures, tags) scores to probabilities."""
        given = np.asarray(scores, np.float64)
        curves = zip(self.corners, self.heights, strict=True)
        columns = [np.interp(given[:, i], corners, heights) for i, (corners, heights) in enumerate(curves)]
        return np.stack(columns, axis=1) if columns else np.zeros(given.shape)


def fit_isotonic(scores: ArrayLike, truth: ArrayLike) -> Isotonic:
    """The rising curve of each tag that is nearest the truth: pool adjacent violators (Ayer et al., 1955).

    Args:
        scores: (pictures, tags) of pictures that were not trained on; at least one picture.
        truth: (pictures, tags), not 0 where the picture has the tag.

    Returns:
        The curves.
    """
    given, own = np.asarray(scores, np.float64), np.asarray(truth) > 0
    fitted = [_isotonic(given[:, i], own[:, i].astype(np.float64)) for i in range(given.shape[1])]
    return Isotonic(tuple(corners for corners, _ in fitted), tuple(heights for _, heights in fitted))


def _isotonic(
    given: NDArray[np.float64], own: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    unique, places = np.unique(given, return_inverse=True)
    sizes = np.bincount(places).astype(np.float64)
    means = np.bincount(places, weights=own) / sizes
    blocks: list[list[float]] = []  # mean, weight, first, last
    for at, (mean, size) in enumerate(zip(means, sizes, strict=True)):
        blocks.append([float(mean), float(size), at, at])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean_2, size_2, _, last = blocks.pop()
            mean_1, size_1, first, _ = blocks.pop()
            whole = size_1 + size_2
            blocks.append([(mean_1 * size_1 + mean_2 * size_2) / whole, whole, first, last])
    corners, heights = [], []
    for mean, _, first, last in blocks:
        for at in dict.fromkeys((int(first), int(last))):
            corners.append(float(unique[at]))
            heights.append(mean)
    return np.array(corners), np.array(heights)


def threshold_for_precision(
    scores: ArrayLike, truth: ArrayLike, precision: float, *, confidence_z: float = 0.0, least: int = 1
) -> float:
    """The lowest score from which on a tag is right often enough.

    Args:
        scores: (pictures,) of one tag, of pictures that were not trained on.
        truth: (pictures,), not 0 where the picture has the tag.
        precision: the proportion of right ones among those at or above the threshold.
        confidence_z: how many standard deviations the lower end of Wilson's interval (1927) lies below the
            measured proportion; that end has to reach ``precision``. 0: the measured one.
        least: how many pictures have to be at or above it.

    Returns:
        The threshold; infinity where none will do.
    """
    given, own = np.asarray(scores, np.float64), np.asarray(truth) > 0
    order = np.argsort(-given, kind="stable")
    ranked = given[order]
    ends = np.flatnonzero(np.append(np.diff(ranked) != 0, True)) if ranked.size else np.zeros(0, np.int64)
    shown = ends + 1.0
    right = np.cumsum(own[order])[ends] / shown if ranked.size else np.zeros(0)
    z2 = confidence_z**2
    spread = confidence_z * np.sqrt(right * (1 - right) / shown + z2 / (4 * shown**2))
    lower = (right + z2 / (2 * shown) - spread) / (1 + z2 / shown)
    good = np.flatnonzero((lower >= precision - 1e-12) & (shown >= least))
    return float(ranked[ends[good[-1]]]) if good.size else float("inf")
