"""Small GLB files written in code: nodes with boxes, skins, morph targets and animations."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

COMPONENTS = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
CUBE_TRIANGLES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.uint16,
)  # fmt: skip


class Glb:
    """A GLB being put together. Methods return the index of what they add."""

    def __init__(self) -> None:
        self.binary = b""
        self.json: dict[str, Any] = {"asset": {"version": "2.0"}, "scenes": [{"nodes": []}]}
        for name in ("nodes", "meshes", "accessors", "bufferViews"):
            self.json[name] = []

    def add(self, kind: str, **entry: Any) -> int:
        self.json.setdefault(kind, []).append(entry)
        return len(self.json[kind]) - 1

    def accessor(self, array: Any) -> int:
        array = np.asarray(array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        flat = array.reshape(len(array), -1)
        self.binary += bytes(-len(self.binary) % 4)
        view = self.add("bufferViews", buffer=0, byteOffset=len(self.binary), byteLength=array.nbytes)
        self.binary += array.tobytes()
        return self.add(
            "accessors",
            bufferView=view,
            componentType=COMPONENTS[array.dtype.str[1:]],
            count=len(array),
            type=TYPES[flat.shape[1]],
        )

    def mesh(
        self,
        positions: Any = CUBE,
        triangles: Any = CUBE_TRIANGLES,
        targets: Any = (),
        names: Any = (),
        **more: Any,
    ) -> int:
        attributes = {"POSITION": self.accessor(np.asarray(positions, np.float32))}
        material = more.pop("material", None)
        attributes |= {name: self.accessor(values) for name, values in more.items()}
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": self.accessor(triangles.reshape(-1)),
        }
        if material is not None:
            primitive["material"] = material
        if len(targets):
            primitive["targets"] = [{"POSITION": self.accessor(np.asarray(t, np.float32))} for t in targets]
        extras = {"extras": {"targetNames": list(names)}} if names else {}
        return self.add("meshes", primitives=[primitive], **extras)

    def node(self, name: str, parent: int | None = None, **entry: Any) -> int:
        index = self.add("nodes", name=name, **entry)
        if parent is None:
            self.json["scenes"][0]["nodes"].append(index)
        else:
            self.json["nodes"][parent].setdefault("children", []).append(index)
        return index

    def animation(self, name: str, *channels: tuple[int, str, Any, Any, str]) -> int:
        """Channels of (node, path, times, values, interpolation)."""
        samplers = [
            {
                "input": self.accessor(np.asarray(times, np.float32)),
                "output": self.accessor(np.asarray(values, np.float32)),
                "interpolation": how,
            }
            for _, _, times, values, how in channels
        ]
        targets = [
            {"sampler": i, "target": {"node": node, "path": path}}
            for i, (node, path, *_) in enumerate(channels)
        ]
        return self.add("animations", name=name, samplers=samplers, channels=targets)

    def write(self, path: Path) -> Path:
        document = {k: v for k, v in self.json.items() if v}
        document["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(document).encode()
        text += b" " * (-len(text) % 4)
        binary = self.binary + bytes(-len(self.binary) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
        return path


def quaternion(axis: Any, degrees: float) -> list[float]:
    """(x, y, z, w)."""
    half = np.radians(degrees) / 2
    return [*(np.asarray(axis, float) / np.linalg.norm(axis) * np.sin(half)).tolist(), float(np.cos(half))]


def chain(count: int = 3, length: float = 30.0, **root: Any) -> Glb:
    """Bones called bone0, bone1, ... upwards, a box on each, with a base that stays."""
    glb = Glb()
    parent: int | None = glb.node("base", mesh=glb.mesh())
    box = glb.mesh(CUBE * [2, length / 2, 2] + [0, length / 2, 0])
    for i in range(count):
        entry = {"translation": [0, length if i else 0, 0]} | (root if i == 0 else {})
        parent = glb.node(f"bone{i}", parent, mesh=box, **entry)
    return glb


def bending_strip(segments: int = 8, height: float = 40.0) -> Glb:
    """A skinned strip along +Y on two joints, "lower" at 0 and "upper" at half of its height."""
    glb = Glb()
    y = np.repeat(np.linspace(0, height, segments + 1), 2)
    positions = np.stack([np.tile([-5.0, 5.0], segments + 1), y, np.zeros_like(y)], 1)
    fraction = np.clip((y / height - 0.25) * 2, 0, 1)
    weights = np.stack([1 - fraction, fraction, 0 * fraction, 0 * fraction], 1).astype(np.float32)
    joints = np.tile(np.array([0, 1, 0, 0], np.uint8), (len(y), 1))
    i = 2 * np.arange(segments)
    triangles = np.concatenate([np.stack([i, i + 1, i + 2], 1), np.stack([i + 1, i + 3, i + 2], 1)])
    normals = np.tile([0.0, 0.0, 1.0], (len(y), 1))
    mesh = glb.mesh(
        positions, triangles.astype(np.uint16), NORMAL=normals, JOINTS_0=joints, WEIGHTS_0=weights
    )
    lower = glb.node("lower")
    upper = glb.node("upper", lower, translation=[0, height / 2, 0])
    binds = np.tile(np.eye(4), (2, 1, 1))
    binds[1, 1, 3] = -height / 2
    skin = glb.add(
        "skins",
        joints=[lower, upper],
        inverseBindMatrices=glb.accessor(binds.transpose(0, 2, 1).reshape(2, 16)),
    )
    glb.node("strip", mesh=mesh, skin=skin, translation=[500, 0, 0])  # which a skin makes meaningless
    return glb
