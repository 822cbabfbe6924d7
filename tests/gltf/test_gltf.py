"""The glTF loader: geometry against hand-made files, and a named complaint for every way to be broken."""

from __future__ import annotations

import base64
import copy
import json
import struct

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ar_effects.errors import PackError
from ar_effects.gltf import file as gltf_file
from ar_effects.gltf import model as gltf
from ar_effects.gltf.model import load_model
from ar_effects.media.embedded import picture_size

POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 3, 1]], np.uint16)
COMPONENTS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


class Builder:
    """A minimal writer of glTF files."""

    def __init__(self) -> None:
        self.binary = b""
        self.json = {"asset": {"version": "2.0"}, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}]}
        for name in ("meshes", "accessors", "bufferViews", "buffers"):
            self.json[name] = []

    def view(self, data: bytes, **more) -> int:
        self.binary += bytes(-len(self.binary) % 4)
        self.json["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **more}
        )
        self.binary += data
        return len(self.json["bufferViews"]) - 1

    def accessor(self, array, **more) -> int:
        array = np.asarray(array)
        flat = array.reshape(len(array), -1)
        self.json["accessors"].append(
            {
                "bufferView": self.view(array.tobytes()),
                "componentType": COMPONENTS[array.dtype.str[1:]],
                "count": len(array),
                "type": TYPES[flat.shape[1]],
                **more,
            }
        )
        return len(self.json["accessors"]) - 1

    def mesh(self, positions=POSITIONS, indices=TRIANGLES, material=None, mode=None, **attributes) -> dict:
        primitive = {"attributes": {"POSITION": self.accessor(positions)}}
        for name, values in attributes.items():
            index = values if isinstance(values, int) else self.accessor(values)
            primitive["attributes"][name] = index
        if indices is not None:
            primitive["indices"] = self.accessor(np.asarray(indices).reshape(-1))
        primitive |= {k: v for k, v in {"material": material, "mode": mode}.items() if v is not None}
        self.json["meshes"].append({"primitives": [primitive]})
        return primitive

    def picture(self, pixels, extension=".png") -> int:
        data = cv2.imencode(extension, pixels)[1].tobytes()
        self.json.setdefault("images", []).append({"bufferView": self.view(data)})
        self.json.setdefault("textures", []).append({"source": len(self.json["images"]) - 1})
        return len(self.json["textures"]) - 1

    def glb(self, path):
        self.json["buffers"] = [{"byteLength": len(self.binary)}] if self.binary else []
        path.write_bytes(glb_bytes(self.json, self.binary))
        return path


def glb_bytes(document, binary):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


@pytest.fixture
def made(tmp_path):
    """Write a builder's file and load it, one unit to the millimetre."""

    def make(builder, mm_per_unit=1.0):
        return load_model(builder.glb(tmp_path / "model.glb"), mm_per_unit)

    return make


def simple(**more):
    builder = Builder()
    builder.mesh(**more)
    return builder


def corners(primitive):
    return primitive.positions[primitive.triangles]


def test_positions_bounds_and_units(made):
    model = made(simple(), mm_per_unit=1000.0)
    (primitive,) = model.primitives
    assert (corners(primitive) == 1000 * POSITIONS[TRIANGLES]).all()
    assert model.bounds_mm.tolist() == [[0, 0, 0], [1000, 2000, 3000]]
    assert model.name == "model"
    assert (primitive.positions.dtype, primitive.triangles.dtype) == (np.float32, np.uint32)


def test_the_standards_unit_is_the_metre(tmp_path):
    assert load_model(simple().glb(tmp_path / "m.glb")).bounds_mm[1].tolist() == [1000, 2000, 3000]


def test_missing_attributes_get_defaults(made):
    (primitive,) = made(simple()).primitives
    assert (primitive.uvs == 0).all()
    assert (primitive.colours == 1).all()
    assert (primitive.material.metallic, primitive.material.roughness) == (1.0, 1.0)
    # flat, as the standard asks, and turned outside by the right-hand rule
    assert primitive.normals[primitive.triangles][0].tolist() == [[0, 0, 1]] * 3
    assert primitive.normals[primitive.triangles][1].tolist() == [[0, 1, 0]] * 3


