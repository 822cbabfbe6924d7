"""CPU against CUDA: each network on 1 to 8 pictures, in full and half precision, with and without graphs.

The pictures are the demo clip's frames as the detectors see them, and its face as the landmark network does.
Everything takes turns on the same pictures. Without a graphics card only the CPU's column is measured, and
the results say that none could be had and why. "gain" is the CPU's time over that of the quickest column.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import ArEffectsError, ProviderError
from ar_effects.inference.cuda_diagnostics import find_cuda_problem, find_tensorrt_problem
from ar_effects.inference.network import Network
from ar_effects.inference.provider_types import Device, Provider
from ar_effects.tracking.detector import whole
from ar_effects.tracking.region import region_from_landmarks
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, parser, quantiles, read_clip, table, write_results

NETWORKS = ("face_detector_short_range", "face_detector_full_range", "face_mesh_attention")
COUNTS = (1, 2, 4, 8)
WARM_UP = 5
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Column:
    """One way to run a network."""

    title: str
    device: Device
    float16: bool = False
    graphs: bool = False

    def network(self, name: str) -> Network:
        """Open it, with errors told instead of a fall-back."""
        return Network(name, Provider(self.device, "measured", float16=self.float16, graphs=self.graphs))


CPU = Column("CPU", "cpu")
CUDA_COLUMNS = (
    Column("CUDA", "cuda"),
    Column("CUDA graphs", "cuda", graphs=True),
    Column("CUDA half", "cuda", float16=True),
    Column("CUDA half graphs", "cuda", float16=True, graphs=True),
)
TENSORRT_COLUMNS = (Column("TensorRT", "tensorrt"), Column("TensorRT half", "tensorrt", float16=True))


def pictures(side: int, *, cut: bool) -> list[NDArray[np.uint8]]:
    """Eight views of the demo clip, RGB: of the face where ``cut``, else of the whole frame."""
    frames = read_clip(DEMO_CLIP, limit=max(COUNTS) * 4)[::4]
    tracker = FaceTracker(mode="picture", provider="cpu")
    views = []
    for frame in frames:
        view = whole(frame)
        if cut:
            faces = tracker.track(frame)
            if not faces:
                raise ArEffectsError("No face was found in the demo clip")
            view = region_from_landmarks(faces[0].landmarks)
        views.append(np.ascontiguousarray(view.cut(frame, side)[:, :, ::-1]))
    return views


def batch_for(network: Network) -> Array:
    """(8, 3, side, side) in the network's own range."""
    low, high = network.entry.input_range
    views = pictures(network.side, cut="mesh" in network.entry.name)
    channels = np.stack([view.transpose(2, 0, 1) for view in views])
    return np.ascontiguousarray(channels * np.float32((high - low) / 255) + np.float32(low), dtype=np.float32)


def columns(*, tensorrt: bool) -> tuple[list[Column], dict[str, str]]:
    """What can be measured here, and why the rest cannot."""
    found, missing = [CPU], {}
    problem = find_cuda_problem()
    if problem is None:
        found += CUDA_COLUMNS
    else:
        missing["cuda"] = f"No GPU could be had: {problem.what}."
    if tensorrt:
        problem = find_tensorrt_problem()
        if problem is None:
            found += TENSORRT_COLUMNS
        else:
            missing["tensorrt"] = f"TensorRT cannot run: {problem.what}; {problem.fix}."
    return found, missing


def times(networks: dict[str, Network], batch: Array, runs: int) -> Iterator[tuple[str, float, float]]:
    """Title, milliseconds of one run, and how far its results lie off the CPU's, by turns."""
    expected = networks[CPU.title].run(batch)
    off = {
        title: max(float(np.abs(e - g).max()) for e, g in zip(expected, network.run(batch), strict=True))
        for title, network in networks.items()
    }
    for network in networks.values():
        for _ in range(WARM_UP):
            network.run(batch)
    for _ in range(runs):
        for title, network in networks.items():
            start = time.perf_counter()
            network.run(batch)
            yield title, (time.perf_counter() - start) * 1e3, off[title]


def measure(found: list[Column], missing: dict[str, str], runs: int) -> list[dict[str, Any]]:
    """One record a network and number of pictures."""
    records = []
    for name in NETWORKS:
        networks = {}
        for column in found:
            try:
                networks[column.title] = column.network(name)
            except ProviderError as error:
                missing[f"{name}, {column.title}"] = error.one_line()
        batch = batch_for(networks[CPU.title])
        for count in COUNTS:
            taken: dict[str, list[float]] = {title: [] for title in networks}
            off: dict[str, float] = {}
            for title, ms, difference in times(networks, batch[:count], runs):
                taken[title].append(ms)
                off[title] = difference
            columns_of = {
                title: {"ms": quantiles(values), "off_cpu": off[title]} for title, values in taken.items()
            }
            records.append({"network": name, "pictures": count, "columns": columns_of})
    return records


def median(record: dict[str, Any], title: str) -> float | None:
    """Milliseconds, or None where it was not measured."""
    column = record["columns"].get(title)
    return None if column is None else float(column["ms"]["median"])


def batch_gain(records: list[dict[str, Any]], name: str, title: str) -> float | None:
    """How many times quicker the most pictures at once are than one after the other."""
    by_count = {r["pictures"]: median(r, title) for r in records if r["network"] == name}
    one, most = by_count[COUNTS[0]], by_count[COUNTS[-1]]
    return None if one is None or most is None else one * COUNTS[-1] / most


def main() -> int:
    """Measure, print, write ``results/providers.json``."""
    args = parser("providers", __doc__)
    args.add_argument("--runs", type=int, default=60, help="runs of a column")
    args.add_argument("--tensorrt", action="store_true", help="TensorRT, too; building takes minutes")
    given = args.parse_args()
    found, missing = columns(tensorrt=given.tensorrt)
    try:
        records = measure(found, missing, given.runs)
    except ArEffectsError as error:
        print(error, file=sys.stderr)
        return 1
    titles = [column.title for column in found]
    rows = []
    for record in records:
        medians = [median(record, title) for title in titles]
        quickest = min(m for m in medians if m is not None)
        cells: list[object] = ["-" if m is None else m for m in medians]
        gain = [float(medians[0] or 0.0) / quickest] if len(titles) > 1 else []
        rows.append([f"{record['network']} x{record['pictures']}", *cells, *gain])
    header = ["", *titles, *(["gain"] if len(titles) > 1 else [])]
    print(table("Median milliseconds a run", header, rows))
    gains = {name: {t: batch_gain(records, name, t) for t in titles} for name in NETWORKS}
    for name, by_title in gains.items():
        told = ", ".join(f"{t} {g:.2f}" for t, g in by_title.items() if g is not None)
        print(f"{COUNTS[-1]} pictures at once against one by one, {name}: {told} times as quick")
    for sentence in missing.values():
        print(sentence)
    figures = {"gpu": "cuda" not in missing, "not_measured": missing, "batch_gain": gains, "runs": records}
    write_results("providers", "python -m benchmarks.providers", figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
