"""The mesh network in two parts, with compiled loops between them, against the one file and plain numpy."""

from __future__ import annotations

import attention_reference as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ar_effects.errors import AssetError
from ar_effects.inference.network import Network
from ar_effects.tracking.attention import PATCH, patches, place_patches, sample_patches, scatter
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.region import Region

PIXELS = 1e-3
"""Of 192; measured: 3e-5."""


@pytest.fixture(scope="module")
def whole(cpu) -> LandmarkNetwork:
    """As a device runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ar_effects.tracking.landmark_network.IS_COMPILED", False)
        return LandmarkNetwork(cpu)


@pytest.fixture(scope="module")
def parts(cpu) -> LandmarkNetwork:
    return LandmarkNetwork(cpu)


REGIONS = {
    "face": Region((320.0, 200.0), 260.0, 0.05),
    "upside down": Region((320.0, 200.0), 260.0, 3.1),
    "half outside": Region((600.0, 200.0), 260.0, 0.4),
    "wholly outside": Region((-500.0, -400.0), 90.0, 0.0),
    "one pixel": Region((320.0, 200.0), 1.0, 0.0),
    "all of it": Region((320.0, 240.0), 900.0, -1.0),
}


@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS.keys())
def test_two_parts_see_what_the_whole_sees(whole, parts, demo_frames, region):
    assert whole._parts is None
    assert parts._whole is None
    for frame in demo_frames[0:100:25]:
        expected, found = whole.infer(frame, region), parts.infer(frame, region)
        np.testing.assert_allclose(
            found.landmarks, expected.landmarks, atol=PIXELS * region.side / 192 + 1e-4
        )
        assert found.score == pytest.approx(expected.score, abs=1e-5)


def test_faces_looked_at_together_are_those_looked_at_alone(cpu, demo_frames):
    mesh = LandmarkNetwork(cpu, threads=3)
    regions = [*REGIONS.values()] * 2
    for _ in range(3):
        together = mesh.infer_batch(demo_frames[0], regions)
        for region, found in zip(regions, together, strict=True):
            alone = mesh.infer(demo_frames[0], region)
            np.testing.assert_array_equal(found.landmarks, alone.landmarks)
            assert found.score == alone.score


def test_what_goes_wrong_in_another_thread_is_told_in_this_one(cpu, demo_frames, monkeypatch):
    mesh = LandmarkNetwork(cpu, threads=2)
    real = mesh.infer

    def infer(image, region, worker_slot=0):
        if worker_slot > 0:
            raise MemoryError
        return real(image, region, worker_slot)

    monkeypatch.setattr(mesh, "infer", infer)

    def repeatedly():  # until the other thread has had its turn
        for _ in range(50):
            mesh.infer_batch(demo_frames[0], [REGIONS["face"]] * 4)

    with pytest.raises(MemoryError):
        repeatedly()


def test_a_device_runs_one_network_one_face_after_the_other(whole, demo_frames):
    assert whole._threads == 1
    together = whole.infer_batch(demo_frames[0], list(REGIONS.values()))
    assert whole._pool is None
    assert [r.score > 0.5 for r in together][:1] == [True]


def places_of(mesh: np.ndarray) -> np.ndarray:
    p = patches()
    return place_patches(mesh, p.ends, p.subsets, p.factors)


def options_of(patch: int) -> dict:
    p = patches()
    left, right = p.ends[patch]
    scale_x, scale_y = p.factors[patch] * PATCH
    return {
        "left_rotation_idx": left,
        "right_rotation_idx": right,
        "subset_idxs": p.subsets[patch],
        "scale_x": scale_x,
        "scale_y": scale_y,
        "output_width": PATCH,
        "output_height": PATCH,
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 3.0), st.floats(-60.0, 250.0))
def test_patches_are_cut_as_the_reference_cuts_them(seed, size, offset):
    """Wherever they lie: within the features, over their border, outside."""
    rng = np.random.default_rng(seed)
    mesh = (rng.uniform(0, 60, (468, 3)) * size + offset).astype(np.float32)
    features = rng.normal(0, 1, (48, 48, 5)).astype(np.float32)
    cut = np.full((3 * 5, PATCH, PATCH), np.nan, np.float32)
    sample_patches(features, places_of(mesh), cut)
    for r in range(3):
        a, c = reference.transform_matrix(mesh.astype(np.float64) / 4.0, options_of(r))
        expected = reference.sample(features, a, c)
        np.testing.assert_allclose(cut[5 * r : 5 * r + 5].transpose(1, 2, 0), expected, atol=2e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38, 0.0, 1e12])
def test_a_mesh_of_nonsense_cuts_nothing_outside_of_memory(value):
    mesh = np.full((468, 3), value, np.float32)
    cut = np.full((3 * 4, PATCH, PATCH), np.nan, np.float32)
    sample_patches(np.ones((48, 48, 4), np.float32), places_of(mesh), cut)
    assert np.isfinite(cut).all()
    assert cut.min() >= 0.0
    assert cut.max() <= 1.0 + 1e-6


def test_refined_points_come_back_where_the_reference_puts_them():
    rng, p = np.random.default_rng(3), patches()
    mesh = rng.uniform(0, 192, (468, 3)).astype(np.float32)
    points = rng.uniform(0, 64, (len(p.owners), 2)).astype(np.float32)
    landmarks = scatter(mesh, points, places_of(mesh), p.owners, p.sources, p.rings)
    for r in range(3):
        mine = p.owners == r
        transform = reference.transform_matrix(mesh.astype(np.float64) / 4.0, options_of(r))
        expected = reference.transform_landmarks(points[mine].astype(np.float64), *transform)
        targets = [int(np.flatnonzero(p.sources == 468 + i)[0]) for i in np.flatnonzero(mine)]
        np.testing.assert_allclose(landmarks[targets, :2], expected, atol=PIXELS)
    kept = np.flatnonzero(p.sources < 468)
    assert len(kept) > 200
    np.testing.assert_array_equal(landmarks[kept], mesh[kept])
    np.testing.assert_array_equal(landmarks[:468, 2], mesh[:, 2])
    for iris, ring in ((slice(468, 473), p.rings[0]), (slice(473, 478), p.rings[1])):
        np.testing.assert_allclose(landmarks[iris, 2], mesh[ring, 2].mean(), rtol=1e-5)


def test_missing_figures_are_told(tmp_path):
    patches.cache_clear()
    with pytest.raises(AssetError, match=r"patches.*missing"):
        patches(tmp_path / "face_mesh_patches.npz")
    patches.cache_clear()


def test_refinement_takes_and_gives_what_its_entry_says(cpu):
    network = Network("face_mesh_refinement", cpu)
    (points,) = network.run(network.new_batch())
    assert points.shape == (1, 232, 2)
