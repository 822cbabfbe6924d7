"""How `fuzz_packs` breaks files: by bytes, by lines, and by the structure that they have."""

from __future__ import annotations

import copy
import io
import json
import math
import struct
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ar_effects.packs.files import MANIFEST

Rng = np.random.Generator
Change = Callable[[Rng, bytes], bytes]

BASE = """\
format = 2
title = "Everything"
author = "Somebody"
tags = ["party", "hat-2"]
preview = "paint.png"
on_lost = "fade"

[parameters.size]
kind = "number"
default = 1.0
min = 0.5
max = 2.0

[parameters.lens]
kind = "colour"
default = "#ff8800cc"

[parameters.on]
kind = "flag"
default = true

[parameters.which]
kind = "choice"
default = "a"
options = ["a", "b"]

[parameters.photo]
kind = "picture"
default = "paint.png"

[[layers]]
id = "hat"
kind = "model"
file = "model.glb"
anchor = "head_top"
scale = "$size"
offset_mm = [0.0, "@smile", 2.0]
springs = [{ root = "tail0", stiffness = 2.0 }]
animations = [{ name = "nodding", loop = true, speed = "$size" }]
materials = { red = { colour = "$lens", opacity = 0.5 } }

[[layers]]
id = "paint"
kind = "face_texture"
texture = "$photo"
tint = "$lens"
blend = "multiply"
show = "$on"

[[layers]]
kind = "sprite"
id = "spark"
file = "sparks.gif"
anchor = "mouth"
play = "on_cue"

[[layers]]
kind = "sprite"
file = "paint.png"
anchor = "frame"
place = [0.2, 0.8]
columns = 2
rows = 2

[[layers]]
kind = "particles"
id = "hearts"
anchor = "forehead"
rate_per_s = 50.0
burst = 20
when = "@mouth_open"
life_s = [0.5, 1.0]
colours = ["#ffffff", "$lens"]

[[layers]]
kind = "makeup"
lipstick = { colour = "#b0142f", intensity = "@smile", finish = "gloss" }

[[layers]]
kind = "warp"
warps = [{ kind = "big_eyes", amount = "@smile" }, { kind = "bulge", anchor = "nose_tip", amount = 0.3 }]

[[layers]]
kind = "skin"
smooth = 0.4

[[layers]]
kind = "wireframe"
colour = "#00ff88"
opacity = 0.5

[[layers]]
kind = "cover"
style = "blur"

[[layers]]
kind = "post"
effect = "lut"
file = "look.cube"
amount = "@smile"

[[layers]]
kind = "post"
effect = "glsl"
file = "rings.glsl"
uniforms = { strength = "$size", tone = "$lens", at = [0.5, 0.5] }

[[triggers]]
when = "smile"
do = "burst"
layer = "hearts"

[[triggers]]
when = "blink"
do = "play"
layer = "spark"

[[triggers]]
when = "mouth_open"
do = "tween"
parameter = "size"
to = 2.0
ease = "spring"

[[triggers]]
when = "nod"
do = "next"
parameter = "which"
"""

SHADER = """\
// tints
void main() {
    vec3 c = texture(picture, place).rgb;
    result = vec4(mix(c, tone.rgb * strength, 0.2 + 0.1 * at.x), 1.0);
}
"""

ODD_VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 2, 0.5, 1e9, -1e9, 1e308, 1e-308, math.nan, math.inf, 2**31, 2**63 - 1, True, False),
    *("", " ", "x", "\0", "é" * 50, "a" * 5000),
    *[
        "..",
        "../x",
        "/etc/passwd",
        "paint.png",
        "model.glb",
        "look.cube",
        "rings.glsl",
        "effect.toml",
        "frame",
        "eyes",
        "normal",
        "add",
    ],
    *[
        "$",
        "@",
        "$size",
        "$lens",
        "$on",
        "$which",
        "$photo",
        "$none",
        "@smile",
        "@none",
        "#fff",
        "#ffffff",
        "#ff00ff80",
    ],
    *([], {}, [1, 2, 3], ["$size"] * 3, [[]], [0.0] * 3, {"kind": "model"}),
)

