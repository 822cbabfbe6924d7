"""Claims (e) and (f): small networks that learn from scratch, from more and more posts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ar_effects.training.heads import HeadSettings, fit_layer, sampling_weights
from ar_effects.training.losses import softmax_losses
from ar_effects.training.networks.resnext import ResNeXt, ResNeXtPlan
from ar_effects.training.sampling import epoch_order
from benchmarks.claims.frozen import USUAL_NOISE, World, clean_posts, posts_of, table_of

SIDE = 32
"""Of the pictures, in pixels."""

PLANS = {
    "small": ResNeXtPlan((1, 1, 1), cardinality=4, width=2, base=8, side=SIDE),
    "middle": ResNeXtPlan((1, 1, 1), cardinality=8, width=2, base=16, side=SIDE),
    "large": ResNeXtPlan((1, 1, 1), cardinality=8, width=4, base=32, side=SIDE),
}
SIZES = (80, 160, 320, 640, 1280, 2560)
"""Posts that are learnt from: five doublings."""

TARGET_CATEGORIES = 25
"""Kept from learning: a probe on the frozen network tells them apart."""

EPOCHS, LEAST_STEPS, BATCH, RATE = 8, 100, 32, 2e-3


class Small:
    """Small pictures of all photographs: (photos, 3, side, side) uint8, RGB."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        self.pictures = torch.from_numpy(pictures)

    def batch(self, places: NDArray[np.int64], random: np.random.Generator | None = None) -> Tensor:
        """(n, 3, side, side), about -2 to 2; for learning moved by up to three pixels, and mirrored."""
        x = self.pictures[torch.from_numpy(places)].float().sub(118.0).div(60.0)
        if random is None:
            return x
        padded = torch.nn.functional.pad(x, (3, 3, 3, 3), mode="replicate")
        shown = torch.empty_like(x)
        moves, mirrored = random.integers(0, 7, (len(places), 2)), random.random(len(places)) < 0.5
        for i, (top, left) in enumerate(moves.tolist()):
            part = padded[i, :, top : top + SIDE, left : left + SIDE]
            shown[i] = part.flip(2) if mirrored[i] else part
        return shown


def scratch_arms(world: World, small: Small, seed: int) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """(e), (f): networks by size and by number of posts, to categories that no post was about."""
    random = np.random.default_rng([seed, 21])
    order = random.permutation(len(world.classes))
    wanted = order[:TARGET_CATEGORIES]
    is_target = np.isin(world.targets, wanted)
    source = random.permutation(np.flatnonzero(~is_target))
    probe, test = [], []
    for target in wanted:
        own = random.permutation(np.flatnonzero(world.targets == target))
        probe.append(own[: len(own) // 2])
        test.append(own[len(own) // 2 :])
    fit_on, tested = np.concatenate(probe), np.concatenate(test)

    def arm(plan: str, size: int, kind: str) -> NDArray[np.float64]:
        places = source[:size]
        if kind == "clean":
            posts = clean_posts(world, places)
        else:
            posts = posts_of(world, places, USUAL_NOISE, seed, shuffled=kind == "shuffled")
        _, truth = table_of(world, posts)
        network = _learn(PLANS[plan], small, places, truth, seed)
        features = _features(network, small, np.concatenate([fit_on, tested]))
        own = features[: len(fit_on)]
        features = (features - own.mean(axis=0)) / (own.std(axis=0) + 1e-6)
        one_hot = np.asarray(world.targets[fit_on, None] == wanted, np.float32)
        layer = fit_layer(features[: len(fit_on)], one_hot, HeadSettings(weight_decay=1e-2, iterations=60))
        found = np.full(len(world.photos), np.nan)
        best = layer(features[len(fit_on) :]).argmax(axis=1)
        found[tested] = wanted[best] == world.targets[tested]
        return found

    usable = [size for size in SIZES if size <= len(source)]
    arms: dict[str, Callable[[], NDArray[np.float64]]] = {}
    for size in usable:
        for plan in PLANS:
            arms[f"{plan} {size}"] = partial(arm, plan, size, "posts")
    for size in (usable[0], usable[-1]):
        arms[f"shuffled middle {size}"] = partial(arm, "middle", size, "shuffled")
    arms["clean"] = partial(arm, "middle", usable[-1], "clean")
    return arms


def _learn(
    plan: ResNeXtPlan, small: Small, places: NDArray[np.int64], truth: NDArray[np.float32], seed: int
) -> ResNeXt:
    """1/k softmax, square-root resampling, Adam with a cosine, weights the same for the same seed."""
    torch.manual_seed(seed)
    network = ResNeXt(plan, truth.shape[1])
    factors = sampling_weights(truth, "sqrt")
    steps = max(LEAST_STEPS, EPOCHS * len(places) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.15)
    random = np.random.default_rng([seed, 22])
    targets = torch.from_numpy(truth)
    network.train()
    epoch, queue = 0, np.zeros(0, np.int64)
    for _ in range(steps):
        while len(queue) < BATCH:
            queue = np.concatenate([queue, epoch_order(factors, seed=seed, epoch=epoch, length=len(places))])
            epoch += 1
        now, queue = queue[:BATCH], queue[BATCH:]
        logits = network(small.batch(places[now], random))
        loss = softmax_losses(logits, targets[torch.from_numpy(now)]).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    network.eval()
    return network


def _features(network: ResNeXt, small: Small, places: NDArray[np.int64]) -> NDArray[np.float32]:
    with torch.inference_mode():
        parts = [network.embed(small.batch(places[i : i + 256])) for i in range(0, len(places), 256)]
    return np.asarray(torch.cat(parts).numpy(), np.float32)
