"""Claims (a) to (d): heads on frozen embeddings, learnt from semi-real posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from numpy.typing import NDArray

from ar_effects.errors import PostsError
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.head import prepared
from ar_effects.hashtags.posts import Post
from ar_effects.hashtags.vocabulary import Vocabulary
from ar_effects.training.heads import HeadSettings, Layer, fit_layer, sampling_weights
from ar_effects.training.losses import softmax_losses
from ar_effects.training.metrics import average_precision
from ar_effects.training.sampling import Sampling
from benchmarks.photos import Photos
from tools.posts.categories import category_words
from tools.posts.generator import generate
from tools.posts.statistics import Statistics

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

COMPONENTS = 256
"""Of the embeddings' principal components, which heads see: that takes a fifth of the time."""

MINIMUM = 3
"""Posts that a tag needs to be in the vocabulary."""

SETTINGS = HeadSettings(discriminant=0.0, weight_decay=1e-3, iterations=60)
NOISE = (0.0, 0.1, 0.25, 0.5)
SAMPLINGS: tuple[Sampling, ...] = ("natural", "sqrt", "uniform")
USUAL_NOISE = 0.1
LOSS_NOISE = 0.25
DECAYS = {"softmax": (3e-4, 1e-3, 3e-3), "sigmoid": (1e-3, 3e-3, 1e-2, 3e-2)}
TAIL_SHARE = 1 / 3
NARROW, BOTTLENECK, SHOTS = 30, 32, 5


@dataclass(frozen=True, eq=False)
class World:
    """What all claims look at.

    Attributes:
        photos: with their categories.
        embeddings: (photos, 1280), as they are.
        statistics: of real posts.
    """

    photos: Photos
    embeddings: Floats
    statistics: Statistics

    @cached_property
    def canonicaliser(self) -> Canonicaliser:
        return Canonicaliser(self.statistics.counts)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Of each category the tag that its usual word is brought to; two categories may share one."""
        counts = self.statistics.counts
        own = (category_words(c, self.canonicaliser, counts).own[0] for c in self.photos.categories)
        return tuple(self.canonicaliser.canonical(word).tag for word in own)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The categories' different tags: what is told apart."""
        return tuple(dict.fromkeys(self.tags))

    @cached_property
    def targets(self) -> Indices:
        """(photos,) places in ``classes``."""
        places = {tag: i for i, tag in enumerate(self.classes)}
        return np.array([places[self.tags[label]] for label in self.photos.labels], np.int64)


@dataclass(frozen=True, eq=False)
class Part:
    """One seed's training and test photographs.

    Attributes:
        train: places of photographs.
        test: places of photographs.
        x: (photos, COMPONENTS), centred and of spread 1 on the training photographs.
    """

    train: Indices
    test: Indices
    x: Floats


