from __future__ import annotations

import numpy as np
import pytest

from ar_effects.errors import AssetError
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.paths import ASSETS
from ar_effects.tracking.region import LEFT_OF_PICTURE_CORNER, RIGHT_OF_PICTURE_CORNER

FACE = canonical_face()
FILE = ASSETS / "face" / "canonical.npz"
RIGHT_PUPIL, LEFT_PUPIL = 468, 473


@pytest.fixture
def fresh():
    """The loader without what it remembers, and again afterwards."""
    canonical_face.cache_clear()
    yield canonical_face
    canonical_face.cache_clear()


def edges(triangles: np.ndarray) -> list[tuple[int, int]]:
    return [(int(t[i]), int(t[(i + 1) % 3])) for t in triangles for i in range(3)]


def boundary(triangles: np.ndarray) -> list[list[int]]:
    """Loops of the edges that one triangle alone has."""
    directed = set(edges(triangles))
    after = {a: b for a, b in directed if (b, a) not in directed}
    loops = []
    while after:
        start, loop = next(iter(after)), []
        while start in after:
            loop.append(start)
            start = after.pop(start)
        loops.append(loop)
    return loops


def test_it_is_symmetric():
    assert (FACE.mirror[FACE.mirror] == np.arange(478)).all()
    np.testing.assert_allclose(FACE.vertices_mm[FACE.mirror] * [-1, 1, 1], FACE.vertices_mm, atol=1e-3)
    np.testing.assert_allclose(FACE.weights[FACE.mirror], FACE.weights, rtol=1e-5)
    assert FACE.mirror[RIGHT_PUPIL] == LEFT_PUPIL
    assert {int(FACE.mirror[i]) for i in RIGHT_EYE_RING} == set(LEFT_EYE_RING)
    assert FACE.mirror[LEFT_OF_PICTURE_CORNER] == RIGHT_OF_PICTURE_CORNER


def test_its_pupils_are_63_mm_apart_about_the_origin():
    right, left = FACE.vertices_mm[RIGHT_PUPIL], FACE.vertices_mm[LEFT_PUPIL]
    np.testing.assert_allclose(left - right, [63.0, 0.0, 0.0], atol=1e-3)
    np.testing.assert_allclose((left + right) / 2, 0.0, atol=1e-3)


def test_it_is_a_face_of_human_size():
    width, height, depth = np.ptp(FACE.vertices_mm, axis=0)
    assert 120 < width < 170
    assert 150 < height < 220
    assert 50 < depth < 120
    assert FACE.vertices_mm[:, 2].argmax() in {1, 4}, "the nose's tip stands out farthest"


def test_the_eye_anchors_lie_at_the_eyes():
    for ring, pupil in ((RIGHT_EYE_RING, RIGHT_PUPIL), (LEFT_EYE_RING, LEFT_PUPIL)):
        assert np.linalg.norm((FACE.vertices_mm[list(ring)].mean(axis=0) - FACE.vertices_mm[pupil])[:2]) < 3.0


def test_triangles_use_every_point_of_the_mesh_and_no_iris():
    assert set(FACE.triangles.ravel()) == set(range(MESH_COUNT))
    assert FACE.lid_triangles.max() < MESH_COUNT