ODD_BYTES = (
    b"\0",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x80",
    b"'",
    b'"',
    b"[",
    b"{",
)

ODD_NAMES = (
    "../x",
    "/x",
    "a/../b",
    "x" * 300,
    "a:b",
    "\\x",
    *[".x", "effect.toml", "EFFECT.toml", "nul", "é", "d/"],
)
LINKS = (0o120777, 0o060600, 0o040755, 0o100777)
"""A link, a device, a folder, a file."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to break a pack.

    Attributes:
        file: which one of its files.
        change: breaks it.
        fraction: how many of all cases.
        checks: `packs check` must agree each time; otherwise now and then.
        beside: makes files that the broken one names and that stand beside it meanwhile.
    """

    file: str
    change: Change
    fraction: int
    checks: bool = False
    beside: Callable[[Rng], dict[str, bytes]] | None = None


def make_base(folder: Path) -> Path:
    """The pack that is broken, whole."""
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(BASE, encoding="utf-8")
    (folder / "rings.glsl").write_text(SHADER, encoding="utf-8")
    rows = "".join(f"{r / 3} {g / 3} {b / 3}\n" for b in range(4) for g in range(4) for r in range(4))
    (folder / "look.cube").write_text(f'TITLE "x"\nLUT_3D_SIZE 4\n{rows}', encoding="utf-8")
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (24, 32, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "paint.png")
    frames = [Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)) for _ in range(4)]
    frames[0].save(folder / "sparks.gif", save_all=True, append_images=frames[1:], duration=50)
    (folder / "model.glb").write_bytes(_model())
    return folder


