"""Passes from outside: registered, prepared once, handed a context, freed; and what that promises them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from ar_effects.drawlist import DrawList, Group, PictureDraw, Scene
from ar_effects.drawlist.post import PostDraw, ToneStep
from ar_effects.errors import InputError, RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.render.passes import PASSES, Pass, register_pass
from ar_effects.render.passes.scene import ScenePass
from ar_effects.render.render_context import Component
from ar_effects.render.screen_rectangle import Rectangle
from tests.render.scenes import drawn, noise, plain
from tests.render.test_resources import living_objects

SIZE = (64, 48)
CAMERA = Camera.assumed(*SIZE)
BOX = Rectangle(8, 4, 20, 10)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Inverted(PictureDraw):
    """A rectangle of the picture in its negative colours."""

    area: Rectangle


class InvertedPass(Pass[Inverted]):
    """Reads a snapshot of the rectangle, and nothing else of the picture."""

    prepared = 0

    def prepare(self) -> None:
        type(self).prepared += 1
        self.texture = self.own(self.context.ctx.texture((4, 4), 4))
        program = self.context.programs.user_shader(
            "picture.vert.glsl",
            "user_shader.glsl",
            "void main() { result = vec4(linear_from_srgb(1.0 - srgb_from_linear("
            "texture(picture, place).rgb)), 1.0); }",
            "inverted",
        )
        self._program = self.own(program)

    def draw(self, draw: Inverted) -> None:
        with self.context.snapshot(draw.area) as under:
            self.context.fill(self._program, draw.area, under=under)

    def area(self, draw: Inverted) -> Rectangle | None:
        return draw.area


@pytest.fixture
def inverted():
    before = dict(PASSES)
    InvertedPass.prepared = 0
    register_pass(Inverted, InvertedPass)
    yield Inverted(BOX)
    PASSES.clear()
    PASSES.update(before)


def box_of(picture: np.ndarray) -> np.ndarray:
    return picture[BOX.y : BOX.y + BOX.height, BOX.x : BOX.x + BOX.width]


def test_a_pass_from_outside_is_drawn_alone_and_in_groups(make_renderer, inverted):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    alone = drawn(renderer, image, DrawList(CAMERA, (inverted,)))
    expected = image.copy()
    box_of(expected)[:] = 255 - box_of(image)
    assert np.abs(alone.astype(int) - expected).max() <= 1
    grouped = drawn(renderer, image, DrawList(CAMERA, (Group((inverted,), 1.0),)))
    assert np.abs(grouped.astype(int) - expected).max() <= 1
    outside = np.ones(image.shape[:2], bool)
    box_of(outside)[:] = False
    assert (grouped[outside] == image[outside]).all()
    assert InvertedPass.prepared == 1, "one for all of its draws"


def test_what_a_pass_owns_goes_with_the_renderer(headless, inverted):
    from ar_effects.render.environment import Environment
    from ar_effects.render.renderer import Renderer

    headless.make_current()
    before = living_objects()
    renderer = Renderer(headless.ctx, SIZE, Environment.uniform())
    renderer.draw(noise(SIZE), DrawList(CAMERA, (inverted,)))
    renderer.release()
    assert living_objects() == before


def test_a_kind_of_draw_has_one_pass(inverted):
    with pytest.raises(InputError, match=r"type Inverted have a pass.*InvertedPass draws it"):
        register_pass(Inverted, InvertedPass)
    with pytest.raises(InputError, match="ScenePass draws it"):
        register_pass(Scene, InvertedPass)
    assert PASSES[Scene] is ScenePass


def test_a_draw_that_nobody_draws_is_named(make_renderer):
    class Unknown(PictureDraw):
        pass

    with pytest.raises(RenderError, match=r"draws a Unknown.*Scene.*register_pass"):
        make_renderer(SIZE).draw(noise(SIZE), DrawList(CAMERA, (Unknown(),)))


def test_a_pass_that_cannot_be_prepared_leaves_nothing(make_renderer, inverted, monkeypatch):
    def refuse(self):
        self.own(self.context.ctx.texture((4, 4), 4))
        self.own(self.context.cache(lambda _: self.context.ctx.texture((4, 4), 4))).get(inverted)
        raise RenderError("no")

    renderer, image = make_renderer(SIZE), noise(SIZE)
    renderer.draw(image)
    before, caches = living_objects(), len(renderer._context._caches)
    with monkeypatch.context() as patched:
        patched.setattr(InvertedPass, "prepare", refuse)
        with pytest.raises(RenderError, match="no"):
            renderer.draw(image, DrawList(CAMERA, (inverted,)))
    assert living_objects() == before
    assert len(renderer._context._caches) == caches
    assert (box_of(drawn(renderer, image, DrawList(CAMERA, (inverted,)))) != box_of(image)).any()


def test_a_snapshot_is_given_back_whatever_happens(make_renderer):
    renderer, image = make_renderer(SIZE), plain(SIZE, (10, 20, 30))
    renderer.draw(image, DrawList(CAMERA, (PostDraw((ToneStep(sepia=1.0),)),)))
    context = renderer._context
    spare = list(context.targets._spare)

    def fail() -> None:
        with context.snapshot(BOX) as texture:
            assert texture.size == SIZE
            assert len(context.targets._spare) == len(spare) - 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert set(context.targets._spare) == set(spare)


def test_a_component_is_made_once_for_all_and_told_of_frames(make_renderer):
    class Counter(Component):
        frames = 0

        def next_frame(self) -> None:
            self.frames += 1

    renderer, image = make_renderer(SIZE), noise(SIZE)
    counter = renderer._context.shared(Counter)
    assert renderer._context.shared(Counter) is counter
    for _ in range(3):
        renderer.draw(image)
    with pytest.raises(RenderError):
        renderer.draw(image, DrawList(CAMERA, (type("Unknown", (PictureDraw,), {})(),)))
    assert counter.frames == 4, "a frame that failed is finished, too"