def test_triangles_wind_outward():
    every = np.concatenate([FACE.triangles, FACE.lid_triangles])
    directed = edges(every)
    assert len(directed) == len(set(directed)), "neighbours run their shared edge in opposite directions"
    corners = FACE.vertices_mm[FACE.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = FACE.vertices_mm[:MESH_COUNT].mean(axis=0) - [0.0, 0.0, 100.0]
    outward = (normals * (corners.mean(axis=1) - middle)).sum(axis=1)
    assert normals[:, 2].sum() > 0
    assert (outward > 0).mean() > 0.97, "but for the insides of the lips and nostrils"


def test_lids_close_the_mesh_to_one_boundary():
    assert len(boundary(FACE.triangles)) == 4, "outline, two eyes, mouth"
    (outline,) = boundary(np.concatenate([FACE.triangles, FACE.lid_triangles]))
    assert {10, 152, 234, 454} <= set(outline), "forehead, chin, and both sides"
    vertices, every = MESH_COUNT, np.concatenate([FACE.triangles, FACE.lid_triangles])
    undirected = {(min(e), max(e)) for e in edges(every)}
    assert vertices - len(undirected) + len(every) == 1, "a disk"


def test_texture_coordinates_are_inside_symmetric_and_unfolded():
    uvs = FACE.uvs.astype(np.float64)
    assert uvs.shape == (MESH_COUNT, 2)
    assert uvs.min() >= 0.0
    assert uvs.max() <= 1.0
    np.testing.assert_allclose(uvs[FACE.mirror[:MESH_COUNT]] * [-1, 1] + [1, 0], uvs, atol=1e-5)
    for triangles in (FACE.triangles, FACE.lid_triangles):
        (a, b), c = np.moveaxis(uvs[triangles], 1, 0)[:2], uvs[triangles][:, 2]
        area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
        assert (area < 0).all(), "counter-clockwise on the face is clockwise where v points down"
    assert uvs[10, 1] < uvs[152, 1], "the forehead is above the chin"
    assert uvs[33, 0] < uvs[263, 0], "the person's right eye is at the left"


def test_weights_trust_the_nose_bridge_more_than_the_mouth():
    assert FACE.weights.mean() == pytest.approx(1.0, abs=1e-5)
    assert FACE.weights.min() > 0
    assert FACE.weights[168] > 2 * FACE.weights[14]


# --- damaged files ----------------------------------------------------------------------------------------


def test_a_missing_file(fresh, tmp_path):
    with pytest.raises(AssetError, match=r"gone\.npz is missing.*git checkout -- assets"):
        fresh(tmp_path / "gone.npz")


def test_a_file_cut_short_or_of_another_kind(fresh, tmp_path):
    path = tmp_path / "face.npz"
    np.save(tmp_path / "one.npy", np.zeros(3))
    data = FILE.read_bytes()
    other = [b"", b"hello", (tmp_path / "one.npy").read_bytes(), data[len(data) // 2 :]]
    for content in other + [data[:n] for n in range(1, len(data), len(data) // 12)]:
        path.write_bytes(content)
        with pytest.raises(AssetError, match=r"face\.npz is damaged.*git checkout -- assets"):
            fresh(path)


def test_flipped_bits_are_noticed_or_harmless(fresh, tmp_path):
    path = tmp_path / "face.npz"
    data, rng = FILE.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        changed = bytearray(data)
        changed[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(changed)
        fresh.cache_clear()
        try:
            np.testing.assert_array_equal(fresh(path).vertices_mm, FACE.vertices_mm)
        except AssetError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("change", ["fewer vertices", "no weights", "few weights", "text"])
def test_a_file_with_other_arrays(fresh, tmp_path, change):
    with np.load(FILE) as data:
        arrays = dict(data)
    if change == "fewer vertices":
        arrays["vertices_mm"] = arrays["vertices_mm"][:468]
    elif change == "no weights":
        del arrays["weights"]
    elif change == "few weights":
        arrays["weights"] = arrays["weights"][:5]
    else:
        arrays["vertices_mm"] = np.array(["x"] * 478)
    np.savez(tmp_path / "face.npz", **arrays)
    with pytest.raises(AssetError, match=r"face\.npz is damaged"):
        fresh(tmp_path / "face.npz")


def test_the_head_s_file_is_checked_too(tmp_path):
    from ar_effects.face.head import head_mesh

    good = ASSETS / "head" / "occluder.npz"
    for content in (b"", b"hello", good.read_bytes()[:2000]):
        (tmp_path / "head.npz").write_bytes(content)
        head_mesh.cache_clear()
        with pytest.raises(AssetError, match=r"head\.npz is missing or damaged.*git checkout"):
            head_mesh(tmp_path / "head.npz")
    head_mesh.cache_clear()
    assert head_mesh().triangles.max() < len(head_mesh().vertices)
