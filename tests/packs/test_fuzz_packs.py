"""A few hundred broken packs; benchmarks/fuzz_packs.py runs twenty thousand."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.errors import PackError
from ar_effects.packs.pack import load_pack
from benchmarks.fuzz_mutations import KINDS, by_structure, make_base, manifest_of, packed_glb
from benchmarks.fuzz_packs import MEMORY_MB, SLOWEST_S, Fuzz, cases, memory_mb

COUNT = 400
SHARED, LARGE = "manifest shared", 1
"""Pictures that many layers name, and a case of it with many layers and a large one."""


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory):
    return Fuzz(tmp_path_factory.mktemp("fuzz"), draws=False)


def test_the_base_is_right(tmp_path):
    pack = load_pack(make_base(tmp_path / "base"))
    assert len({table.kind for table in pack.manifest.layers}) >= 9


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_broken_pack_does_more_than_being_refused_in_words(fuzz):
    fuzz.warm_up()
    chosen = [(name, seed) for name, seed in cases(COUNT, first=200_000) if name != SHARED]
    for name, seed in chosen:
        fuzz.run(name, seed)
    failures = [f for t in fuzz.tallies.values() for f in t.failures]
    assert failures == []
    assert sum(t.cases for t in fuzz.tallies.values()) == len(chosen) > 0.9 * COUNT
    for name, tally in fuzz.tallies.items():
        assert tally.slowest_s < 10 * SLOWEST_S, (name, tally.slowest)  # the bar itself is the benchmark's
        assert tally.largest_mb < MEMORY_MB, (name, tally.largest)
    refused, loaded = (
        sum(n) for n in zip(*((t.refused, t.cases - t.refused) for t in fuzz.tallies.values()), strict=True)
    )
    assert refused > COUNT / 4, "the mutations break something"
    assert loaded > COUNT / 20, "and not everything"


def test_a_picture_that_many_layers_share_is_loaded_and_worn(fuzz):
    fuzz.run(SHARED, 0)
    tally = fuzz.tallies[SHARED]
    assert (tally.refused, tally.failures) == (0, [])


def test_a_picture_that_many_layers_share_is_held_once(fuzz):
    """52 layers and a picture of 2048x2048 pixels in 78 KB: 16 MB, where it is held once."""
    fuzz.warm_up()
    fuzz.run(SHARED, LARGE)
    assert fuzz.tallies[SHARED].largest_mb < MEMORY_MB


@pytest.mark.skipif(not memory_mb(), reason="this system does not tell how much memory a process has")
def test_the_peak_of_a_case_is_seen_though_it_is_over(fuzz, monkeypatch):
    from benchmarks import fuzz_packs

    def wasteful(_):
        np.ones(50 << 20, np.uint8)
        raise PackError("refused")

    fuzz.warm_up()
    monkeypatch.setattr(fuzz_packs, "load_pack", wasteful)
    monkeypatch.setattr(fuzz_packs, "find_problems", wasteful)
    fuzz.run("model bytes", 1)
    assert fuzz.tallies["model bytes"].largest_mb > 40.0
    assert fuzz.tallies["model bytes"].largest == "model bytes:1"


def test_the_fuzz_finds_what_is_wrong(fuzz, monkeypatch):
    """It would see a crash, a hang, and a disagreement."""
    from benchmarks import fuzz_packs

    def crash(_):
        raise KeyError("oops")

    monkeypatch.setattr(fuzz_packs, "load_pack", crash)
    fuzz.run("model bytes", 1)
    assert "KeyError" in fuzz.tallies["model bytes"].failures.pop()
    monkeypatch.undo()
    monkeypatch.setattr(fuzz_packs, "find_problems", lambda _: [])
    fuzz.run("picture head", 0)
    while not fuzz.tallies["picture head"].failures and fuzz.tallies["picture head"].cases < 200:
        fuzz.run("picture head", fuzz.tallies["picture head"].cases * 4)
    assert "packs check finds nothing" in fuzz.tallies["picture head"].failures.pop()


@pytest.mark.parametrize("name", KINDS)
def test_a_case_is_the_same_every_time(fuzz, name):
    kind = KINDS[name]
    data = fuzz.bundle if kind.file == "bundle" else fuzz.files[kind.file]
    made = [kind.change(np.random.default_rng(seed), data) for seed in (3, 3, 4, 5, 6)]
    assert made[0] == made[1]
    assert len(set(made)) >= 3


def test_changed_structures_can_be_written():
    rng = np.random.default_rng(0)
    for _ in range(50):
        table = by_structure(rng, {"a": 1, "b": {"c": [1.5, "x", True]}})
        assert isinstance(manifest_of(table), bytes)
    assert packed_glb({}, b"")[:4] == b"glTF"