def test_attributes_are_read(made):
    normals = np.tile(np.float32([0, 3, 4]), (4, 1))
    uvs, colours = np.random.default_rng(0).random((4, 2)), np.random.default_rng(1).random((4, 3))
    model = made(simple(NORMAL=normals, TEXCOORD_0=uvs.astype("f4"), COLOR_0=colours.astype("f4")))
    (primitive,) = model.primitives
    assert np.allclose(primitive.normals, [0, 0.6, 0.8])
    assert np.allclose(primitive.uvs, uvs)
    assert np.allclose(primitive.colours, np.hstack([colours, np.ones((4, 1))]))


@pytest.mark.parametrize(
    ("dtype", "raw", "expected"),
    [("u1", 51, 0.2), ("u2", 13107, 0.2), ("i1", -128, -1.0), ("i1", 127, 1.0), ("i2", -32767, -1.0)],
)
def test_normalised_integers(made, dtype, raw, expected):
    builder = Builder()
    uvs = builder.accessor(np.full((4, 2), raw, dtype), normalized=True)
    builder.mesh(TEXCOORD_0=uvs)
    assert made(builder).primitives[0].uvs == pytest.approx(np.full((6, 2), expected))


def test_quantised_positions(made):
    builder = simple(positions=POSITIONS.astype("i2"))
    builder.json["extensionsRequired"] = ["KHR_mesh_quantization"]
    assert made(builder).bounds_mm[1].tolist() == [1, 2, 3]


def test_strides(made):
    builder = simple()
    rows = np.zeros((4, 5), np.float32)
    rows[:, 1:4] = POSITIONS
    view = builder.view(rows.tobytes(), byteStride=20)
    builder.json["accessors"][0] |= {"bufferView": view, "byteOffset": 4}
    assert (corners(made(builder).primitives[0]) == POSITIONS[TRIANGLES]).all()


@pytest.mark.parametrize("base", [True, False])
def test_sparse_accessors(made, base):
    builder = simple()
    sparse = {
        "count": 2,
        "indices": {"bufferView": builder.view(np.uint8([1, 3]).tobytes()), "componentType": 5121},
        "values": {"bufferView": builder.view(np.float32([[7, 8, 9], [4, 5, 6]]).tobytes())},
    }
    accessor = builder.json["accessors"][0]
    accessor["sparse"] = sparse
    expected = POSITIONS.copy()
    if not base:
        del accessor["bufferView"]
        expected[:] = 0
    expected[1], expected[3] = [7, 8, 9], [4, 5, 6]
    assert (corners(made(builder).primitives[0]) == expected[TRIANGLES]).all()


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4"])
def test_index_types(made, dtype):
    assert (
        corners(made(simple(indices=TRIANGLES.astype(dtype))).primitives[0]) == POSITIONS[TRIANGLES]
    ).all()


@pytest.mark.parametrize(
    ("mode", "indices", "expected"),
    [
        (4, None, [[0, 1, 2]]),
        (5, [0, 1, 2, 3], [[0, 1, 2], [1, 3, 2]]),
        (6, [0, 1, 2, 3], [[1, 2, 0], [2, 3, 0]]),
    ],
)
def test_modes(made, mode, indices, expected):
    positions = POSITIONS[:3] if indices is None else POSITIONS
    indices = None if indices is None else np.uint16(indices)
    (primitive,) = made(simple(mode=mode, positions=positions, indices=indices)).primitives
    assert (corners(primitive) == POSITIONS[expected]).all()