def _model() -> bytes:
    """A box on a chain, with a skin, an animation, a morph target and a textured material."""
    binary, views, accessors = b"", [], []

    def accessor(array: Any, kind: str, component: int) -> int:
        nonlocal binary
        binary += bytes(-len(binary) % 4)
        data = np.ascontiguousarray(array).tobytes()
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
        binary += data
        entry = {"bufferView": len(views) - 1, "componentType": component, "type": kind, "count": len(array)}
        accessors.append(entry)
        return len(accessors) - 1

    cube = np.array([[x, y, z] for x in (-20, 20) for y in (0, 30) for z in (-20, 20)], np.float32)
    box = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]], np.uint16)
    joints, weights = np.zeros((8, 4), np.uint8), np.tile(np.array([0.5, 0.5, 0, 0], np.float32), (8, 1))
    joints[:, 1] = 1
    attributes = {
        "POSITION": accessor(cube, "VEC3", 5126),
        "TEXCOORD_0": accessor(cube[:, :2] / 40, "VEC2", 5126),
        "JOINTS_0": accessor(joints, "VEC4", 5121),
        "WEIGHTS_0": accessor(weights, "VEC4", 5126),
    }
    indices = accessor(box.reshape(-1), "SCALAR", 5123)
    target = {"POSITION": accessor(cube * np.float32(0.1), "VEC3", 5126)}
    binds = accessor(np.tile(np.eye(4, dtype=np.float32).reshape(16), (2, 1)), "MAT4", 5126)
    times = accessor(np.array([0, 0.5, 1], np.float32), "SCALAR", 5126)
    turns = accessor(np.array([[0, 0, 0, 1], [0, 0.7, 0, 0.7], [0, 0, 0, 1]], np.float32), "VEC4", 5126)
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), (200, 20, 20)).save(picture, "PNG")
    binary += bytes(-len(binary) % 4)
    views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(picture.getvalue())})
    binary += picture.getvalue()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, 3]}],
        "nodes": [
            {"name": "tail0", "children": [1]},
            {"name": "tail1", "translation": [0, 20, 0], "children": [2]},
            {"name": "tail2", "translation": [0, 20, 0], "scale": [1, 1, 1], "rotation": [0, 0, 0, 1]},
            {"name": "body", "mesh": 0, "skin": 0},
        ],
        "meshes": [
            {
                "primitives": [
                    {"attributes": attributes, "indices": indices, "material": 0, "targets": [target]}
                ],
                "weights": [0.2],
                "extras": {"targetNames": ["puffed"]},
            }
        ],
        "skins": [{"joints": [0, 1], "inverseBindMatrices": binds}],
        "animations": [
            {
                "name": "nodding",
                "samplers": [{"input": times, "output": turns, "interpolation": "LINEAR"}],
                "channels": [{"sampler": 0, "target": {"node": 1, "path": "rotation"}}],
            }
        ],
        "materials": [
            {
                "name": "red",
                "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "roughnessFactor": 0.4},
            }
        ],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"wrapS": 10497}],
        "images": [{"bufferView": len(views) - 1, "mimeType": "image/png"}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    return packed_glb(document, binary)


def packed_glb(document: Any, binary: bytes) -> bytes:
    """The two chunks of a GLB."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = (
        struct.pack("<II", len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(binary), 0x004E4942)
        + binary
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


# --- by bytes and lines


def by_bytes(rng: Rng, data: bytes) -> bytes:
    """One to eight changes of bytes anywhere; now and then it ends too soon."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 9)):
        at = int(rng.integers(0, max(len(out), 1)))
        match rng.integers(0, 6):
            case 0:
                out[at : at + 1] = bytes([int(rng.integers(256))])
            case 1:
                out[at:at] = ODD_BYTES[rng.integers(len(ODD_BYTES))]
            case 2:
                del out[at : at + int(rng.integers(1, 16))]
            case 3:
                odd = ODD_BYTES[rng.integers(len(ODD_BYTES))]
                out[at : at + len(odd)] = odd
            case 4:
                other = int(rng.integers(0, max(len(out), 1)))
                out[at:at] = out[other : other + int(rng.integers(1, 64))]
            case _:
                if rng.random() < 0.2:
                    del out[at:]
                elif out:
                    out[at % len(out)] ^= 1 << int(rng.integers(8))
    return bytes(out)


def by_head(rng: Rng, data: bytes) -> bytes:
    """As ``by_bytes``, but in the first 64 bytes, where sizes stand."""
    return by_bytes(rng, data[:64]) + data[64:]


def by_lines(rng: Rng, data: bytes) -> bytes:
    """Lines lost, doubled, exchanged, or with another word in them."""
    lines = data.decode("utf-8", "replace").splitlines()
    words = [str(v) for v in ODD_VALUES if not isinstance(v, list | dict)]
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(len(lines)))
        match rng.integers(0, 5):
            case 0:
                lines.pop(at)
            case 1:
                lines.insert(at, lines[int(rng.integers(len(lines)))])
            case 2:
                other = int(rng.integers(len(lines)))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                parts = lines[at].split(" ")
                parts[int(rng.integers(len(parts)))] = words[int(rng.integers(len(words)))]
                lines[at] = " ".join(parts)
        lines = lines or [""]
    return "\n".join(lines).encode("utf-8", "replace")


# --- by structure


