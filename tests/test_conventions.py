"""CONVENTIONS.md, a test for each promise: axes, signs, order, units, colour, names, clocks and errors."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import synthetic_faces as synthetic

import ar_effects
from ar_effects import errors
from ar_effects.colour import srgb_from_linear
from ar_effects.drawlist import Material, ModelDraw
from ar_effects.errors import ArEffectsError, InputError
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.messages.english import ENGLISH
from ar_effects.packs.manifest import Manifest
from ar_effects.records import LANDMARK_COUNT, Frame, HeadPose, check_image
from ar_effects.render.context import open_headless
from ar_effects.render.environment import Environment
from ar_effects.render.renderer import Renderer
from ar_effects.render.textures import premultiplied
from tests.render.scenes import at, scene, square
from tests.words import identifiers_in

PACKAGE = Path(ar_effects.__file__).parent
TREES = {
    p.relative_to(PACKAGE).as_posix(): ast.parse(p.read_text(encoding="utf-8")) for p in PACKAGE.rglob("*.py")
}
CAMERA = Camera.assumed(640, 480)
NOSE, CHIN, FOREHEAD = 1, 152, 10
RIGHT_IRIS, LEFT_IRIS = slice(468, 473), slice(473, 478)


def posed(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(478, 3) mean face in the camera frame, half a metre away."""
    pose = transform(rotation_from_angles_deg(yaw, pitch, roll), [0.0, 0.0, -500.0])
    return apply(pose, canonical_face().vertices_mm)


def seen(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(478, 2) the same in pixels of the picture."""
    return CAMERA.project(posed(yaw, pitch, roll))


# --- pictures ---------------------------------------------------------------------------------------------


def test_sizes_are_width_then_height():
    assert Frame(np.zeros((2, 3, 3), np.uint8), 0.0).size == (3, 2)
    assert (Camera.assumed(640, 480).width, Camera.assumed(640, 480).height) == (640, 480)


def test_pixel_0_is_the_centre_of_the_first_pixel():
    """The optical axis meets a two-pixel picture between its pixels, at 0.5."""
    np.testing.assert_allclose(Camera.assumed(2, 2).project(np.array([[0.0, 0.0, -1.0]])), [[0.5, 0.5]])
    doubled = Camera(10, 10, 5.0, 5.0, 0.0, 0.0).scaled_to(20, 20)
    assert (doubled.cx, doubled.cy) == (0.5, 0.5), "the centre of one pixel is the corner of four"


def test_the_picture_spans_from_half_a_pixel_before_its_first_to_half_after_its_last():
    """What a lens sees from edge to edge: the outermost rays pass at -0.5 and at width - 0.5."""
    camera = Camera.assumed(640, 480)
    left, right = -(camera.cx + 0.5) / camera.fx, (639.5 - camera.cx) / camera.fx
    assert left == pytest.approx(-right), "the axis meets the middle of that span"
    seen_px = camera.project(np.array([[100 * left, 0, -100.0], [100 * right, 0, -100.0]]))
    np.testing.assert_allclose(seen_px[:, 0], [-0.5, 639.5])


def test_rows_come_from_the_top(demo_frames, demo_face):
    """The suit is in the last rows, the hair before the eyes, the mouth after them."""
    assert demo_face.landmarks[FOREHEAD, 1] < demo_face.eyes.left[1] < demo_face.landmarks[CHIN, 1]
    _, _, red = np.moveaxis(demo_frames[0].astype(float), 2, 0)
    blue = demo_frames[0][..., 0].astype(float)
    assert (red - blue)[440:, 400:500].mean() > (red - blue)[:40, 400:500].mean() + 40


def test_demo_is_bgr(demo_frames):
    """The portrait's suit is orange: much red, little blue."""
    blue, _, red = demo_frames[0][440:, 400:500].reshape(-1, 3).mean(axis=0)
    assert red > blue + 40


@pytest.mark.parametrize("image", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), float), [[1]], None])
def test_only_bgr_pictures_are_frames(image):
    with pytest.raises(InputError):
        check_image(image)
    with pytest.raises(InputError):
        Frame(image, 0.0)


# --- landmarks --------------------------------------------------------------------------------------------


def test_left_and_right_are_the_person_s_own(demo_face):
    assert demo_face.eyes.left[0] > demo_face.eyes.right[0]
    for iris, eye in ((RIGHT_IRIS, demo_face.eyes.right), (LEFT_IRIS, demo_face.eyes.left)):
        centre, ring = demo_face.landmarks[iris, :2][0], demo_face.landmarks[iris, :2][1:]
        assert np.linalg.norm(centre - eye) < 0.15 * demo_face.eyes.distance_px
        assert np.linalg.norm(ring.mean(axis=0) - centre) < 1.0, "the first point is the centre"
    for ring, eye in ((RIGHT_EYE_RING, demo_face.eyes.right), (LEFT_EYE_RING, demo_face.eyes.left)):
        np.testing.assert_allclose(demo_face.landmarks[list(ring), :2].mean(axis=0), eye, atol=1e-3)


