"""Models as programs really write them: what is a little off the standard is drawn as it was meant."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image as Pillow

from ar_effects.drawlist import Sampler
from ar_effects.errors import PackError
from ar_effects.gltf.material_schema import Coordinates
from ar_effects.gltf.model import GltfModel, Moves
from ar_effects.gltf.spec_gloss import converted
from ar_effects.packs.check import find_problems
from tests.gltf.glb import CUBE, CUBE_TRIANGLES, Glb

UVS = np.tile([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], (2, 1)).astype(np.float32)
RED, GREEN = (200, 30, 30, 255), (30, 200, 30, 255)


def picture(glb: Glb, pixels=(RED,), size=(2, 2), kind="PNG", **texture) -> int:
    """A texture of pixels in a row."""
    image = Pillow.new("RGBA", (len(pixels), 1))
    image.putdata(list(pixels))
    data = io.BytesIO()
    image.resize(size, Pillow.Resampling.NEAREST).save(
        data, kind, **({"lossless": True} if kind == "WEBP" else {})
    )
    glb.binary += bytes(-len(glb.binary) % 4)
    view = glb.add("bufferViews", buffer=0, byteOffset=len(glb.binary), byteLength=data.tell())
    glb.binary += data.getvalue()
    source = glb.add("images", bufferView=view)
    return glb.add("textures", **(texture or {"source": source}))


def box(material=None, **more) -> Glb:
    glb = Glb()
    glb.json["materials"] = [material or {}]
    glb.node("box", mesh=glb.mesh(material=0, TEXCOORD_0=UVS, NORMAL=CUBE, **more))
    return glb


def read(glb: Glb, tmp_path, moves=None):
    return GltfModel(glb.write(tmp_path / "m.glb"), 1.0).read(moves)


def material_of(glb: Glb, tmp_path):
    return read(glb, tmp_path).model.primitives[0].material


# --- where textures are read


def test_a_texture_transform_moves_the_coordinates(tmp_path):
    glb = box()
    transform = {"offset": [0.5, 0.25], "scale": [0.5, 2.0], "rotation": np.pi / 2}
    info = {"index": picture(glb), "extensions": {"KHR_texture_transform": transform}}
    glb.json["materials"][0]["pbrMetallicRoughness"] = {"baseColorTexture": info}
    uvs = read(glb, tmp_path).model.primitives[0].uvs
    # the extension's own matrices: translation, rotation [[cos, sin], [-sin, cos]], scale
    expected = UVS * [0.5, 2.0] @ np.array([[0.0, 1.0], [-1.0, 0.0]]).T + [0.5, 0.25]
    assert uvs == pytest.approx(expected.astype(np.float32), abs=1e-6)


def test_each_map_is_read_at_its_own_coordinates(tmp_path):
    other = UVS[::-1].copy()
    glb = box(TEXCOORD_1=other)
    index = picture(glb)
    moved = {"index": index, "extensions": {"KHR_texture_transform": {"texCoord": 1, "scale": [2.0, 2.0]}}}
    glb.json["materials"][0] |= {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": index}},
        "occlusionTexture": {"index": index, "texCoord": 1},
        "emissiveTexture": moved,
        "normalTexture": {"index": index},
    }
    primitive = read(glb, tmp_path).model.primitives[0]
    assert (primitive.uvs == UVS).all()
    assert set(primitive.own_uvs) == {"occlusion", "emissive"}
    assert (primitive.own_uvs["occlusion"] == other).all()
    assert (primitive.own_uvs["emissive"] == 2.0 * other).all()


def test_facets_keep_their_own_coordinates(tmp_path):
    glb = Glb()
    index = picture(glb)
    glb.json["materials"] = [
        {
            "pbrMetallicRoughness": {"baseColorTexture": {"index": index}},
            "occlusionTexture": {"index": index, "texCoord": 1},
        }
    ]
    glb.node("box", mesh=glb.mesh(material=0, TEXCOORD_0=UVS, TEXCOORD_1=UVS + np.float32(1.0)))
    primitive = read(glb, tmp_path).model.primitives[0]
    assert len(primitive.positions) == 3 * len(CUBE_TRIANGLES)
    assert (primitive.own_uvs["occlusion"] == primitive.uvs + 1.0).all()


def test_samplers_say_what_is_beyond_the_edge_and_how_texels_look(tmp_path):
    glb = box()
    index = picture(glb)
    glb.json["samplers"] = [{"wrapS": 33071, "wrapT": 10497, "magFilter": 9728, "minFilter": 9986}]
    glb.json["textures"][index]["sampler"] = 0
    glb.json["materials"][0] |= {"emissiveTexture": {"index": index}}
    assert material_of(glb, tmp_path).samplers == {"emissive": Sampler(True, False, "nearest", "nearest")}


def test_a_mirrored_texture_stands_beside_its_mirror_image(tmp_path):
    glb = box()
    index = picture(glb, (RED, GREEN), (2, 1))
    glb.json["samplers"] = [{"wrapS": 33648}]
    glb.json["textures"][index]["sampler"] = 0
    glb.json["materials"][0]["pbrMetallicRoughness"] = {"baseColorTexture": {"index": index}}
    primitive = read(glb, tmp_path).model.primitives[0]
    texture = primitive.material.base_colour_texture
    assert [tuple(p) for p in texture[0].tolist()] == [RED, GREEN, GREEN, RED]
    assert primitive.uvs == pytest.approx(UVS * [0.5, 1.0])


def test_webp_textures_are_read(tmp_path):
    glb = box()
    picture(glb, kind="WEBP", size=(3, 5), extensions={"EXT_texture_webp": {"source": 0}})
    glb.json["materials"][0] |= {"emissiveTexture": {"index": 0}}
    glb.json["extensionsRequired"] = ["EXT_texture_webp"]
    texture = material_of(glb, tmp_path).emissive_texture
    assert texture.shape == (5, 3, 4)
    assert tuple(texture[0, 0].tolist()) == RED


# --- specular and glossiness


def gloss(**values):
    return {"extensions": {"KHR_materials_pbrSpecularGlossiness": values}}


def test_diffuse_and_gloss_of_the_older_workflow(tmp_path):
    glb = box(gloss(diffuseFactor=[0.5, 0.2, 0.1, 0.5], glossinessFactor=0.2, specularFactor=[0.04] * 3))
    found = read(glb, tmp_path)
    material = found.model.primitives[0].material
    assert material.base_colour == pytest.approx((0.5, 0.2, 0.1, 0.5), abs=0.01)
    assert material.metallic == 0.0
    assert material.roughness == pytest.approx(0.8)
    assert any("KHR_materials_pbrSpecularGlossiness" in note for note in found.notes)


def test_a_shiny_colour_without_diffuse_is_a_metal():
    gold = (1.0, 0.77, 0.34)
    found = converted((0.0, 0.0, 0.0, 1.0), gold, 0.9, None, None)
    assert found.metallic == pytest.approx(1.0)
    assert found.base_colour[:3] == pytest.approx(gold, abs=1e-6)
    assert found.roughness == pytest.approx(0.1)


def test_glossiness_maps_become_roughness_texel_by_texel(tmp_path):
    glb = box()
    diffuse = picture(glb, (RED, RED), (2, 1))
    shine = picture(glb, ((56, 56, 56, 255), (56, 56, 56, 0)), (2, 1))
    glb.json["materials"][0] |= gloss(
        diffuseTexture={"index": diffuse}, specularGlossinessTexture={"index": shine}, glossinessFactor=0.5
    )
    material = material_of(glb, tmp_path)
    assert material.metallic_roughness_texture[0, :, 1].tolist() == [128, 255]
    assert material.metallic_roughness_texture[0, :, 2].max() < 10  # 56 is a dielectric's 0.04
    assert np.abs(material.base_colour_texture.astype(int) - RED).max() <= 3


# --- numbers


def test_factors_a_rounding_beyond_are_clamped(tmp_path):
    pbr = {"baseColorFactor": [1.0000001, 1.004, -1e-7, 1.0000002], "roughnessFactor": 1.0000001}
    material = material_of(box({"pbrMetallicRoughness": pbr}), tmp_path)
    assert material.base_colour == (1.0, 1.0, 0.0, 1.0)
    assert material.roughness == 1.0
    with pytest.raises(PackError, match=r"roughnessFactor.*got 1\.5"):
        material_of(box({"pbrMetallicRoughness": {"roughnessFactor": 1.5}}), tmp_path)


def test_emissive_above_one_glows_the_more(tmp_path):
    assert material_of(box({"emissiveFactor": [1.5, 0.0, 3.0]}), tmp_path).emissive == (1.5, 0.0, 3.0)


def test_an_index_of_zero_mirrors_what_the_specular_colour_lets(tmp_path):
    extensions = {
        "KHR_materials_ior": {"ior": 0},
        "KHR_materials_specular": {"specularColorFactor": [0.5, 0.25, 0.1]},
    }
    from ar_effects.render.scene.uniform_blocks import material_numbers

    material = material_of(box({"extensions": extensions}), tmp_path)
    assert material_numbers(material)[4, :3] == pytest.approx([0.5, 0.25, 0.1])


# --- containers


def test_marks_and_padding_around_the_json_are_no_part_of_it(tmp_path):
    glb = box()
    path = glb.write(tmp_path / "m.glb")
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    text = data[20 : 20 + size].rstrip()
    padded = b"\xef\xbb\xbf" + text
    padded += b"\0" * (4 + -len(padded) % 4)
    chunks = struct.pack("<II", len(padded), 0x4E4F534A) + padded + data[20 + size :]
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    assert len(GltfModel(path, 1.0).read().model.primitives) == 1
    document = json.loads(text)
    document["buffers"][0]["uri"] = "m.bin"
    (tmp_path / "m.bin").write_bytes(glb.binary)
    (tmp_path / "m.gltf").write_text(json.dumps(document), encoding="utf-8-sig")
    assert len(GltfModel(tmp_path / "m.gltf", 1.0).read().model.primitives) == 1


def test_null_names_are_no_names(tmp_path):
    glb = box({"name": None})
    glb.json["nodes"][0]["name"] = None
    glb.json["animations"] = [{"name": None}]
    model = GltfModel(glb.write(tmp_path / "m.glb"), 1.0)
    assert (model.nodes, model.materials, model.animations) == ([], [], ["0"])
    model.read()


# --- what is not drawn is said


def test_lines_beside_triangles_are_passed_over_and_told(tmp_path):
    glb = box()
    (triangles,) = glb.json["meshes"][0]["primitives"]
    glb.json["meshes"][0]["primitives"] = [triangles | {"mode": 1}, triangles, triangles | {"mode": 0}]
    found = read(glb, tmp_path)
    assert len(found.model.primitives) == 1
    assert [note.split()[0] for note in found.notes] == ["LINES", "POINTS"]


def test_extensions_that_are_not_drawn_are_advice_of_packs_check(tmp_path):
    glb = box(
        {"extensions": {"KHR_materials_clearcoat": {"clearcoatFactor": 1.0}}}
    )  # and not in extensionsUsed
    glb.json["extensionsUsed"] = ["KHR_lights_punctual", "KHR_materials_unlit"]
    glb.write(tmp_path / "m.glb")
    (tmp_path / "effect.toml").write_text(
        'format = 2\ntitle = "M"\n[[layers]]\nkind = "model"\nfile = "m.glb"\n', encoding="utf-8"
    )
    said = [str(p) for p in find_problems(tmp_path) if "m.glb" in str(p)]
    assert len(said) == 2
    assert "lights of its own" in said[0]
    assert "KHR_materials_clearcoat" in said[1]
    assert all("advice" in text for text in said)


# --- animations


def moving(times, values) -> Glb:
    glb = box()
    glb.animation("go", (0, "translation", times, values, "LINEAR"))
    return glb


def place_at(found, time_s):
    rig = found.rig
    local, _ = rig.animated([(rig.clips["go"], time_s)])
    return float(rig.placed(local)[0, 0, 3])


def test_keys_at_the_same_time_are_a_jump(tmp_path):
    glb = moving([0.0, 1.0, 1.0, 1.0, 2.0], [[0, 0, 0], [1, 0, 0], [7, 0, 0], [5, 0, 0], [6, 0, 0]])
    found = read(glb, tmp_path, Moves(animations=["go"]))
    assert place_at(found, 0.5) == pytest.approx(0.5)
    assert place_at(found, 0.999) == pytest.approx(0.999)
    assert place_at(found, 1.001) == pytest.approx(5.001)
    assert place_at(found, 1.5) == pytest.approx(5.5)
    assert found.rig.clips["go"].duration_s == pytest.approx(2.0)


def test_keys_before_the_beginning_are_passed_over(tmp_path):
    found = read(moving([-1.0, 1.0], [[0, 0, 0], [2, 0, 0]]), tmp_path, Moves(animations=["go"]))
    assert place_at(found, 0.0) == pytest.approx(1.0)
    assert any("before 0 seconds" in note for note in found.notes)
    found = read(moving([-2.0, -1.0], [[0, 0, 0], [2, 0, 0]]), tmp_path, Moves(animations=["go"]))
    assert found.rig.clips["go"].duration_s == 0.0
    assert place_at(found, 0.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("extras", "names"),
    [
        (None, ["0", "1"]),
        ({"targetNames": [None, "smile"]}, ["0", "smile"]),
        ({"targetNames": ["a"]}, ["a", "1"]),
    ],
)
def test_morph_targets_without_names_go_by_their_number(tmp_path, extras, names):
    glb = Glb()
    up = np.zeros_like(CUBE) + np.float32([0, 4, 0])
    index = glb.mesh(targets=[up, 2 * up])
    if extras:
        glb.json["meshes"][index]["extras"] = extras
    glb.node("box", mesh=index)
    model = GltfModel(glb.write(tmp_path / "m.glb"), 1.0)
    assert model.targets == names
    found = model.read(Moves(targets=[names[1]]))
    assert found.rig.target_names == (tuple(names),)


# --- Draco


def draco_box() -> Glb:
    dracopy = pytest.importorskip("DracoPy")
    glb = Glb()
    data = dracopy.encode(
        CUBE, CUBE_TRIANGLES.astype(np.uint32), quantization_bits=14, preserve_order=True,
        tex_coord=UVS.astype(np.float64),
    )  # fmt: skip
    view = glb.add("bufferViews", buffer=0, byteOffset=0, byteLength=len(data))
    glb.binary = data
    packed = {a["attribute_type"]: a["unique_id"] for a in dracopy.decode(data).attributes}
    glb.add("accessors", componentType=5126, count=len(CUBE), type="VEC3")
    glb.add("accessors", componentType=5126, count=len(CUBE), type="VEC2")
    glb.add("accessors", componentType=5123, count=CUBE_TRIANGLES.size, type="SCALAR")
    ids = {"POSITION": packed[0], "TEXCOORD_0": packed[3]}
    primitive = {
        "attributes": {"POSITION": 0, "TEXCOORD_0": 1},
        "indices": 2,
        "extensions": {"KHR_draco_mesh_compression": {"bufferView": view, "attributes": ids}},
    }
    glb.node("box", mesh=glb.add("meshes", primitives=[primitive]))
    glb.json["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    return glb


def test_draco_is_unpacked(tmp_path):
    (primitive,) = read(draco_box(), tmp_path).model.primitives
    corners = primitive.positions[primitive.triangles]
    assert corners == pytest.approx(CUBE[CUBE_TRIANGLES], abs=0.001)
    assert primitive.uvs[primitive.triangles] == pytest.approx(UVS[CUBE_TRIANGLES], abs=0.001)


def test_damaged_draco_is_named(tmp_path):
    glb = draco_box()
    glb.binary = glb.binary[:40] + bytes(len(glb.binary) - 40)
    with pytest.raises(PackError, match="Draco"):
        read(glb, tmp_path)


def test_draco_without_its_decoder_or_its_file_is_named(tmp_path, monkeypatch):
    glb = draco_box()
    path = glb.write(tmp_path / "m.glb")
    import sys

    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "DracoPy", None)
        with pytest.raises(
            PackError, match=r"uses Draco compression \(KHR_draco_mesh_compression\).*without compression"
        ):
            GltfModel(path, 1.0).read()
    document = glb.json | {"buffers": [{"byteLength": len(glb.binary), "uri": "gone.bin"}]}
    (tmp_path / "m.gltf").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(PackError, match=r"gone\.bin cannot be read.*Draco"):
        GltfModel(tmp_path / "m.gltf", 1.0).read()


def test_coordinates_that_change_nothing_are_the_file_s_own_array():
    assert Coordinates(3).of(UVS) is UVS