def by_structure(rng: Rng, root: Any) -> Any:
    """A tree of tables and lists with one to four of its places changed."""
    root = copy.deepcopy(root)
    for _ in range(rng.integers(1, 5)):
        places = list(_places(root))
        if not places:
            break
        holder, key = places[int(rng.integers(len(places)))]
        odd = copy.deepcopy(ODD_VALUES[int(rng.integers(len(ODD_VALUES)))])
        match rng.integers(0, 8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[f"{key}x"] = holder.pop(key)
            case 2:
                other_holder, other_key = places[int(rng.integers(len(places)))]
                holder[key] = copy.deepcopy(other_holder[other_key])
            case 3 if isinstance(holder[key], bool | int | float):
                holder[key] = type(holder[key])(_nudged(rng, holder[key]))
            case 4 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case _:
                holder[key] = odd
    return root


def _places(node: Any) -> Any:
    if isinstance(node, dict):
        for key, value in node.items():
            yield node, key
            yield from _places(value)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield node, i
            yield from _places(value)


def _nudged(rng: Rng, value: float) -> float:
    return (value + 1, value - 1, value * 1000, -value, value / 3, value + 2**16)[int(rng.integers(6))]


def manifest_structure(rng: Rng, data: bytes) -> bytes:
    """A manifest of another structure, which is TOML all the same."""
    return manifest_of(by_structure(rng, tomllib.loads(data.decode())))


def manifest_of(tables: dict[str, Any]) -> bytes:
    """As TOML."""
    return "".join(f"{_toml_key(k)} = {_toml(v)}\n" for k, v in tables.items()).encode("utf-8", "replace")


def _toml_key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else json.dumps(key)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "nan" if value != value else "inf"  # noqa: PLR0124
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f"{{{', '.join(f'{_toml_key(str(k))} = {_toml(v)}' for k, v in value.items())}}}"


def manifest_values(rng: Rng, data: bytes) -> bytes:
    """A manifest whose values are others of the same type: most of them are worn."""
    return manifest_of(by_values(rng, tomllib.loads(data.decode())))


def by_values(rng: Rng, root: Any) -> Any:
    """Up to three numbers moved or made references, and texts exchanged for texts that stand elsewhere."""
    root = copy.deepcopy(root)
    places = [(h, k) for h, k in _places(root) if isinstance(h[k], bool | int | float | str)]
    for _ in range(rng.integers(1, 4)):
        holder, key = places[int(rng.integers(len(places)))]
        value = holder[key]
        if isinstance(value, bool):
            holder[key] = not value
        elif isinstance(value, str):
            same = [h[k] for h, k in places if isinstance(h[k], str) and (k == key or h[k][:1] == value[:1])]
            holder[key] = same[int(rng.integers(len(same)))]
        elif rng.random() < 0.2:
            holder[key] = ("$size", "@smile", "@gaze_x")[int(rng.integers(3))]
        else:
            holder[key] = type(value)(np.clip(_nudged(rng, value), -1e18, 1e18))
    return root


SHARED = "shared.png"
SHARED_SIDES = (256, 1024, 2048, 4096)
MOST_LAYERS = 64
"""As many as a manifest may have."""

_NAMING: tuple[dict[str, Any], ...] = (
    {"kind": "face_texture", "texture": SHARED},
    {"kind": "sprite", "file": SHARED, "anchor": "forehead"},
    {"kind": "sprite", "file": SHARED, "anchor": "frame", "columns": 2, "rows": 2},
    {"kind": "particles", "picture": SHARED, "anchor": "mouth", "rate_per_s": 5.0, "life_s": [0.5, 1.0]},
)
"""Layers of every kind that names a picture."""


def manifest_shared(rng: Rng, data: bytes) -> bytes:
    """A right manifest whose layers, up to as many as there may be, name one and the same picture."""
    tables = tomllib.loads(data.decode())
    count = int(rng.integers(2, MOST_LAYERS + 1))
    layers = [copy.deepcopy(_NAMING[int(rng.integers(len(_NAMING)))]) for _ in range(count)]
    named = {"kind": "picture", "default": SHARED}
    kept = {key: tables[key] for key in ("format", "title", "author")}
    return manifest_of({**kept, "parameters": {"photo": named}, "layers": layers})


def shared_picture(rng: Rng) -> dict[str, bytes]:
    """That picture: a great many pixels of one colour, opaque or not, which make a small file."""
    side = SHARED_SIDES[int(rng.integers(len(SHARED_SIDES)))]
    return {SHARED: _plain_png(side, int(rng.integers(4)), (255, 128)[int(rng.integers(2))])}


@cache
def _plain_png(side: int, colour: int, alpha: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (side, side), (60 * colour, 200, 90, alpha)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def glb_structure(rng: Rng, data: bytes) -> bytes:
    """A GLB whose JSON says other things than its binary holds."""
    length = struct.unpack_from("<I", data, 12)[0]
    document = by_structure(rng, json.loads(data[20 : 20 + length]))
    return packed_glb(document, data[28 + length :])


def glb_values(rng: Rng, data: bytes) -> bytes:
    """A GLB whose numbers are others, in its JSON or in its binary."""
    length = struct.unpack_from("<I", data, 12)[0]
    document, binary = json.loads(data[20 : 20 + length]), bytearray(data[28 + length :])
    if rng.random() < 0.5:
        document = by_values(rng, document)
    for _ in range(rng.integers(1, 9)):
        at = int(rng.integers(len(binary) // 4)) * 4
        odd = (0.0, 1e30, -1e30, 1e-40, math.nan, math.inf, 1.0, 7.5)[int(rng.integers(8))]
        binary[at : at + 4] = struct.pack("<f", odd)
    return packed_glb(document, bytes(binary))


def png_structure(rng: Rng, data: bytes) -> bytes:
    """A PNG whose chunks are changed, with checksums that fit."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        chunks.append([data[at + 4 : at + 8], data[at + 8 : at + 8 + length]])
        at += 12 + length
    for _ in range(rng.integers(1, 3)):
        i = int(rng.integers(len(chunks)))
        match rng.integers(0, 5):
            case 0:
                chunks.pop(i)
            case 1:
                chunks.insert(i, list(chunks[i]))
            case 2:
                sizes = [0, 1, 16, 4096, 5000, 20_000, 2**31 - 1, 2**32 - 1]
                width, height = (sizes[int(rng.integers(len(sizes)))] for _ in range(2))
                rest = bytes(
                    [(1, 2, 4, 8, 16)[int(rng.integers(5))], (0, 2, 3, 4, 6)[int(rng.integers(5))], 0, 0, 0]
                )
                chunks[0] = [b"IHDR", struct.pack(">II", width, height) + rest]
            case 3:  # a bomb: a great deal of nothing
                chunks[i] = [b"IDAT", zlib.compress(bytes(4 << 20), 9)]
            case _:
                chunks[i][1] = by_bytes(rng, chunks[i][1])
        chunks = chunks or [[b"IEND", b""]]
    out = data[:8]
    for kind, content in chunks:
        out += (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )
    return out


def zip_structure(rng: Rng, data: bytes) -> bytes:
    """A bundle with other names, flags and contents, a zip all the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        entries = [(copy.copy(info), old.read(info)) for info in old.infolist()]
        chosen = int(rng.integers(len(entries)))
        for i, (info, content) in enumerate(entries):
            made = zipfile.ZipInfo(info.filename, info.date_time)
            made.compress_type = zipfile.ZIP_DEFLATED
            kept = content
            if i == chosen:
                match rng.integers(0, 6):
                    case 0:
                        continue
                    case 1:
                        made.filename = ODD_NAMES[int(rng.integers(len(ODD_NAMES)))]
                    case 2:
                        kept = by_bytes(rng, content)
                    case 3:
                        made.external_attr = LINKS[int(rng.integers(4))] << 16
                    case 4:
                        kept = bytes((1 << 16, 1 << 20, 8 << 20)[int(rng.integers(3))])
                    case _:
                        made.compress_type = METHODS[int(rng.integers(3))]
            new.writestr(made, kept)
    return out.getvalue()


KINDS: dict[str, Kind] = {
    "manifest structure": Kind(MANIFEST, manifest_structure, 6, checks=True),
    "manifest values": Kind(MANIFEST, manifest_values, 5, checks=True),
    "manifest bytes": Kind(MANIFEST, by_bytes, 3, checks=True),
    "manifest lines": Kind(MANIFEST, by_lines, 3, checks=True),
    "manifest shared": Kind(MANIFEST, manifest_shared, 1, beside=shared_picture),
    "model structure": Kind("model.glb", glb_structure, 6),
    "model values": Kind("model.glb", glb_values, 3),
    "model bytes": Kind("model.glb", by_bytes, 2),
    "picture structure": Kind("paint.png", png_structure, 3),
    "picture bytes": Kind("paint.png", by_bytes, 2),
    "picture head": Kind("paint.png", by_head, 1),
    "animation bytes": Kind("sparks.gif", by_bytes, 2),
    "colour table lines": Kind("look.cube", by_lines, 1),
    "colour table bytes": Kind("look.cube", by_bytes, 1),
    "shader lines": Kind("rings.glsl", by_lines, 1),
    "shader bytes": Kind("rings.glsl", by_bytes, 1),
    "bundle structure": Kind("bundle", zip_structure, 2),
    "bundle bytes": Kind("bundle", by_bytes, 2),
}
