"""After a rehearsal the first frame finds everything compiled and uploaded."""

from __future__ import annotations

from dataclasses import replace

import moderngl
import numpy as np
import pytest

from ar_effects.app.window.rehearsal import SIZE, posed_frame, rehearse
from ar_effects.effects.effect import Effect
from ar_effects.geometry.camera import Camera
from ar_effects.packs.library import Library
from ar_effects.packs.pack import Pack
from ar_effects.records import Expression, Frame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer

LIBRARY = Library()
OTHER_SIZE = (1280, 720)


class Counting:
    """A context that notes the shaders it is asked to compile."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx = ctx
        self.compiled: list[str] = []

    def __getattr__(self, name: str):
        return getattr(self.ctx, name)

    def program(self, **sources):
        self.compiled.append(sources.get("fragment_shader") or sources["vertex_shader"])
        return self.ctx.program(**sources)


@pytest.fixture
def counted():
    with open_headless() as headless:
        counting = Counting(headless.ctx)
        renderer = Renderer(counting, SIZE)
        yield counting, renderer
        renderer.release()


def first_frames(pack: Pack | None):
    """Frames of another size than the rehearsal's, with a face that does something."""
    for i in range(3):
        tracked = posed_frame(5.0 + i / 30, Expression())
        scale = OTHER_SIZE[0] / SIZE[0]
        face = tracked.faces[0]
        eyes = replace(face.eyes, left=face.eyes.left * scale, right=face.eyes.right * scale)
        doing = Expression(mouth_open=1.0, smile=0.5, events=("blink",) if i == 1 else ())
        face = replace(face, landmarks=face.landmarks * np.float32(scale), eyes=eyes, expression=doing)
        picture = np.full((OTHER_SIZE[1], OTHER_SIZE[0], 3), 90, np.uint8)
        needs = pack.needs if pack else frozenset()
        yield replace(
            tracked,
            frame=Frame(picture, tracked.frame.time_s),
            faces=(face,),
            camera=Camera.assumed(*OTHER_SIZE),
            segmentation=np.full((48, 64), 0.7, np.float32) if "segmentation" in needs else None,
        )


def draw(renderer: Renderer, pack: Pack | None) -> None:
    renderer.resize(OTHER_SIZE)
    effect = Effect(pack)
    for tracked in first_frames(pack):
        renderer.draw(tracked.frame.image, effect.draw_list(tracked))


@pytest.mark.parametrize("name", LIBRARY.names())
def test_nothing_is_compiled_for_the_first_frames(counted, name):
    context, renderer = counted
    pack = LIBRARY.load(name)
    rehearse(renderer, pack)
    context.compiled.clear()
    draw(renderer, pack)
    assert context.compiled == []


def test_without_a_rehearsal_they_would_be(counted):
    context, renderer = counted
    context.compiled.clear()
    draw(renderer, LIBRARY.load("sunglasses"))
    assert len(context.compiled) > 4


def test_models_and_textures_are_uploaded(counted, monkeypatch):
    from ar_effects.render import textures
    from ar_effects.render.scene import meshes

    _, renderer = counted
    pack = LIBRARY.load("sunglasses")
    rehearse(renderer, pack)
    uploaded = []
    monkeypatch.setattr(textures, "upload_texture", lambda *_, **__: uploaded.append("texture"))
    real = meshes.GpuPrimitive.__init__
    monkeypatch.setattr(
        meshes.GpuPrimitive,
        "__init__",
        lambda self, *a, **k: (uploaded.append("primitive"), real(self, *a, **k))[1],
    )
    draw(renderer, pack)
    assert uploaded == []


def test_the_worn_effects_own_clock_and_triggers_have_not_begun(counted):
    pack = LIBRARY.load("sunglasses")
    worn = Effect(pack)
    before = worn._clock_s
    rehearse(counted[1], pack)
    assert worn._clock_s == before


def test_no_effect_needs_no_more_than_the_picture(counted):
    context, renderer = counted
    rehearse(renderer, None)
    context.compiled.clear()
    draw(renderer, None)
    assert context.compiled == []
