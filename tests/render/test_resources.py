"""OpenGL objects: made once, freed all."""

from __future__ import annotations

import gc
import itertools
import weakref

import numpy as np
import pytest

from ar_effects.drawlist import Material, Scene
from ar_effects.errors import RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.render import cache
from ar_effects.render.environment import Environment
from ar_effects.render.renderer import Renderer
from ar_effects.render.screen_rectangle import Rectangle, beyond
from ar_effects.render.targets import Targets
from ar_effects.render.textures import upload_texture
from benchmarks.fuzz_packs import forget_peak, memory_mb
from tests.render.scenes import at, glow, noise, room, scene, square, square_occluder

SIZE = (64, 48)
CAMERA = Camera.assumed(*SIZE)
HIGHEST_NAME = 20000


def living_objects() -> dict[str, int]:
    """How many OpenGL objects of each kind exist: drivers give out small names."""
    from pyglet import gl

    gl.glUseProgram(0)  # a deleted program lives on while it is the current one
    kinds = ("Texture", "Buffer", "VertexArray", "Framebuffer", "Renderbuffer", "Program", "Shader")
    return {kind: sum(map(getattr(gl, f"glIs{kind}"), range(1, HIGHEST_NAME))) for kind in kinds}


def busy_scene():
    picture = np.full((4, 4, 4), 200, np.uint8)
    textured = Material(base_colour_texture=picture, normal_texture=picture, alpha_mode="BLEND")
    return scene(
        CAMERA,
        (square(textured), at(0, 0, -300)),
        (square(glow(1, 1, 1)), at(30, 0, -300)),
        occluders=(square_occluder(10, at(0, 0, -200)), square_occluder(10, at(9, 0, -200), dynamic=True)),
    )


def test_release_frees_everything(headless):
    headless.make_current()
    before = living_objects()
    renderer = Renderer(headless.ctx, SIZE, room())
    for _ in range(3):
        renderer.draw(noise(SIZE), busy_scene())
        renderer.read()
    renderer.resize((50, 40))
    renderer.draw(noise((50, 40)))
    renderer.present((64, 64))
    during = living_objects()
    assert during["Texture"] > before["Texture"]
    assert during["Program"] > before["Program"]
    renderer.release()
    renderer.release()
    assert living_objects() == before
    assert headless.ctx.error == "GL_NO_ERROR"


def test_steady_state_makes_no_objects(make_renderer):
    renderer, image, draws = make_renderer(SIZE), noise(SIZE), busy_scene()
    renderer.draw(image, draws)
    renderer.read()
    before = living_objects()
    for i in range(30):
        moved = scene(
            CAMERA,
            *((d.model, at(i, 0, -300)) for d in draws.draws[0].models),
            occluders=draws.draws[0].occluders[:2],
        )
        renderer.draw(image, moved)
        renderer.read()
        renderer.present((64, 48))
    assert living_objects() == before


def test_models_not_drawn_for_long_are_freed(make_renderer, monkeypatch):
    monkeypatch.setattr(cache, "KEEP_FRAMES", 5)
    renderer, image = make_renderer(SIZE), noise(SIZE)
    first, model, kept = (square(glow(1, 1, 1)) for _ in range(3))
    renderer.draw(image, scene(CAMERA, (first, at(0, 0, -200))))
    renderer._compositor._passes[Scene]._models._keep_frames = 5
    with_one = living_objects()
    gone = weakref.ref(model.primitives[0].positions)
    renderer.draw(image, scene(CAMERA, (model, at(0, 0, -300))))
    assert living_objects()["Buffer"] > with_one["Buffer"]
    for _ in range(20):
        renderer.draw(image, scene(CAMERA, (kept, at(0, 0, -300))))
    assert living_objects() == with_one
    del model
    gc.collect()
    assert gone() is None


def test_identity_cache_counts():
    made, freed = [], []

    class Thing:
        def __init__(self, source):
            self.source = source
            made.append(source)

        def release(self):
            freed.append(self.source)

    things = cache.IdentityCache(Thing, keep_frames=2)
    a, b = [1], [1]  # equal, not the same
    assert things.get(a) is things.get(a)
    assert things.get(a) is not things.get(b)
    for _ in range(3):
        things.get(a)
        things.next_frame()
    assert made == [a, b]
    assert [f is b for f in freed] == [True]
    things.release()
    assert len(freed) == 2


