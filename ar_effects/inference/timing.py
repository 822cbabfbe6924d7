"""Times a device against the CPU on a network of the app's own, and holds its results against the CPU's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import IS_COMPILED
from ar_effects.errors import ProviderError
from ar_effects.inference.network import Network
from ar_effects.inference.provider_types import LABELS, PROVIDERS, Device, Problem, Provider
from ar_effects.messages import Message
from ar_effects.paths import MODELS
from ar_effects.reasons import ProviderErrorReason

Array = NDArray[np.float32]

NETWORK = "face_mesh_attention"
"""It runs for every face in every frame; the detectors only now and then."""

CPU_NETWORKS = ("face_mesh_trunk", "face_mesh_refinement")
"""What a CPU runs in its place."""

WARM_UPS, TURNS, BUDGET_S = 3, 15, 0.15
"""Runs before the clock counts; runs that count at most; and when to stop, one and all."""

SAME_PX, SAME_MEAN_PX = 0.5, 0.05
"""How far a device's landmarks may lie off the CPU's in the 192-pixel picture: any one, and on average.
Half precision is off by 0.01 on average on faces, drawn or real; a card that computes rubbish by pixels.
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """A device that works, and how quick it is.

    Attributes:
        float16: half precision gives the same landmarks there.
        device_ms: for one face, as the app would run it.
        cpu_ms: for the same on the CPU.
    """

    float16: bool
    device_ms: float
    cpu_ms: float


def try_device(name: Device, folder: Path = MODELS) -> Trial:
    """Run the landmark network on a device and on the CPU, by turns.

    Raises:
        ProviderError: the device cannot run it, or gives other landmarks than the CPU.
        ModelError: the network's file is missing or damaged.
    """
    compared = Provider("cpu")
    cpu = Network(NETWORK, compared, folder)
    picture = probe_picture(cpu.side)
    expected = cpu.run(picture)
    # What lies between the parts takes too little to count.
    parts = [Network(part, compared, folder) for part in CPU_NETWORKS] if IS_COMPILED else [cpu]
    feeds = [picture, *(part.new_batch() for part in parts[1:])]

    def on_cpu() -> None:
        for part, feed in zip(parts, feeds, strict=True):
            part.run(feed)

    for float16 in (False,) if name in PROVIDERS else (True, False):
        try:
            device = Network(NETWORK, Provider(name, float16=float16), folder)
        except ProviderError:
            if float16:
                continue
            raise
        if same(expected, device.run(picture)):
            device_ms, cpu_ms = by_turns([lambda: device.run(picture), on_cpu])  # noqa: B023
            return Trial(float16, device_ms, cpu_ms)
    other = Message("provider.other-landmarks", device=LABELS[name])
    raise Problem(other, reason=ProviderErrorReason.WRONG_RESULTS).error(name)


def same(expected: Sequence[Array], got: Sequence[Array]) -> bool:
    """Whether two runs of the landmark network agree; NaN agrees with nothing."""
    off = np.linalg.norm(expected[0] - got[0], axis=-1)
    return bool(off.max() <= SAME_PX and off.mean() <= SAME_MEAN_PX)


def batch_pays(network: Network, count: int = 4) -> bool:
    """Whether so many pictures run sooner together than one after the other."""
    picture = probe_picture(network.side)
    batch = np.repeat(picture, count, axis=0)
    together_ms, apart_ms = by_turns(
        [lambda: network.run(batch), lambda: [network.run(picture) for _ in range(count)]]
    )
    return together_ms < apart_ms


def by_turns(
    runs: Sequence[Callable[[], object]], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Median milliseconds of each; taking turns, so that what slows the machine slows all alike."""
    for run in runs:
        for _ in range(WARM_UPS):
            run()
    taken: list[list[float]] = [[] for _ in runs]
    start = clock()
    for turn in range(TURNS):
        if turn and clock() - start > BUDGET_S:
            break
        for run, times in zip(runs, taken, strict=True):
            before = clock()
            run()
            times.append((clock() - before) * 1e3)
    return [float(np.median(times)) for times in taken]


def probe_picture(side: int) -> Array:
    """(1, 3, side, side) RGB 0..1: a drawn face, so that landmarks are where a face's would be."""
    y, x = np.mgrid[-1.0 : 1.0 : side * 1j, -1.0 : 1.0 : side * 1j]

    def blob(cx: float, cy: float, rx: float, ry: float) -> NDArray[np.float64]:
        inside = 1.0 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2
        return np.asarray(np.clip(0.5 + 4.0 * inside, 0.0, 1.0))[..., None]

    picture = np.full((side, side, 3), 0.35) + 0.1 * y[..., None]
    shapes = [
        ((0.0, 0.0, 0.62, 0.82), (0.80, 0.62, 0.52)),  # the head
        ((0.0, -0.75, 0.62, 0.25), (0.25, 0.17, 0.12)),  # hair
        ((-0.24, -0.17, 0.13, 0.065), (0.95, 0.94, 0.92)),  # eyes
        ((0.24, -0.17, 0.13, 0.065), (0.95, 0.94, 0.92)),
        ((-0.24, -0.17, 0.055, 0.06), (0.15, 0.10, 0.08)),  # irises
        ((0.24, -0.17, 0.055, 0.06), (0.15, 0.10, 0.08)),
        ((-0.25, -0.32, 0.17, 0.03), (0.25, 0.17, 0.12)),  # brows
        ((0.25, -0.32, 0.17, 0.03), (0.25, 0.17, 0.12)),
        ((0.0, 0.13, 0.10, 0.06), (0.62, 0.44, 0.37)),  # the nose's shadow
        ((0.0, 0.42, 0.22, 0.06), (0.62, 0.25, 0.25)),  # the mouth
    ]
    for (cx, cy, rx, ry), colour in shapes:
        mask = blob(cx, cy, rx, ry)
        picture = picture * (1.0 - mask) + np.array(colour) * mask
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32)
