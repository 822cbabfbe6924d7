"""Writes GLB files with pictures, texture coordinates, nodes in nodes, skins and animations.

The same input gives the same bytes: numbers are rounded before they are stored, which swallows the
last-digit differences between mathematics libraries.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.assets.meshes import Array
from tools.assets.shapes import Shape

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_ARRAYS, _ELEMENTS = 34962, 34963
_FLOAT, _UINT, _USHORT, _SHORT, _UBYTE = 5126, 5125, 5123, 5122, 5121
_SMALL = {_USHORT: ("<u2", 65535), _SHORT: ("<i2", 32767), _UBYTE: ("<u1", 255)}
_QUANTISED = "KHR_mesh_quantization"
_WIDTHS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
DECIMALS = 4

Pixels = NDArray[np.uint8]
"""(h, w, 3) or (h, w, 4) uint8, straight alpha."""


@dataclass(frozen=True, slots=True)
class Part:
    """A shape with a material, by name."""

    shape: Shape
    material: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node with its parts.

    Attributes:
        name: unlike any other.
        parts: in the node's frame; in the model's where the node has a skin.
        at: (x, y, z) in its parent.
        turn: quaternion, xyzw.
        children: nodes in it.
        skin: names of the joints, whose frames at rest are the bind frame.
    """

    name: str
    parts: tuple[Part, ...] = ()
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    children: tuple[Node, ...] = ()
    skin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """How one node moves: ``path`` is "translation", "rotation" (xyzw) or "scale"."""

    node: str
    path: str
    times_s: Sequence[float]
    values: Sequence[Sequence[float]]


