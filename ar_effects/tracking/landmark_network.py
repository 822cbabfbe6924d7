"""The mesh network on regions of a frame: 478 landmarks and whether there is a face."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from ar_effects.compiled import IS_COMPILED
from ar_effects.inference.network import Array, Network
from ar_effects.inference.provider import Provider
from ar_effects.inference.timing import CPU_NETWORKS, NETWORK, batch_pays
from ar_effects.profiling.spans import stage
from ar_effects.records import LANDMARK_COUNT, Image, Points
from ar_effects.tracking.attention import patches, place_patches, sample_patches, scatter
from ar_effects.tracking.region import MAX_ABS, Region, max_abs

MOST_THREADS = 4
"""More would take the cores from drawing; more than four faces are rare."""


@dataclass(frozen=True, slots=True, eq=False)
class MeshResult:
    """What the network saw in one region: (478, 3) pixels of the frame, and a score 0..1."""

    landmarks: Points
    score: float


class LandmarkNetwork:
    """The attention mesh.

    Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020.

    On a CPU its two parts run one after the other, with compiled loops between them; several faces are shared
    out to threads. A device runs it as one network, several faces together if that is quicker there.

    Args:
        provider: what to run on.
        several: whether more than one face may have to be looked at: on a device it is found out then
            whether to look at them together.
        threads: of a CPU; None for one a core.
    """

    def __init__(self, provider: Provider, *, several: bool = True, threads: int | None = None) -> None:
        in_parts = provider.name == "cpu" and IS_COMPILED
        self._parts = _Parts(provider) if in_parts else None
        self._whole = None if in_parts else Network(NETWORK, provider)
        self._threads = min(threads or os.cpu_count() or 1, MOST_THREADS) if in_parts else 1
        self._pool: ThreadPoolExecutor | None = None
        self._together = (
            several and self._whole is not None and provider.name != "cpu" and batch_pays(self._whole)
        )

    def close(self) -> None:
        """End the threads. May be called twice."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def infer(self, image: Image, region: Region, worker_slot: int = 0) -> MeshResult:
        """Landmarks of the face in ``region``; a diverged network scores 0.

        Args:
            image: (height, width, 3) uint8 BGR.
            region: where to look.
            worker_slot: calls that run at the same time need one each, from 0.
        """
        if self._parts is not None:
            side = self._parts.side
            landmarks, score = self._parts.run(region.cut_rgba(image, side), worker_slot)
        elif self._whole is not None:
            side = self._whole.side
            batch, scores = self._whole.run_picture(region.cut_rgba(image, side))
            landmarks, score = batch[0], float(scores[0, 0])
        return _checked(landmarks, score, region, side)

    def infer_batch(self, image: Image, regions: Sequence[Region]) -> list[MeshResult]:
        """``infer`` at each region; on a CPU with several cores at the same time, on a device together."""
        if self._together and self._whole is not None and len(regions) > 1:
            return _look_together(self._whole, image, regions)
        helpers = min(self._threads, len(regions)) - 1
        if helpers < 1:
            return [self.infer(image, region) for region in regions]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads - 1, "face mesh")
        found: dict[int, MeshResult] = {}
        waiting = iter(
            range(len(regions))
        )  # whoever is free takes the next: faces differ in size and so in time

        def work(worker_slot: int) -> None:
            for i in waiting:
                found[i] = self.infer(image, regions[i], worker_slot)

        others = [self._pool.submit(work, worker_slot) for worker_slot in range(1, helpers + 1)]
        try:
            work(0)
        finally:  # lanes are free again only when all are done
            _wait_for(others)
        return [found[i] for i in range(len(regions))]


def _look_together(network: Network, image: Image, regions: Sequence[Region]) -> list[MeshResult]:
    """Look at all regions in one run."""
    side, batch = network.side, network.new_batch(len(regions))
    for i, region in enumerate(regions):
        network.fill(batch, region.cut_rgba(image, side), i)
    landmarks, scores = network.run(batch)
    return [
        _checked(found, float(score), region, side)
        for found, score, region in zip(landmarks, scores.ravel(), regions, strict=True)
    ]


def _checked(landmarks: Points, score: float, region: Region, side: int) -> MeshResult:
    """The result in pixels of the frame; a score of 0 for a network that diverged."""
    sane = landmarks.shape == (LANDMARK_COUNT, 3) and max_abs(landmarks) <= MAX_ABS * side
    if not (sane and 0.0 <= score <= 1.0):  # NaN compares false
        return MeshResult(np.zeros((LANDMARK_COUNT, 3), np.float32), 0.0)
    return MeshResult(region.to_frame(landmarks, side), score)


@stage("network")
def _wait_for(others: list[Future[None]]) -> None:
    """Until the others' faces are done, too; raises what one of them raised."""
    wait(others)
    for other in others:
        other.result()


class _Parts:
    """The network's two files and what lies between; safe to run from several threads, a lane each."""

    def __init__(self, provider: Provider) -> None:
        self._trunk, self._refinement = (Network(part, provider) for part in CPU_NETWORKS)
        self._patches = patches()
        self._worker_slots: list[tuple[Array, Array]] = [self._lane() for _ in range(MOST_THREADS)]
        self.side = self._trunk.side

    def _lane(self) -> tuple[Array, Array]:
        return self._trunk.new_batch(), self._refinement.new_batch()

    def run(self, picture: Image, worker_slot: int) -> tuple[Points, float]:
        """(478, 3) landmarks in pixels of the (side, side, 4) RGBA picture, and the score."""
        batch, cut = self._worker_slots[worker_slot]
        meshes, features, scores = self._trunk.run_picture(picture, batch)
        mesh, p = meshes[0], self._patches
        places = place_patches(mesh, p.ends, p.subsets, p.factors)
        sample_patches(features[0], places, cut[0])
        (points,) = self._refinement.run(cut)
        landmarks = scatter(mesh, points[0], places, p.owners, p.sources, p.rings)
        return landmarks, float(scores[0, 0])
