"""Spring bones: they come to rest, gain no energy, swing alike at every frame rate, and survive anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ar_effects.effects.motion.springs import HEAD_CENTRE_MM, HEAD_RADII_MM, Bones, Spring
from ar_effects.effects.motion.swing import Swing
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.gltf.model import GltfModel, Moves
from ar_effects.gltf.rig import Rig
from tests.gltf.glb import Glb, chain

AT = transform(None, [0.0, 0.0, -500.0])
"""A head straight ahead, half a metre away."""


def rig_of(glb: Glb, tmp_path, *roots: str) -> Rig:
    rig = GltfModel(glb.write(tmp_path / "m.glb"), 1.0).read(Moves(roots=roots)).rig
    assert rig is not None
    return rig


@pytest.fixture(scope="module")
def ear(tmp_path_factory) -> Rig:
    return rig_of(chain(3, 30.0), tmp_path_factory.mktemp("ear"), "bone0")


class Worn:
    """A rig swinging on a head."""

    def __init__(self, rig: Rig, *springs: Spring) -> None:
        self.rig, self.swing = rig, Swing(Bones(rig, springs))

    def frame(self, place: np.ndarray, step_s: float = 1 / 30, head: np.ndarray | None = None) -> np.ndarray:
        """(n, 4, 4) model from node after one frame."""
        local, _ = self.rig.animated(())
        head = place if head is None else head
        return self.rig.placed(self.swing.update(local, self.rig.placed(local), place, head, step_s))

    def tip(self, place: np.ndarray, step_s: float = 1 / 30) -> np.ndarray:
        """The end of the last bone, in the model's frame."""
        return apply(self.frame(place, step_s)[-1], np.array([[0.0, 30.0, 0.0]]))[0]


STILL = np.array([0.0, 90.0, 0.0])


def test_a_still_head_moves_nothing(ear):
    worn = Worn(ear, Spring("bone0", gravity=1.0))
    for _ in range(60):
        np.testing.assert_allclose(worn.tip(AT), STILL, atol=1e-6)


@pytest.mark.parametrize("gravity", [0.0, 1.0])
def test_it_lags_swings_and_settles(ear, gravity):
    worn = Worn(ear, Spring("bone0", gravity=gravity))
    worn.tip(AT)
    seen = [worn.tip(transform(None, [min(i, 5) * 8.0, 0, -500])) for i in range(1, 150)]
    assert seen[2][0] < -5.0, "the ear stays behind a head that moves to the right"
    assert max(tip[0] for tip in seen[5:40]) > 2.0, "and swings over"
    np.testing.assert_allclose(seen[-1], STILL, atol=0.2)


def test_bones_keep_their_length(ear):
    worn = Worn(ear, Spring("bone0", gravity=1.0, drag=5.0))
    for i in range(60):
        turn = rotation_from_angles_deg(40 * np.sin(i / 3), 20 * np.cos(i / 2), 30 * np.sin(i / 5))
        places = worn.frame(transform(turn, [50 * np.sin(i), 0, -500]))
        ends = [p[:3, 3] for p in places]
        np.testing.assert_allclose(np.linalg.norm(np.diff(ends, axis=0), axis=1), 30.0, atol=1e-6)


@settings(max_examples=12, deadline=None)
@given(
    st.floats(0.0, 15.0),
    st.floats(0.0, 2.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 10.0),
    st.integers(0, 2**31),
)
def test_energy_never_grows_once_the_head_is_still(ear, stiffness, damping, gravity, drag, seed):
    """However it was thrown: tips' speeds and displacements together only fade."""
    rng = np.random.default_rng(seed)
    spring = Spring("bone0", stiffness, damping, gravity, drag, limit_deg=170.0)
    worn = Worn(ear, spring)
    for _ in range(8):
        turn = rotation_from_angles_deg(*rng.uniform(-20, 20, 3))
        worn.tip(transform(turn, [*rng.uniform(-40, 40, 2), -500]))
    worn.tip(AT)
    spread = [float(np.abs(worn.swing._speeds).max()) for _ in range(120) if worn.tip(AT) is not None]
    assert np.isfinite(spread).all()
    early, late = max(spread[:40]), max(spread[-40:])
    assert late <= 1.05 * early + 1.0


