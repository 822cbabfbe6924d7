"""What particles and sprites cost: a step of the swarm, and drawing it, at 1280x720.

Swarms fill the picture, so every particle is drawn. "step" moves them and lets as many be born as die;
"sort" puts the far ones first; "draw" sends and draws them, over the bare picture.

Examples:
    python -m benchmarks.particles
    python -m benchmarks.particles --counts 10000 --frames 100
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from ar_effects.drawlist import DrawList, ParticlesDraw, ParticleShape, Scene, SpriteDraw
from ar_effects.effects.motion.emitters import Aim, InView
from ar_effects.effects.motion.swarm import Motion, Swarm
from ar_effects.geometry.camera import Camera
from ar_effects.render.context import describe, open_headless
from ar_effects.render.renderer import Renderer
from benchmarks.common import parser, table, write_results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZE = (1280, 720)
CAMERA = Camera.assumed(*SIZE)
STEP_S = 1.0 / 30.0
LIFE_S = 4.0


def swarm_of(count: int, size_mm: float) -> tuple[Swarm, Callable[[], None]]:
    """A swarm that is full, and a function that makes a step."""
    motion = Motion(
        (LIFE_S, LIFE_S), (10.0, 40.0), (size_mm, size_mm), (-2, 2), (0, 4), (0, -20, 0), drag_per_s=0.5,
        turbulence_mm_s2=60.0,
    )  # fmt: skip
    place = InView(Aim(np.array([0.0, -1.0, 0.0]), 1.0), "everywhere", (400.0, 900.0), size_mm)
    place.camera = CAMERA
    swarm, rate = Swarm(motion, 10_000), count / LIFE_S * 0.999
    for _ in range(round(LIFE_S / STEP_S) + 5):
        swarm.step(STEP_S, rate, place)
    return swarm, lambda: swarm.step(STEP_S, rate, place)


def milliseconds(what: Callable[[], Any], frames: int) -> float:
    """Median of many calls."""
    times = []
    for _ in range(frames):
        begin = perf_counter()
        what()
        times.append(perf_counter() - begin)
    return float(np.median(times)) * 1e3


def particle_rows(renderer: Renderer, counts: Sequence[int], frames: int) -> list[dict[str, Any]]:
    """Every shape, small and middling."""
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    rows = []
    for count in counts:
        for size_mm in (5.0, 15.0):
            swarm, step = swarm_of(count, size_mm)
            step_ms = milliseconds(step, frames)
            sort_ms = milliseconds(lambda s=swarm: s.drawn(None, back_to_front=True), frames)  # type: ignore[misc]
            particles = swarm.drawn(None, back_to_front=True).copy()
            bounds = np.stack([particles[:, :3].min(axis=0), particles[:, :3].max(axis=0)]).astype(float)
            for shape in get_args(ParticleShape):
                draws = DrawList(CAMERA, (Scene(particles=(ParticlesDraw(particles, bounds, shape),)),))
                row = {"particles": len(particles), "mm": size_mm, "shape": shape}
                row |= {
                    "step ms": step_ms,
                    "sort ms": sort_ms,
                    "draw ms": drawn(renderer, image, draws, frames),
                }
                rows.append(row)
    return rows


def sprite_rows(renderer: Renderer, frames: int) -> list[dict[str, Any]]:
    """As large as a face, and all over the picture; still and moving."""
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    pixels = np.random.default_rng(0).integers(0, 256, (512, 512, 4), np.uint8)
    rows = []
    for name, width_px, height_px in (("face", 240, 240), ("frame", *SIZE)):
        matrix = np.diag([width_px * 500.0 / CAMERA.fx, height_px * 500.0 / CAMERA.fy, 1.0, 1.0])
        matrix[2, 3] = -500.0
        for moving in (False, True):
            version = iter(range(10**9))

            def show(matrix: Any = matrix, moving: bool = moving, version: Any = version) -> None:
                stream = pixels if moving else None
                sprite = SpriteDraw(pixels, matrix, stream=stream, version=next(version))
                renderer.draw(image, DrawList(CAMERA, (Scene(sprites=(sprite,)),)))
                renderer.finish()

            show()
            rows.append({"sprite": name, "moving": moving, "draw ms": milliseconds(show, frames)})
    return rows


def drawn(renderer: Renderer, image: Any, draws: DrawList, frames: int) -> float:
    """Milliseconds to draw, less those of the bare picture."""

    def draw(what: DrawList | None) -> None:
        renderer.draw(image, what)
        renderer.finish()

    draw(draws)
    return milliseconds(lambda: draw(draws), frames) - milliseconds(lambda: draw(None), frames)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables, write ``results/particles.json``."""
    options = parser("particles", __doc__)
    options.add_argument("--counts", type=int, nargs="+", default=[1000, 10_000])
    options.add_argument("--frames", type=int, default=40)
    given = options.parse_args(arguments)
    with open_headless() as context:
        renderer = Renderer(context.ctx, SIZE)
        particles = particle_rows(renderer, given.counts, given.frames)
        sprites = sprite_rows(renderer, given.frames)
        renderer.release()
    driver = describe()
    title = f"{driver['renderer']}, {driver['version']}; {SIZE[0]}x{SIZE[1]}; medians"
    print(table(title, list(particles[0]), [list(row.values()) for row in particles]))
    print(table("\nsprites", list(sprites[0]), [list(row.values()) for row in sprites]))
    counts = " ".join(map(str, given.counts))
    command = f"python -m benchmarks.particles --counts {counts} --frames {given.frames}"
    write_results("particles", command, {"driver": driver, "particles": particles, "sprites": sprites})
    return 0


if __name__ == "__main__":
    sys.exit(main())
