"""Do our landmarks agree with MediaPipe's, on single pictures?

On every annotated face that both find: the mean distance of the 478 landmarks in the picture plane,
in per cent of the peer's eye distance (landmarks 33 and 263).
Peer: FaceMesh(refine_landmarks=True, static_image_mode=True, max_num_faces=10).
Ours: FaceTracker(mode="picture", max_faces=10, refine=False), provider cpu: the first look at a face, as
MediaPipe takes it. With the second look ours lie nearer to the annotations, and farther from MediaPipe.
Bar: median <= 0.8 %. For information: how many annotated faces each finds, and how exactly.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ar_effects.errors import ArEffectsError
from ar_effects.paths import ROOT
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.annotated import best_match, difference, read_annotations
from benchmarks.common import parser, quantiles, table, write_results
from benchmarks.peer.client import Peer, PeerOptions
from benchmarks.peer.environment import peer_python

if TYPE_CHECKING:
    from ar_effects.records import Image

MAX_FACES = 10
BAR_PERCENT = 0.8


def measure(folder: Path, peer: Peer) -> dict[str, Any]:
    """All figures, in per cent of the eye distance (the hit rates: of the annotated faces)."""
    tracker = FaceTracker(MAX_FACES, mode="picture", provider="cpu", refine=False)
    options = PeerOptions(static=True, max_faces=MAX_FACES)
    pictures = read_annotations(folder)
    differences: list[float] = []
    errors: dict[str, list[float]] = {"ours": [], "peer": []}
    common: dict[str, list[float]] = {"ours": [], "peer": []}
    for name, faces in sorted(pictures.items()):
        image = _read(folder / name)
        ours = [face.landmarks for face in tracker.track(image)]
        peers = list(peer.infer(image, options).faces)
        for face in faces:
            a, b = best_match(face, ours), best_match(face, peers)
            if a is not None:
                errors["ours"].append(a[0])
            if b is not None:
                errors["peer"].append(b[0])
            if a is not None and b is not None:
                differences.append(difference(a[1], b[1]))
                common["ours"].append(a[0])
                common["peer"].append(b[0])
    count = sum(len(f) for f in pictures.values())
    return {
        "annotated_faces": count,
        "pictures": len(pictures),
        "difference_percent": {"faces": len(differences), **_percent(differences)},
        "bar_median_percent": BAR_PERCENT,
        **{
            who: {
                "hit_rate_percent": 100.0 * len(errors[who]) / count,
                "nme_percent": _percent(errors[who]),
                "nme_percent_common": _percent(common[who]),
            }
            for who in errors
        },
    }


def _read(path: Path) -> Image:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ArEffectsError(f"{path} cannot be read as a picture", fix="Get the folder of faces again")
    return image  # type: ignore[no-any-return]


def _percent(fractions: list[float]) -> dict[str, float]:
    if not fractions:
        raise ArEffectsError("No annotated face was found", fix="Check the folder given with --faces")
    return quantiles(100.0 * np.array(fractions))


def report(figures: dict[str, Any]) -> str:
    """The table."""
    d = figures["difference_percent"]
    rows: list[list[object]] = [
        [f"ours to the peer, {d['faces']} faces both find", d["median"], d["p90"], d["mean"], ""]
    ]
    for who in ("ours", "peer"):
        for key, what in (("nme_percent", "all it finds"), ("nme_percent_common", "those both find")):
            q = figures[who][key]
            hits = figures[who]["hit_rate_percent"] if key == "nme_percent" else ""
            rows.append([f"{who} to the annotations, {what}", q["median"], q["p90"], q["mean"], hits])
    title = (
        f"Landmarks, % of the eye distance; {figures['annotated_faces']} annotated faces in "
        f"{figures['pictures']} pictures"
    )
    verdict = "holds" if d["median"] <= BAR_PERCENT else "MISSED"
    text = table(title, ["", "median", "p90", "mean", "found %"], rows)
    return f"{text}\nBar: ours to the peer, median <= {BAR_PERCENT} %: {d['median']:.3f} %, {verdict}"


def main() -> int:
    """Measure, print, write ``results/agreement.json``."""
    args = parser("agreement", __doc__)
    args.add_argument(
        "--faces",
        type=Path,
        default=ROOT / "../shared/faces",
        help="a folder of annotated faces (annotations_68.json)",
    )
    args.add_argument(
        "--peer-python", type=Path, help="a Python with mediapipe; made under .cache/ if not given"
    )
    given = args.parse_args()
    try:
        with Peer(peer_python(given.peer_python)) as peer:
            figures = {"peer_versions": peer.versions, **measure(given.faces, peer)}
    except ArEffectsError as error:
        print(error, file=sys.stderr)
        return 1
    print(report(figures))
    write_results("agreement", "python -m benchmarks.agreement", figures)
    return 0 if figures["difference_percent"]["median"] <= BAR_PERCENT else 2


if __name__ == "__main__":
    sys.exit(main())
