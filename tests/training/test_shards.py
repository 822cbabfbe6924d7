"""Shards: what is written, what is dropped and counted, and what bad ones are called."""

from __future__ import annotations

import errno
import gc
import json
import tarfile
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import webdataset

from ar_effects import writing
from ar_effects.errors import SinkError, TrainingError
from ar_effects.media.pictures import read
from ar_effects.training import shards as module
from ar_effects.training.deduplication import perceptual_hash
from ar_effects.training.loader import decoded
from ar_effects.training.shards import Drop, Example, ShardSet, WriterOptions, write_shards
from ar_effects.training.store import Store
from tests.training.small import TAGS, examples, shards

OPTIONS = WriterOptions(side=32, pictures_per_shard=4)


def refused(address: object) -> TrainingError:
    with pytest.raises(TrainingError) as caught:
        ShardSet(str(address))
    return caught.value


def test_every_picture_comes_back_with_its_tags(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 10)
    report = write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    assert (report.written, report.dropped) == (10, {})
    found = ShardSet(str(tmp_path / "s"))
    assert found.vocabulary == TAGS
    assert found.tags == [example.tags for example in wanted]
    assert found.counts.tolist() == [sum(tag in e.tags for e in wanted) for tag in range(len(TAGS))]
    for number, example in enumerate(wanted):
        rgb = decoded(found.picture(number))
        whole = cv2.resize(read(example.file).bgr, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert min(rgb.shape[:2]) == 32
        assert np.abs(rgb[..., ::-1].astype(int) - whole).mean() < 12, "a JPEG of noise"


def test_the_package_webdataset_reads_them(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 6)
    write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    files = sorted(str(path) for path in (tmp_path / "s").glob("*.tar"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the files to the garbage collector
        samples = list(webdataset.WebDataset(files, shardshuffle=False, empty_check=False))
        gc.collect()
    assert [json.loads(sample["json"])["tags"] for sample in samples] == [
        [TAGS[tag] for tag in example.tags] for example in wanted
    ]
    found = ShardSet(str(tmp_path / "s"))
    assert [sample["jpg"] for sample in samples] == [found.picture(number) for number in range(6)]


def test_any_address_that_fsspec_knows_will_do(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 6)
    write_shards(wanted, TAGS, Store("memory://bucket/posts"), OPTIONS)
    found = ShardSet("memory://bucket/posts")
    assert len(found) == 6
    assert decoded(found.picture(5)).shape == (32, 43, 3)


def test_what_is_dropped_is_counted_and_named(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 3)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    cv2.imwrite(str(tmp_path / "tiny.png"), np.zeros((8, 8, 3), np.uint8))
    again = tmp_path / "again.jpg"
    cv2.imwrite(str(again), cv2.resize(cv2.imread(str(wanted[0].file)), (50, 38)))
    wanted += [
        Example(tmp_path / "gone.jpg", (0,)),
        Example(tmp_path / "broken.jpg", (0,)),
        Example(tmp_path / "tiny.png", (0,)),
        Example(again, (1,)),
        Example(wanted[1].file, ()),
        Example(wanted[1].file, tuple(range(31))),
        Example(wanted[1].file, (0,), Drop.OVER_MAKER_LIMIT),
    ]
    tests = [perceptual_hash(read(wanted[2].file).bgr)]
    report = write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS, test_hashes=tests)
    assert report.written == 2
    assert report.dropped == dict.fromkeys(map(str, Drop), 1)
    assert report.examples["undecodable"] == [str(tmp_path / "broken.jpg")]
    index = json.loads((tmp_path / "s" / "index.json").read_text())
    assert index["report"]["dropped"] == report.dropped


def test_no_metadata_of_the_photo_is_kept(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 1)
    write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    with tarfile.open(next((tmp_path / "s").glob("*.tar"))) as tar:
        names = [member.name for member in tar.getmembers()]
        words = tar.extractfile(names[1]).read().decode()
        picture = tar.extractfile(names[0]).read()
    assert b"Exif" not in picture
    assert json.loads(words).keys() == {"tags"}
    assert wanted[0].file.name not in words


def test_a_second_call_changes_nothing(tmp_path: Path):
    wanted = [*examples(tmp_path / "pictures", 9), Example(tmp_path / "gone.jpg", (0,))]
    first = write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    before = {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()}
    assert write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS) == first
    assert {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()} == before


@pytest.mark.parametrize("fail_at", range(9))
def test_writing_that_broke_off_goes_on_to_the_same_bytes(tmp_path: Path, monkeypatch, fail_at):
    wanted = [Example(tmp_path / "gone.jpg", (0,)), *examples(tmp_path / "pictures", 10)]
    write_shards(wanted, TAGS, Store(str(tmp_path / "whole")), OPTIONS)
    real, calls = Store.write, []

    def write(self, name, data):
        calls.append(name)
        if len(calls) == fail_at + 1:
            raise OSError(errno.ENOSPC, "full")
        real(self, name, data)

    monkeypatch.setattr(Store, "write", write)
    with pytest.raises(OSError, match="full"):
        write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    monkeypatch.undo()
    if fail_at >= 3:
        assert refused(tmp_path / "s").identifier == "train.shards-incomplete"
    write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    whole, mended = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("whole", "s"))
    assert whole == mended


