"""Covered places: the means of their cells are taken into a small picture, which is laid over the place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.drawlist.cover import CoverDraw
from ar_effects.render.passes.base import Pass
from ar_effects.render.screen_rectangle import Rectangle
from ar_effects.render.targets import small_map

if TYPE_CHECKING:
    from ar_effects.drawlist.cover import Place
    from ar_effects.render.render_context import RenderContext

CELLS_UNIT = 1
MAX_CELLS = 512
"""Most cells a side."""

MAX_SAMPLES = 24
FINE = 8
"""Pixels a cell that cells run into each other with; between those, mixing two neighbours does."""

SOFT_EDGE = 0.12
"""Of a blurred or coloured place: outside of what must be covered."""


class CoverPass(Pass[CoverDraw]):
    """Takes the means of cells into small textures of its own, and lays these over the places."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._targets: dict[tuple[int, bool], tuple[Any, Any]] = {}

    def draw(self, draw: CoverDraw) -> None:
        """Places that cannot be seen are left out."""
        for place in draw.places:
            rectangle = place_rectangle(place, self.context.size, draw.style, draw.cells)
            if rectangle is not None:
                self._cover(draw, place, rectangle)

    def _cover(self, draw: CoverDraw, place: Place, rectangle: Rectangle) -> None:
        defines = {draw.style.upper()} | ({"BOX"} if place.box else set())
        context = self.context
        program: Any = context.programs.get("picture.vert.glsl", "cover.frag.glsl", frozenset(defines))
        side, across, down = cell_grid(place, draw.style, draw.cells)
        grid = (*place.centre, math.cos(place.roll_rad), math.sin(place.roll_rad))
        samples = float(min(max(math.ceil(side / 2.0), 1), MAX_SAMPLES))
        cell, texture_side = (side, samples, float(across), float(down)), 1
        if draw.style != "colour":
            texture_side = self._means(grid, cell)
        if draw.style == "blur":
            texture_side = self._smooth(across, down, texture_side)
        values = {
            "grid": grid,
            "cell": cell,
            "outline": (*place.half_size, SOFT_EDGE, float(texture_side)),
            "colour": draw.colour,
            "cells": CELLS_UNIT,
            "fine": float(FINE),
        }
        for name, value in values.items():
            if name in program:
                program[name].value = value
        if draw.style != "pixelate":  # whole cells cover all that is under them
            context.ctx.enable(moderngl.BLEND)
            context.ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        context.fill(program, rectangle)
        context.ctx.disable(moderngl.BLEND)

    def _means(self, grid: tuple[float, ...], cell: tuple[float, float, float, float]) -> int:
        """Fill the small picture; gives the side of its texture, whose top left it takes."""
        across, down = int(cell[2]), int(cell[3])
        texture, fbo = self._target(max(across, down))
        program: Any = self.context.programs.get("picture.vert.glsl", "cells.frag.glsl")
        program["picture"].value = 0
        program["size"].value = tuple(map(float, self.context.size))
        program["grid"].value = grid
        program["cell"].value = cell
        self.context.targets.current.texture.use(0)
        self._render(program, fbo, across, down)
        texture.use(CELLS_UNIT)
        return int(texture.width)

    def _smooth(self, across: int, down: int, cells_side: int) -> int:
        """From the cells that are bound to those run into each other; they are bound in the same way."""
        texture, fbo = self._target(max(across, down) * FINE, apart=True)
        program: Any = self.context.programs.get(
            "picture.vert.glsl", "smooth.frag.glsl", frozenset({f"FINE {FINE}"})
        )
        program["cells"].value = CELLS_UNIT
        program["count"].value = (float(across), float(down), float(cells_side))
        self._render(program, fbo, across * FINE, down * FINE)
        texture.use(CELLS_UNIT)
        return int(texture.width)

    def _target(self, side: int, *, apart: bool = False) -> tuple[Any, Any]:
        """A texture of at least this side, and the framebuffer on it; ``apart`` from the others."""
        texture_side = 16
        while texture_side < side:
            texture_side *= 2
        if (texture_side, apart) not in self._targets:
            texture, fbo = map(self.own, small_map(self.context.ctx, texture_side))
            texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._targets[texture_side, apart] = texture, fbo
        return self._targets[texture_side, apart]

    def _render(self, program: Any, fbo: Any, width: int, height: int) -> None:
        """Run a program on the top left of a small picture."""
        fbo.viewport = (0, 0, width, height)
        self.context.full_screen.draw(program, fbo)


def cell_grid(place: Place, style: str, cells: float) -> tuple[float, int, int]:
    """(side of a cell in pixels, cells across, cells down) of the grid that holds all of the place."""
    side = max(2.0 * (place.inner or place.half_size[0]) / max(cells, 1.0), 1.0)
    side = max(side, 2.0 * max(place.half_size) * (1.0 + SOFT_EDGE) / (MAX_CELLS - 2))
    reach = 1.0 if style == "pixelate" else 1.0 + SOFT_EDGE
    across, down = (max(math.ceil(2.0 * half_size * reach / side - 1e-6), 1) for half_size in place.half_size)
    return side, across, down


def place_rectangle(place: Place, size: tuple[int, int], style: str, cells: float) -> Rectangle | None:
    """The pixels a covered place can touch; None where none of the picture's are."""
    if (
        not all(map(math.isfinite, (*place.centre, *place.half_size, place.roll_rad)))
        or min(place.half_size) <= 0.0
    ):
        return None
    side, across, down = cell_grid(place, style, cells)
    half_x, half_y = across * side / 2, down * side / 2
    if style != "pixelate":
        half_x, half_y = (half_size * (1.0 + SOFT_EDGE) for half_size in place.half_size)
    c, s = abs(math.cos(place.roll_rad)), abs(math.sin(place.roll_rad))
    reach = (c * half_x + s * half_y, s * half_x + c * half_y)
    left, top = (max(math.floor(m - r), 0) for m, r in zip(place.centre, reach, strict=True))
    right, bottom = (
        min(math.ceil(m + r) + 1, limit) for m, r, limit in zip(place.centre, reach, size, strict=True)
    )
    return Rectangle(left, top, right - left, bottom - top) if left < right and top < bottom else None
