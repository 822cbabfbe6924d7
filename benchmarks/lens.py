"""Are glasses of one height wherever a face is on the picture, however wide or tall that is?

The demo clip's face is pasted at the ends and in the middle of frames of 16:9, 2.39:1, 4:1 and 5:1 and of a
tall one; such frames have no lens that sees all their faces so, as cropped and joined pictures have none.
`render --effect sunglasses` draws them, and the height of what it changed on each face is compared with the
same face's in the middle of a frame of the same size: the picture moved along its longer side. With --cases
the given pictures are measured likewise.

Bar: every height within 12 % of the middle one's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ar_effects.app.pipeline.offline import render_file
from ar_effects.errors import ArEffectsError
from ar_effects.sources.picture import load_picture
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.common import DEMO_CLIP, parser, read_clip, table, write_results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ar_effects.records import Face, Image

BAR = 0.12
FACE = 40, 340, 200, 440
"""Top, bottom, left, right of the face in the demo clip's first frame."""

GREY = 90
CHANGED = 60
"""Levels of 255 from which a pixel counts as drawn on: frame and lenses, not the shadow on the skin."""

THIN = 0.04
"""Rows count where more than this share of the face's breadth was drawn on."""


def pasted(face: Image, width: int, height: int, count: int) -> Image:
    """A grey frame with so many of the face, from one end of its longer side to the other."""
    frame = np.full((height, width, 3), GREY, np.uint8)
    h, w = face.shape[:2]
    for fraction in np.linspace(0.0, 1.0, count):
        along = (width > height) * fraction + (width <= height) * 0.5
        x, y = round((width - w) * along), round((height - h) * (fraction if width <= height else 0.5))
        frame[y : y + h, x : x + w] = face
    return frame


def own_frames() -> Iterator[tuple[str, Image]]:
    """Frames of the demo clip's face."""
    top, bottom, left, right = FACE
    face = np.ascontiguousarray(read_clip(DEMO_CLIP, limit=1)[0][top:bottom, left:right])
    for name, size in (("16:9", (1067, 600)), ("2.39:1", (1434, 600)), ("4:1", (2400, 600))):
        yield name, pasted(face, *size, 3)
    yield "6:13", pasted(face, 600, 1300, 3)
    yield "5:1, five", pasted(face, 1650, 330, 5)


def moved_to_middle(image: Image, face: Face) -> Image:
    """The picture moved along its longer side until the face is in the middle; grey comes in."""
    height, width = image.shape[:2]
    x, y = (float(v) for v in face.landmarks[:, :2].mean(axis=0))
    by = (width / 2 - x, 0.0) if width > height else (0.0, height / 2 - y)
    move = np.array([[1.0, 0.0, round(by[0])], [0.0, 1.0, round(by[1])]])
    moved = cv2.warpAffine(
        image, move, (width, height), flags=cv2.INTER_NEAREST, borderValue=(GREY, GREY, GREY)
    )
    return np.asarray(moved, np.uint8)


def heights(image: Image, tracker: FaceTracker, drawn_at: Path) -> list[tuple[Face, int]]:
    """Every face and how high the glasses are that it is given, pixels."""
    source = drawn_at.with_suffix(".in.png")
    cv2.imwrite(str(source), image)
    render_file(str(source), drawn_at, "sunglasses", max_faces=tracker.max_faces, provider="cpu")
    difference = cv2.absdiff(load_picture(drawn_at), image).max(axis=2)
    source.unlink()
    found = []
    for face in tracker.track(image):
        points = face.landmarks[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        x0, y0 = np.maximum(low - 0.25 * (high - low), 0).astype(int)
        x1, y1 = (high + 0.25 * (high - low)).astype(int)
        changed = difference[y0:y1, x0:x1] > CHANGED
        rows = np.flatnonzero(changed.sum(axis=1) > THIN * (x1 - x0))
        found.append((face, int(rows[-1] - rows[0] + 1) if len(rows) else 0))
    return found


def measure(name: str, image: Image, tracker: FaceTracker, folder: Path) -> list[dict[str, Any]]:
    """One row for every face of a picture, from left to right or from the top down."""
    axis = 0 if image.shape[1] > image.shape[0] else 1
    extent = image.shape[1 - axis]
    stem = "".join(c if c.isalnum() else "_" for c in name)
    rows = []
    for face, height in heights(image, tracker, folder / f"{stem}.png"):
        at = float(face.landmarks[:, axis].mean())
        others = heights(moved_to_middle(image, face), tracker, folder / "middle.png")
        middle_face, middle = min(
            others, key=lambda other: abs(float(other[0].landmarks[:, axis].mean()) - extent / 2)
        )
        rows.append(
            {
                "place": at / extent,
                "height_px": height,
                "middle_px": middle,
                "ratio": height / max(middle, 1),
                "yaw_off_deg": face.pose.yaw_deg - middle_face.pose.yaw_deg,
                "pitch_off_deg": face.pose.pitch_deg - middle_face.pose.pitch_deg,
            }
        )
    (folder / "middle.png").unlink(missing_ok=True)
    return sorted(rows, key=lambda row: row["place"])


def main() -> int:
    """Measure, print, write ``results/lens.json``."""
    arguments_of = parser("lens", __doc__)
    arguments_of.add_argument("--cases", type=Path, help="folder of wide and tall pictures of faces")
    arguments_of.add_argument("--keep", type=Path, metavar="DIR", help="keep the drawn pictures there")
    arguments = arguments_of.parse_args()
    tracker = FaceTracker(8, "picture", "cpu")
    pictures = list(own_frames())
    try:
        if arguments.cases:
            for pattern in ("w[0-9]*.png", "tall.png", "group_strip.png"):
                pictures += [(p.stem, load_picture(p)) for p in sorted(arguments.cases.glob(pattern))]
        with TemporaryDirectory() as temporary:
            folder = arguments.keep or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            figures = {name: measure(name, image, tracker, folder) for name, image in pictures}
    except ArEffectsError as error:
        print(error, file=sys.stderr)
        return 1
    keys = ("place", "height_px", "middle_px", "ratio", "yaw_off_deg", "pitch_off_deg")
    rows = [[name, *(row[key] for key in keys)] for name, all_rows in figures.items() for row in all_rows]
    header = ["picture", "place", "height, px", "in the middle", "ratio", "yaw off", "pitch off"]
    print(table("Glasses' height against the same face's in the middle", header, rows))
    worst = max(abs(row["ratio"] - 1.0) for all_rows in figures.values() for row in all_rows)
    print(f"worst: {100 * worst:.1f} %, bar {100 * BAR:.0f} %")
    command = "python -m benchmarks.lens" + (" --cases FOLDER" if arguments.cases else "")
    write_results("lens", command, {"bar": BAR, "worst": worst, "pictures": figures})
    return 0 if worst <= BAR else 2


if __name__ == "__main__":
    sys.exit(main())
