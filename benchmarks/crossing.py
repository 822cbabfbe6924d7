"""Do people keep their ids when they cross and hide each other?

Heads are cut out of clips of real people, frame by frame, and walk past each other on a plain ground,
one in front of the other, at two speeds and in either order. An id that stands on another head afterwards
than before is a swap; an id that was given anew is counted, too. Smoothing is on, as always.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import combinations, cycle
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Face, Image
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import parser, table, write_results

CLIPS = (
    "KwaiVGI_LivePortrait/assets/examples/driving/d14.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d19.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d9.mp4",
    "KwaiVGI_LivePortrait/assets/examples/driving/d3.mp4",
)
SIZE = (960, 540)
HEAD_PX = 230
FPS = 30.0
PAUSE = 25
"""Frames of standing apart before and after."""


def heads(clip: Path, count: int) -> list[tuple[Image, NDArray[np.float32]]]:
    """(picture, alpha) of the head in each of the first frames, HEAD_PX high."""
    tracker = FaceTracker(provider="cpu")
    result = []
    with VideoSource(clip) as source:
        for frame in source.frames():
            face = next((f for f in tracker.track(frame.image, frame.time_s) if f.state == "tracking"), None)
            if face is None:
                continue
            xy = face.landmarks[:468, :2]
            middle, extent = (xy.min(axis=0) + xy.max(axis=0)) / 2, float(np.ptp(xy[:, 1]))
            middle[1] -= 0.12 * extent  # hair
            scale = HEAD_PX / (1.55 * extent)
            half = HEAD_PX / 2
            move = np.array([[scale, 0, half - scale * middle[0]], [0, scale, half - scale * middle[1]]])
            picture = cv2.warpAffine(frame.image, move, (HEAD_PX, HEAD_PX), flags=cv2.INTER_AREA)
            alpha = np.zeros((HEAD_PX, HEAD_PX), np.float32)
            cv2.ellipse(
                alpha, (HEAD_PX // 2, HEAD_PX // 2), (int(half * 0.8), int(half * 0.97)), 0, 0, 360, 1.0, -1
            )
            result.append((np.asarray(picture, np.uint8), cv2.GaussianBlur(alpha, (9, 9), 3)))
            if len(result) == count:
                break
    return result


def crossing(
    back: list[tuple[Image, NDArray[np.float32]]], front: list[tuple[Image, NDArray[np.float32]]], frames: int
) -> Iterator[tuple[Image, list[NDArray[np.float64]]]]:
    """Frames of the two walking past each other, with the middles of both heads."""
    for i, (a, b) in enumerate(zip(cycle(back), cycle(front), strict=False)):
        if i == frames + 2 * PAUSE:
            return
        s = float(np.clip((i - PAUSE) / frames, 0, 1))
        places = [np.array([220 + 520 * s, 280.0]), np.array([740 - 520 * s, 265.0])]
        canvas = np.full((SIZE[1], SIZE[0], 3), 120.0)
        for (picture, alpha), place in zip((a, b), places, strict=True):
            move = np.array([[1, 0, place[0] - HEAD_PX / 2], [0, 1, place[1] - HEAD_PX / 2]])
            fraction = cv2.warpAffine(alpha, move, SIZE)[..., None]
            canvas = fraction * cv2.warpAffine(picture, move, SIZE) + (1 - fraction) * canvas
        yield np.rint(canvas).astype(np.uint8), places


def id_at(faces: tuple[Face, ...], place: NDArray[np.float64]) -> int | None:
    """The id of the face seen on the head at ``place``."""
    seen = [(f, f.landmarks[:468, :2].mean(axis=0)) for f in faces if f.state == "tracking"]
    near = [(float(np.hypot(*(middle - place))), f.id) for f, middle in seen]
    return min(near)[1] if near and min(near)[0] < 0.3 * HEAD_PX else None


def main() -> int:
    """Walk every pair past each other, print, write ``results/crossing.json``."""
    options = parser("crossing", __doc__)
    options.add_argument("--faces", type=Path, default=Path("../shared/faces"), help="folder with the clips")
    given = options.parse_args()
    people = {Path(c).stem: heads(given.faces / c, 120) for c in CLIPS}
    rows: list[list[object]] = []
    for first, second in combinations(people, 2):
        for back, front in ((first, second), (second, first)):
            for frames in (45, 100):
                tracker = FaceTracker(max_faces=2, provider="cpu")
                ids = []
                for i, (image, places) in enumerate(crossing(people[back], people[front], frames)):
                    faces = tracker.track(image, i / FPS)
                    ids.append([id_at(faces, place) for place in places])
                before = [next((v for v in reversed([r[k] for r in ids[:PAUSE]]) if v), None) for k in (0, 1)]
                after = [ids[-1][0], ids[-1][1]]
                swaps = int(any(a == b for a, b in zip(after, reversed(before), strict=True) if a))
                anew = sum(a != b and a not in before for a, b in zip(after, before, strict=True))
                both = sum(None not in r for r in ids)
                rows.append([f"{back} behind {front}, {frames} frames", swaps, anew, both, len(ids)])
    print(table("Crossing faces", ["", "swaps", "new ids", "both seen", "frames"], rows))
    swaps, anew = (sum(int(str(r[k])) for r in rows) for k in (1, 2))
    print(f"{len(rows)} crossings: {swaps} swaps (bar 0), {anew} ids given anew")
    write_results(
        "crossing", "python -m benchmarks.crossing", {"crossings": len(rows), "swaps": swaps, "new_ids": anew}
    )
    return 0 if swaps == 0 else 2


if __name__ == "__main__":
    sys.exit(main())
