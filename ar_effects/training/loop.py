"""Learning: steps over batches, measured after each epoch, kept so that a killed run goes on exactly.

A step is decided by its number, the seed and the weights alone, and a checkpoint has all the weights there
are: a run that goes on from one comes to the same bits as one that was never stopped (on a processor;
graphics cards add in another order each time). ``docs/decisions/0031-learning.md`` has the reasons.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ar_effects.errors import TrainingError
from ar_effects.messages import Message
from ar_effects.training.calibration import fit_platt, fit_temperature
from ar_effects.training.checkpoint_file import CheckpointFolder, load_weights, needed, save
from ar_effects.training.distributed import Group, unsynchronised, with_shared_statistics, wrapped
from ar_effects.training.ema import MovingAverage
from ar_effects.training.loader import Batch, BatchPlan, measuring_batches, training_batches
from ar_effects.training.losses import LOSSES, scores
from ar_effects.training.metrics import Report, evaluate
from ar_effects.training.options import Precision, RunOptions
from ar_effects.training.sampling import picture_repeat_factors, tag_frequencies, tag_repeat_factors
from ar_effects.training.shards import ShardSet
from ar_effects.training.trainable import Trainable
from ar_effects.writing import write_text

METRICS, NETWORK = "metrics.jsonl", "network.pt"
FORMAT = 1

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
_LOWEST_SCALE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What is learnt from and measured with.

    Attributes:
        shards: learnt from.
        training: numbers of the pictures in them that are.
        held: shards measured with; may be the same.
        measuring: numbers of the pictures in those.
    """

    shards: ShardSet
    training: NDArray[np.int64]
    held: ShardSet
    measuring: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended.

    Attributes:
        steps: that were made, those of earlier calls among them.
        stopped: why before its end: "patience" or "asked"; empty where it came to its end.
        best: the report of the best measurement; None where nothing was measured.
        network: the file with the weights of the best measurement; None where it does not stand yet.
    """

    steps: int
    stopped: str
    best: dict[str, Any] | None
    network: Path | None


class Trainer:
    """One run, from its beginning or from the newest checkpoint in its folder.

    Args:
        trainable: the network; its weights are those that learning begins with.
        data: the pictures.
        options: how.
        folder: of the run's files.
        device: that is learnt on.
        group: the processes that learn together.
        tell: is told what happens, in the first process.
        stop: asked after each step whether to end here; a checkpoint is written then.

    Raises:
        TrainingError: there is nothing to learn from, the folder has another run, its checkpoints are damaged
            or of another network, or the device does not have the precision.
        SinkError: the folder cannot be written to.
    """

    def __init__(
        self,
        trainable: Trainable,
        data: Data,
        options: RunOptions,
        folder: Path,
        *,
        device: torch.device | None = None,
        group: Group | None = None,
        tell: Callable[[Message], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.group = group or Group()
        self.options, self.data, self.folder = options, data, folder
        self._tell = tell if self.group.is_first else lambda _: None
        self._stop = stop
        check_precision(options.precision, self.device)
        self._name, self._side = trainable.name, trainable.side
        self._mean = torch.tensor(trainable.mean, device=self.device).view(1, 3, 1, 1)
        self._std = torch.tensor(trainable.std, device=self.device).view(1, 3, 1, 1)
        self.network = trainable.network.to(self.device)
        self._head = trainable.head
        self._prepare_part()
        if self.group.processes > 1:
            with_shared_statistics(self.network)
        self._wrapped = wrapped(self.network, self.group, self.device)
        self._plan = self._batch_plan()
        self.total_steps = options.epochs * self._plan.steps_per_epoch
        self._rows = min(options.batch, len(self._plan.epoch(0)))
        self._learner = _learner(self.network, options)
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=options.precision == "float16")
        self._average = MovingAverage(self.network, options.ema) if options.ema else None
        self.step = 0
        self._loss_sum, self._loss_count = 0.0, 0
        self._history: list[dict[str, Any]] = []
        self._best: dict[str, Any] | None = None
        self._since_best = 0
        self._damaged: set[str] = set()
        self._checkpoints = CheckpointFolder(folder)
        if self.group.is_first:
            self._checkpoints.clean()
        self._go_on()

    # --- before it begins -----------------------------------------------------------------------------------

    def _prepare_part(self) -> None:
        if self.options.part == "head":
            self.network.requires_grad_(requires_grad=False)
            self.network.get_submodule(self._head).requires_grad_(requires_grad=True)

    def _batch_plan(self) -> BatchPlan:
        shards, options = self.data.shards, self.options
        tags = [shards.tags[number] for number in self.data.training]
        useful = np.array([bool(own) for own in tags], bool)
        if not useful.any():
            raise TrainingError(Message("train.nothing-to-learn", place=shards.store.address))
        kept = [own for own in tags if own]
        self._frequencies = tag_frequencies(kept, len(shards.vocabulary))
        factors = tag_repeat_factors(self._frequencies, options.sampling, options.threshold)
        return BatchPlan(
            picture_repeat_factors(kept, factors), options.seed, options.batch, self.data.training[useful]
        )

    def _identity(self) -> dict[str, Any]:
        """What a checkpoint of this run has to be of."""
        return {
            **self.options.identity(),
            "shards": self.data.shards.fingerprint,
            "pictures": len(self.data.training),
            "measured with": f"{self.data.held.fingerprint} {len(self.data.measuring)}",
        }

    def _go_on(self) -> None:
        state, problems = self._checkpoints.newest()
        for problem in problems:
            self._tell(Message("train.checkpoint-passed-over", problem=problem.one_line(stop="")))
        if state is None:
            if problems:
                raise problems[0]
            return
        path = self._checkpoints.path(int(state.get("step", 0)))
        keys = ("identity", "network", "learner", "scaler", "average", "step", "loss", "history", "best")
        needed(state, path, *keys)
        own = self._identity()
        for name, value in state["identity"].items():
            if own.get(name) != value:
                raise TrainingError(
                    Message(
                        "train.another-run",
                        folder=self.folder,
                        name=name,
                        expected=own.get(name),
                        found=value,
                    )
                )
        load_weights(self.network, state["network"], path)
        try:
            self._learner.load_state_dict(state["learner"])
            if self.options.precision == "float16":
                self._scaler.load_state_dict(state["scaler"])
            if self._average is not None:
                self._average.load_state_dict(state["average"])
        except (KeyError, ValueError, RuntimeError, AssertionError):
            raise TrainingError(Message("train.checkpoint-damaged", path=path)) from None
        self.step = int(state["step"])
        self._loss_sum, self._loss_count = state["loss"]
        self._history, self._best = state["history"], state["best"]
        self._since_best = state["since_best"]
        self._tell(Message("train.goes-on", step=self.step, steps=self.total_steps))

    # --- steps ----------------------------------------------------------------------------------------------

    def run(self) -> Result:
        """Learn to the end.

        Returns:
            How it ended.

        Raises:
            TrainingError: the loss is no number any more, a worker or a process died, a shard was cut off;
                the last checkpoint stays, and the same call goes on from it.
            SinkError: a checkpoint cannot be written; the one before it stays.
        """
        if self._is_over():
            return self._ended()
        batches = training_batches(
            self.data.shards,
            self._plan,
            self._side,
            step=self.step,
            rank=self.group.rank,
            processes=self.group.processes,
            workers=self.options.workers,
        )
        with contextlib.closing(batches):  # type: ignore[type-var]  # a generator
            while not self._is_over():
                self._learn(next(batches))
                self.step += 1
                at_epoch_s_end = self.step % self._plan.steps_per_epoch == 0
                if at_epoch_s_end:
                    self._measure()
                asked = self.group.any(self._stop(), self.device)
                if at_epoch_s_end or asked or self.step % self.options.checkpoint_every == 0:
                    self._keep()
                if asked and not self._is_over():
                    return Result(self.step, "asked", self._best_report(), None)
        return self._ended()

    def _is_over(self) -> bool:
        patience = self.options.patience
        return self.step >= self.total_steps or bool(patience and self._since_best >= patience)

    def _rate(self) -> float:
        """Learning rate of this step: it rises evenly, and then falls along a cosine (arXiv 1608.03983)."""
        peak = self.options.learning_rate * self.options.batch / 256
        rising = max(1, round(self.options.warm_up * self.total_steps))
        if self.step < rising:
            return peak * (self.step + 1) / rising
        done = (self.step - rising) / max(1, self.total_steps - rising)
        return peak * 0.5 * (1 + math.cos(math.pi * done))

    def _learn(self, batch: Batch) -> None:
        for place in set(batch.damaged) - self._damaged:
            self._damaged.add(place)
            self._tell(Message("train.picture-left-out", place=place))
        # Dropout draws from this, in each step anew: nothing of it has to be kept.
        torch.manual_seed(_mixed(self.options.seed, self.step, self.group.rank))
        self._to_training()
        for group in self._learner.param_groups:
            group["lr"] = self._rate()
        self._learner.zero_grad(set_to_none=True)
        loss = self._gradients(batch)
        self._scaler.unscale_(self._learner)
        weights = [weight for weight in self.network.parameters() if weight.grad is not None]
        limit = self.options.clip or math.inf
        length = torch.nn.utils.clip_grad_norm_(weights, limit)
        too_low = self._scaler.is_enabled() and self._scaler.get_scale() < _LOWEST_SCALE
        if not torch.isfinite(loss) or too_low or not (self._scaler.is_enabled() or torch.isfinite(length)):
            kept = self._checkpoints.steps()
            last = self._checkpoints.path(kept[-1]) if kept else Message("got.none")
            raise TrainingError(Message("train.loss-not-finite", step=self.step + 1, last=last))
        self._scaler.step(self._learner)
        self._scaler.update()
        if self._average is not None:
            self._average.update(self.network)
        self._loss_sum += float(loss)
        self._loss_count += 1

    def _gradients(self, batch: Batch) -> Tensor:
        """Gather the gradients of this process's part of the batch; the mean loss over all of the batch."""
        lose = LOSSES[self.options.loss]
        parts = max(1, min(self.options.accumulate, len(batch.pictures)))
        total = torch.zeros((), device=self.device)
        sizes = [len(part) for part in np.array_split(np.arange(len(batch.pictures)), parts)]
        pictures, truth = batch.pictures.split(sizes), batch.truth.split(sizes)
        for number, (some, own) in enumerate(zip(pictures, truth, strict=True)):
            is_last = number == parts - 1
            with contextlib.nullcontext() if is_last else unsynchronised(self._wrapped):
                with self._autocast():
                    logits = self._wrapped(self._normalised(some))
                loss = lose(logits, own.to(self.device)).sum() / self._rows
                # Gradients are averaged over processes, and each has the loss of its own part only.
                self._scaler.scale(loss * self.group.processes).backward()
            total += loss.detach()
        return self.group.sum(total)

    def _normalised(self, pictures: Tensor) -> Tensor:
        return (pictures.to(self.device, non_blocking=True).float() - self._mean) / self._std

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        dtype = _DTYPES.get(self.options.precision)
        return contextlib.nullcontext() if dtype is None else torch.autocast(self.device.type, dtype)

    def _to_training(self) -> None:
        if self.options.part == "head":  # what does not learn does not change its statistics either
            self._wrapped.eval()
            self.network.get_submodule(self._head).train()
        else:
            self._wrapped.train()

    # --- measuring ------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Measure with the averaged weights, and keep them where they are the best so far."""
        epoch = self.step // self._plan.steps_per_epoch
        loss = self._loss_sum / max(1, self._loss_count)
        self._loss_sum, self._loss_count = 0.0, 0
        entry: dict[str, Any] = {
            "epoch": epoch,
            "step": self.step,
            "loss": loss,
            "learning_rate": self._rate(),
        }
        applied = contextlib.nullcontext() if self._average is None else self._average.applied(self.network)
        with applied:
            if not len(self.data.measuring):
                if self.group.is_first:
                    self._write_network(None, None)
                self._history.append(entry)
                self._tell(Message("train.epoch", epoch=epoch, epochs=self.options.epochs, loss=loss))
                return
            logits, truth = self.logits()
            own = scores(torch.from_numpy(logits), self.options.loss).numpy()
            report = evaluate(own, truth, self._frequencies)
            entry["report"] = report.table()
            before = -1.0 if self._best is None else self._best["value"]
            if _value(report) > before:
                self._best = {"value": _value(report), "step": self.step, "report": report.table()}
                self._since_best = 0
                if self.group.is_first:
                    self._write_network(logits, truth)
            else:
                self._since_best += 1
        self._history.append(entry)
        self._tell(
            Message(
                "train.epoch-measured",
                epoch=epoch,
                epochs=self.options.epochs,
                loss=loss,
                top_1=report.all.top_1,
                precision=report.all.mean_average_precision,
                head=report.groups["head"].mean_average_precision,
                torso=report.groups["torso"].mean_average_precision,
                tail=report.groups["tail"].mean_average_precision,
            )
        )

    def logits(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(pictures, tags) logits and truth of what is measured with, the same in every process."""
        self._wrapped.eval()
        own = self.data.measuring[self.group.rank :: self.group.processes]
        found: list[NDArray[np.float32]] = []
        truth: list[NDArray[np.float32]] = []
        for batch in measuring_batches(
            self.data.held, own.tolist(), self._side, size=self.options.batch, workers=self.options.workers
        ):
            with torch.no_grad(), self._autocast():
                found.append(self.network(self._normalised(batch.pictures)).float().cpu().numpy())
            truth.append(batch.truth.numpy())
        tags = len(self.data.held.vocabulary)
        empty = [np.zeros((0, tags), np.float32)]
        pair = np.concatenate(found or empty), np.concatenate(truth or empty)
        if self.group.processes == 1:
            return pair
        everyone: list[Any] = [None] * self.group.processes
        torch.distributed.all_gather_object(everyone, pair)
        return np.concatenate([one for one, _ in everyone]), np.concatenate([two for _, two in everyone])

    def _write_network(self, logits: NDArray[Any] | None, truth: NDArray[Any] | None) -> None:
        """The network alone, with all that is needed to use it: what is exported and learnt on from."""
        calibration: dict[str, Any] = {}
        if logits is not None and truth is not None and self.options.loss == "softmax":
            calibration = {"temperature": fit_temperature(logits, truth)}
        elif logits is not None and truth is not None:
            curves = fit_platt(logits, truth)
            calibration = {
                "slope": torch.from_numpy(curves.slope),
                "offset": torch.from_numpy(curves.offset),
            }
        state = {
            "format": FORMAT,
            "name": self._name,
            "tags": list(self.data.shards.vocabulary),
            "loss": self.options.loss,
            "step": self.step,
            "frequencies": torch.from_numpy(self._frequencies),
            "calibration": calibration,
            "report": None if self._best is None else self._best["report"],
            "weights": {
                name: value.detach().cpu().clone() for name, value in self.network.state_dict().items()
            },
        }
        save(self.folder / NETWORK, state)

    # --- keeping --------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        if self.group.is_first:
            state = {
                "identity": self._identity(),
                "step": self.step,
                "network": self.network.state_dict(),
                "learner": self._learner.state_dict(),
                "scaler": self._scaler.state_dict(),
                "average": None if self._average is None else self._average.state_dict(),
                "loss": (self._loss_sum, self._loss_count),
                "history": self._history,
                "best": self._best,
                "since_best": self._since_best,
            }
            self._checkpoints.save(self.step, state)
            lines = [json.dumps(entry) for entry in self._history]
            write_text(self.folder / METRICS, "".join(f"{line}\n" for line in lines))
        self.group.wait()

    def _ended(self) -> Result:
        stopped = "" if self.step >= self.total_steps else "patience"
        path = self.folder / NETWORK
        return Result(self.step, stopped, self._best_report(), path if path.is_file() else None)

    def _best_report(self) -> dict[str, Any] | None:
        return None if self._best is None else self._best["report"]


def check_precision(precision: Precision, device: torch.device) -> None:
    """Raise TrainingError unless a device computes in a precision."""
    if precision == "float16" and device.type == "cpu":
        raise TrainingError(Message("train.no-precision", precision=precision, device=device.type))
    if precision == "bfloat16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise TrainingError(Message("train.no-precision", precision=precision, device=device.type))


def _value(report: Report) -> float:
    """By which measurements are compared: mean average precision."""
    value = report.all.mean_average_precision
    return 0.0 if math.isnan(value) else value


def _mixed(*numbers: int) -> int:
    """One seed of several numbers, that differs where any of them does."""
    return int(np.random.SeedSequence(list(numbers)).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _learner(network: nn.Module, options: RunOptions) -> torch.optim.Optimizer:
    """Weights decay; biases and the scales of normalisation do not (arXiv 1812.01187, section 3.1)."""
    weights = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    groups: Sequence[dict[str, Any]] = [
        {"params": [w for _, w in weights if w.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [w for _, w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if options.learner == "adamw":
        return torch.optim.AdamW(groups, lr=options.learning_rate)
    return torch.optim.SGD(groups, lr=options.learning_rate, momentum=0.9, nesterov=True)
