"""Things on the card live as long as what they were made from, and are freed by the thread that may."""

from __future__ import annotations

import gc
import threading

import moderngl
import numpy as np
import pytest

from ar_effects.drawlist import DrawList, Group, Mesh, ModelDraw, OccluderDraw, Scene, SpriteDraw
from ar_effects.drawlist.face_paint import Cosmetic, FaceTextureDraw, MakeupDraw, MakeupRegions
from ar_effects.drawlist.glsl import GlslDraw, GlslSource
from ar_effects.drawlist.post import Lut, LutStep, PostDraw
from ar_effects.drawlist.segmentation import BackgroundDraw
from ar_effects.drawlist.skin import SkinDraw
from ar_effects.effects.effect import Effect
from ar_effects.geometry.rotations import transform
from ar_effects.packs.library import Library
from ar_effects.render.cache import IdentityCache
from ar_effects.render.full_screen import FullScreenDraws
from ar_effects.render.stream_buffer import StreamBuffer
from tests.render.painted import CAMERA, SIZE, TRIANGLES, head, mesh_of
from tests.render.scenes import SQUARE, SQUARE_TRIANGLES, at, glow, noise, square
from tests.render.test_background import halves
from tests.render.test_resources import living_objects


def pixels(value: int = 200, side: int = 16) -> np.ndarray:
    return np.full((side, side, 4), value, np.uint8)


class Stream:
    """Something that plays."""


def sprite(**more) -> Scene:
    return Scene(sprites=(SpriteDraw(pixels(), transform(np.diag([40.0, 40.0, 1.0]), (0, 0, -300)), **more),))


def cube(side: int = 4) -> Lut:
    return Lut(np.random.default_rng(0).random((side, side, side, 3)).astype(np.float32))


def regions() -> MakeupRegions:
    return MakeupRegions(pixels(255), pixels(255))


def shader() -> GlslSource:
    return GlslSource("own.glsl", "void main() { result = vec4(0.5); }", ())


OWNERS = {
    "model": lambda _: Scene((), (ModelDraw(square(glow(1, 1, 1)), at(0, 0, -300)),)),
    "occluder": lambda _: Scene(
        (OccluderDraw(Mesh(SQUARE * 20, SQUARE_TRIANGLES.copy()), at(0, 0, -250)),), (), *sprite_of_long()
    ),
    "picture": lambda _: sprite(),
    "stream": lambda _: sprite(stream=Stream(), version=1),
    "background": lambda _: BackgroundDraw(pixels()),
    "background's stream": lambda _: BackgroundDraw(pixels(), stream=Stream(), version=1),
    "table of colours": lambda _: PostDraw((LutStep(cube(), 1.0),)),
    "shader": lambda _: GlslDraw(shader(), ()),
    "regions": lambda mesh: MakeupDraw(mesh, regions(), TRIANGLES, lipstick=Cosmetic((0.5, 0.0, 0.0), 1.0)),
    "triangles": lambda mesh: FaceTextureDraw(mesh, PAINT, TRIANGLES[:90].copy(), shading=0.0, grain=0.0),
    "mask": lambda mesh: SkinDraw(mesh, pixels(255), px_per_mm=1.5, smooth=1.0),
}
PAINT = pixels()
LONG = pixels()


def sprite_of_long() -> tuple:
    """A sprite of a picture that stays, for something to be hidden."""
    return ((SpriteDraw(LONG, transform(np.diag([40.0, 40.0, 1.0]), (0, 0, -300))),),)


@pytest.mark.parametrize("kind", OWNERS)
def test_what_an_owner_had_on_the_card_goes_with_the_next_frame(make_renderer, kind):
    """As many objects as were made are freed, none of them in the thread that dropped the owner."""
    renderer, image, mesh = make_renderer(SIZE), noise(SIZE), mesh_of(head())

    def draw(*draws) -> None:
        renderer.draw(image, DrawList(CAMERA, draws, matte=halves()))

    draw(OWNERS[kind](mesh))  # what all of its kind share is there from now on
    gc.collect()
    draw()
    before = living_objects()
    draws = [OWNERS[kind](mesh)]
    draw(*draws)
    made = living_objects()
    assert made != before
    assert all(made[k] >= before[k] for k in made)
    draw(*draws)
    assert living_objects() == made, "it is there as long as its owner"
    dropping = threading.Thread(target=lambda: (draws.clear(), gc.collect()))
    dropping.start()
    dropping.join()
    assert living_objects() == made, "another thread has no context to free it in"
    draw()
    assert living_objects() == before


def test_a_pack_that_is_dropped_leaves_nothing(make_renderer):
    """Every kind of layer there is, worn, changed, and gone: as many objects as after the first time."""
    from ar_effects.app.window.rehearsal import rehearse

    size, image = (640, 480), noise((640, 480))
    renderer = make_renderer(size)

    def wear(names) -> dict[str, int]:
        for name in names:
            rehearse(renderer, Library().load(name))
            gc.collect()
        renderer.draw(image)
        return living_objects()

    packs = ("sunglasses", "glam", "neon", "alien", "vintage", "party_hat", "background")
    wear(packs)
    first = wear(reversed(packs))  # pictures change places, and each has a framebuffer with the faces' depth
    assert wear(packs) == first
    assert wear(reversed(packs)) == first


