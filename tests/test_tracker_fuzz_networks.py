"""Networks that give nonsense: at the seam, any of them, any output, now and then or for good."""

from __future__ import annotations

import numpy as np
import pytest
from tracker_checks import check_faces

from ar_effects.tracking.tracker import FaceTracker

NONSENSE = {
    "NaN": np.nan,
    "inf": np.inf,
    "-inf": -np.inf,
    "huge": 3e38,
    "large": 1e12,
    "0": 0.0,
}


OUTPUTS = [("trunk", 0), ("trunk", 1), ("trunk", 2), ("refinement", 0), ("whole", 0), ("whole", 1)]
OUTPUTS += [(detector, output) for detector in ("short", "full") for output in (0, 1)]


def networks(tracker):
    mesh = tracker._mesh
    parts = (
        {"whole": mesh._whole}
        if mesh._whole
        else {"trunk": mesh._parts._trunk, "refinement": mesh._parts._refinement}
    )
    return parts | {
        "short": tracker._searcher._detectors["short"]._network,
        "full": tracker._searcher._detectors["full"]._network,
    }


@pytest.fixture(scope="module")
def shared(cpu):
    """A tracker for all, and one with the mesh network that devices run: they load longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ar_effects.tracking.landmark_network.IS_COMPILED", False)
        whole = FaceTracker(2, provider=cpu)
    return {"parts": FaceTracker(2, provider=cpu), "whole": whole}


@pytest.fixture(params=["parts", "whole"])
def tracker(shared, request):
    shared[request.param].reset()
    return shared[request.param]


def spoil(monkeypatch, network, spoiler):
    """Let a function change the outputs of a network's session."""
    real = network.run

    def run(batch):
        outputs = [np.array(output) for output in real(batch)]
        spoiler(outputs)
        return outputs

    monkeypatch.setattr(network, "run", run)


@pytest.mark.parametrize("value", NONSENSE.values(), ids=NONSENSE.keys())
@pytest.mark.parametrize(("which", "output"), OUTPUTS)
def test_one_output_of_nonsense(shared, demo_frames, monkeypatch, which, output, value):
    """From the beginning, then while a face is followed; after that the face is there again."""
    tracker = shared["whole" if which == "whole" else "parts"]
    tracker.reset()
    if which not in networks(tracker):
        pytest.skip("without a compiler the mesh is one network")
    with monkeypatch.context() as patch:
        spoil(patch, networks(tracker)[which], lambda outputs: outputs[output].fill(value))
        for i in range(3):
            check_faces(tracker.track(demo_frames[i], i / 30), 2)
    for i in range(3, 6):
        faces = tracker.track(demo_frames[i], i / 30)
    assert "tracking" in [face.state for face in faces]
    with monkeypatch.context() as patch:
        spoil(patch, networks(tracker)[which], lambda outputs: outputs[output].fill(value))
        for i in range(6, 9):
            check_faces(tracker.track(demo_frames[i], i / 30), 2)
    for i in range(9, 12):
        faces = tracker.track(demo_frames[i], i / 30)
        check_faces(faces, 2)
    assert "tracking" in [face.state for face in faces]


@pytest.mark.parametrize("seed", range(6))
def test_nonsense_here_and_there(tracker, demo_frames, monkeypatch, seed):
    """Single values, rows or whole outputs, of any network, in every third run."""
    rng = np.random.default_rng(seed)
    values = list(NONSENSE.values())

    def spoiler(outputs):
        if rng.random() > 0.33:
            return
        target = outputs[rng.integers(0, len(outputs))]
        flat = target.reshape(-1)
        start = int(rng.integers(0, flat.size))
        count = int(rng.choice([1, 3, 100, flat.size]))
        flat[start : start + count] = rng.choice(values)

    for network in networks(tracker).values():
        spoil(monkeypatch, network, spoiler)
    for i in range(40):
        check_faces(tracker.track(demo_frames[i], i / 30), 2)
    monkeypatch.undo()
    for i in range(40, 44):
        faces = tracker.track(demo_frames[i], i / 30)
    assert "tracking" in [face.state for face in faces]


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e3, 1e6])
def test_landmarks_of_no_head(tracker, demo_frames, monkeypatch, scale):
    """Finite, and as large or small as no face is: the face may go, what is told of it stays in numbers."""
    rng = np.random.default_rng(1)

    def spoiler(outputs):
        outputs[0][:] = rng.normal(0, scale, outputs[0].shape)
        outputs[-1][outputs[-1].shape == (1, 1)] = 1.0

    for i in range(3):
        tracker.track(demo_frames[i], i / 30)
    for name in {"trunk", "refinement", "whole"} & set(networks(tracker)):
        spoil(monkeypatch, networks(tracker)[name], spoiler)
    for i in range(3, 12):
        check_faces(tracker.track(demo_frames[i], i / 30), 2)