def split(
    world: World, seed: int, keep: Callable[[Indices, np.random.Generator], Indices] | None = None
) -> Part:
    """Half of each category's photographs to learn from, half to test with.

    Args:
        world: all photographs.
        seed: of the halves.
        keep: which of the training photographs are kept; None for all.
    """
    random = np.random.default_rng([seed, 11])
    train, test = [], []
    for label in range(len(world.photos.categories)):
        own = random.permutation(np.flatnonzero(world.photos.labels == label))
        train.append(own[: len(own) // 2])
        test.append(own[len(own) // 2 :])
    learnt = np.sort(np.concatenate(train))
    if keep is not None:
        learnt = np.sort(keep(learnt, random))
    ready = prepared(world.embeddings, 0.5, unit=True)
    centred = ready - ready[learnt].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[learnt], full_matrices=False)
    x = centred @ axes[:COMPONENTS].T
    # One scale for all: the components' own would make noise of the last ones as large as the first.
    x /= x[learnt].std()
    return Part(learnt, np.sort(np.concatenate(test)), x.astype(np.float32))


def posts_of(world: World, places: Indices, noise: float, seed: int, *, shuffled: bool = False) -> list[Post]:
    """Semi-real posts of photographs; shuffled, each has the tags of another one."""
    chosen = [(world.photos.names[i], world.photos.categories[world.photos.labels[i]]) for i in places]
    posts, _ = generate(chosen, world.statistics, noise=noise, seed=seed, canonicaliser=world.canonicaliser)
    if shuffled:
        order = np.random.default_rng([seed, 12]).permutation(len(posts))
        posts = [replace(post, tags=posts[j].tags) for post, j in zip(posts, order, strict=True)]
    return posts


def clean_posts(world: World, places: Indices) -> list[Post]:
    """One true tag a photograph, its category's."""
    return [Post(world.photos.names[i], tags=(world.tags[world.photos.labels[i]],)) for i in places]


def table_of(
    world: World, posts: Sequence[Post], allowed: frozenset[str] | None = None
) -> tuple[list[str], Floats]:
    """The vocabulary of posts and which post has which of its tags."""
    vocabulary = Vocabulary.of_posts(posts, world.canonicaliser, minimum=MINIMUM)
    names = [tag for tag in vocabulary.names if allowed is None or tag in allowed]
    if not names:
        raise PostsError("no tag is allowed")
    places = {tag: i for i, tag in enumerate(names)}
    truth = np.zeros((len(posts), len(names)), np.float32)
    for row, post in enumerate(posts):
        for text in post.tags:
            at = places.get(world.canonicaliser.canonical(text).tag)
            if at is not None:
                truth[row, at] = 1.0
    return names, truth


def learnt(part: Part, truth: Floats, settings: HeadSettings) -> Layer:
    """A head of the training photographs."""
    weights = sampling_weights(truth, settings.sampling)
    return fit_layer(part.x[part.train], truth, settings, weights)


def outcome(world: World, part: Part, layer: Layer, names: Sequence[str]) -> NDArray[np.float64]:
    """(photos,) 1 where the likeliest of the categories' tags is the right one, NaN where not tested."""
    places = {tag: i for i, tag in enumerate(names)}
    logits = layer(part.x[part.test])
    scores = np.full((len(part.test), len(world.classes)), -np.inf)
    for column, tag in enumerate(world.classes):
        if tag in places:
            scores[:, column] = logits[:, places[tag]]
    found = np.full(len(world.photos), np.nan)
    found[part.test] = scores.argmax(axis=1) == world.targets[part.test]
    return found


def direct(world: World, part: Part, posts: Sequence[Post], settings: HeadSettings) -> NDArray[np.float64]:
    """Posts to a head to what it gets right."""
    names, truth = table_of(world, posts)
    return outcome(world, part, learnt(part, truth, settings), names)


# --- the claims -------------------------------------------------------------------------------------------


def noise_arms(world: World, seed: int) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """(a): noise from none to a half."""
    part = split(world, seed)

    def arm(noise: float, *, shuffled: bool = False) -> NDArray[np.float64]:
        return direct(world, part, posts_of(world, part.train, noise, seed, shuffled=shuffled), SETTINGS)

    arms: dict[str, Callable[[], NDArray[np.float64]]] = {
        f"noise {noise:g}": partial(arm, noise) for noise in NOISE
    }
    arms |= {
        f"shuffled noise {noise:g}": partial(arm, noise, shuffled=True) for noise in (NOISE[0], NOISE[-1])
    }
    arms["clean"] = partial(direct, world, part, clean_posts(world, part.train), SETTINGS)
    return arms


def long_tail(world: World, seed: int) -> tuple[Part, NDArray[np.bool_]]:
    """Training photographs whose categories fall off as a power of their rank, and which are of the tail."""
    rank = np.random.default_rng([seed, 13]).permutation(len(world.photos.categories))

    def keep(places: Indices, random: np.random.Generator) -> Indices:
        kept = []
        for label in range(len(rank)):
            own = places[world.photos.labels[places] == label]
            count = max(3, round(27 * (rank[label] + 1.0) ** -0.6))
            kept.append(random.permutation(own)[:count])
        return np.concatenate(kept)

    part = split(world, seed, keep)
    counts = np.bincount(world.targets[part.train], minlength=len(world.classes))
    tail = np.argsort(counts, kind="stable")[: round(TAIL_SHARE * len(counts))]
    return part, np.isin(world.targets, tail)


def sampling_arms(world: World, seed: int) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """(b): how often pictures of rare tags are shown; looked at on the tail."""
    part, in_tail = long_tail(world, seed)

    def arm(posts: Callable[[], list[Post]], sampling: Sampling) -> NDArray[np.float64]:
        found = direct(world, part, posts(), replace(SETTINGS, sampling=sampling))
        return np.where(in_tail, found, np.nan)

    def posted(*, shuffled: bool = False) -> list[Post]:
        return posts_of(world, part.train, USUAL_NOISE, seed, shuffled=shuffled)

    arms: dict[str, Callable[[], NDArray[np.float64]]] = {
        sampling: partial(arm, posted, sampling) for sampling in SAMPLINGS
    }
    arms |= {
        f"shuffled {sampling}": partial(arm, partial(posted, shuffled=True), sampling)
        for sampling in SAMPLINGS
    }
    arms["clean"] = partial(arm, partial(clean_posts, world, part.train), "sqrt")
    return arms


def loss_arms(world: World, seed: int) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """(c): one softmax with 1/k targets against a sigmoid for each tag, each with its own weight decay."""
    part = split(world, seed)

    def arm(posts: Callable[[], list[Post]], loss: str) -> NDArray[np.float64]:
        names, truth = table_of(world, posts())
        decay = _best_decay(part, truth, loss, seed)
        return outcome(
            world, part, learnt(part, truth, replace(SETTINGS, loss=loss, weight_decay=decay)), names
        )

    def posted(*, shuffled: bool = False) -> list[Post]:
        return posts_of(world, part.train, LOSS_NOISE, seed, shuffled=shuffled)

    arms: dict[str, Callable[[], NDArray[np.float64]]] = {loss: partial(arm, posted, loss) for loss in DECAYS}
    arms |= {f"shuffled {loss}": partial(arm, partial(posted, shuffled=True), loss) for loss in DECAYS}
    arms["clean"] = partial(arm, partial(clean_posts, world, part.train), "softmax")
    return arms


def _best_decay(part: Part, truth: Floats, loss: str, seed: int) -> float:
    """The weight decay by which held-back posts' own tags are found best: no truth is looked at."""
    order = np.random.default_rng([seed, 14]).permutation(len(truth))
    held, rest = order[: len(order) // 5], order[len(order) // 5 :]
    x = part.x[part.train]
    best = (-1.0, 0.0)
    for decay in DECAYS[loss]:
        settings = replace(SETTINGS, loss=loss, weight_decay=decay)
        layer = fit_layer(x[rest], truth[rest], settings, sampling_weights(truth[rest], settings.sampling))
        logits = layer(x[held])
        precisions = [average_precision(logits[:, t], truth[held, t]) for t in range(truth.shape[1])]
        best = max(best, (float(np.nanmean(precisions)), decay))
    return best[1]


def vocabulary_arms(world: World, seed: int) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """(d): a narrow and a wide vocabulary, through a bottleneck, to a narrow and to a wide target."""
    part = split(world, seed)
    random = np.random.default_rng([seed, 15])
    narrow = np.sort(random.permutation(len(world.classes))[:NARROW])
    targets = {"narrow": narrow, "wide": np.arange(len(world.classes))}
    vocabularies = {"narrow": frozenset(world.classes[i] for i in narrow), "wide": None}
    shots = np.concatenate(
        [
            random.permutation(part.train[world.targets[part.train] == c])[:SHOTS]
            for c in range(len(world.classes))
        ]
    )

    def arm(posts: Callable[[], list[Post]], vocabulary: str, target: str) -> NDArray[np.float64]:
        _, truth = table_of(world, posts(), vocabularies[vocabulary])
        weights = sampling_weights(truth, SETTINGS.sampling)
        squeeze = _bottleneck(part.x[part.train], truth, weights, seed)
        features = part.x @ squeeze
        wanted = targets[target]
        own = shots[np.isin(world.targets[shots], wanted)]
        features = (features - features[own].mean(axis=0)) / (features[own].std(axis=0) + 1e-6)
        one_hot = np.asarray(world.targets[own, None] == wanted, np.float32)
        layer = fit_layer(features[own], one_hot, replace(SETTINGS, weight_decay=1e-2))
        tested = part.test[np.isin(world.targets[part.test], wanted)]
        found = np.full(len(world.photos), np.nan)
        found[tested] = wanted[layer(features[tested]).argmax(axis=1)] == world.targets[tested]
        return found

    def posted(*, shuffled: bool = False) -> list[Post]:
        return posts_of(world, part.train, USUAL_NOISE, seed, shuffled=shuffled)

    arms: dict[str, Callable[[], NDArray[np.float64]]] = {}
    for vocabulary in vocabularies:
        for target in targets:
            name = f"{vocabulary} to {target}"
            arms[name] = partial(arm, posted, vocabulary, target)
            arms[f"shuffled {name}"] = partial(arm, partial(posted, shuffled=True), vocabulary, target)
    arms["clean"] = partial(arm, partial(clean_posts, world, part.train), "wide", "wide")
    return arms


def _bottleneck(x: Floats, truth: Floats, weights: Floats, seed: int) -> Floats:
    """(D, BOTTLENECK): what two linear layers, one behind the other, keep of an embedding."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(x.shape[1], BOTTLENECK, generator=generator) / x.shape[1] ** 0.5
    second = torch.zeros(BOTTLENECK, truth.shape[1])
    parameters = [first.requires_grad_(), second.requires_grad_()]
    inputs, targets = torch.from_numpy(x), torch.from_numpy(truth)
    shares = torch.from_numpy(weights / weights.sum())
    optimiser = torch.optim.LBFGS(parameters, max_iter=80, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = (softmax_losses(inputs @ first @ second, targets) * shares).sum()
        total = loss + 1e-3 * (first.square().sum() + second.square().sum())
        total.backward()
        return total

    optimiser.step(closure)
    return np.asarray(first.detach().numpy(), np.float32)


ARMS: Mapping[str, Callable[[World, int], dict[str, Callable[[], NDArray[np.float64]]]]] = {
    "a": noise_arms,
    "b": sampling_arms,
    "c": loss_arms,
    "d": vocabulary_arms,
}