def test_landmark_axes(demo_face):
    landmarks = demo_face.landmarks
    assert landmarks.shape == (LANDMARK_COUNT, 3)
    assert landmarks[CHIN, 1] > landmarks[NOSE, 1] > landmarks[FOREHEAD, 1], "y points down"
    assert landmarks[NOSE, 2] < landmarks[[234, 454], 2].min(), "smaller z is nearer"


# --- frames of reference ----------------------------------------------------------------------------------


def test_head_frame_is_gltf_s():
    v = canonical_face().vertices_mm
    assert v[468, 0] < 0 < v[473, 0], "+X to the viewer's right, where the person's left eye is"
    assert v[FOREHEAD, 1] > 0 > v[CHIN, 1], "+Y up"
    assert v[NOSE, 2] > v[234, 2], "+Z out of the face"


def test_the_head_s_origin_lies_between_the_eyes_and_its_lengths_are_millimetres():
    v = canonical_face().vertices_mm
    rings = [v[list(ring)].mean(axis=0) for ring in (LEFT_EYE_RING, RIGHT_EYE_RING)]
    middle = (rings[0] + rings[1]) / 2
    np.testing.assert_allclose(middle[:2], 0.0, atol=1.0)
    assert np.linalg.norm(v[468] - v[473]) == pytest.approx(63.0, abs=2.0), "as people's pupils lie apart"
    assert 100 < v[FOREHEAD, 1] - v[CHIN, 1] < 220, "a face's height"


