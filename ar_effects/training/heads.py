"""Heads on frozen embeddings: one linear layer, learnt in a minute, calibrated on what it did not see.

The layer is the mean of two, each brought to the same spread of logits: one learnt by the loss of
`ar_effects.training.losses`, with the repeat factors of `ar_effects.training.sampling` as weights (their
expectation, without the noise of drawing), and Fisher's linear discriminant with a covariance shrunk towards
a multiple of the identity (Friedman, "Regularized Discriminant Analysis", 1989), whose few free numbers help
where a tag has few pictures. The mean of two linear layers is a linear layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from ar_effects.errors import TrainingError
from ar_effects.hashtags.head import prepared
from ar_effects.messages import Message
from ar_effects.records import Image
from ar_effects.training.losses import LOSSES
from ar_effects.training.sampling import (
    Sampling,
    picture_repeat_factors,
    tag_frequencies,
    tag_repeat_factors,
)

Floats: TypeAlias = NDArray[np.float32]
Curves: TypeAlias = Literal["softmax", "per-tag"]

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
    """

    loss: str = "softmax"
    sampling: Sampling = "sqrt"
    weight_decay: float = 3e-4
    iterations: int = 100
    power: float = 0.5
    unit: bool = True
    discriminant: float = 0.5
    shrinkage: float = 0.1
    folds: int = 4
    curves: Curves = "softmax"
    precision: float = 0.9


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
    return np.clip(np.rint(part * gain + offset), 0, 255).astype(np.uint8)


def fit_layer(x: Floats, truth: Floats, settings: HeadSettings, weights: Floats | None = None) -> Layer:
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
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(closure)  # type: ignore[arg-type]
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
    share = settings.discriminant
    parts: list[tuple[float, Layer]] = []
    if share < 1:
        parts.append((1 - share, fit_layer(x, truth, settings, weights)))
    if share > 0:
        parts.append((share, fit_discriminant(x, truth, settings.shrinkage, weights)))
    if len(parts) == 1:
        return parts[0][1]
    scaled = [(share / max(float(layer(x).std()), 1e-12), layer) for share, layer in parts]
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
    return (factors * (truth.sum(axis=1) > 0)).astype(np.float32)


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