def test_nodes_are_applied(made):
    builder = simple()
    half = np.sqrt(0.5)
    builder.json["nodes"] = [
        {"children": [1], "translation": [10, 0, 0]},
        {"children": [2], "rotation": [0, 0, half, half], "scale": [2, 2, 2]},
        {"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 5, 1]},
    ]
    turned = np.stack([-POSITIONS[:, 1], POSITIONS[:, 0], POSITIONS[:, 2] + 5], 1) * 2 + [10, 0, 0]
    assert np.allclose(corners(made(builder).primitives[0]), turned[TRIANGLES], atol=1e-5)


def test_mirrored_nodes_keep_their_outside(made):
    normals = np.tile(np.float32([0, 0, 1]), (4, 1))
    for attributes in ({}, {"NORMAL": normals}):
        builder = simple(indices=TRIANGLES[:1], **attributes)
        builder.json["nodes"][0]["scale"] = [-1, 2, 1]
        (primitive,) = made(builder).primitives
        a, b, c = corners(primitive)[0]
        assert np.cross(b - a, c - a)[2] > 0
        assert np.allclose(primitive.normals, [0, 0, 1])


def test_normals_under_uneven_scale(made):
    builder = simple(NORMAL=np.tile(np.float32([0.6, 0.8, 0]), (4, 1)))
    builder.json["nodes"][0]["scale"] = [3, 1, 1]
    expected = np.array([0.6 / 3, 0.8, 0])
    assert np.allclose(made(builder).primitives[0].normals, expected / np.linalg.norm(expected))


def test_two_nodes_may_share_a_mesh_and_scenes_choose(made):
    builder = simple()
    builder.json["nodes"] = [{"mesh": 0}, {"mesh": 0, "translation": [5, 0, 0]}, {"mesh": 0}]
    builder.json |= {"scenes": [{"nodes": [2]}, {"nodes": [0, 1]}], "scene": 1}
    model = made(builder)
    assert len(model.primitives) == 2
    assert model.bounds_mm[1].tolist() == [6, 2, 3]
    del builder.json["scenes"]
    assert len(made(builder).primitives) == 3


def test_materials(made):
    builder = simple(material=0)
    builder.json["materials"] = [
        {
            "name": "glass",
            "pbrMetallicRoughness": {"baseColorFactor": [0.1, 0.2, 0.3, 0.4], "metallicFactor": 0, "roughnessFactor": 0.5},
            "emissiveFactor": [1, 0.5, 0],
            "alphaMode": "MASK",
            "alphaCutoff": 0.3,
            "doubleSided": True,
            "extensions": {
                "KHR_materials_transmission": {"transmissionFactor": 0.9},
                "KHR_materials_ior": {"ior": 1.33},
                "KHR_materials_specular": {"specularFactor": 0.25},
                "KHR_materials_volume": {"thicknessFactor": 0.004},
                "KHR_materials_emissive_strength": {"emissiveStrength": 4},
                "KHR_something_else": {"ignored": True},
            },
        }
    ]  # fmt: skip
    material = made(builder).primitives[0].material
    assert material.name == "glass"
    assert material.base_colour == (0.1, 0.2, 0.3, 0.4)
    assert (material.metallic, material.roughness, material.transmission, material.ior) == (0, 0.5, 0.9, 1.33)
    assert material.emissive == (4, 2, 0)
    assert material.specular == 0.25
    assert made(builder, mm_per_unit=1000.0).primitives[0].material.thickness_mm == pytest.approx(4.0)
    assert (material.alpha_mode, material.alpha_cutoff, material.double_sided) == ("MASK", 0.3, True)


RNG = np.random.default_rng(0)
GREY8 = RNG.integers(0, 256, (3, 5), np.uint8)
BGRA8 = RNG.integers(0, 256, (3, 5, 4), np.uint8)


@pytest.mark.parametrize(
    ("pixels", "rgba"),
    [
        (GREY8, np.dstack([GREY8] * 3 + [np.full_like(GREY8, 255)])),
        (BGRA8[..., :3], np.dstack([BGRA8[..., 2::-1], np.full_like(GREY8, 255)])),
        (BGRA8, BGRA8[..., [2, 1, 0, 3]]),
        (BGRA8.astype(np.uint16) * 257, BGRA8[..., [2, 1, 0, 3]]),
        (GREY8.astype(np.uint16) * 257, np.dstack([GREY8] * 3 + [np.full_like(GREY8, 255)])),
    ],
    ids=["grey", "bgr", "bgra", "bgra16", "grey16"],
)
def test_pictures(made, pixels, rgba):
    builder = simple(material=0)
    index = builder.picture(pixels)
    builder.json["materials"] = [
        {
            "pbrMetallicRoughness": {"baseColorTexture": {"index": index}},
            "normalTexture": {"index": index, "scale": 0.5},
            "occlusionTexture": {"index": index, "strength": 0.25},
        }
    ]
    material = made(builder).primitives[0].material
    assert (material.base_colour_texture == rgba).all()
    assert material.normal_texture is material.occlusion_texture is material.base_colour_texture
    assert (material.normal_scale, material.occlusion_strength) == (0.5, 0.25)


def test_texture_coordinates_of_another_set(made):
    one = np.full((4, 2), 0.25, np.float32)
    builder = simple(material=0, TEXCOORD_0=one * 0, TEXCOORD_1=one)
    index = builder.picture(GREY8)
    builder.json["materials"] = [{"emissiveTexture": {"index": index, "texCoord": 1}}]
    assert (made(builder).primitives[0].uvs == 0.25).all()
    builder.json["materials"][0]["normalTexture"] = {"index": index}
    builder.json["materials"][0]["pbrMetallicRoughness"] = {"baseColorTexture": {"index": index}}
    primitive = made(builder).primitives[0]
    assert (primitive.uvs == 0.0).all()
    assert set(primitive.own_uvs) == {"emissive"}
    assert (primitive.own_uvs["emissive"] == 0.25).all()


def test_files_beside_and_data_uris(tmp_path):
    builder = simple(material=0)
    builder.picture(GREY8)
    document = builder.json
    document["images"] = [{"uri": "sub/a%20picture.jpg"}]
    document["materials"] = [{"emissiveTexture": {"index": 0}}]
    (tmp_path / "sub").mkdir()
    smooth = np.full((8, 8, 3), 128, np.uint8)
    (tmp_path / "sub" / "a picture.jpg").write_bytes(cv2.imencode(".jpg", smooth)[1].tobytes())
    (tmp_path / "geometry.bin").write_bytes(builder.binary)
    inline = "data:application/octet-stream;base64," + base64.b64encode(builder.binary).decode()
    for uri in ("geometry.bin", inline):
        document["buffers"] = [{"byteLength": len(builder.binary), "uri": uri}]
        path = tmp_path / "model.gltf"
        path.write_text(json.dumps(document), encoding="utf-8")
        (primitive,) = load_model(path, 1.0).primitives
        assert (corners(primitive) == POSITIONS[TRIANGLES]).all()
        assert primitive.material.emissive_texture.shape == (8, 8, 4)


def test_what_another_library_writes(tmp_path):
    """pygltflib knows the format independently of this builder."""
    pygltflib = pytest.importorskip("pygltflib")
    binary = TRIANGLES.tobytes() + POSITIONS.tobytes()
    document = pygltflib.GLTF2(
        scene=0,
        scenes=[pygltflib.Scene(nodes=[0])],
        nodes=[pygltflib.Node(mesh=0)],
        meshes=[
            pygltflib.Mesh(
                primitives=[pygltflib.Primitive(attributes=pygltflib.Attributes(POSITION=1), indices=0)]
            )
        ],
        accessors=[
            pygltflib.Accessor(bufferView=0, componentType=5123, count=6, type="SCALAR"),
            pygltflib.Accessor(bufferView=1, componentType=5126, count=4, type="VEC3"),
        ],
        bufferViews=[
            pygltflib.BufferView(buffer=0, byteOffset=0, byteLength=12, target=34963),
            pygltflib.BufferView(buffer=0, byteOffset=12, byteLength=48, target=34962),
        ],
        buffers=[pygltflib.Buffer(byteLength=60)],
    )
    document.set_binary_blob(binary)
    document.save_binary(str(tmp_path / "m.glb"))
    assert (corners(load_model(tmp_path / "m.glb", 1.0).primitives[0]) == POSITIONS[TRIANGLES]).all()


# --- broken files


def change(*path, to):
    """A mutation: set (or, with None, delete) one value of the JSON."""

    def mutate(document):
        *parents, last = path
        for key in parents:
            document = document.setdefault(key, {}) if isinstance(document, dict) else document[key]
        if to is None:
            del document[last]
        else:
            document[last] = to

    return mutate


PRIMITIVE = ("meshes", 0, "primitives", 0)
# ruff: noqa: E501 - the table of broken files below has one line a way
BROKEN = {
    "old version": (change("asset", "version", to="1.0"), r"asset\.version: this is not glTF 2\.0"),
    "no asset": (change("asset", to=None), "asset: this is not glTF"),
    "needs meshopt": (change("extensionsRequired", to=["EXT_meshopt_compression"]), r"extensionsRequired: the model needs meshopt compression \(EXT_meshopt_compression\).*without"),
    "meshopt without saying so": (change("bufferViews", 0, "extensions", to={"EXT_meshopt_compression": {}}), r"bufferViews\[0\]: the model uses meshopt compression"),
    "needs KTX2": (change("extensionsRequired", to=["KHR_texture_basisu"]), r"the model needs KTX2 textures \(KHR_texture_basisu\)"),
    "KTX2 texture without saying so": (change("textures", to=[{"extensions": {"KHR_texture_basisu": {"source": 0}}}]), r"textures\[0\]\.source: the model uses KTX2 textures \(KHR_texture_basisu\)"),
    "ior between": (change("materials", to=[{"extensions": {"KHR_materials_ior": {"ior": 0.5}}}]), r"ior: this is not glTF.*0, which is a mirror, or at least 1.*got 0\.5"),
    "wrong type": (change("accessors", 0, "count", to="four"), r"accessors\[0\]\.count: .*got 'four'"),
    "a list where an object belongs": (change("nodes", 0, to=[]), r"nodes\[0\]: "),
    "negative index": (change("nodes", 0, "mesh", to=-1), r"nodes\[0\]\.mesh"),
    "no such mesh": (change("nodes", 0, "mesh", to=7), r"nodes\[0\]\.mesh: there is no meshes\[7\]"),
    "no such node": (change("scenes", 0, "nodes", to=[3]), r"scenes\[0\]\.nodes: there is no nodes\[3\]"),
    "no such scene": (change("scene", to=3), r"scene: there is no scenes\[3\]"),
    "circle": (change("nodes", 0, "children", to=[0]), r"nodes\[0\]\.children: nodes\[0\] appears twice"),
    "no such accessor": (change(*PRIMITIVE, "indices", to=9), r"primitives\[0\]\.indices: there is no accessors\[9\]"),
    "no such material": (change(*PRIMITIVE, "material", to=0), r"material: there is no materials\[0\]"),
    "no such view": (change("accessors", 0, "bufferView", to=9), r"accessors\[0\]\.bufferView: there is no bufferViews\[9\]"),
    "no such buffer": (change("bufferViews", 0, "buffer", to=1), r"bufferViews\[0\]\.buffer: there is no buffers\[1\]"),
    "view too long": (change("bufferViews", 0, "byteLength", to=10**6), r"bufferViews\[0\]: it reaches past"),
    "accessor too long": (change("accessors", 0, "count", to=5), r"accessors\[0\]\.bufferView: .*at most 48 bytes, got 60"),
    "accessor offset": (change("accessors", 0, "byteOffset", to=4), r"accessors\[0\]\.bufferView: .*past the end"),
    "huge count": (change("accessors", 0, "count", to=10**12), r"accessors\[0\]\.count: too many"),
    "index out of range": (change("accessors", 0, "count", to=3), r"accessors\[1\]: .*indices below 3, got 3"),
    "indices of floats": (change("accessors", 1, "componentType", to=5126), r"accessors\[1\]"),
    "signed indices": (change("accessors", 1, "componentType", to=5122), r"accessors\[1\]\.componentType"),
    "unknown component": (change("accessors", 0, "componentType", to=5124), r"accessors\[0\]\.componentType"),
    "positions of two numbers": (change("accessors", 0, "type", to="VEC2"), r"accessors\[0\]\.type: .*expected VEC3, got VEC2"),
    "no positions": (change(*PRIMITIVE, "attributes", to={}), r"attributes: there are no positions"),
    "lines": (change(*PRIMITIVE, "mode", to=1), r"mode: only triangles are drawn, and the model has none"),
    "half a triangle": (change("accessors", 1, "count", to=5), "a multiple of 3, got 5"),
    "counts differ": (change(*PRIMITIVE, "attributes", to={"POSITION": 0, "NORMAL": 2}), r"NORMAL: its count differs .*expected 4, got 2"),
    "skin": (change("nodes", 0, "skin", to=0), r"nodes\[0\]\.skin: there is no skins\[0\]"),
    "morph": (change("meshes", 0, "weights", to=[0.5]), r"meshes\[0\]\.weights: there are not as many as morph targets"),
    "nothing to see": (change("scenes", to=[{"nodes": []}]), "the scene shows no mesh"),
    "a point": (change("nodes", 0, "scale", to=[0, 0, 0]), "no extent"),
    "overflow": (change("nodes", 0, "scale", to=[1e300, 1, 1]), r"nodes\[0\]: its transform is out of all bounds"),
    "short matrix": (change("nodes", 0, "matrix", to=[1, 2]), r"nodes\[0\]\.matrix"),
    "buffer too short": (change("buffers", 0, "byteLength", to=10**6), r"buffers\[0\]\.byteLength: .*expected 1000000"),
    "buffer elsewhere": (change("buffers", 0, "uri", to="../secret.bin"), r"buffers\[0\]\.uri: the file lies elsewhere"),
    "buffer on the net": (change("buffers", 0, "uri", to="https://example.org/x"), "lies elsewhere"),
    "buffer not there": (change("buffers", 0, "uri", to="none.bin"), r"buffers\[0\]\.uri: none\.bin cannot be read"),
    "buffer with a null": (change("buffers", 0, "uri", to="a\0b"), r"buffers\[0\]\.uri"),
    "bad base64": (change("buffers", 0, "uri", to="data:;base64,???"), r"buffers\[0\]\.uri: the data URI is damaged"),
    "plain data uri": (change("buffers", 0, "uri", to="data:,hello"), "not base64"),
    "factor of three": (change("materials", to=[{"pbrMetallicRoughness": {"metallicFactor": 3}}]), r"materials\[0\]\.pbrMetallicRoughness\.metallicFactor: .*got 3"),
    "transmission map": (
        change("materials", to=[{"extensions": {"KHR_materials_transmission": {"transmissionTexture": {"index": 0}}}}]),
        "transmissionTexture: a transmission map is not supported",
    ),
    "no such texture": (change("materials", to=[{"normalTexture": {"index": 4}}]), r"materials\[0\]\.normalTexture\.index: there is no textures\[4\]"),
    "webp only": (change("textures", to=[{}]), r"textures\[0\]\.source: the texture has no PNG or JPEG"),
    "no such picture": (change("textures", to=[{"source": 5}]), r"textures\[0\]\.source: there is no images\[5\]"),
    "picture from nowhere": (change("images", to=[{}]), r"images\[0\]: the picture has neither"),
    "picture of numbers": (change("images", 0, "bufferView", to=0), r"images\[0\]: the picture is damaged or not"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_named(tmp_path, name):
    mutate, words = BROKEN[name]
    builder = simple()
    builder.accessor(np.zeros((2, 3), np.float32))
    builder.picture(GREY8)
    document = builder.json
    document["buffers"] = [{"byteLength": len(builder.binary)}]
    if any(word in name for word in ("texture", "picture", "webp", "factor", "transmission", "ior")):
        document["materials"] = [{"emissiveTexture": {"index": 0}}]
        document["meshes"][0]["primitives"][0]["material"] = 0
    mutate(document)
    path = tmp_path / "broken.glb"
    path.write_bytes(glb_bytes(document, builder.binary))
    with pytest.raises(PackError, match=words) as found:
        load_model(path)
    assert "broken.glb" in str(found.value)
    assert found.value.fix


def test_infinite_positions(made):
    for value in (np.inf, np.nan):
        with pytest.raises(PackError, match=r"accessors\[0\]: a number is infinite"):
            made(simple(positions=np.full((4, 3), value, np.float32)))


def test_positions_beyond_all_bounds(made):
    builder = simple(positions=POSITIONS * np.float32(1e37))
    builder.json["nodes"][0]["scale"] = [1e6, 1e6, 1e6]
    with pytest.raises(PackError, match="bounds are out of all bounds"):
        made(builder)


def test_too_many_triangles(made, monkeypatch):
    monkeypatch.setattr(gltf, "MAX_TRIANGLES", 1)
    with pytest.raises(PackError, match="expected at most 1, got 2 so far"):
        made(simple())


def test_large_pictures_and_files_are_refused_unread(made, monkeypatch):
    builder = simple(material=0)
    index = builder.picture(np.zeros((1, 5000), np.uint8))
    builder.json["materials"] = [{"emissiveTexture": {"index": index}}]
    with pytest.raises(PackError, match=r"images\[0\]: the picture is too large.*got 5000x1"):
        made(builder)
    monkeypatch.setattr(gltf_file, "MAX_FILE_BYTES", 10)
    with pytest.raises(PackError, match="too large"):
        made(simple())


@pytest.mark.parametrize("extension", [".png", ".jpg"])
def test_size_is_read_from_the_header(extension):
    data = cv2.imencode(extension, np.zeros((31, 57, 3), np.uint8))[1].tobytes()
    assert picture_size(data) == (57, 31)
    assert picture_size(b"GIF89a" + data) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "this is not glTF"),
        (b"glTF", "ends in its header"),
        (b"glTF" + bytes(16), "version of GLB is unknown"),
        (struct.pack("<4sII", b"glTF", 2, 9999) + bytes(20), "cut off, expected 9999 bytes, got 32"),
        (struct.pack("<4sIIII", b"glTF", 2, 20, 99, 0x4E4F534A), "chunk reaches past"),
        (struct.pack("<4sIIII", b"glTF", 2, 20, 0, 1), "first chunk of the GLB is not JSON"),
        (b"\xff\xfe not text", "this is not glTF"),
        (b'{"asset": {"version": "2.0"}}', "shows no mesh"),
        (b"[" * 100_000, "this is not glTF"),
    ],
)
def test_broken_containers(tmp_path, data, words):
    path = tmp_path / "m.glb"
    path.write_bytes(data)
    with pytest.raises(PackError, match=words):
        load_model(path)


