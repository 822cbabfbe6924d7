"""Which ONNX Runtime settings suit the CPU?

Each network runs on the demo clip's picture under each setting, back to back as on a file and with 2 ms
of sleep between runs as in a live loop. Median wall milliseconds of a run, and CPU milliseconds a run
costs the whole process, pauses included: spinning threads show there. Settings take turns in several
rounds, so that a busy machine disturbs all of them alike.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ar_effects.errors import ArEffectsError
from ar_effects.inference.manifest import NetworkEntry, read_network
from ar_effects.tracking.region import region_from_landmarks
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, parser, read_clip, table, write_results

NETWORKS = ("face_detector_short_range", "face_mesh_attention")
PAUSE_S = 0.002
WARM_UP = 10
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to make a session; the defaults of the others are the app's choice or ONNX Runtime's."""

    threads: int = 1
    spinning: bool = False
    stop: bool = False
    affinity: bool = False
    arena: bool = True
    pattern: bool = True
    level: str = "all"
    flush_denormals: bool = False

    @property
    def name(self) -> str:
        """As the table shows it."""
        words = [f"{self.threads} thread" + ("s" if self.threads > 1 else "")]
        if self.threads > 1:
            words.append("spinning" if self.spinning else "waiting")
            words += ["in a run only"] if self.stop else []
        words += [
            word for on, word in ((self.affinity, "pinned"), (self.flush_denormals, "no denormals")) if on
        ]
        words += [
            word for on, word in ((self.arena, "no arena"), (self.pattern, "no memory pattern")) if not on
        ]
        if self.level != "all":
            words.append(f"optimised {self.level}")
        return ", ".join(words)

    def session(self, data: bytes) -> Any:
        """A session of its own thread pool."""
        options = ort.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = self.arena
        options.enable_mem_pattern = self.pattern
        options.graph_optimization_level = {
            "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
            "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
            "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
        }[self.level]
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self.spinning)))
        options.add_session_config_entry("session.force_spinning_stop", str(int(self.stop)))
        options.add_session_config_entry("session.set_denormal_as_zero", str(int(self.flush_denormals)))
        if self.affinity:
            pins = ";".join(
                str(i + 1) for i in range(1, self.threads)
            )  # the first thread is the caller's own
            options.add_session_config_entry("session.intra_op_thread_affinities", pins)
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def settings() -> Iterator[Setting]:
    """The thread counts this machine has cores for, then one change at a time."""
    yield Setting()
    for threads in (2, 4):
        if threads <= (os.cpu_count() or 1):
            yield Setting(threads)
            yield Setting(threads, spinning=True)
            yield Setting(threads, spinning=True, stop=True)
            yield Setting(threads, spinning=True, affinity=True)
    yield Setting(arena=False)
    yield Setting(pattern=False)
    yield Setting(flush_denormals=True)
    yield Setting(level="extended")
    yield Setting(level="basic")


def pictures() -> dict[str, Array]:
    """What each network sees of the demo clip: (1, 3, side, side) in its own range."""
    frame = read_clip(DEMO_CLIP, limit=1)[0]
    faces = FaceTracker(provider="cpu").track(frame)
    if not faces:
        raise ArEffectsError("No face was found in the demo clip")
    cut = region_from_landmarks(faces[0].landmarks).cut(frame, 192)
    small = cv2.resize(frame, (128, 128))
    return {
        NETWORKS[0]: _blob(small, 2 / 255, -1.0),
        NETWORKS[1]: _blob(cut, 1 / 255, 0.0),
    }


def _blob(image: NDArray[np.uint8], scale: float, low: float) -> Array:
    rgb = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))[None]
    return np.asarray(rgb * scale + low, np.float32)


def time_runs(
    session: Any, entry: NetworkEntry, batch: Array, count: int, pause_s: float
) -> tuple[list[float], float]:
    """Wall milliseconds of each run, and CPU milliseconds a run."""
    feed = {next(iter(entry.inputs)): batch}
    for _ in range(WARM_UP):
        session.run(None, feed)
    taken = []
    start_cpu = time.process_time()
    for _ in range(count):
        if pause_s:
            time.sleep(pause_s)
        start = time.perf_counter()
        session.run(None, feed)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken, (time.process_time() - start_cpu) * 1e3 / count


def measure(count: int, rounds: int) -> list[dict[str, Any]]:
    """One record a network, setting, batch and way of running."""
    inputs = pictures()
    jobs = [(name, setting, 1) for name in NETWORKS for setting in settings()]
    jobs += [
        (NETWORKS[1], setting, batch)
        for batch in (2, 4)
        for setting in (Setting(), Setting(2, spinning=True))
    ]
    runs: dict[tuple[int, float], tuple[list[float], list[float]]] = {}
    for _ in range(rounds):
        for index, (name, setting, batch) in enumerate(jobs):
            entry, data = read_network(name)
            session = setting.session(data)
            for pause_s in (0.0, PAUSE_S):
                wall, cpu = runs.setdefault((index, pause_s), ([], []))
                taken, cpu_ms = time_runs(
                    session, entry, np.repeat(inputs[name], batch, axis=0), count, pause_s
                )
                wall += taken
                cpu.append(cpu_ms)
            del session  # its threads end with it
    records = []
    for index, (name, setting, batch) in enumerate(jobs):
        record: dict[str, Any] = {"network": name, "setting": setting.name, "batch": batch}
        for pause_s, key in ((0.0, "back_to_back"), (PAUSE_S, "paused")):
            wall, cpu = runs[index, pause_s]
            record[key] = {"median_ms": float(np.median(wall)), "cpu_ms": float(np.median(cpu))}
        records.append(record)
    return records


def main() -> int:
    """Measure, print, write ``results/threads.json``."""
    args = parser("threads", __doc__)
    args.add_argument("--runs", type=int, default=100, help="runs of a setting in one round")
    args.add_argument("--rounds", type=int, default=3)
    given = args.parse_args()
    try:
        records = measure(given.runs, given.rounds)
    except ArEffectsError as error:
        print(error, file=sys.stderr)
        return 1
    rows = []
    for r in records:
        a, b = r["back_to_back"], r["paused"]
        label = f"{r['network']} x{r['batch']}: {r['setting']}"
        rows.append([label, a["median_ms"], a["cpu_ms"], b["median_ms"], b["cpu_ms"]])
    title = f"Milliseconds a run; paused: {PAUSE_S * 1e3:.0f} ms of sleep between runs"
    print(table(title, ["", "median", "CPU", "paused median", "CPU"], rows))
    write_results("threads", "python -m benchmarks.threads", {"runs": records})
    return 0


if __name__ == "__main__":
    sys.exit(main())
