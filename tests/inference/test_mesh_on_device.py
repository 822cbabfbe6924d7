"""Several faces on a device: together where that is quicker there, and what happens if it goes."""

from __future__ import annotations

import numpy as np
import pytest
from devices import DEVICE_LOST

from ar_effects.inference import timing
from ar_effects.inference.provider_types import Provider
from ar_effects.tracking import landmark_network as mesh_module
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.region import Region
from ar_effects.tracking.tracker import FaceTracker

REGIONS = [Region((320.0, 200.0), 260.0, roll) for roll in (0.0, 0.3, -0.2)]
NOWHERE = Region((-500.0, -400.0), 90.0, 0.0)


@pytest.fixture
def pays(monkeypatch):
    """Whether a batch is quicker on the device, as it was measured; and how often that was asked."""
    asked = []

    def set_to(answer):
        monkeypatch.setattr(mesh_module, "batch_pays", lambda network: (asked.append(network), answer)[1])
        return asked

    return set_to


@pytest.mark.parametrize(("answer", "runs"), [(True, 1), (False, 4)])
def test_faces_are_looked_at_together_where_that_is_quicker(card, cpu, pays, demo_frames, answer, runs):
    pays(answer)
    mesh, on_cpu = LandmarkNetwork(Provider("cuda", "quicker")), LandmarkNetwork(cpu)
    card.runs.clear()
    regions = [*REGIONS, NOWHERE]
    found = mesh.infer_batch(demo_frames[0], regions)
    assert len(card.runs) == runs
    for result, region in zip(found, regions, strict=True):
        expected = on_cpu.infer(demo_frames[0], region)
        np.testing.assert_allclose(result.landmarks, expected.landmarks, atol=5e-3)
        assert result.score == pytest.approx(expected.score, abs=1e-4)
    assert [r.score > 0.5 for r in found] == [True, True, True, False]


def test_one_face_is_no_batch(card, pays, demo_frames):
    pays(True)
    mesh = LandmarkNetwork(Provider("cuda", "quicker"))
    card.runs.clear()
    assert mesh.infer_batch(demo_frames[0], []) == []
    assert len(mesh.infer_batch(demo_frames[0], REGIONS[:1])) == 1
    assert len(card.runs) == 1


def test_it_is_found_out_only_where_it_matters(card, cpu, pays):
    asked = pays(True)
    FaceTracker(1, provider=Provider("cuda", "quicker"))
    FaceTracker(4, provider=cpu)
    assert asked == []
    FaceTracker(4, provider=Provider("cuda", "quicker"))
    assert len(asked) == 1


@pytest.mark.parametrize("milliseconds", [(1.0, 2.0), (2.0, 1.0)])
def test_what_was_measured_decides(card, cpu, monkeypatch, milliseconds):
    counted = []

    def by_turns(runs):
        counted.extend(len(card.runs) for run in runs if run() is not None)
        return list(milliseconds)

    network = mesh_module.Network("face_mesh_attention", Provider("cuda", "quicker"))
    card.runs.clear()
    monkeypatch.setattr(timing, "by_turns", by_turns)
    assert timing.batch_pays(network, 3) == (milliseconds[0] < milliseconds[1])
    assert counted == [1, 4], "one run of three, then three of one"


def test_a_network_that_diverges_on_one_face_spoils_no_other(card, pays, monkeypatch, demo_frames):
    pays(True)
    mesh = LandmarkNetwork(Provider("cuda", "quicker"))
    real = mesh._whole.run

    def run(batch):
        landmarks, scores = real(batch)
        landmarks[1] = np.nan
        return [landmarks, scores]

    monkeypatch.setattr(mesh._whole, "run", run)
    assert [r.score > 0.5 for r in mesh.infer_batch(demo_frames[0], REGIONS)] == [True, False, True]


def test_faces_after_the_device_is_lost(card, cpu, pays, demo_frames):
    pays(True)
    provider = Provider("cuda", "quicker", may_fall_back=True)
    mesh, on_cpu = LandmarkNetwork(provider), LandmarkNetwork(cpu)
    card.fail_run = DEVICE_LOST
    for _ in range(2):
        for result, region in zip(mesh.infer_batch(demo_frames[0], REGIONS), REGIONS, strict=True):
            np.testing.assert_allclose(
                result.landmarks, on_cpu.infer(demo_frames[0], region).landmarks, atol=5e-3
            )
    assert provider.name == "cpu"
