"""WebDataset shards: tar files of pictures with their tags, and an index by which single ones are found.

A shard is what the package `webdataset` reads and writes: members ``KEY.jpg`` and ``KEY.json``, one after
the other. Beside it lies ``shard-000000.npz`` with where each picture begins, its tags by number and its
hash, and ``index.json`` tells of all shards. Pictures are stored upright, in sRGB, not larger than is learnt
from, and without the metadata of the photo: no place, no camera, no name of who posted it.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import SourceError, TrainingError
from ar_effects.media.pictures import read
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind
from ar_effects.training.deduplication import DISTANCE, HashIndex, perceptual_hash
from ar_effects.training.store import Store

INDEX = "index.json"
FORMAT = 1
EXAMPLES_KEPT = 20
_AHEAD = 8
_INDEX_KEYS = {"fingerprint", "vocabulary", "complete", "counts", "report", "shards"}
_SHARD_KEYS = {
    "name",
    "pictures",
    "bytes",
    "sha256",
    "table_bytes",
    "table_sha256",
    "examples_done",
    "report",
}


class Drop(StrEnum):
    """Why a picture is not in the shards."""

    MISSING = "missing"
    UNDECODABLE = "undecodable"
    TOO_SMALL = "too_small"
    TOO_MANY_TAGS = "too_many_tags"
    NO_TAGS = "no_tags"
    DUPLICATE = "duplicate"
    IN_TEST = "in_test"
    OVER_MAKER_LIMIT = "over_maker_limit"


@dataclass(frozen=True, slots=True)
class Example:
    """A picture and what is known of it.

    Attributes:
        file: the picture's.
        tags: numbers of its tags, in the vocabulary; may be empty.
        dropped: why it is not wanted, where that is known before its file is read.
    """

    file: Path
    tags: tuple[int, ...]
    dropped: Drop | None = None


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """How shards are written.

    Attributes:
        side: the shorter side of a stored picture in pixels at most; 0: as it is.
        quality: of the JPEGs, 1 to 100.
        pictures_per_shard: in each shard but the last.
        most_tags: with more, somebody wanted to be found, and not to say what is there.
        least_side: shorter sides below this are dropped, in pixels.
        distance: bits in which the hashes of one picture may differ.
        threads: that read and scale pictures; they change nothing but the time.
    """

    side: int = 256
    quality: int = 92
    pictures_per_shard: int = 1000
    most_tags: int = 30
    least_side: int = 32
    distance: int = DISTANCE
    threads: int = 2


@dataclass(slots=True)
class WriterReport:
    """What became of the examples.

    Attributes:
        written: pictures in the shards.
        dropped: how many were dropped, by why.
        examples: the first names of each.
    """

    written: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, why: Drop, name: str) -> None:
        """Count one."""
        self.dropped[why.value] = self.dropped.get(why.value, 0) + 1
        names = self.examples.setdefault(why.value, [])
        if len(names) < EXAMPLES_KEPT:
            names.append(name[:300])


@dataclass(frozen=True, slots=True)
class _Read:
    jpeg: bytes
    hash: int
    dropped: Drop | None = None


def write_shards(
    examples: Sequence[Example],
    vocabulary: Sequence[str],
    store: Store,
    options: WriterOptions | None = None,
    *,
    test_hashes: Iterable[int] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> WriterReport:
    """Write shards; the same call goes on where it was broken off, and mends shards that were damaged since.

    Args:
        examples: in their order.
        vocabulary: the tags that the examples' numbers mean.
        store: where to.
        options: None for the usual ones.
        test_hashes: of pictures that must not be learnt from.
        progress: is told after each example how many are done.

    Returns:
        What was written and what was dropped, of all examples.

    Raises:
        TrainingError: the vocabulary is empty, or there are other shards in that place.
        SinkError: a file cannot be written; the shards before it stay, and the same call goes on.
    """
    options = options or WriterOptions()
    if not vocabulary:
        raise TrainingError(Message("train.vocabulary-empty"))
    tests = HashIndex(options.distance)
    for value in test_hashes:
        tests.add(int(value))
    writer = _Writer(store, vocabulary, options, _fingerprint(examples, vocabulary, options, tests.hashes))
    seen, done = writer.begin()
    progress(done)
    for number, (example, found) in enumerate(_read_all(examples[done:], options), start=done + 1):
        why = found.dropped
        if why is None and tests.nearest(found.hash) is not None:
            why = Drop.IN_TEST
        if why is None and seen.nearest(found.hash) is not None:
            why = Drop.DUPLICATE
        if why is not None:
            writer.report.drop(why, str(example.file))
        else:
            seen.add(found.hash)
            writer.add(found, example.tags, number)
        progress(number)
    return writer.finish(len(examples))


def _fingerprint(
    examples: Sequence[Example], vocabulary: Sequence[str], options: WriterOptions, tests: Sequence[int]
) -> str:
    """Of all that decides what the shards hold."""
    own = asdict(options)
    del own["threads"]
    digest = hashlib.sha256(json.dumps([own, list(vocabulary), list(tests)]).encode())
    for example in examples:
        entry = [str(example.file), list(example.tags), example.dropped]
        digest.update(json.dumps(entry).encode())
    return digest.hexdigest()


def _read_all(examples: Sequence[Example], options: WriterOptions) -> Iterator[tuple[Example, _Read]]:
    """Each example read, in their order, some ahead of the one that is asked for."""
    with ThreadPoolExecutor(max(1, options.threads)) as pool:
        waiting: list[tuple[Example, Future[_Read]]] = []
        rest = iter(examples)
        try:
            while True:
                free = _AHEAD * options.threads - len(waiting)
                waiting += [(e, pool.submit(_read_one, e, options)) for e in islice(rest, free)]
                if not waiting:
                    return
                example, future = waiting.pop(0)
                yield example, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _read_one(example: Example, options: WriterOptions) -> _Read:
    if example.dropped is not None:
        return _Read(b"", 0, example.dropped)
    if not example.tags:
        return _Read(b"", 0, Drop.NO_TAGS)
    if len(example.tags) > options.most_tags:
        return _Read(b"", 0, Drop.TOO_MANY_TAGS)
    try:
        bgr = read(example.file).bgr
    except SourceError as error:
        is_missing = error.kind is SourceErrorKind.MISSING
        return _Read(b"", 0, Drop.MISSING if is_missing else Drop.UNDECODABLE)
    if min(bgr.shape[:2]) < options.least_side:
        return _Read(b"", 0, Drop.TOO_SMALL)
    value = perceptual_hash(bgr)
    return _Read(encoded(bgr, options.side, options.quality), value)


def encoded(bgr: NDArray[np.uint8], side: int, quality: int) -> bytes:
    """A picture as JPEG, its shorter side at most ``side`` pixels (0: as it is)."""
    height, width = bgr.shape[:2]
    scale = side / min(height, width)
    if side and scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


class _Writer:
    """Fills shards, and writes each with its table and the index as soon as it is full."""

    def __init__(
        self, store: Store, vocabulary: Sequence[str], options: WriterOptions, fingerprint: str
    ) -> None:
        self._store, self._options = store, options
        self._head = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "vocabulary": list(vocabulary),
            "side": options.side,
        }
        self._counts = np.zeros(len(vocabulary), np.int64)
        self._vocabulary = vocabulary
        self._shards: list[dict[str, Any]] = []
        self.report = WriterReport()
        self._new()

    def _new(self) -> None:
        self._data = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._data, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        self._rows: list[tuple[int, tuple[int, ...], int]] = []
        self._consumed = 0

    def begin(self) -> tuple[HashIndex, int]:
        """What an earlier call left that is whole: the hashes it wrote, and how many examples are done."""
        seen, done = HashIndex(self._options.distance), 0
        if not self._store.has(INDEX):
            return seen, done
        index = _index(self._store)
        if index.get("fingerprint") != self._head["fingerprint"]:
            raise TrainingError(Message("train.other-shards", place=self._store.address))
        for shard in index["shards"]:
            if not _is_whole(self._store, shard):
                break
            table = _table(self._store, shard)
            for value in table["hashes"]:
                seen.add(int(value))
            np.add.at(self._counts, table["tags"], 1)
            done, self.report = shard["examples_done"], WriterReport(**shard["report"])
            self._shards.append(shard)
        self.report = WriterReport(**json.loads(json.dumps(asdict(self.report))))
        return seen, done

    def add(self, found: _Read, tags: tuple[int, ...], number: int) -> None:
        key = f"{len(self._shards):06d}{len(self._rows):06d}"
        words = {"tags": [self._vocabulary[tag] for tag in tags]}
        for ending, data in (("jpg", found.jpeg), ("json", json.dumps(words, ensure_ascii=False).encode())):
            member = tarfile.TarInfo(f"{key}.{ending}")
            member.size, member.mode = len(data), 0o644
            self._tar.addfile(member, io.BytesIO(data))
        self._rows.append((len(found.jpeg), tuple(sorted(set(tags))), found.hash))
        self.report.written += 1
        self._consumed = number
        if len(self._rows) == self._options.pictures_per_shard:
            self._close()

    def _close(self) -> None:
        self._tar.close()
        data = self._data.getvalue()
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            starts = [m.offset_data for m in tar.getmembers() if m.name.endswith(".jpg")]
        tags = [own for _, own, _ in self._rows]
        table = io.BytesIO()
        np.savez(
            table,
            starts=np.array(starts, np.int64),
            sizes=np.array([size for size, _, _ in self._rows], np.int64),
            hashes=np.array([value for _, _, value in self._rows], np.uint64),
            tags=np.array([tag for own in tags for tag in own], np.int32),
            tag_ends=np.cumsum([len(own) for own in tags]).astype(np.int64),
        )
        name = f"shard-{len(self._shards):06d}"
        files = {f"{name}.tar": data, f"{name}.npz": table.getvalue()}
        for file, content in files.items():
            self._store.write(file, content)
        np.add.at(self._counts, [tag for own in tags for tag in own], 1)
        self._shards.append(
            {
                "name": name,
                "pictures": len(self._rows),
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "table_bytes": len(files[f"{name}.npz"]),
                "table_sha256": hashlib.sha256(files[f"{name}.npz"]).hexdigest(),
                "examples_done": self._consumed,
                "report": json.loads(json.dumps(asdict(self.report))),
            }
        )
        self._write_index(complete=False)
        self._new()

    def finish(self, examples: int) -> WriterReport:
        self._consumed = examples
        if self._rows:
            self._close()
        self._write_index(complete=True)
        return self.report

    def _write_index(self, *, complete: bool) -> None:
        index = {
            **self._head,
            "complete": complete,
            "counts": self._counts.tolist(),
            "report": asdict(self.report),
            "shards": self._shards,
        }
        self._store.write(INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())


def _is_whole(store: Store, shard: dict[str, Any]) -> bool:
    """Whether tar and table are there with all of their bytes, as they were written."""
    for ending, size, digest in (("tar", "bytes", "sha256"), ("npz", "table_bytes", "table_sha256")):
        name = f"{shard['name']}.{ending}"
        if store.size(name) != shard[size]:
            return False
        if hashlib.sha256(store.read(name)).hexdigest() != shard[digest]:
            return False
    return True


def _index(store: Store) -> dict[str, Any]:
    data = store.read(INDEX)
    try:
        index = json.loads(data)
        if index["format"] != FORMAT:
            raise ValueError
        if _INDEX_KEYS - index.keys() or any(_SHARD_KEYS - shard.keys() for shard in index["shards"]):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TrainingError(Message("train.index-damaged", place=store.place(INDEX))) from None
    assert isinstance(index, dict)
    return index


def _table(store: Store, shard: dict[str, Any]) -> dict[str, NDArray[Any]]:
    name = f"{shard['name']}.npz"
    data = store.read(name)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as table:
            found = {key: table[key] for key in ("starts", "sizes", "hashes", "tags", "tag_ends")}
        if len(found["starts"]) != shard["pictures"] or len(found["tag_ends"]) != shard["pictures"]:
            raise ValueError
    except Exception:  # zipfile, NumPy and zlib each have their own
        raise TrainingError(Message("train.index-damaged", place=store.place(name))) from None
    return found


class ShardSet:
    """Shards as they are learnt from: any picture by its number.

    Args:
        address: of the folder; a path, or what fsspec knows.

    Attributes:
        vocabulary: the tags by number.
        counts: (tags,) how many pictures have each.
        tags: of each picture the numbers of its tags.
        hashes: (pictures,) uint64 perceptual hashes.

    Raises:
        TrainingError: there are none, they are not complete, a shard is missing or cut off, or the vocabulary
            is empty.
    """

    def __init__(self, address: str) -> None:
        self.store = Store(address)
        if not self.store.has(INDEX):
            raise TrainingError(Message("train.no-shards", place=self.store.address))
        index = _index(self.store)
        if not index["complete"]:
            raise TrainingError(Message("train.shards-incomplete", place=self.store.address))
        self.vocabulary: tuple[str, ...] = tuple(map(str, index["vocabulary"]))
        if not self.vocabulary:
            raise TrainingError(Message("train.vocabulary-empty"))
        self.counts = np.asarray(index["counts"], np.int64)
        self.fingerprint = str(index["fingerprint"])
        self._names = [str(shard["name"]) for shard in index["shards"]]
        for shard in index["shards"]:
            self._check(f"{shard['name']}.tar", int(shard["bytes"]))
            self._check(f"{shard['name']}.npz", int(shard["table_bytes"]))
        tables = [_table(self.store, shard) for shard in index["shards"]]
        self._shard = np.repeat(np.arange(len(tables)), [len(t["starts"]) for t in tables])
        self._starts = _joined([t["starts"] for t in tables], np.int64)
        self._sizes = _joined([t["sizes"] for t in tables], np.int64)
        self.hashes = _joined([t["hashes"] for t in tables], np.uint64)
        self.tags: list[tuple[int, ...]] = []
        for table in tables:
            parts = np.split(table["tags"], table["tag_ends"][:-1]) if len(table["tag_ends"]) else []
            self.tags += [tuple(map(int, part)) for part in parts]
        if any(not 0 <= tag < len(self.vocabulary) for own in self.tags for tag in own):
            raise TrainingError(Message("train.index-damaged", place=self.store.place(INDEX)))

    def __len__(self) -> int:
        return len(self._starts)

    def shard_of(self, number: int) -> int:
        """Which shard a picture lies in, from 0."""
        return int(self._shard[number])

    def place(self, number: int) -> str:
        """Shard and number of a picture in it, for messages."""
        shard = self.shard_of(number)
        return f"{self.store.place(self._names[shard])}.tar, {number - int(np.argmax(self._shard == shard))}"

    def picture(self, number: int) -> bytes:
        """The JPEG of a picture.

        Raises:
            TrainingError: the shard is gone or was cut off meanwhile.
        """
        name = f"{self._names[self._shard[number]]}.tar"
        start, size = int(self._starts[number]), int(self._sizes[number])
        data = self.store.read(name, start, start + size)
        if len(data) != size:
            raise _cut_off(self.store, name, start + size, start + len(data))
        return data

    def _check(self, name: str, size: int) -> None:
        found = self.store.size(name)
        if found is None:
            raise TrainingError(Message("train.file-missing", place=self.store.place(name)))
        if found != size:
            raise _cut_off(self.store, name, size, found)


def _cut_off(store: Store, name: str, size: int, found: int) -> TrainingError:
    return TrainingError(Message("train.shard-cut-off", place=store.place(name), size=size, found=found))


def _joined(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype)
