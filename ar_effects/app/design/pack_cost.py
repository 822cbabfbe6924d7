"""What a pack costs: milliseconds of each layer, triangles, texture memory, against the published limits."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import cv2

from ar_effects.effects.effect import Effect
from ar_effects.inference.provider import choose_provider
from ar_effects.packs.limits import (
    PACK_BYTES,
    TEXTURE_SIDE,
    TRIANGLES,
    pack_bytes,
    texture_bytes,
    triangles,
)
from ar_effects.packs.pack import Pack
from ar_effects.records import Expression, Frame, TrackedFrame
from ar_effects.render.context import describe, open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sources.open import open_source
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker

CARD = "card.toml"
WARM_UP, FRAMES = 8, 40
MB = 1 << 20

DOING = Expression(mouth_open=1.0, smile=1.0, pucker=0.0, brow_raise=0.5)
"""What the measured face does: layers that wait for an open mouth must not look free."""


@dataclass(frozen=True, slots=True)
class PackCost:
    """Figures of one pack on this machine.

    Attributes:
        layers: (name, milliseconds of computing, milliseconds of drawing), medians.
        whole_ms: of the whole pack, computed and drawn.
        size: of the picture.
        renderer: who draws.
        triangles, texture_bytes, pack_bytes: of the pack's files.
    """

    layers: tuple[tuple[str, float, float], ...]
    whole_ms: float
    size: tuple[int, int]
    renderer: str
    triangles: int
    texture_bytes: int
    pack_bytes: int

    @property
    def within_limits(self) -> bool:
        """Whether size and triangles keep the published limits."""
        return self.triangles <= TRIANGLES and self.pack_bytes <= PACK_BYTES

    def table(self) -> str:
        """For people."""
        width = max(len(name) for name, _, _ in self.layers)
        lines = [f"{'layer':{width}}  compute ms  draw ms"]
        lines += [f"{name:{width}}  {compute:10.2f}  {draw:7.2f}" for name, compute, draw in self.layers]
        lines.append("{:{}}  {:10}  {:7.2f}".format("whole pack", width, "", self.whole_ms))
        lines.append("{}x{} on {}".format(*self.size, self.renderer))
        for name, value, limit in (
            ("triangles", f"{self.triangles}", f"{TRIANGLES}"),
            ("files", f"{self.pack_bytes / MB:.2f} MB", f"{PACK_BYTES / MB:.0f} MB"),
            ("textures", f"{self.texture_bytes / MB:.1f} MB on the card", f"{TEXTURE_SIDE} pixels a side"),
        ):
            lines.append(f"{name}: {value} (limit {limit})")
        return "\n".join(lines)

    def card(self) -> str:
        """The same as TOML, to lie beside the manifest."""
        rows = "\n".join(
            f'[[layers]]\nname = "{name}"\ncompute_ms = {compute:.2f}\ndraw_ms = {draw:.2f}\n'
            for name, compute, draw in self.layers
        )
        head = (
            "# Measured by `packs cost`; milliseconds are of the machine named here.\n"
            f'renderer = "{self.renderer}"\nmachine = "{platform.machine()}"\n'
            f"size = [{self.size[0]}, {self.size[1]}]\nwhole_ms = {self.whole_ms:.2f}\n"
            f"triangles = {self.triangles}\npack_bytes = {self.pack_bytes}\n"
            f"texture_bytes = {self.texture_bytes}\n"
        )
        return f"{head}\n{rows}"


def measure(pack: Pack, size: tuple[int, int] = (1280, 720)) -> PackCost:
    """Draw the demo clip with each layer alone, and with all, on a context without a screen.

    Raises:
        RenderError: OpenGL is missing.
    """
    with FrameAnnotator(AnalyserSetup(choose_provider("cpu"))) as annotator:
        frames = [annotator.annotate(t, pack.needs) for t in tracked_demo(size, WARM_UP + FRAMES)]
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, size)
        try:
            bare = _milliseconds(renderer, None, frames)[1]
            layers = []
            for k, table in enumerate(pack.manifest.layers):
                alone = pack.only(k)
                compute, draw = _milliseconds(renderer, alone, frames)
                name = f"{k} {table.kind}" + (f" {table.id}" if table.id else "")
                layers.append((name, compute, max(draw - bare, 0.0)))
            whole = sum(_milliseconds(renderer, pack.shown(), frames)) - bare
        finally:
            renderer.release()
        drawn_by = describe(headless.ctx)["renderer"]
    return PackCost(
        tuple(layers), whole, size, drawn_by, triangles(pack), texture_bytes(pack), pack_bytes(pack.folder)
    )


def tracked_demo(size: tuple[int, int], count: int) -> Iterator[TrackedFrame]:
    """Frames of the demo clip at a size, tracked; its face does ``DOING``."""
    with open_source("demo", loop=True) as source:
        tracker = FaceTracker(1, "video", "cpu", source.info.camera)
        for frame in islice(source.frames(), count):
            image = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
            resized = Frame(image, frame.index / 30.0, frame.index)
            faces = tuple(replace(f, expression=DOING) for f in tracker.track(image, resized.time_s))
            yield TrackedFrame(resized, faces, tracker.camera_for(*size))


def _milliseconds(renderer: Renderer, pack: Pack | None, frames: list[TrackedFrame]) -> tuple[float, float]:
    """Medians of computing the draw list and of drawing it, upload of the frame included."""
    effect = Effect(pack)
    computed, drawn = [], []
    for tracked in frames:
        start = time.perf_counter()
        draws = effect.draw_list(tracked)
        between = time.perf_counter()
        renderer.draw(tracked.frame.image, draws)
        renderer.finish()
        computed.append((between - start) * 1e3)
        drawn.append((time.perf_counter() - between) * 1e3)
    return statistics.median(computed[WARM_UP:]), statistics.median(drawn[WARM_UP:])