@dataclass(slots=True)
class _Writer:
    blob: bytearray = field(default_factory=bytearray)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def view(self, data: bytes, target: int | None = None) -> int:
        view = {"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(data)}
        self.views.append(view | ({"target": target} if target else {}))
        self.blob += data + b"\0" * (-len(data) % 4)
        return len(self.views) - 1

    def floats(self, values: Array, target: int | None = _ARRAYS, *, bounds: bool = False) -> int:
        # Adding zero turns -0.0 into 0.0, which differs in its bytes.
        stored = (np.round(values, DECIMALS) + 0.0).astype("<f4")
        flat = stored.reshape(len(stored), -1)
        entry = {
            "bufferView": self.view(stored.tobytes(), target),
            "componentType": _FLOAT,
            "count": len(stored),
            "type": _WIDTHS[flat.shape[1]],
        }
        if bounds:
            entry |= {"min": flat.min(axis=0).tolist(), "max": flat.max(axis=0).tolist()}
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def whole(self, values: NDArray[Any], target: int | None, *, small: bool, scalar: bool) -> int:
        stored = values.astype("<u2" if small else "<u4")
        self.accessors.append(
            {
                "bufferView": self.view(stored.tobytes(), target),
                "componentType": _USHORT if small else _UINT,
                "count": stored.size if scalar else len(stored),
                "type": "SCALAR" if scalar else _WIDTHS[stored.shape[1]],
            }
        )
        return len(self.accessors) - 1

    def small(self, values: Array, component: int) -> int:
        """Shares, or -1..1, as whole numbers; rows are padded to four bytes."""
        kind, most = _SMALL[component]
        stored = np.rint(np.round(values, DECIMALS + 2) * most).astype(kind)
        count, width = stored.shape
        size = stored.itemsize * width
        padded = np.zeros((count, size + (-size % 4)), np.uint8)
        padded[:, :size] = np.ascontiguousarray(stored).view(np.uint8).reshape(count, size)
        view = self.view(padded.tobytes(), _ARRAYS)
        if padded.shape[1] != size:
            self.views[view]["byteStride"] = padded.shape[1]
        entry = {"bufferView": view, "componentType": component, "normalized": True}
        self.accessors.append(entry | {"count": count, "type": _WIDTHS[width]})
        return len(self.accessors) - 1

    def primitive(self, shape: Shape, material: int, *, textured: bool) -> dict[str, Any]:
        attributes = {
            "POSITION": self.floats(shape.positions, bounds=True),
            "NORMAL": self.small(shape.normals, _SHORT),
        }
        if shape.uvs is not None and textured:
            within = shape.uvs.min() >= 0.0 and shape.uvs.max() <= 1.0
            attributes["TEXCOORD_0"] = self.small(shape.uvs, _USHORT) if within else self.floats(shape.uvs)
        if shape.colours is not None:
            if shape.colours.min() < 0.0 or shape.colours.max() > 1.0:
                raise ValueError("colours are shares")
            attributes["COLOR_0"] = self.small(shape.colours, _UBYTE)
        if shape.joints is not None and shape.weights is not None:
            weights = np.rint(shape.weights * 255) / 255
            weights[:, 0] += 1.0 - weights.sum(axis=1)  # their sum stays 1 as whole numbers, too
            attributes["JOINTS_0"] = self.whole(shape.joints, _ARRAYS, small=True, scalar=False)
            attributes["WEIGHTS_0"] = self.small(weights, _UBYTE)
        small = len(shape.positions) < 65535
        indices = self.whole(shape.triangles.ravel(), _ELEMENTS, small=small, scalar=True)
        return {"attributes": attributes, "indices": indices, "material": material, "mode": 4}


def material(
    name: str, colour: Sequence[float], *, roughness: float, metallic: float = 0.0, **more: Any
) -> dict[str, Any]:
    """A metallic-roughness material as glTF writes it; ``more`` are its other keys."""
    surface = {"baseColorFactor": colour, "metallicFactor": metallic, "roughnessFactor": roughness}
    return {"name": name, "pbrMetallicRoughness": surface, **more}


def png(pixels: Pixels) -> bytes:
    """A PNG of a picture."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def webp(pixels: Pixels, quality: int = 88) -> bytes:
    """A WebP of a picture with alpha, for the files of a pack; models cannot hold it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def jpeg(pixels: Pixels, quality: int = 88) -> bytes:
    """A JPEG of a picture without alpha."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def glb(
    nodes: Sequence[Node],
    materials: Sequence[Mapping[str, Any]],
    script: str,
    *,
    pictures: Mapping[str, bytes] | None = None,
    animations: Mapping[str, Sequence[Track]] | None = None,
) -> bytes:
    """A binary glTF 2.0 file.

    Args:
        nodes: at the root of the scene.
        materials: as glTF has them; a texture's ``index`` is the name of a picture.
        script: that made it, for the file's ``generator``.
        pictures: PNG and JPEG by name.
        animations: by name.
    """
    writer, pictures = _Writer(), pictures or {}
    names = {str(m["name"]): i for i, m in enumerate(materials)}
    textures = {name: i for i, name in enumerate(pictures)}
    textured = {str(m["name"]) for m in materials if "Texture" in json.dumps(dict(m))}
    flat = list(_flattened(nodes))
    index = {node.name: i for i, (node, _) in enumerate(flat)}
    places = {node.name: place for node, place in flat}
    meshes, skins, entries = list[Any](), list[Any](), list[Any]()
    for node, _ in flat:
        entry: dict[str, Any] = {"name": node.name}
        if node.at != (0.0, 0.0, 0.0):
            entry["translation"] = [round(x, 6) for x in node.at]
        if node.turn != (0.0, 0.0, 0.0, 1.0):
            entry["rotation"] = [round(x, 6) for x in node.turn]
        if node.children:
            entry["children"] = [index[child.name] for child in node.children]
        if node.parts:
            entry["mesh"] = len(meshes)
            primitives = [
                writer.primitive(p.shape, names[p.material], textured=p.material in textured)
                for p in node.parts
            ]
            meshes.append({"name": node.name, "primitives": primitives})
        if node.skin:
            binds = np.stack([np.linalg.inv(places[name]).T.ravel() for name in node.skin])
            entry["skin"] = len(skins)
            joints = [index[name] for name in node.skin]
            skins.append({"joints": joints, "inverseBindMatrices": writer.floats(binds, None)})
        entries.append(entry)
    moves = [_animation(name, tracks, writer, index) for name, tracks in (animations or {}).items()]
    images = [
        {
            "name": name,
            "mimeType": "image/png" if data[1:4] == b"PNG" else "image/jpeg",
            "bufferView": writer.view(data),
        }
        for name, data in pictures.items()
    ]
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": f"AR Effects {script}"},
        "scene": 0,
        "scenes": [{"nodes": [index[node.name] for node in nodes]}],
        "nodes": entries,
        "meshes": meshes,
        "materials": [_by_index(dict(m), textures) for m in materials],
        "accessors": writer.accessors,
        "bufferViews": writer.views,
        "buffers": [{"byteLength": len(writer.blob)}],
    }
    used = sorted({_QUANTISED, *(name for m in materials for name in m.get("extensions", {}))})
    more = {
        "extensionsUsed": used,
        "extensionsRequired": [_QUANTISED],
        "skins": skins,
        "animations": moves,
        "images": images,
        "textures": [{"source": i} for i in range(len(images))],
    }
    document |= {key: value for key, value in more.items() if value}
    return _packed(document, bytes(writer.blob))


def _flattened(nodes: Sequence[Node], parent: Array | None = None) -> list[tuple[Node, Array]]:
    """Every node, parents first, with its place in the model."""
    found = []
    for node in nodes:
        place = (np.eye(4) if parent is None else parent) @ _matrix(node)
        found += [(node, place), *_flattened(node.children, place)]
    return found


def _matrix(node: Node) -> Array:
    x, y, z, w = node.turn
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = node.at
    return matrix


def _animation(
    name: str, tracks: Sequence[Track], writer: _Writer, index: Mapping[str, int]
) -> dict[str, Any]:
    samplers, channels = list[Any](), list[Any]()
    for track in tracks:
        times = writer.floats(np.array(track.times_s, dtype=np.float64)[:, None], None, bounds=True)
        values = writer.floats(np.array(track.values, dtype=np.float64), None)
        samplers.append({"input": times, "output": values, "interpolation": "LINEAR"})
        target = {"node": index[track.node], "path": track.path}
        channels.append({"sampler": len(samplers) - 1, "target": target})
    return {"name": name, "samplers": samplers, "channels": channels}


def _by_index(table: dict[str, Any], textures: Mapping[str, int]) -> dict[str, Any]:
    """The material with pictures' names replaced by their indices."""
    for key, value in table.items():
        if key.endswith("Texture"):
            table[key] = value | {"index": textures[value["index"]]}
        elif isinstance(value, dict):
            table[key] = _by_index(dict(value), textures)
    return table


def _packed(document: dict[str, Any], blob: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join(
        [
            struct.pack("<III", _MAGIC, 2, 12 + 8 + len(text) + 8 + len(blob)),
            struct.pack("<II", len(text), _JSON),
            text,
            struct.pack("<II", len(blob), _BIN),
            blob,
        ]
    )
