"""How long does tracking one face take, ours against MediaPipe's, on the same frames in one run?

Both trackers look at the same pictures in turn, each first in every second turn; who is not looking is
idle. Steady state, CPU only, at 640x480 and 1280x720. A turn is 30 frames long (as when one program runs),
and then, in a second measurement, one frame: there each begins every frame with caches the other emptied.
Ours: FaceTracker(provider="cpu", smooth=False, expression=False).track: landmarks, eyes and the head's pose,
which is more than the peer gives. Then, in turns of 30, everything: smoothing, expression and head size, too;
with one face, with four against the peer's four, and ours alone with one, two, four and eight.
Peer: FaceMesh(refine_landmarks=True, static_image_mode=False, max_num_faces=1): colour conversion and
``process``; reading its landmarks into numpy is not counted.
Bars: ratio of the medians <= 0.75 at both sizes, whichever way turns are taken; with everything <= 0.6 at
640x480, with one face and with four.
Then, in a second pass, where our time goes.
"""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ar_effects.errors import ArEffectsError
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.breakdown import measure_stages
from benchmarks.common import DEMO_CLIP, parser, quantiles, read_clip, table, there_and_back, write_results
from benchmarks.crowds import crowd
from benchmarks.peer.client import Peer, PeerOptions
from benchmarks.peer.environment import peer_python

if TYPE_CHECKING:
    from ar_effects.records import Image

SIZES = ((640, 480), (1280, 720))
BAR_RATIO = 0.75
BAR_EVERYTHING = 0.6
CROWDS = (1, 2, 4, 8)
WARM_UP = 30
FPS = 30.0
TURNS = (30, 1)
"""Frames a turn; the bar is on both, and the verdict names each."""


def look_ours(tracker: FaceTracker, image: Image, time_s: float) -> tuple[int, float, float]:
    """Faces found, wall and CPU milliseconds."""
    start, start_cpu = time.perf_counter(), time.process_time()
    faces = tracker.track(image, time_s)
    return len(faces), (time.perf_counter() - start) * 1e3, (time.process_time() - start_cpu) * 1e3


