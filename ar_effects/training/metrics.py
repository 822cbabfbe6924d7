"""What a tagger is worth: top-1, average precision, precision of the ten best, calibration; by group."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

GROUPS = ("head", "torso", "tail")
"""Of tags, by how often they were seen in training."""


def tag_groups(frequencies: ArrayLike, limits: tuple[float, float] = (0.5, 0.8)) -> NDArray[np.int64]:
    """Head, torso or tail, of each tag.

    Args:
        frequencies: (tags,) of the training pictures, counts or proportions.
        limits: from the most frequent tag on, those that make up this proportion of all uses are the head,
            and those up to the second one the torso.

    Returns:
        (tags,) indices into ``GROUPS``; ties go by number.
    """
    given = np.asarray(frequencies, np.float64)
    order = np.argsort(-given, kind="stable")
    total = given.sum()
    before = (np.cumsum(given[order]) - given[order]) / (total if total > 0 else 1.0)
    groups = np.empty(given.size, np.int64)
    groups[order] = np.searchsorted(np.asarray(limits), before + 1e-12, side="right")
    return groups


def top_1(scores: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the best tag of each picture is one of its own.

    Args:
        scores: (pictures, tags), larger is surer; of equals the first counts.
        truth: (pictures, tags), not 0 where the picture has the tag.

    Returns:
        (pictures,).
    """
    best = np.argmax(scores, axis=1)
    right: NDArray[np.bool_] = np.asarray(truth)[np.arange(len(best)), best] > 0
    return right


def average_precision(scores: ArrayLike, truth: ArrayLike) -> float:
    """Area under the steps of precision over recall of one tag, not interpolated.

    Pictures of equal score count as one step, so that their order does not matter.

    Args:
        scores: (pictures,), larger is surer.
        truth: (pictures,), not 0 where the picture has the tag.

    Returns:
        Between 0 and 1; NaN where no picture has the tag.
    """
    given, own = np.asarray(scores, np.float64), np.asarray(truth) > 0
    if not own.any():
        return float("nan")
    order = np.argsort(-given, kind="stable")
    hits = np.cumsum(own[order])
    ends = np.flatnonzero(np.append(np.diff(given[order]) != 0, True))
    recall = hits[ends] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * hits[ends] / (ends + 1)))


def precision_at(scores: ArrayLike, truth: ArrayLike, count: int = 10) -> float:
    """The proportion of right ones among the pictures that a tag is surest of.

    Args:
        scores: (pictures,), larger is surer; of equals the first count.
        truth: (pictures,), not 0 where the picture has the tag.
        count: how many pictures; fewer where there are not so many.

    Returns:
        Between 0 and 1; NaN where no picture has the tag.
    """
    own = np.asarray(truth) > 0
    if not own.any():
        return float("nan")
    best = np.argsort(-np.asarray(scores, np.float64), kind="stable")[:count]
    return float(own[best].mean())


def calibration_error(confidence: ArrayLike, right: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error: how far confidence is from the truth, Guo et al., ICML 2017.

    Args:
        confidence: (predictions,), between 0 and 1.
        right: (predictions,), not 0 where it was right.
        bins: of equal width between 0 and 1, each without its lower end.

    Returns:
        Between 0 and 1; NaN without any prediction.
    """
    sure, own = np.asarray(confidence, np.float64), (np.asarray(right) > 0).astype(np.float64)
    if not sure.size:
        return float("nan")
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(place, weights=own - sure, minlength=bins)
    return float(np.abs(gaps).sum() / sure.size)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one group of tags; NaN where there is nothing to measure.

    Attributes:
        tags: how many of the group have a picture.
        pictures: how many pictures have their rarest tag in the group.
        top_1: proportion of these whose best tag is one of their own.
        mean_average_precision: over the group's tags.
        precision_at_10: mean over the group's tags.
        lowest_top_1: of the tag that is worst at being the best one, over the pictures that have it.
    """

    tags: int
    pictures: int
    top_1: float
    mean_average_precision: float
    precision_at_10: float
    lowest_top_1: float


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of all tags and of each group.

    Attributes:
        all: of all tags and pictures.
        groups: by name, of ``GROUPS``.
        calibration_error: of the best tag of each picture, 15 bins.
    """

    all: Figures
    groups: dict[str, Figures] = field(default_factory=dict)
    calibration_error: float = float("nan")

    def table(self) -> dict[str, Any]:
        """As JSON has it: what cannot be measured is None."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: plain(part) for key, part in value.items()}
            return None if isinstance(value, float) and np.isnan(value) else value

        return {str(key): plain(value) for key, value in asdict(self).items()}


def evaluate(scores: ArrayLike, truth: ArrayLike, frequencies: ArrayLike) -> Report:
    """Measure a tagger.

    Args:
        scores: (pictures, tags), between 0 and 1, larger is surer.
        truth: (pictures, tags), not 0 where the picture has the tag; pictures without any are left out.
        frequencies: (tags,) of the training pictures, which make head, torso and tail.

    Returns:
        The report.
    """
    given, own = np.asarray(scores, np.float64), np.asarray(truth) > 0
    has_one = own.any(axis=1)
    given, own = given[has_one], own[has_one]
    seen = np.asarray(frequencies, np.float64)
    right = top_1(given, own)
    precision = np.array([average_precision(given[:, i], own[:, i]) for i in range(own.shape[1])])
    at_10 = np.array([precision_at(given[:, i], own[:, i]) for i in range(own.shape[1])])
    with np.errstate(invalid="ignore"):
        by_tag = (own & right[:, None]).sum(axis=0) / own.sum(axis=0)
    rarest = np.argmin(np.where(own, seen, np.inf), axis=1) if own.size else np.zeros(0, np.int64)
    groups = tag_groups(seen)

    def figures(tags: NDArray[np.bool_]) -> Figures:
        there = tags & own.any(axis=0)
        pictures = tags[rarest] if len(rarest) else np.zeros(0, bool)
        return Figures(
            int(there.sum()),
            int(pictures.sum()),
            _mean(right[pictures]),
            _mean(precision[there]),
            _mean(at_10[there]),
            float(by_tag[there].min()) if there.any() else float("nan"),
        )

    confidence = given.max(axis=1) if given.size else np.zeros(0)
    return Report(
        figures(np.ones(len(seen), bool)),
        {name: figures(groups == number) for number, name in enumerate(GROUPS)},
        calibration_error(confidence, right),
    )


def _mean(values: NDArray[Any]) -> float:
    return float(np.mean(values)) if values.size else float("nan")
