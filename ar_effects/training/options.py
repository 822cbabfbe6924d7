"""What a training run is asked for, and which of it decides what is learnt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias, get_args

from ar_effects.training.sampling import Sampling

Precision: TypeAlias = Literal["float32", "bfloat16", "float16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
Learner: TypeAlias = Literal["sgd", "adamw"]
LEARNERS: tuple[Learner, ...] = get_args(Learner)
Part: TypeAlias = Literal["all", "head"]
PARTS: tuple[Part, ...] = get_args(Part)

CHANGEABLE = frozenset({"workers", "checkpoint_every", "accumulate"})
"""What may be another in each call that goes on with a run: it changes no more than the rounding of sums."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a network learns.

    Attributes:
        network: its name.
        loss: a key of ``losses.LOSSES``.
        sampling: how often pictures of rare tags are shown.
        threshold: frequency from which on tags are shown once, as a proportion of the pictures; None: that of
            the most frequent.
        epochs: how often every picture is shown, but for what sampling adds.
        batch: pictures in a step, of all processes together.
        learning_rate: of the first step after the warm-up, for 256 pictures; it is scaled to the batch.
        warm_up: the proportion of steps in which it rises to that.
        learner: stochastic gradient descent with Nesterov's momentum, or AdamW.
        weight_decay: of weights; not of biases and scales.
        clip: longest gradient; 0 for any length.
        ema: decay of the moving average of weights that is measured and kept; 0 for none.
        precision: of the network's arithmetic; sums and weights are float32.
        part: of the network that learns: "all" of it, or its "head".
        patience: measurements without a better one after which the run ends; 0 for never.
        hold_out: proportion of pictures to measure with, where no others are named.
        seed: of all chance.
        accumulate: in how many parts a process computes its part of a batch, for want of memory.
        workers: processes that read pictures ahead.
        checkpoint_every: steps between two checkpoints; there is one after each measurement as well.
    """

    network: str
    loss: str = "softmax"
    sampling: Sampling = "sqrt"
    threshold: float | None = None
    epochs: int = 10
    batch: int = 64
    learning_rate: float = 0.1
    warm_up: float = 0.05
    learner: Learner = "sgd"
    weight_decay: float = 1e-4
    clip: float = 0.0
    ema: float = 0.999
    precision: Precision = "float32"
    part: Part = "all"
    patience: int = 0
    hold_out: float = 0.1
    seed: int = 0
    accumulate: int = 1
    workers: int = 0
    checkpoint_every: int = 200

    def identity(self) -> dict[str, Any]:
        """What has to be the same where a run is gone on with."""
        return {key: value for key, value in asdict(self).items() if key not in CHANGEABLE}


NAMES = tuple(entry.name for entry in fields(RunOptions))
