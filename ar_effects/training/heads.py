"""Heads on frozen embeddings: one linear layer, learnt in a minute, calibrated on what it did not see.

The layer is the mean of two, each brought to the same spread of logits: one learnt by the loss of
`ar_effects.training.losses`, with the repeat factors of `ar_effects.training.sampling` as weights (their
expectation, without the noise of drawing), and Fisher's linear discriminant with a covariance shrunk towards
a multiple of the identity (Friedman, "Regularized Discriminant Analysis", 1989), whose few free numbers help
where a tag has few pictures. The mean of two linear layers is a linear layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from ar_effects.errors import TrainingError
from ar_effects.hashtags.head import Head, calibrated, log_odds, prepared
from ar_effects.messages import Message
from ar_effects.records import Image
from ar_effects.training.calibration import fit_platt, fit_temperature, threshold_for_precision
from ar_effects.training.losses import LOSSES
from ar_effects.training.metrics import GROUPS, Figures, average_precision, evaluate, tag_groups
from ar_effects.training.sampling import (
    Sampling,
    picture_repeat_factors,
    tag_frequencies,
    tag_repeat_factors,
)

Floats: TypeAlias = NDArray[np.float32]
Curves: TypeAlias = Literal["softmax", "per-tag"]

LEAST_PRECISION, LEAST_LIFT = 0.02, 3.0
"""Average precision that a tag needs to be called learnable, and how many times chance that has to be."""

CONFIDENCE_Z, LEAST_SHOWN = 1.0, 5
"""Of a threshold: standard deviations by which it is on the safe side, and pictures it needs to be found."""

UNFAMILIAR_PERCENT = 15.0
"""Of the pictures learnt from, whose largest logit out of fold is below what counts as like them."""

DOUBTED_BELOW = 0.5
"""A picture that has no tag believed as much as that has only wrong ones."""

LEAST_SCORE = 0.5
"""Below it nothing is sure, however few pictures show a tag wrongly."""

_STREAM = 0x48EAD


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How a head learns.

    Attributes:
        loss: a key of `losses.LOSSES`.
        sampling: how often pictures of rare tags count.
        weight_decay: factor of the sum of squared weights, to which the mean loss is added; in units of
            embeddings that are centred and divided by their spread.
        iterations: of L-BFGS at most; fewer stop early, which keeps wrong tags from being learnt by heart.
        power: to which numbers of an embedding are raised.
        unit: whether an embedding is brought to length 1.
        discriminant: share of the linear discriminant in the layer, 0 to 1; 0 is the loss alone.
        shrinkage: share of the identity in its covariance, 0 to 1.
        folds: for calibration: each part's scores come from a head that learnt from the others.
        curves: "softmax": one temperature for all; "per-tag": Platt's sigmoid for each tag behind it.
        precision: that a tag's threshold asks of the scores, out of fold.
        rounds: how many times what is wrong among the tags is looked for (`believed`); 0 believes all.
        trust: how many times less likely than the likeliest one a tag may be and is still believed wholly.
        guess: share of the softmax from which on a picture without a believed tag gets the likeliest instead;
            above 1 never.
    """

    loss: str = "softmax"
    sampling: Sampling = "sqrt"
    weight_decay: float = 3e-4
    iterations: int = 50
    power: float = 0.5
    unit: bool = True
    discriminant: float = 0.5
    shrinkage: float = 0.1
    folds: int = 4
    curves: Curves = "softmax"
    precision: float = 0.9
    rounds: int = 0
    trust: float = 4.0
    guess: float = 2.0


CLEAN = HeadSettings(sampling="uniform", shrinkage=0.2)
"""For one sure label a picture: as much weight for categories with few pictures as for others."""

POSTS = HeadSettings(weight_decay=1e-3, shrinkage=0.2, rounds=3, guess=0.6, curves="per-tag")
"""For the tags of posts, many of which are wrong: 1/k softmax, square-root resampling, what is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """logits = prepared embedding @ weight + bias.

    Attributes:
        weight: (D, T).
        bias: (T,).
    """

    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        """(N, D) to (N, T)."""
        return x @ self.weight + self.bias


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What makes probabilities of logits: `ar_effects.hashtags.head.calibrated`.

    Attributes:
        temperature: of the softmax.
        slope: (T,).
        offset: (T,).
    """

    temperature: float
    slope: Floats
    offset: Floats


