"""The mesh as lines: where they run, how wide they are, what hides them."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist.face_paint import WireframeDraw
from ar_effects.effects.layers.wireframe import edges_of
from ar_effects.face.topology import face_topology
from tests.render.painted import SIZE, changed, head, mesh_of, one
from tests.render.scenes import drawn, linear, noise, plain

NO_GLOW = {"glow": 0.0, "glow_px": 0.0}


def lines(face, edges, **more) -> WireframeDraw:
    return WireframeDraw(mesh_of(face), np.asarray(edges, np.uint32), **more)


def distance_from(face, edges) -> np.ndarray:
    """(h, w) pixels to the nearest line."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    everywhere = np.stack([x, y], axis=-1).astype(float)
    all_of_it = np.full(everywhere.shape[:2], np.inf)
    for a, b in mesh_of(face).vertices[np.asarray(edges), :2].astype(float):
        low, high = np.maximum(np.minimum(a, b) - 9, 0).astype(int), np.maximum(a, b).astype(int) + 10
        window = np.s_[low[1] : max(high[1], 0), low[0] : max(high[0], 0)]
        here, best = everywhere[window], all_of_it[window]
        t = np.clip(((here - a) @ (b - a)) / max(float((b - a) @ (b - a)), 1e-9), 0, 1)
        np.minimum(best, np.linalg.norm(here - a - t[..., None] * (b - a), axis=-1), out=best)
    return all_of_it


@pytest.mark.parametrize("subset", ["all", "contours", "sparse"])
def test_lines_lie_on_edges_and_nothing_beyond_their_reach(make_renderer, subset):
    face, image, edges = head(15.0), plain(SIZE, (60, 60, 60)), edges_of(subset)
    picture = drawn(make_renderer(SIZE), image, one(lines(face, edges, width_px=1.5, glow_px=4.0)))
    way = distance_from(face, edges)
    touched = changed(image, picture)
    assert not touched[way > 0.75 + 4.0 + 0.5].any()
    assert (touched[way < 0.3]).mean() > 0.97


@pytest.mark.parametrize("width", [0.6, 1.0, 2.5, 5.0])
def test_a_line_has_its_width_whatever_its_direction(make_renderer, width):
    """The light across a line sums up to its width, smooth edges included."""
    face = head(z=-200.0)
    mesh = mesh_of(face).vertices
    picture_of = make_renderer(SIZE)
    for a, b in ((10, 152), (67, 297), (151, 9)):
        picture = drawn(
            picture_of,
            plain(SIZE, (0, 0, 0)),
            one(lines(face, [[a, b]], width_px=width, hidden=1.0, **NO_GLOW)),
        )
        light = linear(picture[..., 0].astype(float)).sum()
        length = float(np.linalg.norm(mesh[a, :2] - mesh[b, :2]))
        whole = width * length + np.pi * (width / 2) ** 2  # with its round ends
        inside = (mesh[[a, b], 1] >= 0).all() and (mesh[[a, b], 1] < SIZE[1]).all()
        assert inside
        assert abs(light / whole - 1.0) < 0.12


def test_what_the_face_hides_is_faded(make_renderer):
    """The far eye, turned away: with hidden = 0 it is gone, with 0.3 it is dim, the near one is bright."""
    face, image = head(55.0), plain(SIZE, (0, 0, 0))
    far = [e for e in edges_of("contours") if face_topology().rims[e, 0].max() == 0.0]
    near_x = face.landmarks[:, 0]
    eyes = np.array(far)
    left = eyes[near_x[eyes[:, 0]] > np.median(near_x[eyes])]
    right = eyes[near_x[eyes[:, 0]] <= np.median(near_x[eyes])]
    renderer = make_renderer(SIZE)
    peak = {}
    for name, edges in (("left", left), ("right", right)):
        for hidden in (0.0, 0.3):
            picture = drawn(renderer, image, one(lines(face, edges, hidden=hidden, **NO_GLOW)))
            peak[name, hidden] = float(linear(picture.astype(float)).sum())
    hiding, seen = ("left", "right") if peak["left", 0.0] < peak["right", 0.0] else ("right", "left")
    assert peak[hiding, 0.0] < 0.5 * peak[seen, 0.0]
    assert peak[hiding, 0.3] > peak[hiding, 0.0]
    assert abs(peak[seen, 0.3] / peak[seen, 0.0] - 1.0) < 0.2


def test_glow_adds_light_around_the_line_only_when_asked(make_renderer):
    face, image = head(), plain(SIZE, (20, 20, 20))
    renderer = make_renderer(SIZE)
    sharp, soft = (
        drawn(renderer, image, one(lines(face, [[10, 151]], glow=g, glow_px=10.0))).astype(int)
        for g in (0.0, 1.0)
    )
    way = distance_from(face, [[10, 151]])
    ring = (way > 3) & (way < 6)
    assert (soft[ring] > sharp[ring]).all()
    assert (sharp[ring] == 20).all()
    assert (soft >= sharp).all()


def test_lines_without_light_leave_the_picture(make_renderer):
    image, renderer = noise(SIZE), make_renderer(SIZE)
    for draw in (
        lines(head(), edges_of("all"), opacity=0.0),
        lines(head(x=4000.0), edges_of("all")),
        lines(head(), np.empty((0, 2), np.uint32)),
    ):
        assert (drawn(renderer, image, one(draw)) == image).all()


def test_subsets():
    every, contours, sparse = edges_of("all"), edges_of("contours"), edges_of("sparse")
    assert len(every) > 1200
    assert 120 < len(contours) < 0.25 * len(every)
    assert 200 < len(sparse) < 0.4 * len(every)
    for edges in (every, contours, sparse):
        assert edges.max() < 468
        assert (edges[:, 0] < edges[:, 1]).all()
        assert len(np.unique(edges, axis=0)) == len(edges)
        assert edges_of("all") is every  # one object: the buffers on the card stay
    of_mesh = {tuple(e) for e in every.tolist()}
    assert sum(tuple(e) in of_mesh for e in contours.tolist()) > 0.8 * len(contours)
