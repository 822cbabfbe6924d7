"""Levels of detail of models: what gets them, what they keep, and the cache."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from ar_effects.drawlist import Material, Model, Morph, Primitive
from ar_effects.effects import levels_of_detail as detail
from ar_effects.effects.levels_of_detail import KEPT_PIECES, with_details
from ar_effects.packs.library import Library
from tests.render.scenes import model, sphere

SOME = Material()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(detail, "_folder", lambda: tmp_path / "details")
    return tmp_path / "details"


def hair(count: int = 600) -> Primitive:
    """Upright strips of two triangles, 2 wide and 10 high, in rows."""
    strip = np.array([[-1, 0, 0], [1, 0, 0], [-1, 10, 0], [1, 10, 0]], np.float32)
    places = np.stack([np.arange(count) % 30 * 3.0, 0 * np.arange(count), np.arange(count) // 30 * 3.0], 1)
    positions = (strip[None] + places[:, None]).reshape(-1, 3).astype(np.float32)
    triangles = (np.array([[0, 1, 3], [0, 3, 2]])[None] + 4 * np.arange(count)[:, None, None]).reshape(-1, 3)
    n = len(positions)
    return Primitive(
        positions,
        np.tile(np.float32([0, 0, 1]), (n, 1)),
        np.tile(np.float32([[0, 0], [1, 0], [0, 1], [1, 1]]), (count, 1)),
        np.ones((n, 4), np.float32),
        triangles.astype(np.uint32),
        SOME,
    )


def of(primitive: Primitive) -> Primitive:
    (found,) = with_details(model(primitive)).primitives
    return found


def test_a_surface_gets_coarser_and_coarser_levels_of_its_own_vertices():
    before = sphere(SOME, 60.0, rings=40).primitives[0]
    found = of(before)
    assert len(found.details) >= 3
    counts = [len(before.triangles), *(len(d.triangles) for d in found.details)]
    assert all(b <= 0.8 * a for a, b in itertools.pairwise(counts))
    errors = [d.error for d in found.details]
    assert errors == sorted(errors)
    assert found.positions is before.positions
    assert found.triangles is before.triangles, "near, it is drawn as it is"


def test_hair_keeps_its_area_with_fewer_wider_pieces():
    before = hair()
    found = of(before)
    assert [len(d.triangles) for d in found.details] == [2 * round(kept * 600) for _, kept in KEPT_PIECES]
    np.testing.assert_array_equal(found.positions[: len(before.positions)], before.positions)
    for level in found.details:
        corners = found.positions[level.triangles]
        widths = np.ptp(corners[..., 0], axis=1)
        area = 0.5 * np.linalg.norm(
            np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
        )
        assert area.sum() == pytest.approx(600 * 20.0, rel=1e-3)
        np.testing.assert_allclose(np.ptp(corners[..., 1], axis=1), 10.0, atol=1e-3)
        assert widths.min() > 3.9
    assert len(found.uvs) == len(found.normals) == len(found.colours) == len(found.positions)


def test_facets_with_vertices_of_their_own_are_a_surface_and_no_heap_of_pieces():
    whole = sphere(SOME, 40.0, rings=30).primitives[0]
    flat = whole.triangles.reshape(-1)
    faceted = replace(
        whole,
        positions=whole.positions[flat],
        normals=whole.normals[flat],
        uvs=whole.uvs[flat],
        colours=whole.colours[flat],
        triangles=np.arange(len(flat), dtype=np.uint32).reshape(-1, 3),
    )
    found = of(faceted)
    assert len(found.positions) == len(faceted.positions), "no pieces were made wider"


def test_small_things_and_those_with_morph_targets_stay_as_they_are():
    small = sphere(SOME, 10.0, rings=6).primitives[0]
    assert of(small) is small
    large = sphere(SOME, 10.0, rings=30).primitives[0]
    offsets = np.zeros((1, len(large.positions), 3), np.float32)
    bending = replace(large, morph=Morph(0, offsets, None))
    assert of(bending) is bending


def test_levels_come_from_the_cache_and_a_damaged_one_is_made_anew(cache, monkeypatch):
    before = sphere(SOME, 60.0, rings=40).primitives[0]
    first = of(before)
    (file,) = cache.glob("*")
    made = []
    real = detail.simplified
    monkeypatch.setattr(detail, "simplified", lambda *a: made.append(1) or real(*a))

    def same(found: Primitive) -> bool:
        pairs = zip(found.details, first.details, strict=True)
        return all(np.array_equal(a.triangles, b.triangles) and a.error == b.error for a, b in pairs)

    assert same(of(before))
    assert not made
    for damage in (b"", file.read_bytes()[:200], b"PK no archive"):
        file.write_bytes(damage)
        assert same(of(before))
    assert len(made) == 3
    assert not list(cache.glob("*.part"))


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(cache):
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file where the folder should be")
    assert of(sphere(SOME, 60.0, rings=40).primitives[0]).details


def test_a_cache_of_another_model_s_indices_is_not_believed(cache):
    before = sphere(SOME, 60.0, rings=40).primitives[0]
    count = len(of(before).details)
    (file,) = cache.glob("*")
    wild = np.full((3, 3), 10**6, np.uint32)
    with file.open("wb") as opened:
        np.savez(opened, **{f"level_{i}": wild for i in range(len(detail.ERRORS_MM))})
    found = of(before)
    assert len(found.details) == count
    assert all(d.triangles.max() < len(before.positions) for d in found.details)


def test_without_the_compiler_models_are_as_they_are(monkeypatch):
    monkeypatch.setattr(detail, "IS_COMPILED", False)
    whole = sphere(SOME, 60.0, rings=40)
    assert with_details(whole) is whole


@pytest.mark.parametrize("name", ["sunglasses", "crown", "beard", "dog"])
def test_the_shipped_models_have_levels(name):
    models = [
        m for layer in Library().load(name).layers if isinstance(m := getattr(layer, "model", None), Model)
    ]
    assert models
    whole = sum(len(p.triangles) for m in models for p in m.primitives)
    least = sum(
        len((p.triangles, *(d.triangles for d in p.details))[-1]) for m in models for p in m.primitives
    )
    assert least < 0.35 * whole
