"""What the two networks are given: RGB, planes first, in the range of the manifest."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.tracking.detector import FaceDetector
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.region import Region

ORANGE = np.full((200, 300, 3), (0, 102, 255), np.uint8)  # BGR


@pytest.fixture
def given(monkeypatch):
    """Batches that reach a network, which runs as ever."""

    def listen(network) -> list[np.ndarray]:
        batches, real = [], network.run
        monkeypatch.setattr(network, "run", lambda batch: (batches.append(batch.copy()), real(batch))[1])
        return batches

    return listen


def test_mesh_network_sees_rgb_from_0_to_1(cpu, given):
    mesh = LandmarkNetwork(cpu)
    batches = given(mesh._parts._trunk)
    mesh.infer(ORANGE, Region((150.0, 100.0), 80.0, 0.4))
    (batch,) = batches
    assert (batch.shape, batch.dtype) == ((1, 3, 192, 192), np.float32)
    np.testing.assert_allclose(batch[0].mean(axis=(1, 2)), [1.0, 0.4, 0.0], atol=1e-6)


def test_mesh_network_sees_the_cut_the_right_way_round(cpu, given, demo_frames):
    mesh, region = LandmarkNetwork(cpu), Region((320.0, 200.0), 250.0, 0.2)
    batches = given(mesh._parts._trunk)
    mesh.infer(demo_frames[0], region)
    expected = region.cut(demo_frames[0], 192)[:, :, ::-1] / 255.0
    rounding = 1.0 / 255.0  # the two ways to cut place pixels to 1/32, which may round a value up or down
    np.testing.assert_allclose(batches[0][0].transpose(1, 2, 0), expected, atol=rounding + 1e-6)
    assert np.abs(batches[0][0].transpose(1, 2, 0) - expected).mean() < 0.1 * rounding


def test_detector_sees_rgb_from_minus_1_to_1_between_black_bars(cpu, given):
    detector = FaceDetector(cpu)
    batches = given(detector._network)
    detector.detect(ORANGE)
    (batch,) = batches
    assert (batch.shape, batch.dtype) == ((1, 3, 128, 128), np.float32)
    np.testing.assert_allclose(batch[0, :, 64, 64], [1.0, -0.2, -1.0], atol=1e-6)
    np.testing.assert_allclose(batch[0, :, [2, 125], 64], -1.0, atol=1e-6)
    rows = np.flatnonzero(batch[0, 0, :, 64] > 0)
    assert len(rows) == pytest.approx(128 * 200 / 300, abs=2)
    assert rows.mean() == pytest.approx(64, abs=1)


def test_looking_closely_looks_at_every_part_from_nearer(cpu, given):
    detector = FaceDetector(cpu)
    batches = given(detector._network)
    detector.detect_closely(ORANGE)
    assert len(batches) == 1 + 4 + 9
