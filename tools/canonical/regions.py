"""``python -m tools.canonical.regions``: which part of the face each landmark belongs to.

The mesh network refines lips and eyes in patches of their own; their point lists stand in the network's
file. What is left is parted by the canonical face into the lower face, which moves with the jaw, and
the upper.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.tracking.smoothing import EYES, IRISES, LIPS, LOWER, UPPER
from tools.assets.deterministic import save_npz
from tools.convert.networks import ATTENTION_MESH, attention_figures
from tools.convert.tflite_graph import read_tflite
from tools.convert.wheel import fetch_wheel, read_from_wheel

OUTPUT = Path(__file__).resolve().parents[2] / "assets" / "face" / "regions.npz"
JAW_Y_MM = -45.0
"""Below the nose's wings, between the eyes' level and the chin."""


def main() -> None:
    subsets = attention_figures(read_tflite(read_from_wheel(fetch_wheel(), ATTENTION_MESH)))["subsets"]
    vertices = canonical_face().vertices_mm
    region = np.where(vertices[:, 1] < JAW_Y_MM, LOWER, UPPER)
    for subset, name in zip(subsets, (LIPS, EYES[0], EYES[1]), strict=True):
        region[subset] = name
    region[MESH_COUNT : MESH_COUNT + 5], region[MESH_COUNT + 5 :] = IRISES
    save_npz(OUTPUT, region=region.astype(np.uint8))
    print(f"{OUTPUT}: {np.bincount(region)} points a region")


if __name__ == "__main__":
    main()