def test_missing_file(tmp_path):
    with pytest.raises(PackError, match=r"none\.glb cannot be read, got No such file"):
        load_model(tmp_path / "none.glb")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_json_says_the_answer_is_a_model_or_a_complaint(tmp_path, data):
    builder = simple(material=0, TEXCOORD_0=np.zeros((4, 2), np.float32))
    index = builder.picture(GREY8)
    builder.json["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": index}}}]
    document = copy.deepcopy(builder.json) | {"buffers": [{"byteLength": len(builder.binary)}]}
    path = data.draw(st.sampled_from(sorted(places(document), key=str)))
    change(*path, to=data.draw(JSON))(document)
    file = tmp_path / "m.glb"
    file.write_bytes(glb_bytes(document, builder.binary))
    try:
        model = load_model(file)
    except PackError:
        return
    assert np.isfinite(model.bounds_mm).all()


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), bits=st.integers(1, 255), cut=st.booleans())
def test_damaged_bytes_never_surprise(tmp_path, at, bits, cut):
    builder = simple(material=0)
    index = builder.picture(BGRA8)
    builder.json["materials"] = [{"emissiveTexture": {"index": index}}]
    data = bytearray(builder.glb(tmp_path / "m.glb").read_bytes())
    place = min(int(at * len(data)), len(data) - 1)
    data[place] ^= bits
    (tmp_path / "m.glb").write_bytes(data[:place] if cut else data)
    try:
        model = load_model(tmp_path / "m.glb")
    except PackError:
        return
    assert np.isfinite(model.bounds_mm).all()