def shaken(ear: Rig, rate: int, seconds: float = 2.0) -> np.ndarray:
    """(k, 3) tips every tenth of a second of a head that shakes."""
    worn = Worn(ear, Spring("bone0", gravity=1.0))
    seen = []
    for i in range(round(rate * seconds) + 1):
        t = i / rate
        turn = rotation_from_angles_deg(
            25 * np.sin(2 * np.pi * 0.8 * t), 0.0, 10 * np.sin(2 * np.pi * 0.5 * t)
        )
        tip = worn.tip(transform(turn, [60 * np.sin(2 * np.pi * 0.7 * t), 0, -500]), 1 / rate)
        if i % (rate // 10) == 0:
            seen.append(tip)
    return np.array(seen)


@pytest.mark.parametrize("rate", [20, 30, 120])
def test_it_swings_alike_at_every_frame_rate(ear, rate):
    reference, other = shaken(ear, 60), shaken(ear, rate)
    swing = np.ptp(reference, axis=0).max()
    assert swing > 20.0
    assert np.abs(reference - other).max() < 0.1 * swing


def test_uneven_frames_change_little(ear):
    """The same motion in frames of 5 to 60 ms."""
    rng = np.random.default_rng(3)
    steps = rng.uniform(0.005, 0.06, 60)

    def at(t: float) -> np.ndarray:
        return transform(None, [60 * np.sin(2 * np.pi * 0.7 * t), 0, -500])

    uneven, even = Worn(ear, Spring("bone0")), Worn(ear, Spring("bone0"))
    uneven.tip(at(0)), even.tip(at(0))
    for t, step in zip(np.cumsum(steps), steps, strict=True):
        last = uneven.tip(at(t), step)
    total = float(np.sum(steps))
    for i in range(1, 401):
        reference = even.tip(at(total * i / 400), total / 400)
    assert np.abs(last - reference).max() < 3.0


@pytest.mark.parametrize("step", [0.0, 1e-6, 0.25])
def test_any_frame_time_is_stable(ear, step):
    worn = Worn(ear, Spring("bone0", 15.0, 0.0, 5.0, 0.0))
    for i in range(40):
        tip = worn.tip(transform(None, [100.0 * (i % 2), 0, -500]), step)
        assert np.isfinite(tip).all()
        assert np.linalg.norm(tip) < 91.0


def test_a_jump_is_another_head(ear):
    worn = Worn(ear, Spring("bone0"))
    worn.tip(AT)
    far = transform(None, [400.0, 0, -500])
    np.testing.assert_allclose(worn.tip(far), STILL, atol=1e-6)
    np.testing.assert_allclose(worn.tip(far), STILL, atol=1e-6)
    turned = transform(rotation_from_angles_deg(80.0, 0, 0), [400.0, 0, -500])
    np.testing.assert_allclose(worn.tip(turned), STILL, atol=1e-6)


@pytest.mark.parametrize("bad", [np.full((4, 4), np.nan), np.zeros((4, 4)), np.full((4, 4), np.inf)])
def test_a_pose_that_is_no_pose_is_survived(ear, bad):
    worn = Worn(ear, Spring("bone0"))
    worn.tip(AT)
    assert np.isfinite(worn.frame(bad)).all()
    np.testing.assert_allclose(worn.tip(AT), STILL, atol=1e-6)


def test_a_node_flattened_to_nothing_is_survived(tmp_path):
    rig = rig_of(chain(3, 30.0, scale=[0.0, 0.0, 0.0]), tmp_path, "bone0")
    worn = Worn(rig, Spring("bone0", gravity=1.0))
    for i in range(10):
        assert np.isfinite(worn.frame(transform(None, [10.0 * i, 0, -500]))).all()


def test_what_only_hangs_hangs_down(tmp_path):
    """A chain without stiffness, modelled pointing sideways."""
    glb = chain(3, 30.0, rotation=[0.0, 0.0, -np.sqrt(0.5), np.sqrt(0.5)])
    worn = Worn(rig_of(glb, tmp_path, "bone0"), Spring("bone0", 0.0, 0.0, 1.0, 2.0, limit_deg=170.0))
    for _ in range(300):
        tip = worn.tip(AT)
    np.testing.assert_allclose(tip, [0.0, -90.0, 0.0], atol=1.0)


def test_a_head_lying_on_its_side_lets_ears_hang(ear):
    worn = Worn(ear, Spring("bone0", gravity=1.0))
    for roll in np.linspace(0, 90, 60):
        place = transform(rotation_from_angles_deg(0, 0, roll), [0, 0, -500])
        worn.tip(place)
    for _ in range(200):
        tip = worn.tip(place)
    assert (place[:3, :3] @ tip)[1] < -10.0, "down in the camera's frame"
    assert np.linalg.norm(tip - STILL) > 10.0


def test_bones_are_not_turned_beyond_their_limit(ear):
    worn = Worn(ear, Spring("bone0", 0.5, 0.0, 0.0, 20.0, limit_deg=15.0))
    worn.tip(AT)
    for i in range(10):
        places = worn.frame(transform(None, [90.0 * i, 0, -500]))
        for parent, child in zip([np.eye(4), *places], places, strict=False):
            turned = (np.trace(parent[:3, :3].T @ child[:3, :3]) - 1) / 2
            assert np.degrees(np.arccos(np.clip(turned, -1, 1))) < 15.01


def test_a_chain_keeps_off_the_head(tmp_path):
    """Hung above the skull, it falls onto it and does not sink in."""
    glb = chain(4, 30.0, translation=[75.0, 60.0, -90.0])
    rig = rig_of(glb, tmp_path, "bone0")
    deepest = {}
    for avoid in (False, True):
        worn = Worn(rig, Spring("bone0", 0.0, 0.0, 1.0, 1.0, limit_deg=170.0, avoid_head=avoid))
        nearest = []
        for i in range(240):  # swung toward the head
            place = transform(rotation_from_angles_deg(0, 0, -25 * np.sin(i / 12)), [0, 0, -500])
            ends = [p[:3, 3] for p in worn.frame(place)[1:]]
            nearest.append(min(np.linalg.norm((e - HEAD_CENTRE_MM) / HEAD_RADII_MM) for e in ends))
        deepest[avoid] = min(nearest[30:])
    assert deepest[False] < 0.9
    assert deepest[True] > 0.95


def test_two_springs_have_numbers_of_their_own(tmp_path):
    glb = chain(1, 30.0)
    glb.node("stiff", 0, mesh=0, translation=[20.0, 0, 0])
    worn = Worn(rig_of(glb, tmp_path, "bone0", "stiff"), Spring("bone0", 1.0), Spring("stiff", 15.0))
    worn.frame(AT)
    for i in range(1, 5):
        places = worn.frame(transform(None, [8.0 * i, 0, -500]))
    loose, stiff = (
        np.arccos(np.clip(places[worn.rig.names.index(n)][1, 1], -1, 1)) for n in ("bone0", "stiff")
    )
    assert loose > 5 * stiff