def test_a_damaged_shard_is_mended_by_the_same_call(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 10)
    store = Store(str(tmp_path / "s"))
    write_shards(wanted, TAGS, store, OPTIONS)
    before = {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()}
    path = tmp_path / "s" / "shard-000001.tar"
    path.write_bytes(path.read_bytes()[:-700])
    error = refused(tmp_path / "s")
    assert error.identifier == "train.shard-cut-off"
    assert error.facts["found"] == len(before[path.name]) - 700
    write_shards(wanted, TAGS, store, OPTIONS)
    assert {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()} == before


def test_other_posts_do_not_go_into_the_same_folder(tmp_path: Path):
    wanted = examples(tmp_path / "pictures", 5)
    store = Store(str(tmp_path / "s"))
    write_shards(wanted, TAGS, store, OPTIONS)
    for other in (wanted[:4], [*wanted[:4], Example(wanted[4].file, (2, 3))]):
        with pytest.raises(TrainingError) as caught:
            write_shards(other, TAGS, store, OPTIONS)
        assert caught.value.identifier == "train.other-shards"


def test_an_empty_vocabulary_is_refused(tmp_path: Path):
    with pytest.raises(TrainingError) as caught:
        write_shards([], (), Store(str(tmp_path / "s")))
    assert caught.value.identifier == "train.vocabulary-empty"
    assert not (tmp_path / "s").exists()


def test_what_cannot_be_learnt_from_is_named(tmp_path: Path):
    folder = shards(tmp_path, 9, 4)
    assert refused(tmp_path / "nowhere").identifier == "train.no-shards"
    assert refused("nonsense://x").identifier == "train.address-unknown"
    (folder / "shard-000001.npz").rename(tmp_path / "away")
    assert refused(folder).identifier == "train.file-missing"
    (tmp_path / "away").rename(folder / "shard-000001.npz")
    size = (folder / "shard-000001.npz").stat().st_size
    (folder / "shard-000001.npz").write_bytes(b"x" * size)
    assert refused(folder).identifier == "train.index-damaged"
    for text in ("", "[]", '{"format": 99}', '{"format": 1}'):
        (folder / "index.json").write_text(text)
        assert refused(folder).identifier == "train.index-damaged", text


def test_a_shard_that_is_cut_off_while_it_is_read_is_named(tmp_path: Path):
    folder = shards(tmp_path, 9, 4)
    found = ShardSet(str(folder))
    (folder / "shard-000001.tar").write_bytes(b"")
    assert found.picture(0)
    with pytest.raises(TrainingError) as caught:
        found.picture(5)
    assert caught.value.identifier == "train.shard-cut-off"
    assert str(folder / "shard-000001.tar") in caught.value.one_line()


def test_a_full_disk_is_told_as_such_and_the_shards_before_it_stay(tmp_path: Path, monkeypatch):
    wanted = examples(tmp_path / "pictures", 10)
    real = module._Writer._close

    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    def close_when_full(self):
        if self._shards:
            monkeypatch.setattr(writing._WholeWrites, "write", full)
        real(self)

    monkeypatch.setattr(module._Writer, "_close", close_when_full)
    with pytest.raises(SinkError) as caught:
        write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS)
    assert caught.value.identifier == "output.disk-full"
    monkeypatch.undo()
    assert sorted(p.name for p in (tmp_path / "s").iterdir()) == [
        "index.json",
        "shard-000000.npz",
        "shard-000000.tar",
    ]
    assert write_shards(wanted, TAGS, Store(str(tmp_path / "s")), OPTIONS).written == 10
