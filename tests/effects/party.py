"""A small pack with a bit of everything, for tests that break it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image

from ar_effects.packs.files import MANIFEST
from tests.gltf.glb import Glb

PARTY = """\
format = 2
title = "Party"
author = "Somebody"
licence = "CC0-1.0"
tags = ["party"]
preview = "preview.png"

[parameters.size]
kind = "number"
default = 1.0
min = 0.5
max = 2.0

[parameters.lens]
kind = "colour"
default = "#ff8800"

[[layers]]
id = "hat"
kind = "model"
file = "hat.glb"
anchor = "head_top"
scale = "$size"

[[layers]]
id = "paint"
kind = "face_texture"
texture = "paint.png"
tint = "$lens"

[[layers]]
kind = "post"
effect = "lut"
file = "look.cube"

[[layers]]
kind = "post"
effect = "glsl"
file = "rings.glsl"

[[triggers]]
when = "smile"
do = "hide"
layer = "hat"

[[triggers]]
when = "mouth_open"
do = "tween"
parameter = "size"
to = 2.0
"""

SHADER = "void main() {\n    result = texture(picture, place);\n}\n"
CUBE_ROWS = "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))


def make_party(folder: Path) -> Path:
    """The pack, nothing wrong with it."""
    folder.mkdir(parents=True, exist_ok=True)
    hat().write(folder / "hat.glb")
    Image.new("RGBA", (8, 8), (200, 40, 60, 255)).save(folder / "paint.png")
    Image.new("RGB", (8, 8)).save(folder / "preview.png")
    (folder / "look.cube").write_text(f"LUT_3D_SIZE 2\n{CUBE_ROWS}", encoding="utf-8")
    (folder / "rings.glsl").write_text(SHADER, encoding="utf-8")
    (folder / MANIFEST).write_text(PARTY, encoding="utf-8")
    return folder


def hat(**mesh) -> Glb:
    """A cube called hat."""
    glb = Glb()
    glb.node("hat", mesh=glb.mesh(**mesh))
    return glb


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"x"))
        + chunk(b"IEND", b"")
    )