def test_an_object_with_the_id_of_one_that_is_gone_is_another():
    made, freed = [], []

    class Thing:
        def __init__(self, source):
            made.append(self)

        def release(self):
            freed.append(self)

    things = IdentityCache(Thing)
    old = np.zeros(3)
    place = id(old)
    things.get(old)
    del old
    kept = []  # until the allocator gives the same place again
    while id(new := np.zeros(3)) != place:
        kept.append(new)
        assert len(kept) < 10_000
    assert things.get(new) is made[-1]
    assert len(made) == 2
    assert freed == made[:1]
    assert things.collect() == 0, "it has been freed"
    assert things.get(new) is made[1]
    del new
    assert things.collect() == 1
    assert freed == made


def test_what_cannot_be_referenced_weakly_is_held_and_freed_by_age():
    freed = []

    class Thing:
        def release(self):
            freed.append(self)

    things = IdentityCache(lambda _: Thing(), keep_frames=3)
    things.get(object())
    assert things.collect() == 0
    for _ in range(5):
        things.next_frame()
    assert len(freed) == 1


@pytest.fixture
def context(headless):
    headless.make_current()
    yield headless.ctx
    assert headless.ctx.error == "GL_NO_ERROR"


def program(ctx, value: str = "1.0"):
    return ctx.program(
        vertex_shader="""#version 330 core
            void main() {
                gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
            }""",
        fragment_shader=f"#version 330 core\nout vec4 c; void main() {{ c = vec4({value}); }}",
    )


def test_a_program_has_one_array(context):
    before = living_objects()
    texture = context.texture((4, 4), 4)
    fbo = context.framebuffer([texture])
    draws, made = FullScreenDraws(context), program(context)
    for _ in range(5):
        draws.draw(made, fbo)
    assert living_objects()["VertexArray"] == before["VertexArray"] + 1
    assert set(texture.read()) == {255}
    draws.forget(made)
    assert living_objects()["VertexArray"] == before["VertexArray"]
    draws.draw(made, fbo)
    draws.release()
    made.release()
    context.screen.use()
    fbo.release()
    texture.release()
    assert living_objects() == before


def test_a_stream_buffer_grows_under_the_same_name(context):
    stream = StreamBuffer(context, 8)
    name = stream.buffer.glo
    for data in (np.arange(2, dtype=np.int32), np.arange(100, dtype=np.int32), np.arange(3, dtype=np.int32)):
        stream.write(data)
        assert np.frombuffer(stream.buffer.read(data.nbytes), np.int32).tolist() == data.tolist()
    assert stream.buffer.size == 400, "it never shrinks"
    stream.write(np.zeros(1, np.int32), room=1000)
    assert stream.buffer.size == 1000
    stream.write(np.zeros(0, np.int32))
    assert stream.buffer.glo == name
    stream.release()


MOVING = ("sunglasses", "glam", "neon", "alien", "vintage", "crown", "dog", "background")
"""Packs with every kind of draw among them."""


def test_no_buffer_is_written_that_the_card_may_still_be_reading(make_renderer, monkeypatch):
    """Given up first, every time but the first."""
    written, orphaned, offences = set(), [], []
    write, orphan = moderngl.Buffer.write, moderngl.Buffer.orphan

    def noted_write(self, *arguments, **more):
        if id(self) in written:
            offences.append(self)
        written.add(id(self))
        alive.append(self)
        return write(self, *arguments, **more)

    def noted_orphan(self, *arguments, **more):
        written.discard(id(self))
        orphaned.append(self)
        return orphan(self, *arguments, **more)

    alive: list[moderngl.Buffer] = []  # so that no id is given twice
    monkeypatch.setattr(moderngl.Buffer, "write", noted_write)
    monkeypatch.setattr(moderngl.Buffer, "orphan", noted_orphan)
    wear_all(make_renderer((640, 480)))
    assert len({id(b) for b in orphaned}) >= 10
    assert offences == []


def test_no_frame_sorts_indices(make_renderer, monkeypatch):
    """Which vertices some triangles have is known from when they came."""
    renderer = make_renderer((640, 480))
    lists = wear_all(renderer)
    monkeypatch.setattr(np, "unique", lambda *_, **__: pytest.fail("np.unique in a frame"))
    for image, draws in lists:
        renderer.draw(image, draws)


def wear_all(renderer) -> list:
    """Draw some frames of every kind of draw; gives what was drawn."""
    from dataclasses import replace

    from ar_effects.app.window.rehearsal import DOING, posed_frame

    drawn = []
    ramp = np.tile(np.linspace(-1.0, 2.0, 640, dtype=np.float32).clip(0.0, 1.0), (480, 1))
    for name in MOVING:
        pack = Library().load(name)
        effect = Effect(pack)
        for i in range(3):
            tracked = posed_frame(i * 0.1, DOING[i])
            if "segmentation" in pack.needs:
                tracked = replace(tracked, segmentation=ramp)
            draws = effect.draw_list(tracked)
            drawn.append((tracked.frame.image, draws))
            renderer.draw(*drawn[-1])
            # two of a kind in one frame: the second write comes before the card has drawn the first
            renderer.draw(drawn[-1][0], replace(draws, draws=(*draws.draws, Group(draws.draws, 0.5))))
    return drawn
