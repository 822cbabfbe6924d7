"""``python -m tools.assets.make_face_template``: what designers paint on, and where makeup goes.

``assets/face/template.png`` and ``template.svg`` show the texture space of the face's mesh;
``assets/face/makeup.npz`` holds the soft masks of ``face_regions``. The same on every run.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.face.topology import face_topology
from tools.assets import face_regions as regions
from tools.assets.deterministic import save_npz

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "face"
SIDE = 2048
SUPERSAMPLING = 2

GUIDES = (
    (0.5, 0.075, "forehead"),
    (0.5, 0.36, "between the eyes"),
    (0.5, 0.53, "tip of the nose"),
    (0.5, 0.9, "chin"),
    (0.21, 0.555, "right cheek"),
    (0.79, 0.555, "left cheek"),
)
NOTE = "Left and right are the person's own. What lies within the feather at the outline fades."

Polygons = dict[str, list[NDArray[np.float64]]]


def shapes() -> Polygons:
    """Closed outlines in 0..1 of what the template names."""
    mirror = canonical_face().mirror
    uvs = face_topology().uvs[:MESH_COUNT].astype(np.float64)

    def both(right: list[int]) -> list[NDArray[np.float64]]:
        return [uvs[right], uvs[[int(mirror[i]) for i in right]]]

    eye = [*regions.UPPER_LID, *reversed(regions.LOWER_LID[1:-1])]
    assert set(eye) == set(RIGHT_EYE_RING)
    assert {int(mirror[i]) for i in eye} == set(LEFT_EYE_RING)
    return {
        "eyes": both(eye),
        "brows": both([*regions.BROW_UPPER, *reversed(regions.BROW_LOWER)]),
        "cheeks": both([117, 118, 101, 36, 205, 187, 123]),
        "lips": [uvs[list(regions.LIPS_OUTER)]],
        "mouth": [uvs[list(regions.LIPS_INNER)]],
    }


COLOURS = {"eyes": "#3d7bd9", "brows": "#7a5230", "cheeks": "#e88ba0", "lips": "#c2334d", "mouth": "#5a1020"}


def mesh_edges() -> NDArray[np.uint32]:
    """(n, 2) every edge of the open mesh once."""
    t = face_topology().triangles
    return np.unique(np.sort(np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])), axis=0)


def png() -> Image.Image:
    """The template on clear ground."""
    side = SIDE * SUPERSAMPLING
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    for name, polygons in shapes().items():
        for polygon in polygons:
            points = [(float(x) * side, float(y) * side) for x, y in polygon]
            pen.polygon(points, fill=(*_rgb(COLOURS[name]), 70), outline=(*_rgb(COLOURS[name]), 255), width=5)
    places = face_topology().uvs * side
    for a, b in mesh_edges():
        pen.line(
            [tuple(map(float, places[a])), tuple(map(float, places[b]))], fill=(90, 90, 90, 170), width=3
        )
    font = ImageFont.load_default(size=44 * SUPERSAMPLING)
    for u, v, text in (*GUIDES, (0.5, 0.985, NOTE)):
        small = font if text != NOTE else ImageFont.load_default(size=24 * SUPERSAMPLING)
        pen.text(
            (u * side, v * side),
            text,
            fill=(20, 20, 20, 255),
            font=small,
            anchor="mm",
            stroke_width=6,
            stroke_fill=(255, 255, 255, 200),
        )
    smooth = picture.resize((SIDE, SIDE), Image.Resampling.BOX)
    return smooth.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def svg() -> str:
    """The template in layers, as Inkscape and its like show them."""

    def layer(name: str, *content: str) -> str:
        head = f'<g id={quoteattr(name)} inkscape:groupmode="layer" inkscape:label={quoteattr(name)}'
        return "\n".join([f"{head}>", *content, "</g>"])

    def points(polygon: NDArray[np.float64]) -> str:
        return " ".join(f"{x * SIDE:.1f},{y * SIDE:.1f}" for x, y in polygon)

    def place(uv: NDArray[np.float32]) -> str:
        return f"{float(uv[0]) * SIDE:.1f} {float(uv[1]) * SIDE:.1f}"

    uvs = face_topology().uvs
    path = "".join(f"M{place(uvs[a])}L{place(uvs[b])}" for a, b in mesh_edges())
    named = [
        layer(
            name,
            *(
                f'<polygon points="{points(p)}" fill="{COLOURS[name]}" fill-opacity="0.27" '
                f'stroke="{COLOURS[name]}" stroke-width="2.5"/>'
                for p in polygons
            ),
        )
        for name, polygons in shapes().items()
    ]
    texts = [
        f'<text x="{u * SIDE:.0f}" y="{v * SIDE:.0f}" font-size="{24 if text == NOTE else 44}" '
        f'text-anchor="middle" font-family="sans-serif" fill="#141414">{text}</text>'
        for u, v, text in (*GUIDES, (0.5, 0.985, NOTE))
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        f'width="{SIDE}" height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}">'
    )
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            head,
            layer("your paint"),
            layer("regions", *named),
            layer("mesh", f'<path d="{path}" fill="none" stroke="#5a5a5a" stroke-opacity="0.65"/>'),
            layer("guide", *texts),
            "</svg>",
            "",
        ]
    )


def _rgb(text: str) -> tuple[int, ...]:
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


def main(folder: Path = FOLDER) -> None:
    """Write all three files."""
    folder.mkdir(parents=True, exist_ok=True)
    png().save(folder / "template.png", optimize=True)
    (folder / "template.svg").write_text(svg(), encoding="utf-8", newline="\n")
    save_npz(folder / "makeup.npz", **regions.masks())
    for name in ("template.png", "template.svg", "makeup.npz"):
        print(f"{folder / name}: {(folder / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
