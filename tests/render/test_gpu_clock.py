"""The card's own clock, and the frame's way to the card."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import DrawList
from ar_effects.geometry.camera import Camera
from ar_effects.render import gpu_clock, targets, upload
from ar_effects.render.gpu_clock import BEHIND, UNKNOWN_NS, GpuClock, timer_bits
from ar_effects.render.renderer import Renderer
from ar_effects.render.upload import FrameUpload, is_software

SIZE = (64, 48)


@pytest.fixture
def ctx(headless):
    return headless.ctx


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)


def test_every_frame_is_timed_once_and_late(ctx):
    renderer = Renderer(ctx, SIZE)
    if not timer_bits():
        pytest.skip("this driver has no timer")
    taken = []
    for i in range(20):
        renderer.draw(noise(i), DrawList(Camera.assumed(*SIZE), ()))
        taken.append(renderer.take_gpu_s())
    renderer.release()
    assert [len(t) for t in taken[: BEHIND + 1]] == [0] * (BEHIND + 1)
    assert [len(t) for t in taken[BEHIND + 2 :]] == [1] * (20 - BEHIND - 2), "the first may be unknown"
    assert all(0.0 <= seconds < 1.0 for t in taken for seconds in t)


def test_what_a_driver_does_not_know_is_left_out(ctx):
    clock = GpuClock(ctx)
    told = iter([UNKNOWN_NS, 2_000_000, 3_000_000])

    class Query:
        elapsed = property(lambda _: next(told))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    clock._queries = [Query()]
    for _ in range(4):
        with clock.frame():
            pass
    assert clock.take() == [0.002, 0.003]


def test_more_work_takes_longer(ctx):
    clock, big = GpuClock(ctx), ctx.framebuffer([ctx.texture((2048, 2048), 4)])
    if not timer_bits():
        pytest.skip("this driver has no timer")
    spent = {}
    for times in (1, 60):
        runs = []
        for _ in range(12):
            with clock.frame():
                for k in range(times):
                    big.clear(k / 60, 0.5, 0.5, 1.0)
                    big.read(viewport=(0, 0, 1, 1))
            runs += clock.take()
        spent[times] = np.median(runs[BEHIND:])
    assert spent[60] > 2 * spent[1] > 0


def test_what_nobody_takes_does_not_pile_up(ctx):
    clock = GpuClock(ctx)
    for _ in range(200):
        with clock.frame():
            pass
    assert len(clock.take()) <= 64
    assert clock.take() == []


def test_a_driver_without_a_timer_is_drawn_with_all_the_same(ctx, monkeypatch):
    monkeypatch.setattr(gpu_clock, "timer_bits", lambda: 0)
    renderer = Renderer(ctx, SIZE)
    for i in range(8):
        renderer.draw(noise(i))
        np.testing.assert_array_equal(renderer.read(), noise(i))
    assert renderer.take_gpu_s() == []
    renderer.release()


def test_frames_come_through_buffers_bit_for_bit(ctx, monkeypatch):
    """As where there is a card: each frame is the one drawn, not the one before."""
    made = []

    def through_buffers(ctx, size):
        made.append(FrameUpload(ctx, size, buffers=True))
        return made[-1]

    monkeypatch.setattr(targets, "FrameUpload", through_buffers)
    renderer = Renderer(ctx, SIZE)
    for i in range(7):
        renderer.draw(noise(i))
        np.testing.assert_array_equal(renderer.read(), noise(i))
    renderer.resize((32, 20))
    assert made[0]._buffers == []
    small = np.full((20, 32, 3), 77, np.uint8)
    renderer.draw(small)
    np.testing.assert_array_equal(renderer.read(), small)
    renderer.release()
    assert len(made) == 2


@pytest.mark.parametrize(
    ("name", "software"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", True),
        ("Google SwiftShader", True),
        ("Microsoft Basic Render Driver", True),
        ("NVIDIA GeForce RTX 3060/PCIe/SSE2", False),
        ("AMD Radeon Graphics (radeonsi, renoir, LLVM 15.0.7, DRM 3.49)", False),
        ("Mesa Intel(R) UHD Graphics 620 (KBL GT2)", False),
        ("Apple M2", False),
    ],
)
def test_only_cards_get_buffers(name, software):
    assert is_software(name) == software


def test_software_renderers_copy_straight(ctx):
    made = upload.FrameUpload(ctx, SIZE)
    assert bool(made._buffers) != is_software(ctx.info["GL_RENDERER"])
    made.release()