def measure(
    frames: list[Image],
    count: int,
    turn: int,
    peer: Peer,
    session: str,
    everything: bool = False,
    faces: int = 1,
) -> dict[str, Any]:
    """Both trackers on ``count`` frames after the warm-up, ``turn`` frames at a time."""
    tracker = FaceTracker(faces, provider="cpu", smooth=everything, expression=everything)
    options = PeerOptions(static=False, max_faces=faces, session=session)
    wall: dict[str, list[float]] = {"ours": [], "peer": []}
    cpu: dict[str, list[float]] = {"ours": [], "peer": []}
    missed = {"ours": 0, "peer": 0}
    numbered = list(enumerate(islice(cycle(frames), WARM_UP + count)))
    for k in range(0, len(numbered), turn):
        for who in ("ours", "peer") if (k // turn) % 2 == 0 else ("peer", "ours"):
            for i, shared in numbered[k : k + turn]:
                if who == "ours":
                    # A copy has just been written, as a camera's frame has; the peer's was just received.
                    found, ms, cpu_ms = look_ours(tracker, shared.copy(), i / FPS)
                else:
                    result = peer.infer(shared, options)
                    found, ms, cpu_ms = len(result.faces), result.ms, result.cpu_ms
                if i >= WARM_UP:
                    wall[who].append(ms)
                    cpu[who].append(cpu_ms)
                    missed[who] += found < faces
    figures: dict[str, Any] = {
        who: {"ms": quantiles(wall[who]), "cpu_ms": quantiles(cpu[who]), "frames_without_face": missed[who]}
        for who in wall
    }
    figures["frames"] = count
    figures["ratio"] = figures["ours"]["ms"]["median"] / figures["peer"]["ms"]["median"]
    figures["ratio_cpu"] = figures["ours"]["cpu_ms"]["mean"] / figures["peer"]["cpu_ms"]["mean"]
    return figures


def measure_crowds(frames: list[Image], count: int) -> dict[str, float]:
    """Our median milliseconds a frame by the number of faces, everything on."""
    box = face_box(frames)
    taken = {}
    for faces in CROWDS:
        tracker = FaceTracker(faces, provider="cpu")
        pictures = there_and_back(crowd(frames, box, faces, SIZES[0]))
        ms = []
        for i, shared in enumerate(islice(cycle(pictures), WARM_UP + count)):
            found, wall, _ = look_ours(tracker, shared.copy(), i / FPS)
            if i >= WARM_UP and found == faces:
                ms.append(wall)
        taken[str(faces)] = quantiles(ms)["median"]
    return taken


def face_box(frames: list[Image]) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 around the face in all frames."""
    tracker = FaceTracker(provider="cpu", smooth=False, expression=False)
    points = [f.landmarks[:, :2] for i, image in enumerate(frames) for f in tracker.track(image, i / FPS)]
    low, high = np.min(points, axis=(0, 1)), np.max(points, axis=(0, 1))
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def report(figures: dict[str, Any]) -> str:
    """The table, the verdict, and where our time goes."""
    rows: list[list[object]] = []
    named = [(key, one) for key, one in figures["sizes"].items()]
    named += [(f"{key}, turns of 1", one) for key, one in figures["single_frame_turns"].items()]
    named += [(f"{key}, everything", one) for key, one in figures["everything"].items()]
    named.append(("640x480, everything, 4 faces", figures["four_faces"]))
    for key, one in named:
        for who in ("ours", "peer"):
            ms = one[who]["ms"]
            row = [
                f"{key} {who}",
                ms["median"],
                ms["p95"],
                one[who]["cpu_ms"]["mean"],
                one[who]["frames_without_face"],
            ]
            rows.append([*row, one["ratio"] if who == "ours" else ""])
    text = table(
        f"Tracking one face, ms a frame, {figures['frames_per_size']} frames a size",
        ["", "median", "p95", "CPU mean", "lost", "ratio"],
        rows,
    )
    for key, words in (("sizes", "turns of 30"), ("single_frame_turns", "turns of 1")):
        worst = max(one["ratio"] for one in figures[key].values())
        verdict = "holds" if worst <= BAR_RATIO else "MISSED"
        text += f"\nBar: ratio of medians <= {BAR_RATIO}, {words}: worst {worst:.3f}, {verdict}"
    everything = {"one face": figures["everything"]["640x480"], "four faces": figures["four_faces"]}
    for words, one in everything.items():
        verdict = "holds" if one["ratio"] <= BAR_EVERYTHING else "MISSED"
        text += f"\nBar: with everything, 640x480, {words} <= {BAR_EVERYTHING}: {one['ratio']:.3f}, {verdict}"
    costs = ", ".join(f"{n} {ms:.2f}" for n, ms in figures["crowds_ms"].items())
    text += f"\nOurs, everything, 640x480, ms by number of faces: {costs}"
    for size, stages in figures["stages_ms"].items():
        parts = ", ".join(f"{name} {ms:.3f}" for name, ms in stages.items())
        text += f"\nOurs, {size}, median ms: {parts}"
    return text


def main() -> int:
    """Measure, print, write ``results/track.json`` (or ``track_<clip>.json``)."""
    args = parser("track", __doc__)
    args.add_argument(
        "--clip", type=Path, default=DEMO_CLIP, help="a video with one face (default: the demo clip)"
    )
    args.add_argument("--frames", type=int, default=900, help="measured frames a size, at least 300")
    args.add_argument(
        "--peer-python", type=Path, help="a Python with mediapipe; made under .cache/ if not given"
    )
    given = args.parse_args()
    count = max(300, given.frames)
    try:
        clips = {f"{w}x{h}": there_and_back(read_clip(given.clip, (w, h))) for w, h in SIZES}
        with Peer(peer_python(given.peer_python)) as peer:
            by_turn = {
                turn: {
                    key: measure(frames, count, turn, peer, f"{key} {turn}") for key, frames in clips.items()
                }
                for turn in TURNS
            }
            complete = {
                key: measure(frames, count, TURNS[0], peer, f"{key} all", everything=True)
                for key, frames in clips.items()
            }
            frames = read_clip(given.clip, SIZES[0])
            four = there_and_back(crowd(frames, face_box(frames), 4, SIZES[0]))
            of_four = measure(four, count, TURNS[0], peer, "four", everything=True, faces=4)
            versions = peer.versions
    except ArEffectsError as error:
        print(error, file=sys.stderr)
        return 1
    stages = {key: measure_stages(frames, count, WARM_UP, FPS) for key, frames in clips.items()}
    figures = {
        "clip": given.clip.name,
        "frames_per_size": count,
        "peer_versions": versions,
        "bar_ratio": BAR_RATIO,
        "sizes": by_turn[TURNS[0]],
        "single_frame_turns": by_turn[TURNS[1]],
        "everything": complete,
        "bar_everything": BAR_EVERYTHING,
        "four_faces": of_four,
        "crowds_ms": measure_crowds(frames, count),
        "stages_ms": stages,
    }
    print(report(figures))
    demo = given.clip == DEMO_CLIP
    name = "track" if demo else f"track_{given.clip.stem}"
    write_results(
        name, "python -m benchmarks.track" + ("" if demo else f" --clip {given.clip.name}"), figures
    )
    held = all(one["ratio"] <= BAR_RATIO for sizes in by_turn.values() for one in sizes.values())
    held = held and max(complete["640x480"]["ratio"], of_four["ratio"]) <= BAR_EVERYTHING
    return 0 if held else 2


if __name__ == "__main__":
    sys.exit(main())
