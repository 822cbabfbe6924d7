"""``python -m tools.docs.gallery``: all packs' previews as one picture, for the README."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ar_effects.packs.library import Library
from ar_effects.paths import ROOT
from ar_effects.records import Image
from ar_effects.sinks.picture import save_picture
from ar_effects.sources.picture import load_picture

SIDE, COLUMNS = 220, 6
FIRST = ("aviator", "round", "hearts", "sunglasses", "crown", "party_hat", "cat", "dog", "tiger")
"""In this order; the others follow by name."""


def gallery(library: Library) -> Image:
    """The previews in rows; packs without one are left out."""
    names = library.names()
    ordered = [n for n in FIRST if n in names] + [n for n in names if n not in FIRST]
    cells = []
    for name in ordered:
        pack = library.load(name)
        if not pack.manifest.preview:
            continue
        picture = load_picture(pack.folder / pack.manifest.preview)
        side = min(picture.shape[:2])
        top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
        square = picture[top : top + side, left : left + side]
        cells.append(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    while len(cells) % COLUMNS:
        cells.append(np.full((SIDE, SIDE, 3), 255, np.uint8))
    rows = [np.hstack(cells[i : i + COLUMNS]) for i in range(0, len(cells), COLUMNS)]
    return np.ascontiguousarray(np.vstack(rows))


if __name__ == "__main__":
    target: Path = ROOT / "docs" / "pictures" / "gallery.jpg"
    print(save_picture(target, gallery(Library())))