def test_transforms_work_on_columns_and_chains_read_from_right_to_left():
    turned = transform(rotation_from_angles_deg(90.0, 0.0, 0.0))
    shifted = transform(None, [5.0, 0.0, 0.0])
    assert shifted[:3, 3].tolist() == [5.0, 0.0, 0.0], "the last column moves"
    point = np.array([[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(apply(turned @ shifted, point), apply(turned, apply(shifted, point)))
    np.testing.assert_allclose(apply(turned @ shifted, point), [[0.0, 0.0, -6.0]], atol=1e-12)


def test_a_frontal_face_has_the_identity_rotation():
    points = seen()
    assert points[468, 0] < points[473, 0]
    assert points[FOREHEAD, 1] < points[CHIN, 1], "upright, y down"
    assert points[468, 1] == pytest.approx(points[473, 1], abs=1e-3)
    assert points[NOSE, 0] == pytest.approx((points[468, 0] + points[473, 0]) / 2, abs=0.1)


def test_the_camera_looks_along_minus_z():
    assert posed()[NOSE, 2] > posed()[234, 2], "the nose is nearer: a greater z"
    np.testing.assert_allclose(
        CAMERA.project(np.array([[10.0, 20.0, -100.0]])),
        [[CAMERA.cx + CAMERA.fx * 0.1, CAMERA.cy - CAMERA.fy * 0.2]],
    )


# --- angles -----------------------------------------------------------------------------------------------


def test_positive_yaw_turns_the_nose_to_the_right_of_the_picture():
    for yaw in (10.0, 40.0):
        points, mirrored = seen(yaw=yaw), seen(yaw=-yaw)
        middle = (points[468] + points[473]) / 2
        assert points[NOSE, 0] > middle[0] + 5
        assert mirrored[NOSE, 0] < (mirrored[468, 0] + mirrored[473, 0]) / 2 - 5


def test_positive_pitch_lifts_the_chin():
    assert seen(pitch=15.0)[NOSE, 1] < seen()[NOSE, 1] - 3 < seen(pitch=-15.0)[NOSE, 1] - 6
    assert posed(pitch=15.0)[CHIN, 2] > posed()[CHIN, 2], "the chin comes forward"
    assert posed(pitch=15.0)[FOREHEAD, 2] < posed()[FOREHEAD, 2], "the forehead goes back"


def test_positive_roll_is_clockwise_as_seen():
    points = seen(roll=20.0)
    assert points[FOREHEAD, 0] > points[CHIN, 0] + 10, "the top of the head goes to the right"
    line = points[473] - points[468]
    assert np.degrees(np.arctan2(line[1], line[0])) == pytest.approx(20.0, abs=0.5)


def test_angles_are_composed_as_written():
    yaw, pitch, roll = 30.0, -20.0, 15.0
    one = rotation_from_angles_deg
    np.testing.assert_allclose(one(yaw, pitch, roll), one(yaw, 0, 0) @ one(0, pitch, 0) @ one(0, 0, roll))
    s = np.sin(np.radians(30.0))
    assert one(30, 0, 0)[0, 2] == pytest.approx(s), "Ry(yaw)"
    assert one(0, 30, 0)[1, 2] == pytest.approx(s), "Rx(-pitch)"
    assert one(0, 0, 30)[0, 1] == pytest.approx(s), "Rz(-roll)"


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(25, 0, 0), (0, 12, 0), (0, 0, 30), (-20, -10, -15)])
def test_a_solved_pose_speaks_of_the_same_angles(yaw, pitch, roll):
    from ar_effects.tracking.pose.solver import solve_pose

    pose = transform(rotation_from_angles_deg(yaw, pitch, roll), [20.0, -30.0, -600.0])
    solved = solve_pose(synthetic.landmarks_of(CAMERA, pose), CAMERA)
    assert (solved.yaw_deg, solved.pitch_deg, solved.roll_deg) == pytest.approx((yaw, pitch, roll), abs=0.1)
    assert solved.translation_mm == pytest.approx([20.0, -30.0, -600.0], abs=0.5)


# --- colour -----------------------------------------------------------------------------------------------


def test_light_is_blended_linearly_and_kept_as_srgb():
    """A grey sheet that lets half of black through sends half of its light, not half of its bytes."""
    half = Material(base_colour=(0, 0, 0, 0.5), emissive=(0.6, 0.6, 0.6), metallic=0.0, alpha_mode="BLEND")
    paper = Material(base_colour=(0, 0, 0, 1.0), emissive=(0.3, 0.3, 0.3), metallic=0.0)
    with open_headless() as context:
        renderer = Renderer(context.ctx, (64, 64), Environment.uniform((0.0, 0.0, 0.0)))
        try:
            seen_values = []
            for look in (half, paper):
                sheet = (square(look, 500), at(0, 0, -100))
                renderer.draw(np.zeros((64, 64, 3), np.uint8), scene(Camera.assumed(64, 64), sheet))
                seen_values.append(int(renderer.read()[32, 32, 0]))
        finally:
            renderer.release()
    assert seen_values == pytest.approx([149, 149], abs=1)
    assert srgb_from_linear(np.array([0.3]))[0] * 255 == pytest.approx(149, abs=1)


def test_alpha_is_premultiplied_in_linear_light_before_anything_is_filtered():
    """Pixels are straight only in the records; a clear pixel's colour must not bleed into its neighbours."""
    pixels = np.array([[[255, 255, 255, 128], [255, 0, 0, 0], [10, 200, 30, 255]]], np.uint8)
    grey = round(float(srgb_from_linear(np.array([128 / 255]))[0]) * 255)
    assert premultiplied(pixels).tolist() == [[[grey] * 3 + [128], [0, 0, 0, 0], [10, 200, 30, 255]]]


# --- names ------------------------------------------------------------------------------------------------


def names_of(tree: ast.Module) -> Iterator[str]:
    """Everything a module gives a name: variables, attributes, arguments, functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef):
            yield node.name


FRAMES = "camera|head|model|mesh|picture|clip|world|eyes|bone|joint"
OTHER_WAYS = re.compile(rf"^_?(mvp|modelview\w*|(view|model|world)_matrix|({FRAMES})_to_({FRAMES}))$")
"""Names of transforms that leave open which way they go, or read the other way round."""


def test_transforms_are_named_target_from_source():
    for path, tree in TREES.items():
        assert not [name for name in names_of(tree) if OTHER_WAYS.match(name)], path
    for record, name in ((HeadPose, "camera_from_head"), (ModelDraw, "camera_from_model")):
        assert name in record.__dataclass_fields__
    assert OTHER_WAYS.match("head_to_camera")


UNITS = ("px", "mm", "s", "deg", "rad", "hz", "ms")
MEASURES = re.compile(r"^(yaw|pitch|roll|fov|cone|spin|rotate|rotation|limit|distance|translation|offset)")


def test_what_packs_and_records_measure_carries_its_unit():
    """Angles are degrees where people meet them: in manifests and in records they read."""
    tables = Manifest.model_json_schema()["$defs"].items()
    keys = [f"{name}.{key}" for name, t in tables for key in t.get("properties", ()) if MEASURES.match(key)]
    assert len(keys) >= 4
    assert [key for key in keys if not key.endswith(tuple(f"_{unit}" for unit in (*UNITS, "deg_s")))] == []
    told = [n for n in dir(HeadPose) if MEASURES.match(n)]
    assert {"yaw_deg", "pitch_deg", "roll_deg", "translation_mm"} <= set(told)
    assert all(name.endswith(("_deg", "_mm")) for name in told)


# --- time -------------------------------------------------------------------------------------------------

CLOCKS = re.compile(r"\b(time\.(time|monotonic|perf_counter|process_time|time_ns|sleep)|datetime\.now)\b")
MAY_READ = ("app/", "cli/")


def clock_reads(tree: ast.Module) -> Iterator[int]:
    """Lines that read a clock; one that is an argument's default is passed in, and may be another."""
    defaults = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.arguments)
        for default in (*node.defaults, *node.kw_defaults)
        if default is not None
        for inner in ast.walk(default)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in defaults and CLOCKS.search(ast.unparse(node)):
            yield node.lineno


