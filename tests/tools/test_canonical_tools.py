"""Topology, mean shape and texture map: the parts of `python -m tools.canonical` on shapes that are known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy belongs to requirements-tools.txt")

from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.geometry.rotations import rotation_from_angles_deg
from tools.canonical.shape import mean_face
from tools.canonical.topology import (
    boundary_loops,
    close_loop,
    mirror_pairs,
    outward,
    tesselation_edges,
    triangles_from_edges,
)
from tools.canonical.unwrap import unwrap

FACE = canonical_face()


def test_edges_are_read_without_running_the_module():
    source = "import nothing_there\nFACEMESH_TESSELATION = frozenset([(1, 2), (2, 3), (3, 1)])\n"
    assert tesselation_edges(source) == [(1, 2), (2, 3), (3, 1)]
    with pytest.raises(ValueError, match="FACEMESH_TESSELATION"):
        tesselation_edges("A = 1")


def test_triangles_from_edges():
    edges = [(1, 2), (2, 3), (3, 1), (3, 2), (2, 4), (4, 3)]
    assert triangles_from_edges(edges).tolist() == [[1, 2, 3], [3, 2, 4]]
    with pytest.raises(ValueError, match="not a triangle"):
        triangles_from_edges([(1, 2), (2, 3), (3, 4)])


def test_winding_is_spread_from_any_mess():
    rng = np.random.default_rng(0)
    messy = np.array([t[::-1] if rng.random() < 0.5 else t for t in FACE.triangles])
    assert (messy != FACE.triangles).any()
    np.testing.assert_array_equal(
        [sorted(t) for t in outward(messy, FACE.vertices_mm)], [sorted(t) for t in FACE.triangles]
    )
    directed = {(t[i], t[(i + 1) % 3]) for t in outward(messy, FACE.vertices_mm).tolist() for i in range(3)}
    assert directed == {(t[i], t[(i + 1) % 3]) for t in FACE.triangles.tolist() for i in range(3)}


def test_a_mesh_in_pieces_is_refused():
    shape = np.random.default_rng(0).normal(size=(6, 3))
    with pytest.raises(ValueError, match="pieces"):
        outward(np.array([[0, 1, 2], [3, 4, 5]], np.uint32), shape)


def test_shipped_lids_are_the_strips_across_the_holes():
    outline, *holes = boundary_loops(FACE.triangles)
    assert len(holes) == 3
    strips = [t for hole in holes for t in close_loop(hole, FACE.vertices_mm)]
    assert {tuple(sorted(t)) for t in strips} == {tuple(sorted(t)) for t in FACE.lid_triangles.tolist()}
    assert len(strips) == sum(len(hole) - 2 for hole in holes)
    assert not set(outline) & set(FACE.lid_triangles.ravel().tolist())


def test_mirror_pairs_are_the_shipped_ones():
    np.testing.assert_array_equal(mirror_pairs(FACE.vertices_mm), FACE.mirror)


def test_shipped_texture_map_is_rebuilt():
    triangles = np.concatenate([FACE.triangles, FACE.lid_triangles])
    outline, *_ = boundary_loops(FACE.triangles)
    uvs = unwrap(FACE.vertices_mm[:MESH_COUNT], triangles, outline, FACE.mirror)
    np.testing.assert_allclose(uvs, FACE.uvs, atol=1e-3)


def test_mean_face_is_recovered_from_pictures_of_it():
    """Faces seen from many sides by far cameras, with the network's depth flattened: the shape comes back."""
    rng = np.random.default_rng(0)
    faces = []
    for _ in range(25):
        rotation = rotation_from_angles_deg(*rng.uniform(-1, 1, 3) * [40, 20, 20])
        scale = rng.uniform(1.0, 4.0)
        face = scale * FACE.vertices_mm @ rotation.T
        face = face * [1.0, -1.0, -0.8] + [*rng.uniform(100, 500, 2), 0.0]
        faces.append(face + rng.normal(0, 0.05 * scale, face.shape))
    mean = mean_face(np.array(faces), rounds=15)
    off = np.linalg.norm(mean.vertices_mm - FACE.vertices_mm, axis=1)
    assert off.max() < 1.5
    assert np.linalg.norm(mean.vertices_mm[473] - mean.vertices_mm[468]) == pytest.approx(63.0)
    assert mean.weights.mean() == pytest.approx(1.0)
    assert mean.residual_mm < 0.3
