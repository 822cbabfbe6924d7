"""One headless OpenGL context for all renderer tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ar_effects.render.context import HeadlessContext, open_headless
from ar_effects.render.environment import Environment
from ar_effects.render.renderer import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def headless() -> Iterator[HeadlessContext]:
    with open_headless() as context:
        yield context


@pytest.fixture
def make_renderer(headless: HeadlessContext) -> Iterator[Callable[..., Renderer]]:
    """Renderers in the dark (no light but a surface's own) unless told otherwise; freed afterwards."""
    headless.make_current()
    made: list[Renderer] = []

    def make(size: tuple[int, int], environment: Environment | None = None) -> Renderer:
        made.append(Renderer(headless.ctx, size, environment or Environment.uniform((0.0, 0.0, 0.0))))
        return made[-1]

    yield make
    assert headless.ctx.error == "GL_NO_ERROR"
    for renderer in made:
        renderer.release()
