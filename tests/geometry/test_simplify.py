"""Fewer triangles for the same surface: how far it moves, what stays shut, what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.geometry.simplify import pieces, simplified


def grid(columns: int, rows: int, height=lambda x, y: 0.0 * x) -> tuple[np.ndarray, np.ndarray]:
    """A sheet of unit cells, z by a function; counter-clockwise from +z."""
    y, x = (a.reshape(-1).astype(float) for a in np.mgrid[0 : rows + 1, 0 : columns + 1])
    a = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    triangles = np.concatenate(
        [np.stack([a, a + 1, a + columns + 2], 1), np.stack([a, a + columns + 2, a + columns + 1], 1)]
    )
    return np.stack([x, y, height(x, y)], 1), triangles


def ball(radius: float, rings: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A sphere whose vertices are shared, and no triangle flat."""
    v, u = np.mgrid[1:rings, 0 : 2 * rings]
    theta, phi = np.pi * v / rings, np.pi * u / rings
    middle = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1)
    points = np.concatenate([[[0, 0, 1]], middle.reshape(-1, 3), [[0, 0, -1]]]) * radius
    at = 1 + np.arange((rings - 1) * 2 * rings).reshape(rings - 1, 2 * rings)
    a, b = at[:-1], np.roll(at, -1, axis=1)[:-1]
    c, d = at[1:], np.roll(at, -1, axis=1)[1:]
    sides = np.concatenate([np.stack([a, c, b], -1), np.stack([b, c, d], -1)]).reshape(-1, 3)
    top = np.stack([np.zeros(2 * rings, int), at[0], np.roll(at[0], -1)], 1)
    bottom = np.stack([np.full(2 * rings, len(points) - 1), np.roll(at[-1], -1), at[-1]], 1)
    return points, np.concatenate([top, sides, bottom])


def directed_edges(triangles: np.ndarray) -> set[tuple[int, int]]:
    return {(int(t[k]), int(t[(k + 1) % 3])) for t in triangles for k in range(3)}


def test_a_flat_sheet_becomes_two_triangles_and_keeps_its_outline():
    points, triangles = grid(12, 9)
    (few,) = simplified(points, triangles, [1e-6])
    assert len(few) == 2
    assert {tuple(points[v][:2]) for v in np.unique(few)} == {(0, 0), (12, 0), (0, 9), (12, 9)}


@pytest.mark.parametrize("error", [0.05, 0.2, 0.8])
def test_a_ball_stays_a_closed_ball_within_the_error(error):
    points, triangles = ball(20.0, rings=48)
    (few,) = simplified(points, triangles, [error])
    assert len(few) < 0.8 * len(triangles)
    edges = directed_edges(few)
    assert all((b, a) in edges for a, b in edges), "closed"
    middles = points[few].mean(axis=1)
    assert np.abs(np.linalg.norm(middles, axis=1) - 20.0).max() < 5.0 * error + 0.2
    normals = np.cross(points[few[:, 1]] - points[few[:, 0]], points[few[:, 2]] - points[few[:, 0]])
    assert ((normals * middles).sum(axis=1) > 0).all(), "nothing is turned inside out"


def test_more_error_never_gives_more_triangles():
    points, triangles = ball(20.0)
    counts = [len(t) for t in simplified(points, triangles, [0.02, 0.1, 0.4, 1.5])]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 3 * counts[-1]


def test_a_seam_stays_shut_and_each_side_keeps_its_own_vertices():
    """Two halves that meet in places of their own, as where a texture is cut."""
    points, triangles = grid(16, 8, lambda x, _: np.sin(x / 4.0))
    left = (points[triangles][:, :, 0].mean(axis=1) < 8).nonzero()[0]
    copies = {int(v): len(points) + i for i, v in enumerate(np.flatnonzero(points[:, 0] == 8))}
    all_points = np.concatenate([points, points[list(copies)]])
    cut = triangles.copy()
    for row in np.setdiff1d(np.arange(len(triangles)), left):
        cut[row] = [copies.get(int(v), int(v)) for v in cut[row]]
    (few,) = simplified(all_points, cut, [0.05])
    assert len(few) < 0.6 * len(cut)
    own, theirs = set(copies), set(copies.values())
    for t in few:
        assert not (own & set(t.tolist()) and theirs & set(t.tolist())), (
            "no triangle has both sides' vertices"
        )
    heights = [sorted(all_points[v, 1] for v in np.unique(few) if v in side) for side in (own, theirs)]
    assert heights[0] == heights[1], "both sides of the seam have the same points: no gap opens"


def test_looks_keep_vertices_where_they_change():
    points, triangles = grid(20, 20)
    stripes = (points[:, :1] > 9.5).astype(float)
    (bare,) = simplified(points, triangles, [0.1])
    (few,) = simplified(points, triangles, [0.1], stripes)
    assert len(bare) < len(few) < 0.5 * len(triangles)
    mixed = [t for t in few if len(set(stripes[t, 0])) > 1]
    assert mixed
    assert all(set(points[t, 0]) == {9.0, 10.0} for t in mixed), "the step is as steep as it was"


@given(st.integers(0, 2**32 - 1))
def test_any_soup_of_triangles_comes_through(seed):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 4, (20, 3)).astype(float)  # doubles, flat ones, edges of many triangles
    triangles = rng.integers(0, 20, (40, 3))
    before = len(triangles)
    for few in simplified(points, triangles, [0.1, 1.0]):
        assert few.dtype == np.uint32
        assert few.shape[1:] == (3,)
        assert len(few) <= before
        assert (few < 20).all()
        before = len(few)


def test_pieces_are_what_hangs_together():
    found = pieces(np.array([[0, 1, 2], [2, 3, 4], [6, 7, 8]]), 10)
    np.testing.assert_array_equal(found, [0, 0, 0, 0, 0, 5, 6, 6, 6, 9])