def test_nothing_below_app_reads_a_clock():
    for path, tree in TREES.items():
        if not path.startswith(MAY_READ):
            assert list(clock_reads(tree)) == [], path
    assert list(clock_reads(ast.parse("import time\ndef f(): return time.monotonic()"))) == [2]
    assert list(clock_reads(ast.parse("import time\ndef f(clock=time.monotonic): return clock()"))) == []


# --- errors -----------------------------------------------------------------------------------------------


def test_every_error_people_see_is_of_one_tree():
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]
    assert len(classes) > 5
    for cls in classes:
        assert issubclass(cls, ArEffectsError)
        assert not issubclass(cls, (ValueError, RuntimeError, OSError))


def test_an_error_says_what_expected_got_and_fix_on_one_line():
    error = ArEffectsError("The thing\nis wrong.", expected="a", got="b", fix="Do that.")
    assert str(error) == "The thing is wrong, expected a, got b. Do that."
    assert (error.expected, error.got, error.fix) == ("a", "b", "Do that.")
    assert str(ArEffectsError("Wrong")) == "Wrong."


def made_errors() -> Iterator[tuple[str, ast.Call]]:
    """Every place in the package that makes an error of the tree."""
    names = {
        c.__name__ for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, ArEffectsError)
    }
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield path, node


SAYS_IT_ALL = {
    "app/design/compiling.py",  # the driver's own words about a shader
    "app/pipeline/live_pipeline.py",
    "app/pipeline/offline.py",
    "sinks/video.py",
    "settings.py",  # completed by whoever names the file
}
"""Where the sentence itself says all there is."""


def says_more(path: str, call: ast.Call) -> bool:
    """Whether an error that is made there says what was expected, got, or is to be done."""
    if {k.arg for k in call.keywords} & {"expected", "got", "fix"}:
        return True
    tree = TREES[path]
    return any(any(ENGLISH[name][1:]) for a in call.args for name in identifiers_in(a, tree))


def test_errors_say_more_than_what_is_wrong():
    bare = {path for path, call in made_errors() if not says_more(path, call)}
    assert bare <= SAYS_IT_ALL
    assert sum(1 for _ in made_errors()) > 100, "the walk finds them"


INSIDE = {
    *("inference/manifest.py", "inference/onnx_protobuf.py", "inference/float16.py"),
    "messages/__init__.py",
    *(
        "app/pipeline/status.py",
        "render/context.py",
        "sinks/lossless.py",
        "slots.py",
        "writing.py",
        "__init__.py",
    ),
    "media/clips.py",
    *("plugins.py", "inference/provider_types.py", "tracking/analysers.py", "render/passes/base.py"),
    *("tracking/annotator.py", "app/pipeline/state.py"),
    *("hashtags/wordnet.py", "hashtags/canonical.py"),  # mappings: what is not there is a KeyError
    "training/ema.py",  # as torch's own load_state_dict; what reads checkpoints maps it
    *("hashtags/aliases.py", "hashtags/head.py"),  # their own readers map what their parsers raise
}
"""What raises other errors for its own callers, which map them: a registry those of its checks, the annotator
those of strangers' analysers. A state that cannot follow another is indeed a defect."""


def test_nobody_raises_errors_that_people_would_see_as_a_defect():
    """Validators of packs' tables raise what pydantic wants, and ``packs.problems`` maps that."""
    own = {c.__name__ for c in vars(errors).values() if inspect.isclass(c)}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            name = ast.unparse(node.exc.func)
            if name[0].isupper() and name.endswith(("Error", "Exception")) and name not in own:
                assert path in INSIDE or path.startswith(("effects/", "packs/", "gltf/")), (
                    f"{path}:{node.lineno} raises {name}"
                )
