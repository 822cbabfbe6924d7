"""Draws steadiness against lag: the filter's widths scaled, from nearly none to far too wide.

Writes docs/pictures/steadiness.png; needs matplotlib (requirements-tools.txt).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unittest.mock import patch

import matplotlib as mpl

from ar_effects.paths import ROOT
from ar_effects.tracking import track as track_module
from ar_effects.tracking.smoothing import Band, FaceSmoother, SmoothingParameters
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import parser
from benchmarks.steadiness import BARS, Look, measure, pictures

FACTORS = (0.05, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5)


def scaled(factor: float) -> SmoothingParameters:
    """The shipped setting with every width times ``factor``."""

    def band(b: Band) -> Band:
        return Band(b.rest_s, b.low * factor, b.high * factor)

    p = SmoothingParameters()
    return SmoothingParameters(band(p.position), band(p.turn), band(p.size), tuple(band(b) for b in p.shape))


def main() -> None:
    options = parser("steadiness_curve", __doc__)
    options.add_argument("--faces", type=Path, default=Path("../shared/faces"), help="annotated faces")
    options.add_argument("--pictures", type=int, default=6)
    given = options.parse_args()
    faces = pictures(given.faces, given.pictures)
    tracker = FaceTracker(provider="cpu", expression=False)

    def infer(_: str) -> Look:
        tracker.reset()
        return lambda image, t: next(
            (f.landmarks for f in tracker.track(image, t) if f.state == "tracking"), None
        )

    rest, shake = [], []
    for factor in FACTORS:
        with patch.object(track_module, "FaceSmoother", partial(FaceSmoother, scaled(factor))):
            figures = measure(infer, faces)
        rest.append(figures["rest"]["mean"])
        shake.append(figures["shake"]["mean"])
        print(f"x{factor:g}: rest {rest[-1]:.3f} %, shake {shake[-1]:.3f} %")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4))
    axes.plot(rest, shake, "o-", color="#1f6f8b")
    for factor, x, y in zip(FACTORS, rest, shake, strict=True):
        axes.annotate(f"x{factor:g}", (x, y), textcoords="offset points", xytext=(6, 4), fontsize=8)
    axes.axvline(BARS["rest"], color="#999", lw=0.8, ls="--")
    axes.axhline(BARS["shake"], color="#999", lw=0.8, ls="--")
    axes.set_xlabel("move at rest, % of the eye distance")
    axes.set_ylabel("error while shaken at 1 Hz, %")
    title = f"Filter width: steadiness against lag ({len(faces)} pictures; dashed: bars)"
    axes.set_title(title, fontsize=9)
    figure.tight_layout()
    figure.savefig(ROOT / "docs" / "pictures" / "steadiness.png", dpi=110)


if __name__ == "__main__":
    main()
