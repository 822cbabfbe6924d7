"""``train``: shards of posts, runs, and what is in two sets of shards."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ar_effects.cli.stopping import asked, deferred
from ar_effects.cli.train_commands import missing_packages
from ar_effects.errors import TrainingError
from ar_effects.messages import Message, sentence

if TYPE_CHECKING:
    from ar_effects.training.shards import WriterReport

VOCABULARY = "vocabulary.json"
NAMES_SHOWN = 12
LINES_SHOWN = 5

_DROPPED = {
    "missing": "train.dropped-missing",
    "undecodable": "train.dropped-undecodable",
    "too_small": "train.dropped-too-small",
    "too_many_tags": "train.dropped-too-many-tags",
    "no_tags": "train.dropped-no-tags",
    "duplicate": "train.dropped-duplicate",
    "in_test": "train.dropped-in-test",
    "over_maker_limit": "train.dropped-over-maker-limit",
}
"""Messages by why a picture is not in the shards."""


def need_packages() -> None:
    """Raise TrainingError where the extra is not installed."""
    missing = missing_packages()
    if missing:
        raise TrainingError(Message("train.extra-missing", missing=", ".join(missing)))


def shards_command(
    posts: Path,
    output: str,
    folder: Path | None,
    minimum: int,
    per_maker: int,
    largest: int | None,
    with_parents: bool,
    vocabulary: Path | None,
    without: tuple[str, ...],
    quiet: bool,
    **writer: Any,
) -> int:
    """Write shards, and tell what became of the posts."""
    need_packages()
    from ar_effects.hashtags.vocabulary import Vocabulary
    from ar_effects.training.preparing import VocabularyOptions, prepare
    from ar_effects.training.shards import ShardSet, WriterOptions, write_shards
    from ar_effects.training.store import Store

    store = Store(output)
    known = None if vocabulary is None else Vocabulary.read(vocabulary)
    options = VocabularyOptions(minimum, per_maker, largest, with_parents)
    prepared = prepare(posts, options, vocabulary=known, folder=folder)
    tests = [int(value) for address in without for value in ShardSet(address).hashes]
    say = _say(quiet)
    for problem in prepared.reading.problems[:LINES_SHOWN]:
        say(Message("train.line-left-out", problem=problem))
    if prepared.useless:
        names = " ".join(f"#{name}" for name in prepared.useless[:NAMES_SHOWN])
        say(Message("train.useless-tags", count=len(prepared.useless), names=names))
    hidden = quiet or not sys.stderr.isatty()
    with contextlib.ExitStack() as ends:
        bar: Any = None
        if not hidden:
            bar = ends.enter_context(click.progressbar(length=len(prepared.examples), file=sys.stderr))

        def advance(done: int) -> None:
            if bar is not None:
                bar.update(done - bar.pos)

        report = write_shards(
            prepared.examples,
            prepared.vocabulary.names,
            store,
            WriterOptions(**writer),
            test_hashes=tests,
            progress=advance,
        )
    store.write(VOCABULARY, prepared.vocabulary.as_json().encode())
    _tell_report(report, output, len(prepared.vocabulary), say)
    return 0


def _tell_report(report: WriterReport, output: str, tags: int, say: Callable[[Message], None]) -> None:
    dropped = sum(report.dropped.values())
    say(Message("train.shards-written", place=output, written=report.written, tags=tags, dropped=dropped))
    for why, count in sorted(report.dropped.items()):
        example = report.examples.get(why, [""])[0]
        say(Message(_DROPPED[why], count=count, example=example))


def run_command(
    shards: str,
    output: Path,
    measure_with: str | None,
    weights: Path | None,
    device: str,
    quiet: bool,
    **options: Any,
) -> int:
    """Learn, or go on learning."""
    need_packages()
    from ar_effects.training.device import find_device
    from ar_effects.training.distributed import joined
    from ar_effects.training.loop import Trainer
    from ar_effects.training.options import RunOptions
    from ar_effects.training.shards import ShardSet
    from ar_effects.training.splitting import data_of
    from ar_effects.training.trainable import begin_with, trainable

    wanted = RunOptions(**options)
    chosen = find_device(device)
    with joined(chosen) as group, deferred():
        say = _say(quiet or not group.is_first)
        opened = ShardSet(shards)
        made = trainable(wanted.network, len(opened.vocabulary), wanted.seed)
        data = data_of(opened, measure_with, wanted, say)
        if weights is not None and not begin_with(made, weights, say):
            say(Message("train.head-is-new", weights=weights))
        run = Trainer(made, data, wanted, output, device=chosen, group=group, tell=say, stop=asked)
        result = run.run()
    if result.stopped == "asked":
        say(Message("train.run-asked", steps=result.steps))
        raise KeyboardInterrupt
    if result.stopped:
        say(Message("train.run-out-of-patience"))
    if result.network is None:
        say(Message("train.run-without-network", steps=result.steps))
    else:
        say(Message("train.run-ended", steps=result.steps, network=result.network))
    return 0


def duplicates_command(
    test: str, training: str, distance: int, weights: Path | None, similarity: float
) -> int:
    """One line a pair, and how many there are; 1 where there is any."""
    need_packages()
    from ar_effects.training.deduplication import near_embeddings, near_hashes
    from ar_effects.training.embedding import embeddings
    from ar_effects.training.shards import ShardSet

    one, other = ShardSet(test), ShardSet(training)
    found = near_hashes(one.hashes.tolist(), other.hashes.tolist(), distance)
    if weights is not None:
        vectors, others = embeddings(one, weights), embeddings(other, weights)
        found = {**near_embeddings(vectors, others, similarity), **found}
    for number, same in sorted(found.items()):
        click.echo(sentence("train.duplicates", one=one.place(number), other=other.place(same)))
    click.echo(
        sentence("train.duplicates-found", count=len(found), pictures=len(one), test=test, training=training)
    )
    return int(bool(found))


def _say(quiet: bool) -> Callable[[Message], None]:
    def say(message: Message) -> None:
        if not quiet:
            click.echo(str(message), err=True)

    return say
