"""How exact are eyes and pose on the demo clip, whose motion is known?

FaceTracker(mode="video"), provider cpu, with the lens the clip was drawn through, on assets/demo/demo.mp4
against assets/demo/demo.jsonl.
Eye anchors: distance in per cent of the true eye distance. Angles: degrees.
Also how far apart the two are when the middle of every error is taken off ("without bias"): the clip's
truth was made from one solved pose of the portrait, so that a constant offset says little.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from ar_effects.errors import ArEffectsError
from ar_effects.sources.open import DEMO_CAMERA
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, DEMO_TRUTH, parser, table, write_results

ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")


def measure() -> dict[str, Any]:
    """Errors over all frames, and how many frames no face was found in."""
    truth = [json.loads(line) for line in DEMO_TRUTH.read_text(encoding="utf-8").splitlines()]
    tracker = FaceTracker(mode="video", provider="cpu", camera=DEMO_CAMERA)
    eyes: list[float] = []
    off: dict[str, list[float]] = {angle: [] for angle in ANGLES}
    off["distance_percent"] = []
    missed = 0
    with VideoSource(DEMO_CLIP) as source:
        for frame, true in zip(source.frames(), truth, strict=True):
            faces = tracker.track(frame.image, frame.time_s)
            if not faces:
                missed += 1
                continue
            face = faces[0]
            left, right = np.array(true["eyes"]["left"]), np.array(true["eyes"]["right"])
            distance = float(np.hypot(*(left - right)))
            for found, wanted in ((face.eyes.left, left), (face.eyes.right, right)):
                eyes.append(100.0 * float(np.hypot(*(found - wanted))) / distance)
            for angle in ANGLES:
                off[angle].append(getattr(face.pose, angle) - true[angle])
            z, true_z = float(face.pose.translation_mm[2]), float(true["translation_mm"][2])
            off["distance_percent"].append(100.0 * (z / true_z - 1.0))
    if not eyes:
        raise ArEffectsError("No face was found in the demo clip")
    return {
        "frames": len(truth),
        "frames_without_face": missed,
        "eyes_percent": {"mean": float(np.mean(eyes)), "max": float(np.max(eyes))},
        **{name: _errors(np.array(values)) for name, values in off.items()},
    }


def _errors(off: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, float]:
    return {
        "mean": float(np.abs(off).mean()),
        "max": float(np.abs(off).max()),
        "bias": float(off.mean()),
        "mean_without_bias": float(np.abs(off - off.mean()).mean()),
    }


def main() -> int:
    """Measure, print, write ``results/demo_truth.json``."""
    parser("demo_truth", __doc__).parse_args()
    try:
        figures = measure()
    except ArEffectsError as error:
        print(error, file=sys.stderr)
        return 1
    names = {
        "eyes_percent": "eye anchors, % of eye distance",
        "yaw_deg": "yaw, degrees",
        "pitch_deg": "pitch, degrees",
        "roll_deg": "roll, degrees",
        "distance_percent": "distance, %",
    }
    columns = ("mean", "max", "bias", "mean_without_bias")
    rows = [[text, *(figures[key].get(c, "") for c in columns)] for key, text in names.items()]
    frames, missed = figures["frames"], figures["frames_without_face"]
    title = f"Absolute errors on the demo clip, {frames} frames, {missed} without a face"
    print(table(title, ["", "mean", "max", "bias", "mean w/o bias"], rows))
    write_results("demo_truth", "python -m benchmarks.demo_truth", figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