def test_what_is_not_used_is_kept_while_it_is_small(monkeypatch):
    monkeypatch.setattr(cache, "KEEP_BYTES", 10)
    freed = []

    class Thing:
        def __init__(self, source):
            self.source = source

        def release(self):
            freed.append(self.source[0])

    things = cache.IdentityCache(Thing, held=lambda thing: thing.source[1])
    sources = [("old", 6), ("small", 3), ("new", 6)]
    for source in sources:
        things.get(source)
        things.next_frame()
    assert freed == [], "what was used in the last frame is not unused"
    things.next_frame()
    assert freed == ["old"], "the oldest beyond so much"
    things.get(sources[0])
    things.get(large := ("large", 99))
    things.next_frame()
    assert freed == ["old"]
    things.get(large)
    things.next_frame()
    assert freed == ["old", "new"], "what is drawn does not count"


@pytest.mark.parametrize("alpha", [255, 128])
def test_the_largest_picture_takes_no_more_than_it_needs(make_renderer, alpha):
    """Its texture with the smaller copies, and little else."""
    side = 4096
    pixels = np.full((side, side, 4), alpha, np.uint8)
    renderer = make_renderer(SIZE)
    small = np.ascontiguousarray(pixels[:8, :8])
    upload_texture(renderer._ctx, small, colour=True, premultiply=True).release()
    gc.collect()
    forget_peak()
    before = memory_mb()
    if not before or memory_mb("VmHWM") > before + 10.0:
        pytest.skip("this system does not tell")
    upload_texture(renderer._ctx, pixels, colour=True, premultiply=alpha < 255).release()
    assert memory_mb("VmHWM") - before < 64 * (4 / 3 + 0.3)


def test_models_share_equal_textures(make_renderer):
    renderer = make_renderer(SIZE)
    picture = np.full((4, 4, 4), 200, np.uint8)
    material = Material(occlusion_texture=picture, metallic_roughness_texture=picture)
    renderer.draw(noise(SIZE), scene(CAMERA))  # makes what all scenes share
    before = living_objects()["Texture"]
    renderer.draw(noise(SIZE), scene(CAMERA, (square(material), at(0, 0, -200))))
    assert living_objects()["Texture"] == before + 1


def test_a_broken_model_leaves_nothing_behind(make_renderer, monkeypatch):
    renderer = make_renderer(SIZE)
    count = itertools.count()

    def fails_on_second(*_):
        if next(count):
            raise RenderError("no")
        return original(*_)

    original = renderer._programs.get
    one, two = square(glow(1, 1, 1)), square(glow(1, 1, 1))
    both = type(one)("both", one.primitives + two.primitives, one.bounds_mm)
    renderer._programs.get("model.vert.glsl", "model.frag.glsl")
    renderer.draw(noise(SIZE), scene(CAMERA))  # makes what all scenes share
    before = living_objects()
    monkeypatch.setattr(renderer._programs, "get", fails_on_second)
    with pytest.raises(RenderError, match="no"):
        renderer.draw(noise(SIZE), scene(CAMERA, (both, at(0, 0, -200))))
    assert living_objects() == before


def test_impossible_size_is_explained_and_leaves_nothing(headless):
    headless.make_current()
    before = living_objects()
    with pytest.raises(RenderError, match="refused framebuffers of 1000000x1000000"):
        Renderer(headless.ctx, (1_000_000, 1_000_000), Environment.uniform())
    headless.ctx.error  # noqa: B018 - reading it clears it
    assert living_objects() == before


def test_pictures_are_copied_alike_by_moving_and_by_drawing(headless):
    headless.make_current()
    size, box = (64, 48), Rectangle(5, 7, 20, 30)
    made = Targets(headless.ctx, size)
    if made._move is None:
        pytest.skip("this driver cannot move")
    bytes_of = np.random.default_rng(1).integers(0, 256, (2, size[1], size[0], 4), np.uint8)
    found = []
    for move in (made._move, None):
        made._move = move
        source, target = made.borrow(), made.borrow()
        for picture, pixels in zip((source, target), bytes_of, strict=True):
            picture.texture.write(pixels)
        made.copy(source, target, box)
        found.append(np.frombuffer(target.texture.read(), np.uint8).reshape(bytes_of[0].shape))
        made.give_back(source)
        made.give_back(target)
    made.release()
    expected = bytes_of[1].copy()
    expected[7:37, 5:25] = bytes_of[0][7:37, 5:25]
    assert all(np.array_equal(picture, expected) for picture in found)


def test_what_of_a_rectangle_is_beyond_others():
    rng = np.random.default_rng(2)
    for _ in range(50):
        whole, *others = (Rectangle(*rng.integers(0, 12, 2), *rng.integers(1, 12, 2)) for _ in range(4))
        count = np.zeros((24, 24), int)
        for part in beyond(whole, others):
            count[part.y : part.y + part.height, part.x : part.x + part.width] += 1
        expected = np.zeros((24, 24), int)
        for value, r in ((1, whole), *((0, o) for o in others)):
            inside = np.s_[r.y : r.y + r.height, r.x : r.x + r.width]
            expected[inside] = value
        assert np.array_equal(count, expected)