def varied(picture: Image, view: int, number: int) -> Image:
    """Another look at a training picture, the same for the same numbers.

    Args:
        picture: (h, w, 3) BGR.
        view: 0 leaves it as it is, 1 mirrors it; others cut a part out (half of its area or more, of another
            shape by a fifth), mirror every second one, and change its light.
        number: of the picture.

    Returns:
        The changed picture, of another size.
    """
    if view == 0:
        return picture
    if view == 1:
        return np.ascontiguousarray(picture[:, ::-1])
    random = np.random.default_rng([_STREAM, view, number])
    height, width = picture.shape[:2]
    area, shape = random.uniform(0.5 if view % 2 else 0.75, 1.0), np.exp(random.uniform(-0.2, 0.2))
    rows = max(8, int(height * min(1.0, np.sqrt(area) * shape)))
    columns = max(8, int(width * min(1.0, np.sqrt(area) / shape)))
    top = int(random.integers(max(1, height - rows + 1)))
    left = int(random.integers(max(1, width - columns + 1)))
    part = picture[top : top + rows, left : left + columns]
    if random.random() < 0.5:
        part = part[:, ::-1]
    gain, offset = random.uniform(0.8, 1.2), random.uniform(-15.0, 15.0)
    return np.asarray(np.clip(np.rint(part * gain + offset), 0, 255), np.uint8)


