"""Does predicting the head's motion pay? Errors on the tracked frame, and on the next without and with it.

Pictures and clips of ``benchmarks.steadiness`` (rest, shake, step), and:
jump       the step's worst error in the two frames after the first that shows it;
even       the photo moves evenly by 1.5 eye distances a second: mean error from the sixth frame on;
stop       it stands still from one frame to the next: error on the first frame that does not move;
stopped    worst error on the four after that.
own        the landmarks of a frame on that frame: what the window shows.
held       on the next frame, 1/30 s later, unmoved: what a newer picture would get without prediction.
predicted  on the next frame, moved on by ``Predictor``.
unlimited  the same without its limiter.
In per cent of the eye distance, as there; rest is the move from frame to frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.tracking import prediction
from ar_effects.tracking.prediction import Predictor
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import parser, table, write_results
from benchmarks.steadiness import FPS, clip, pictures

if TYPE_CHECKING:
    from ar_effects.records import Image

WAYS = ("own", "held", "predicted", "unlimited")
KINDS = ("rest", "shake", "step", "jump", "even", "stop", "stopped")
STOP_FRAMES, STOP_AT, SPEED = 40, 20, 1.5

Frames = Iterator[tuple["Image", NDArray[np.float64], float]]


def stop_clip(image: Image, eye: float) -> Frames:
    """As ``steadiness.clip``: even motion to the right that ends."""
    for i in range(STOP_FRAMES):
        motion = np.eye(2, 3)
        motion[0, 2] = SPEED * eye * (min(i, STOP_AT) - STOP_AT) / FPS
        size = (image.shape[1], image.shape[0])
        yield (
            cv2.warpAffine(image, motion, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
            motion,
            i / FPS,
        )


def follow(tracker: FaceTracker, frames: Frames) -> dict[str, Any] | None:
    """(n, 468, 2) landmarks of every way, and the motions; None where the face was not seen throughout."""
    tracker.reset()
    ways: dict[str, list[Any]] = {way: [] for way in WAYS}
    predictors = {"predicted": Predictor(), "unlimited": Predictor()}
    motions = []
    for image, motion, t in frames:
        faces = tuple(face for face in tracker.track(image, t) if face.state == "tracking")
        motions.append(motion)
        if not faces:
            if len(motions) > 5:
                return None
            for found in ways.values():
                found.append(np.full((468, 2), np.nan))
            continue
        ways["own"].append(faces[0].landmarks[:468, :2])
        ways["held"].append(faces[0].landmarks[:468, :2])
        for way, predictor in predictors.items():
            free = patch.object(prediction, "_agreed", lambda now, _: now)
            with free if way == "unlimited" else nullcontext():
                predictor.observe(faces, t)
                (moved,) = predictor.at(t + 1.0 / FPS)
            ways[way].append(moved.landmarks[:468, :2])
    return {"motions": motions, **{way: np.array(found) for way, found in ways.items()}}


def errors(points: NDArray[np.floating], still: NDArray[np.floating], motions: list[Any], late: int) -> Any:
    """(n,) mean distance in per cent of the eye distance; ``late`` frames after the one tracked."""
    distance = float(np.hypot(*(still[33] - still[263])))
    places = np.array([still @ m[:, :2].T + m[:, 2] for m in motions])
    count = len(places) - late
    off = np.hypot(*(points[:count] - places[late:]).transpose(2, 0, 1)).mean(axis=1) / distance * 100
    return np.concatenate([np.full(late, np.nan), off])  # by the frame it is shown on


def summaries(clip_kind: str, off: NDArray[np.float64]) -> dict[str, float]:
    """The figures of a clip from its (n,) errors."""
    middle = len(off) // 2
    if clip_kind == "shake":
        return {"shake": off[15:].mean()}
    if clip_kind == "step":
        return {"step": off[middle + 2 :].max(), "jump": off[middle + 1 : middle + 3].max()}
    after = STOP_AT + 1
    return {
        "even": off[5:STOP_AT].mean(),
        "stop": off[after],
        "stopped": off[after + 1 : after + 5].max(),
    }


def measure(faces: list[Any]) -> dict[str, dict[str, list[float]]]:
    """Per cent of every kind and way, a value a picture."""
    tracker = FaceTracker(provider="cpu", expression=False)
    result: dict[str, dict[str, list[float]]] = {kind: {way: [] for way in WAYS} for kind in KINDS}
    for image, eye, middle in faces:
        reference = follow(tracker, clip("still", image, eye, middle))
        if reference is None:
            continue
        still = reference["own"][5:].mean(axis=0)
        distance = float(np.hypot(*(still[33] - still[263])))
        for clip_kind in ("rest", "shake", "step", "stop"):
            frames = stop_clip(image, eye) if clip_kind == "stop" else clip(clip_kind, image, eye, middle)
            got = follow(tracker, frames)
            if got is None:
                continue
            for way in WAYS:
                if clip_kind == "rest":
                    moves = np.diff(got[way][20:], axis=0)
                    values = {"rest": np.sqrt((moves**2).sum(axis=-1).mean()) / distance * 100}
                else:
                    off = errors(got[way], still, got["motions"], 0 if way == "own" else 1)
                    values = summaries(clip_kind, off)
                for kind, value in values.items():
                    result[kind][way].append(float(value))
    return result


def main() -> None:
    """Measure, print, write ``results/prediction.json``."""
    options = parser("prediction", __doc__)
    options.add_argument("--faces", type=Path, default=Path("../shared/faces"), help="annotated faces")
    options.add_argument("--pictures", type=int, default=20)
    given = options.parse_args()
    faces = pictures(given.faces, given.pictures)
    found = measure(faces)
    rows = [[kind, *(float(np.mean(found[kind][way])) for way in WAYS)] for kind in KINDS]
    print(table(f"Prediction, % of the eye distance, {len(faces)} pictures", ["", *WAYS], rows))
    figures = {kind: {way: float(np.mean(v)) for way, v in ways.items()} for kind, ways in found.items()}
    write_results("prediction", "python -m benchmarks.prediction", figures)


if __name__ == "__main__":
    main()
