"""A few hundred broken packs; benchmarks/fuzz_packs.py runs twenty thousand."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.effects.pack import load_pack
from benchmarks.fuzz_mutations import KINDS, by_structure, make_base, manifest_of, packed_glb
from benchmarks.fuzz_packs import MEMORY_MB, SLOWEST_S, Fuzz, cases, memory_mb

COUNT = 400


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory):
    return Fuzz(tmp_path_factory.mktemp("fuzz"), draws=False)


def test_the_base_is_right(tmp_path):
    pack = load_pack(make_base(tmp_path / "base"))
    assert len({table.kind for table in pack.manifest.layers}) >= 9


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_broken_pack_does_more_than_being_refused_in_words(fuzz):
    fuzz.warm_up()
    before = memory_mb()
    for name, seed in cases(COUNT, first=200_000):
        fuzz.run(name, seed)
    failures = [f for t in fuzz.tallies.values() for f in t.failures]
    assert failures == []
    assert sum(t.cases for t in fuzz.tallies.values()) == COUNT
    for name, tally in fuzz.tallies.items():
        assert tally.slowest_s < SLOWEST_S, (name, tally.slowest)
    assert memory_mb() - before < MEMORY_MB
    refused, loaded = (
        sum(n) for n in zip(*((t.refused, t.cases - t.refused) for t in fuzz.tallies.values()), strict=True)
    )
    assert refused > COUNT / 4, "the mutations break something"
    assert loaded > COUNT / 20, "and not everything"


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
