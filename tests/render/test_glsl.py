"""A pack's own fragment shaders."""

from __future__ import annotations

import itertools

import numpy as np

from ar_effects.drawlist import DrawList
from ar_effects.drawlist.glsl import GlslDraw, GlslSource
from ar_effects.drawlist.post import PostDraw, ToneStep
from ar_effects.geometry.camera import Camera
from ar_effects.render.render_context import ShaderLimit
from tests.render.scenes import byte, drawn, linear, noise

SIZE = (64, 40)
CAMERA = Camera.assumed(*SIZE)


def run(renderer, image, text, values=(), uniforms=(), time_s=0.0, more=()):
    source = text if isinstance(text, GlslSource) else GlslSource("own.glsl", text, tuple(uniforms))
    draws = (GlslDraw(source, tuple(values)), *more)
    return drawn(renderer, image, DrawList(CAMERA, draws, time_s=time_s))


def test_a_shader_gets_picture_place_size_time_and_uniforms(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    same = run(renderer, image, "void main() { result = texture(picture, place); }")
    assert np.abs(same.astype(int) - image).max() <= 1
    text = """void main() {
        vec3 c = vec3(place.x, size.y / 80.0, time_s) * strength;
        result = vec4(on ? c * tint.rgb : vec3(way, 0.0), 1.0);
    }"""
    uniforms = [("strength", "float"), ("tint", "vec4"), ("on", "bool"), ("way", "vec2")]
    values = [("strength", 0.5), ("tint", (0.5, 1.0, 1.0, 1.0)), ("on", True), ("way", (0.1, 0.2))]
    picture = run(renderer, image, text, values, uniforms, time_s=0.25)
    x = (np.arange(SIZE[0]) + 0.5) / SIZE[0]
    assert np.abs(picture[20, :, 2] - byte(x * 0.25)).max() <= 1
    assert np.abs(picture[..., 1] - byte(0.25)).max() <= 1
    assert np.abs(picture[..., 0] - byte(0.125)).max() <= 1
    values[2] = ("on", False)
    assert abs(int(run(renderer, image, text, values, uniforms)[3, 3, 1]) - byte(0.2)) <= 1


def test_row_0_of_place_is_the_top(make_renderer):
    picture = run(make_renderer(SIZE), noise(SIZE), "void main() { result = vec4(step(0.5, place.y)); }")
    assert (picture[:20] == 0).all()
    assert (picture[20:] == 255).all()


def test_the_encoding_is_at_hand(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    text = """void main() {
        vec3 c = srgb_from_linear(texture(picture, place).rgb);
        result = vec4(linear_from_srgb(1.0 - c), 1.0);
    }"""
    assert np.abs(run(renderer, image, text).astype(int) - (255 - image)).max() <= 1
    assert float(linear(128)) < 0.25


def test_one_that_does_not_compile_is_told_once_and_the_rest_goes_on(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    broken = GlslSource(
        "pack/own.glsl", "// one\n// two\nvoid main() {\n    result = oops;\n}", (("a", "float"),)
    )
    grey = PostDraw((ToneStep(monochrome=1.0),))
    for k in range(3):
        picture = run(renderer, image, broken, [("a", 1.0)], more=(grey,))
        assert (picture[..., 0] == picture[..., 2]).all(), "the other layers are drawn"
        said = renderer.take_warnings()
        if k:
            assert said == []
        else:
            (sentence,) = said
            assert "pack/own.glsl, line 4" in sentence
            assert "oops" in sentence
            assert "Correct the shader" in sentence
    assert (run(renderer, image, broken, [("a", 1.0)]) == image).all()


def slow_after(renderer, seconds):
    """Give the renderer a limit of a quarter second, and a clock on which each timed shader takes so long."""
    now = [0.0]

    def clock():
        now[0] += next(seconds) / 2  # it is asked before and after
        return now[0]

    renderer._context.shader_limit = ShaderLimit(0.25, clock)
    return now


GREEN = GlslSource("pack/slow.glsl", "void main() { result = vec4(0.0, 1.0, 0.0, 1.0); }", ())


def test_one_that_takes_too_long_time_and_again_is_told_once_and_left_out(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    slow_after(renderer, itertools.repeat(0.6))
    drawn_green = [bool((run(renderer, image, GREEN)[..., 1] == 255).all()) for _ in range(6)]
    assert drawn_green == [True] * 4 + [False] * 2, "the first frame compiles it and does not count"
    (sentence,) = renderer.take_warnings()
    assert sentence == "The shader pack/slow.glsl takes 300 ms a frame on this computer: it is left out"
    assert (run(renderer, image, GREEN) == image).all()


def test_one_that_is_slow_for_a_moment_stays_and_one_without_a_limit_is_not_waited_for(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    asked = slow_after(renderer, itertools.cycle([0.6, 0.6, 0.6, 0.6, 0.1, 0.1]))
    for _ in range(200):
        assert (run(renderer, image, GREEN)[..., 1] == 255).all()
    assert renderer.take_warnings() == []
    before = asked[0]
    renderer._context.shader_limit = None
    run(renderer, image, GREEN)
    assert asked[0] == before


def test_two_shaders_and_one_that_is_gone(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    for value in ("0.25", "0.5"):
        picture = run(renderer, image, f"void main() {{ result = vec4({value}); }}")
        assert np.abs(picture - byte(float(value))).max() <= 1
    for _ in range(700):  # long enough for both to be freed
        renderer.draw(image)
    picture = run(renderer, image, "void main() { result = vec4(0.75); }")
    assert np.abs(picture - byte(0.75)).max() <= 1


def test_alpha_of_the_video_stays(make_renderer):
    renderer = make_renderer(SIZE)
    run(renderer, noise(SIZE), "void main() { if (place.x < 0.5) discard; result = vec4(0.0); }")
    rgba = np.empty((SIZE[1], SIZE[0], 4), np.uint8)
    renderer.read_rgba(rgba)
    assert (rgba[..., 3] == 255).all()