def fit_layer(
    x: Floats,
    truth: Floats,
    settings: HeadSettings,
    weights: Floats | None = None,
) -> Layer:
    """The linear layer that makes the loss, and the squares of its weights, least.

    Args:
        x: (N, D), centred and of spread 1.
        truth: (N, T), above 0 for a picture's tags: how far each is believed, 1 without a doubt.
        settings: loss, weight decay, iterations.
        weights: (N,) how much each picture counts; None for all alike.

    Returns:
        The layer.

    Raises:
        TrainingError: the loss is not a number.
    """
    counts = np.ones(len(x), np.float32) if weights is None else weights
    inputs, targets = torch.from_numpy(np.ascontiguousarray(x)), torch.from_numpy(truth)
    shares = torch.from_numpy(np.asarray(counts / counts.sum(), np.float32))
    weight = torch.zeros(x.shape[1], truth.shape[1], requires_grad=True)
    bias = torch.zeros(truth.shape[1], requires_grad=True)
    losses = LOSSES[settings.loss]
    optimiser = torch.optim.LBFGS(
        [weight, bias],
        max_iter=settings.iterations,
        history_size=10,
        line_search_fn="strong_wolfe",
        tolerance_grad=1e-7,
        tolerance_change=1e-9,
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = (losses(inputs @ weight + bias, targets) * shares).sum()
        total: torch.Tensor = loss + settings.weight_decay * weight.square().sum()
        total.backward()
        return total

    optimiser.step(closure)
    layer = Layer(weight.detach().numpy(), bias.detach().numpy())
    if not (np.isfinite(layer.weight).all() and np.isfinite(layer.bias).all()):
        raise TrainingError(Message("train.head-not-finite"))
    return layer


def fit_discriminant(x: Floats, truth: Floats, shrinkage: float, weights: Floats | None = None) -> Layer:
    """Fisher's linear discriminant of tags, each of a picture's k tags with 1/k of it.

    Args:
        x: (N, D), centred and of spread 1.
        truth: (N, T), above 0 for a picture's tags: how far each is believed.
        shrinkage: share of the identity in the covariance.
        weights: (N,) how much each picture counts; None for all alike.

    Returns:
        The layer; tags without pictures are the least likely of all.
    """
    own = truth.astype(np.float64) / np.maximum(truth.sum(axis=1, keepdims=True), 1.0)
    if weights is not None:
        own *= weights[:, None] / weights.mean()
    given = x.astype(np.float64)
    totals = own.sum(axis=0)
    seen = totals > 0
    means = (own.T @ given) / np.where(seen, totals, 1.0)[:, None]
    counts = own.sum(axis=1)
    scatter = (given * counts[:, None]).T @ given - (means * totals[:, None]).T @ means
    scatter /= max(float(counts.sum()), 1.0)
    size = scatter.shape[0]
    scatter = (1 - shrinkage) * scatter + shrinkage * np.trace(scatter) / size * np.eye(size)
    weight = np.linalg.solve(scatter + 1e-6 * np.eye(size), means.T)
    bias = -0.5 * np.sum(means * weight.T, axis=1)
    if not seen.all() and seen.any():
        spread = float((given @ weight[:, seen] + bias[seen]).min())
        bias[~seen] = spread
    return Layer(weight.astype(np.float32), bias.astype(np.float32))


def fit_both(x: Floats, truth: Floats, settings: HeadSettings, weights: Floats | None = None) -> Layer:
    """The layer of the loss and the discriminant, mixed as the settings say. Arguments as of `fit_layer`."""
    portion = settings.discriminant
    if portion <= 0:
        return fit_layer(x, truth, settings, weights)
    discriminant = fit_discriminant(x, truth, settings.shrinkage, weights)
    if portion >= 1:
        return discriminant
    # From zeros: begun where the discriminant ends, which knows its own pictures by heart, the loss has
    # nothing left to learn, and the mean of both is the discriminant (93.9 % for 94.9 %).
    learnt = fit_layer(x, truth, settings, weights)
    parts = ((1 - portion, learnt), (portion, discriminant))
    scaled = [(part / max(float(layer(x).std()), 1e-12), layer) for part, layer in parts]
    weight = sum(scale * layer.weight for scale, layer in scaled)
    bias = sum(scale * layer.bias for scale, layer in scaled)
    return Layer(np.asarray(weight, np.float32), np.asarray(bias, np.float32))


def sampling_weights(truth: Floats, sampling: Sampling) -> Floats:
    """How much each picture counts: the repeat factor of its rarest tag.

    Args:
        truth: (N, T), above 0 for a picture's tags.
        sampling: as of `tag_repeat_factors`.

    Returns:
        (N,), 0 for pictures without tags.
    """
    tags = [np.flatnonzero(row).tolist() for row in truth]
    frequencies = tag_frequencies(tags, truth.shape[1])
    factors = picture_repeat_factors(tags, tag_repeat_factors(frequencies, sampling))
    return np.asarray(factors * (truth.sum(axis=1) > 0), np.float32)


def fit_on_views(views: Floats, truth: Floats, settings: HeadSettings) -> Layer:
    """The layer for prepared embeddings as they are: centring and scaling are folded into it.

    Args:
        views: (V, N, D) as the backbone gives them, of V looks at each of N pictures.
        truth: (N, T), above 0 for a picture's tags.
        settings: all of them.

    Returns:
        The layer, of prepared embeddings.
    """
    count = len(views)
    x = np.concatenate([prepared(view, settings.power, unit=settings.unit) for view in views])
    mean = x.mean(axis=0)
    scale = x.std(axis=0) + 1e-6
    weights = sampling_weights(truth, settings.sampling)
    layer = fit_both((x - mean) / scale, np.tile(truth, (count, 1)), settings, np.tile(weights, count))
    weight = layer.weight / scale[:, None]
    return Layer(weight, layer.bias - mean @ weight)


def out_of_fold(
    views: Floats, truth: Floats, folds: NDArray[np.int64], settings: HeadSettings
) -> tuple[Floats, list[Layer]]:
    """Logits of each picture's first view by a layer that learnt from the other folds' pictures.

    Args:
        views: (V, N, D).
        truth: (N, T), above 0 for a picture's tags.
        folds: (N,) numbers of folds.
        settings: all of them.

    Returns:
        (N, T) logits, and the layers by fold.
    """
    logits = np.zeros((views.shape[1], truth.shape[1]), np.float32)
    layers = []
    for fold in range(int(folds.max()) + 1):
        test = folds == fold
        layer = fit_on_views(views[:, ~test], truth[~test], settings)
        logits[test] = layer(prepared(views[0, test], settings.power, unit=settings.unit))
        layers.append(layer)
    return logits, layers


def learnable_tags(views: Floats, truth: Floats, settings: HeadSettings, seed: int = 0) -> NDArray[np.bool_]:
    """Which tags a picture shows at all: those that a discriminant finds in pictures it did not learn from.

    What is typed whatever the picture shows (#love, #monday) is found no better than by chance. Nothing but
    the posts' own tags is looked at.

    Args:
        views: (V, N, D); the first view is looked at.
        truth: (N, T), above 0 for a picture's tags.
        settings: those of the discriminant.
        seed: of the folds.

    Returns:
        (T,).
    """
    # The fewer pictures there are, the less is known of their spread.
    pictures, size = views.shape[1:]
    shrinkage = max(settings.shrinkage, size / (size + pictures))
    quick = replace(settings, discriminant=1.0, sampling="natural", shrinkage=shrinkage)
    logits, _ = out_of_fold(views[:1], truth, _folds(len(truth), settings.folds, seed), quick)
    # Embeddings are centred, so that a tag's own logit sets it apart from all pictures, not from other tags.
    precision = np.array([average_precision(logits[:, t], truth[:, t]) for t in range(truth.shape[1])])
    chance = (truth > 0).mean(axis=0)
    return np.asarray((precision > LEAST_PRECISION) & (precision > LEAST_LIFT * chance), np.bool_)


def believed(views: Floats, truth: Floats, settings: HeadSettings, seed: int = 0) -> Floats:
    """How far each tag of each picture is believed, by what pictures like it are tagged with.

    A head that did not learn from a picture says which tags it would have; a tag that it finds far less
    likely than the likeliest is most probably wrong, and counts for as little (as large losses do in
    co-teaching, Han et al., NeurIPS 2018; the folds are the peers here).

    Args:
        views: (V, N, D); the first view is looked at.
        truth: (N, T), 1 for a picture's tags.
        settings: those of the discriminant; ``rounds`` times what is believed is learnt from again.
        seed: of the folds.

    Returns:
        (N, T) between 0 and 1. A picture without a believed tag has the one that is found in it, if that is
        sure enough (as in DivideMix, Li et al., ICLR 2020); else it is 0 where ``truth`` is.
    """
    quick = replace(settings, discriminant=1.0)
    kept = truth
    for turn in range(settings.rounds):
        folds = _folds(len(truth), settings.folds, seed + turn)
        logits, _ = out_of_fold(views[:1], kept, folds, quick)
        shares = calibrated(
            logits, fit_temperature(logits, truth), np.ones(truth.shape[1]), np.zeros(truth.shape[1])
        )
        relative = shares / np.maximum(shares.max(axis=1, keepdims=True), 1e-9)
        kept = (truth * np.minimum(1.0, settings.trust * relative)).astype(np.float32)
        doubted = kept.max(axis=1) < DOUBTED_BELOW
        if settings.guess <= 1 and doubted.any() and not doubted.all():
            kept = _with_guesses(kept, logits, doubted, settings.guess)
    return kept


def _with_guesses(kept: Floats, logits: Floats, doubted: NDArray[np.bool_], least: float) -> Floats:
    """Pictures that have no believed tag, with the tag that the others' head is sure of instead."""
    count = kept.shape[1]
    temperature = fit_temperature(logits[~doubted], kept[~doubted] >= DOUBTED_BELOW)
    shares = calibrated(logits, temperature, np.ones(count), np.zeros(count))
    best = shares.argmax(axis=1)
    rows = np.flatnonzero(doubted & (shares.max(axis=1) >= least))
    found = kept.copy()
    found[rows] = 0.0
    found[rows, best[rows]] = shares[rows, best[rows]]
    return found


def _folds(count: int, folds: int, seed: int) -> NDArray[np.int64]:
    order = np.random.default_rng([_STREAM, seed]).permutation(count)
    found = np.empty(count, np.int64)
    found[order] = np.arange(count) % folds
    return found


def out_of_fold_scores(logits: Floats, truth: Floats, settings: HeadSettings) -> tuple[Floats, Curve]:
    """Logits that were found out of fold as probabilities, by curves fitted to them.

    Args:
        logits: (N, T).
        truth: (N, T), above 0 where a tag is right.
        settings: which curves.

    Returns:
        (N, T) scores, and the curves.
    """
    temperature = fit_temperature(logits, truth)
    count = truth.shape[1]
    slope, offset = np.ones(count), np.zeros(count)
    if settings.curves == "per-tag":
        curves = fit_platt(log_odds(logits.astype(np.float64) / temperature), truth)
        slope, offset = curves.slope, curves.offset
    curve = Curve(temperature, slope.astype(np.float32), offset.astype(np.float32))
    return calibrated(logits, temperature, curve.slope, curve.offset), curve


def train_head(
    views: Floats,
    posted: Floats,
    tags: Sequence[str],
    settings: HeadSettings,
    *,
    backbone: str,
    right: Floats | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Head:
    """A head from the tags of posts, calibrated out of fold, with a threshold for each tag.

    Args:
        views: (V, N, D) embeddings of V looks at N pictures, as the backbone gives them.
        posted: (N, T), 1 where the picture's post has the tag: all that is learnt from.
        tags: (T,) canonical; those that no picture shows (`learnable_tags`) are left out of the head.
        settings: all of them.
        backbone: whose embeddings these are, as ``models/manifest.toml`` calls it.
        right: (N, T), 1 where the tag is right of the picture, for calibration; None to take what was posted.
        notes: where the pictures come from.

    Returns:
        The head. A tag without enough pictures to be sure of has the threshold infinity.

    Raises:
        TrainingError: no tag can be learnt, or the loss is not a number.
    """
    learnable = learnable_tags(views, posted, settings)
    if not learnable.any():
        raise TrainingError(Message("train.head-no-tags", tags=len(tags), pictures=len(posted)))
    own = posted[:, learnable]
    truth = own if right is None else right[:, learnable]
    trusted = believed(views, own, settings)
    folds = _folds(len(own), settings.folds, 1)
    logits, _ = out_of_fold(views, trusted, folds, settings)
    scores, curve = out_of_fold_scores(logits, truth, settings)
    layer = fit_on_views(views, trusted, settings)
    needed = [
        threshold_for_precision(
            scores[:, t], truth[:, t], settings.precision, confidence_z=CONFIDENCE_Z, least=LEAST_SHOWN
        )
        for t in range(truth.shape[1])
    ]
    threshold = np.maximum(np.asarray(needed, np.float32), LEAST_SCORE)
    return Head(
        tags=tuple(tag for tag, kept in zip(tags, learnable, strict=True) if kept),
        # Half precision is what the file keeps: the head is the same before and after.
        weight=layer.weight.astype(np.float16).astype(np.float32),
        bias=layer.bias,
        backbone=backbone,
        power=settings.power,
        unit=settings.unit,
        temperature=float(np.float32(curve.temperature)),
        slope=curve.slope,
        offset=curve.offset,
        threshold=threshold,
        notes=dict(notes or {}) | {"out_of_fold": _figures(scores, truth, own, threshold)},
        familiar=float(np.float32(np.percentile(logits.max(axis=1), UNFAMILIAR_PERCENT))),
    )


def _figures(
    scores: Floats, truth: Floats, posted: Floats, threshold: Floats
) -> dict[str, dict[str, float | None] | float | None]:
    """Out of fold: of all tags and of those that are often, less often and rarely posted, to four digits."""
    shown = scores >= threshold
    report = evaluate(scores, truth, posted.mean(axis=0))
    groups = tag_groups(posted.mean(axis=0))

    def of(figures: Figures, tags: NDArray[np.bool_]) -> dict[str, float | None]:
        own = shown[:, tags]
        found = {
            "tags": figures.tags,
            "sure_tags": int(np.isfinite(threshold[tags]).sum()),
            "top_1": figures.top_1,
            "mean_average_precision": figures.mean_average_precision,
            "precision_at_10": figures.precision_at_10,
            "precision_of_shown": float(truth[:, tags][own].mean()) if own.any() else float("nan"),
            "pictures_with_one_shown": float(own.any(axis=1).mean()),
        }
        return {name: None if np.isnan(value) else round(value, 4) for name, value in found.items()}

    return {
        "all": of(report.all, np.ones(len(groups), bool)),
        **{name: of(report.groups[name], groups == i) for i, name in enumerate(GROUPS)},
        "calibration_error": round(report.calibration_error, 4),
    }
