"""Tests six claims of the papers on real photographs with semi-real posts: docs/claims.md.

What is measured is kept arm by arm under ``.cache/claims``: a run that was ended goes on where it was. Writes
benchmarks/results/claims.json, docs/pictures/claims.png and the tables in docs/claims.md. Needs torch
(requirements-train.txt) and, for the picture, matplotlib (requirements-tools.txt).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ar_effects.paths import ROOT
from benchmarks.claims import frozen, scratch
from benchmarks.claims.frozen import ARMS, World
from benchmarks.claims.report import judged, show, write_pages
from benchmarks.claims.scratch import SIDE, Small, scratch_arms
from benchmarks.common import parser, write_results
from benchmarks.photos import CACHE, Photos, embeddings
from tools.posts.harrison import read_posts
from tools.posts.statistics import Statistics

KEPT = ROOT / ".cache" / "claims"
SEEDS = {"ef": 5, "c": 10, "a": 10, "d": 10, "b": 10}
"""Of each group of claims; those that take longest first."""

PARTS = {"ef": 4}
"""Into which the arms of one seed are divided, so that no process waits long for another."""

Arm = Callable[[], NDArray[np.float64]]


@dataclass(frozen=True)
class Unit:
    """What is measured in one go: those of every so many arms of a claim and seed that are not there yet."""

    photos: Path
    harrison: Path
    kept: Path
    claim: str
    seed: int
    part: int


def kept_folder(photos: Photos) -> Path:
    """Where the arms of these photographs and of this code are kept."""
    digest = hashlib.sha256(photos.key.encode())
    for module in (frozen, scratch):
        digest.update(Path(str(module.__file__)).read_bytes())
    return KEPT / digest.hexdigest()[:16]


def small_pictures(photos: Photos, cache: Path = CACHE) -> NDArray[np.uint8]:
    """(photos, 3, SIDE, SIDE) RGB, squeezed."""
    path = cache / photos.key / f"small{SIDE}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        size = (SIDE, SIDE)
        found = np.stack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in photos.pictures()])
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, np.ascontiguousarray(found[..., ::-1].transpose(0, 3, 1, 2)))
        part.replace(path)
    pictures: NDArray[np.uint8] = np.load(path)
    return pictures


def _world(photos: Path, harrison: Path) -> World:
    own = Photos.in_folder(photos)
    return World(own, embeddings(own), Statistics.of_posts(read_posts(harrison)))


def arms_of(world: World, claim: str, seed: int) -> dict[str, Arm]:
    """The arms of a claim and seed by name, to be called."""
    if claim == "ef":
        return scratch_arms(world, Small(small_pictures(world.photos)), seed)
    return ARMS[claim](world, seed)


def path_of(kept: Path, claim: str, seed: int, arm: str) -> Path:
    """Where the outcome of an arm is kept."""
    return kept / f"{claim}-{seed}-{arm.replace(' ', '_')}.npz"


def measure(unit: Unit) -> float:
    """Measure what is missing of a unit; gives the processor's seconds."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    world = _world(unit.photos, unit.harrison)
    total = 0.0
    arms = list(arms_of(world, unit.claim, unit.seed).items())
    for name, arm in arms[unit.part :: PARTS.get(unit.claim, 1)]:
        path = path_of(unit.kept, unit.claim, unit.seed, name)
        if path.exists():
            continue
        begin = time.process_time()
        found = arm()
        seconds = time.process_time() - begin
        total += seconds
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez(file, outcome=found.astype(np.float16), seconds=np.float64(seconds))
        part.replace(path)
    return total


def gathered(kept: Path, claim: str, seeds: int) -> tuple[dict[str, NDArray[np.float64]], float]:
    """All outcomes of a claim by arm, (seeds, photographs) each, and the processor's seconds they took."""
    names = [p.stem.split("-", 2)[2].replace("_", " ") for p in sorted(kept.glob(f"{claim}-0-*.npz"))]
    found, seconds = {}, 0.0
    for name in names:
        files = [np.load(path_of(kept, claim, seed, name)) for seed in range(seeds)]
        found[name] = np.stack([file["outcome"].astype(np.float64) for file in files])
        seconds += sum(float(file["seconds"]) for file in files)
    return found, seconds


def units(given_photos: Path, harrison: Path, kept: Path, claims: Sequence[str]) -> list[Unit]:
    """All units, seed by seed."""
    return [
        Unit(given_photos, harrison, kept, claim, seed, part)
        for seed in range(max(SEEDS.values()))
        for claim in claims
        if seed < SEEDS[claim]
        for part in range(PARTS.get(claim, 1))
    ]


def main() -> None:
    options = parser("claims", __doc__)
    options.add_argument("--photos", type=Path, required=True, help="folder with a folder for each category")
    options.add_argument("--harrison", type=Path, required=True, help="folder of HARRISON's tag_list.txt")
    options.add_argument("--claims", nargs="*", default=list(SEEDS), choices=list(SEEDS))
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--report-only", action="store_true", help="of what is there; measures nothing")
    given = options.parse_args()
    photos = Photos.in_folder(given.photos)
    kept = kept_folder(photos)
    kept.mkdir(parents=True, exist_ok=True)
    if not given.report_only:
        begin = time.monotonic()
        embeddings(photos)
        small_pictures(photos)
        todo = units(given.photos, given.harrison, kept, given.claims)
        context = get_context("spawn")  # torch's threads do not outlive a fork
        with ProcessPoolExecutor(given.processes, mp_context=context) as pool:
            waiting = {pool.submit(measure, unit): unit for unit in todo}
            for done, future in enumerate(as_completed(waiting), 1):
                unit = waiting[future]
                print(
                    f"{done} of {len(todo)}: claim {unit.claim}, seed {unit.seed}, {future.result():.0f} s; "
                    f"{(time.monotonic() - begin) / 60:.1f} minutes",
                    flush=True,
                )
    outcomes, seconds = {}, {}
    for claim, count in SEEDS.items():
        outcomes[claim], seconds[claim] = gathered(kept, claim, count)
    table = judged(outcomes)
    print(show(table))
    figures = {
        "photographs": len(photos),
        "categories": len(photos.categories),
        "seeds": SEEDS,
        "processor_minutes": {claim: value / 60 for claim, value in seconds.items()},
        "claims": table,
    }
    path = write_results("claims", "python -m benchmarks.claims --photos DIR --harrison DIR", figures)
    write_pages(json.loads(path.read_text(encoding="utf-8")))
    print(f"Written: {path}, docs/claims.md, docs/pictures/claims.png")
