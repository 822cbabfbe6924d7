"""The shipped model and light are what their scripts make, and hold what a renderer relies on."""

from __future__ import annotations

import io
import json
import struct
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.assets import make_environment, make_sunglasses  # noqa: E402
from tools.assets.sunglasses_dimensions import Dimensions  # noqa: E402
from tools.assets.sunglasses_front import LENS_RINGS  # noqa: E402

STEP_MM = 2e-4  # positions are stored in steps of half of this


@dataclass
class Part:
    node: str
    material: str
    positions: np.ndarray
    normals: np.ndarray
    colours: np.ndarray | None
    triangles: np.ndarray


def read_glb(data: bytes) -> tuple[dict, list[Part]]:
    magic, version, length, json_length = struct.unpack("<IIII", data[:16])
    assert (magic, version, length) == (0x46546C67, 2, len(data))
    document = json.loads(data[20 : 20 + json_length])
    blob = data[28 + json_length :]

    def values(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        kind = {5126: "<f4", 5123: "<u2"}[accessor["componentType"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        flat = np.frombuffer(blob, kind, accessor["count"] * width, view["byteOffset"])
        assert flat.nbytes == view["byteLength"]
        return flat.reshape(-1, width)

    parts = []
    for node in document["nodes"]:
        for primitive in document["meshes"][node["mesh"]]["primitives"]:
            attributes = primitive["attributes"]
            parts.append(
                Part(
                    node["name"],
                    document["materials"][primitive["material"]]["name"],
                    values(attributes["POSITION"]).astype(np.float64),
                    values(attributes["NORMAL"]).astype(np.float64),
                    values(attributes["COLOR_0"]).astype(np.float64) if "COLOR_0" in attributes else None,
                    values(primitive["indices"]).reshape(-1, 3).astype(np.int64),
                )
            )
    return document, parts


@pytest.fixture(scope="module")
def shipped() -> tuple[dict, list[Part]]:
    return read_glb(make_sunglasses.TARGET.read_bytes())


@pytest.fixture(scope="module")
def parts(shipped) -> dict[tuple[str, str], Part]:
    return {(part.node, part.material): part for part in shipped[1]}


@pytest.fixture(scope="module")
def studio() -> dict[str, np.ndarray]:
    with np.load(make_environment.TARGET) as file:
        return {name: file[name] for name in file.files}


def test_the_sunglasses_are_what_their_script_makes(shipped):
    data = make_sunglasses.build()
    assert data == make_sunglasses.build()
    if data == make_sunglasses.TARGET.read_bytes():
        return
    # Another platform's mathematics may differ in the last stored digit, and in nothing else.
    document, rebuilt = read_glb(data)
    assert document["materials"] == shipped[0]["materials"]
    for new, old in zip(rebuilt, shipped[1], strict=True):
        assert (new.node, new.material) == (old.node, old.material)
        assert np.array_equal(new.triangles, old.triangles)
        np.testing.assert_allclose(new.positions, old.positions, atol=STEP_MM)
        np.testing.assert_allclose(new.normals, old.normals, atol=2e-3)


def test_nodes_and_materials(shipped):
    document, parts = shipped
    assert [node["name"] for node in document["nodes"]] == [
        "front",
        "lens_left",
        "lens_right",
        "temple_left",
        "temple_right",
    ]
    # The person's own left is at +X.
    for part in parts:
        side = {"left": 1, "right": -1}.get(part.node.rpartition("_")[2], 0)
        assert np.sign(np.round(part.positions[:, 0].mean())) == side
    lens = next(m for m in document["materials"] if m["name"] == "lens")
    assert lens["doubleSided"]
    assert lens["extensions"]["KHR_materials_transmission"]["transmissionFactor"] == 0.85
    assert document["extensionsUsed"] == ["KHR_materials_ior", "KHR_materials_transmission"]


def test_numbers_are_sound(shipped):
    for part in shipped[1]:
        assert np.isfinite(part.positions).all()
        np.testing.assert_allclose(np.linalg.norm(part.normals, axis=1), 1, atol=3e-4)
        assert part.triangles.max() == len(part.positions) - 1
        corners = part.positions[part.triangles]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        assert areas.min() > 1e-3


def test_normals_agree_with_the_faces(shipped):
    for part in shipped[1]:
        corners = part.positions[part.triangles]
        faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        agreement = np.einsum("ij,ikj->ik", faces, part.normals[part.triangles])
        assert agreement.min() > (0.3 if part.material == "metal" else 0.5), part.node


@pytest.mark.parametrize("node", ["front", "temple_left", "temple_right"])
@pytest.mark.parametrize("material", ["acetate", "metal"])
def test_solids_are_closed_and_outside_out(parts, node, material):
    part = parts[node, material]
    directed = np.concatenate(
        [part.triangles[:, [0, 1]], part.triangles[:, [1, 2]], part.triangles[:, [2, 0]]]
    )
    forward = {tuple(edge) for edge in directed.tolist()}
    assert len(forward) == len(directed)  # no edge twice in the same direction
    assert all((b, a) in forward for a, b in forward)  # and each has its counterpart
    corners = part.positions[part.triangles]
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume > 0


def test_lenses_face_the_viewer_and_darken_upward(parts):
    for side in ("left", "right"):
        lens = parts[f"lens_{side}", "lens"]
        assert lens.normals[:, 2].min() > 0.7
        assert lens.colours is not None
        passed = lens.colours[:, :3] @ [0.2126, 0.7152, 0.0722] * make_sunglasses.TRANSMISSION
        top = lens.positions[:, 1] > lens.positions[:, 1].max() - 1
        bottom = lens.positions[:, 1] < lens.positions[:, 1].min() + 1
        assert passed[top].mean() == pytest.approx(0.07, abs=0.01)
        assert passed[bottom].mean() == pytest.approx(0.24, abs=0.01)
        assert lens.colours[:, :3].max() < 1


def test_sizes_in_millimetres(parts):
    front = parts["front", "acetate"].positions
    assert 145 <= np.ptp(front[:, 0]) <= 148
    lens = parts["lens_left", "lens"].positions
    middle = lens[0]  # the fan's centre
    assert 33 <= middle[0] <= 35.5
    assert middle[1] == pytest.approx(-2, abs=0.05)
    assert 17.5 <= middle[2] <= 19.5  # clear of the lashes, and the bridge clear of the mean nose
    # Bottom nearer the cheeks than the top, and the outer ends set back from the bridge.
    assert lens[lens[:, 1].argmax(), 2] > lens[lens[:, 1].argmin(), 2]
    bridge = front[np.abs(front[:, 0]) < 1][:, 2].max()
    outer = front[front[:, 0] > front[:, 0].max() - 1][:, 2].max()
    assert 6 <= bridge - outer <= 13
    temple = parts["temple_left", "acetate"].positions
    assert temple[:, 2].min() == pytest.approx(-111, abs=2)
    assert temple[:, 0].max() < 80
    # The temple starts inside the end piece: no light between them.
    assert temple[:, 2].max() > front[front[:, 0] > 70][:, 2].min()


def test_both_halves_are_alike(parts):
    flip = np.array([-1.0, 1.0, 1.0])
    for node, other in (("front", "front"), ("lens_left", "lens_right"), ("temple_left", "temple_right")):
        for (name, material), part in parts.items():
            if name != node:
                continue
            here = {tuple(p) for p in (part.positions * flip + 0.0).tolist()}
            assert here == {tuple(p) for p in (parts[other, material].positions + 0.0).tolist()}


def test_lenses_fill_their_openings():
    # The edge of the lens lies within the flat of the groove's wall all the way round.
    d = Dimensions()
    lens = make_sunglasses.make_lens(d).mesh.positions
    edge = lens[-((len(lens) - 1) // LENS_RINGS) :]
    eps = 1e-4
    room = d.thickness / 2 - d.edge_lens[1]
    uvw = np.column_stack([edge[:, :2], np.zeros(len(edge))])
    for _ in range(12):  # invert the bend by Newton steps
        value = make_sunglasses.place(d, uvw)
        columns = [(make_sunglasses.place(d, uvw + eps * axis) - value) / eps for axis in np.eye(3)]
        uvw = uvw - np.linalg.solve(np.stack(columns, axis=2), (value - edge)[..., None])[..., 0]
    np.testing.assert_allclose(make_sunglasses.place(d, uvw), edge, atol=1e-6)
    assert np.abs(uvw[:, 2]).max() < room


def test_budgets(shipped):
    assert sum(len(part.triangles) for part in shipped[1]) <= 16_000
    assert make_sunglasses.TARGET.stat().st_size < 400_000
    assert make_environment.TARGET.stat().st_size < 400_000


def test_the_studio_is_what_its_script_makes(studio):
    arrays = make_environment.build_arrays()
    assert arrays.keys() == studio.keys()
    for name, array in arrays.items():
        assert array.dtype == studio[name].dtype
        np.testing.assert_allclose(array.astype(float), studio[name].astype(float), atol=5e-3, err_msg=name)


def test_packing_twice_gives_the_same_bytes():
    arrays = {"a": np.arange(5, dtype=np.float32), "b": np.zeros((2, 3), np.float16)}
    data = make_environment.packed(arrays)
    assert data == make_environment.packed(arrays)
    with np.load(io.BytesIO(data)) as file:
        assert file.files == ["a", "b"]
        assert np.array_equal(file["a"], arrays["a"])
    with zipfile.ZipFile(make_environment.TARGET) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_studio_lights_a_white_surface_facing_the_viewer(studio):
    facing = make_environment.harmonics(np.array([0.0, 0.0, 1.0])) @ studio["sh"]
    assert 0.9 <= facing.mean() <= 1.0
    # A matt surface nowhere receives less than nothing.
    everywhere = make_environment.harmonics(make_environment.directions_of(32, 16)) @ studio["sh"]
    assert everywhere.min() > 0.1


def test_the_studio_brightest_is_the_window_upper_left(studio):
    mirror = studio["specular_0"].astype(float).sum(axis=2)
    x, y, z = make_environment.directions_of(mirror.shape[1], mirror.shape[0])[
        np.unravel_index(mirror.argmax(), mirror.shape)
    ]
    assert x < -0.2
    assert y > 0
    assert z > 0.5


def test_levels_halve_and_blur(studio):
    levels = [studio[f"specular_{i}"] for i in range(make_environment.LEVELS)]
    for i, level in enumerate(levels):
        assert level.dtype == np.float16
        assert level.shape == (make_environment.HEIGHT >> i, make_environment.WIDTH >> i, 3)
        assert np.isfinite(level).all()
        assert level.min() > 0
    peaks = [float(level.max()) for level in levels]
    assert peaks == sorted(peaks, reverse=True)


def test_even_light_stays_even():
    even = np.full((32, 64, 3), 0.7)
    sh = make_environment.irradiance_sh(even)
    n = make_environment.directions_of(16, 8)
    np.testing.assert_allclose(make_environment.harmonics(n) @ sh, 0.7, atol=2e-3)
    np.testing.assert_allclose(make_environment.prefiltered([even, even[::2, ::2]], 0.5, 8, 4), 0.7)


def test_a_rough_mirror_turns_with_the_light():
    # One bright spot toward the viewer: the blurred panorama is brightest there too.
    spot = np.full((32, 64, 3), 0.01)
    spot[15:17, 31:33] = 50.0
    blurred = make_environment.prefiltered([spot], 0.5, 32, 16).sum(axis=2)
    row, column = np.unravel_index(blurred.argmax(), blurred.shape)
    assert row in (7, 8)
    assert column in (15, 16)
