"""Does any pack, however broken, crash the loader, hang it, or fill the memory?

Manifests, pictures, models, colour tables, shaders and bundles are changed at random, each case from a seed
of its own; one kind has pictures that many layers share. What loads is worn for some frames, and a few of
those are drawn. Only errors in words may come out; `packs check` must agree with the loader on what is
right; no case may take two seconds or, at its peak, more than 300 MB over what the program takes anyway.
Returns 2 when a bar is missed; `--case KIND:SEED` repeats one.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ar_effects.app.design.mannequins import PEOPLE, posed
from ar_effects.drawlist import DrawList
from ar_effects.effects.effect import Effect
from ar_effects.errors import ArEffectsError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.bundle import make_bundle
from ar_effects.packs.check import find_problems
from ar_effects.packs.installing import install_bundle
from ar_effects.packs.pack import load_pack
from ar_effects.packs.signing import new_key
from ar_effects.records import Expression, Frame, TrackedFrame
from benchmarks.common import parser, table, write_results
from benchmarks.fuzz_mutations import KINDS, Kind, make_base

SLOWEST_S, MEMORY_MB = 2.0, 300.0
TRIES = 3
SIZE = (160, 120)
FRAMES = 3
DRAW_EVERY = 8
"""One of so many cases is drawn, too, where it loads."""

NEW_CONTEXT_EVERY = 25
"""Drawn packs that one renderer serves: it keeps programs for 600 frames, and a pack has one frame here."""


@dataclass(slots=True)
class Tally:
    """What became of the cases of a kind."""

    cases: int = 0
    refused: int = 0
    drawn: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    largest_mb: float = 0.0
    """The most memory at any moment of a case, over the base; 0 where the system does not tell."""
    largest: str = ""
    failures: list[str] = field(default_factory=list)


class Fuzz:
    """Runs cases in a folder of its own."""

    def __init__(self, folder: Path, *, draws: bool = True) -> None:
        self.base = make_base(folder / "base")
        self.files = {p.name: p.read_bytes() for p in self.base.iterdir()}
        self.packs = folder / "packs"
        self.bundle = make_bundle(self.base, folder / "whole", new_key()).read_bytes()
        self.tallies = {name: Tally() for name in KINDS}
        self.problem: str = ""
        camera = Camera.assumed(*SIZE)
        doing = Expression(mouth_open=0.7, smile=0.6, events=("blink", "nod"))
        faces = tuple(PEOPLE[0].face(posed(yaw, 5.0, 420.0), camera, doing) for yaw in (0.0, 30.0, -30.0))
        image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
        self.frames = [TrackedFrame(Frame(image, i / 10.0), (f,), camera) for i, f in enumerate(faces)]
        self._draws = draws
        self._renderer: Any = None
        self._context: Any = None
        self._draws_done = 0
        self._base_mb = 0.0
        self._another: DrawList | None = None

    def warm_up(self) -> None:
        """What is loaded once and kept, is loaded: the pack as it should be is worn and drawn."""
        effect = Effect(load_pack(self.base))
        for tracked in self.frames:
            draws = effect.draw_list(tracked)
            if self._draws:
                self._draw(tracked, draws)
        self._another = draws
        assert not [p for p in find_problems(self.base) if p.serious]
        for name in KINDS:
            self.run(name, 0)
        self.tallies = {name: Tally() for name in KINDS}
        gc.collect()
        give_back_free()
        self._base_mb = memory_mb()

    def run(self, name: str, seed: int) -> None:
        """One case; what it should not have done is kept in its tally."""
        kind, tally = KINDS[name], self.tallies[name]
        give_back_free()
        base_mb = min(self._base_mb, memory_mb())  # what is given back meanwhile must not hide a peak
        forget_peak()
        took, peak_mb = float("inf"), 0.0
        for _ in range(TRIES):  # other programs disturb the clock: a case that is slow is slow each time
            start = time.perf_counter()
            try:
                refused, drawn = self._case(kind, seed)
            except Exception:
                tally.failures.append(f"{name}:{seed}\n{traceback.format_exc()}")
                refused, drawn = True, False
            took = min(took, time.perf_counter() - start)
            peak_mb = peak_mb or memory_mb("VmHWM")
            if drawn:
                self._take_off()
            if took <= SLOWEST_S:
                break
        tally.cases += 1
        tally.refused += refused
        tally.drawn += drawn
        if took > tally.slowest_s:
            tally.slowest_s, tally.slowest = took, f"{name}:{seed}"
        grown = peak_mb - base_mb
        if grown > tally.largest_mb:
            tally.largest_mb, tally.largest = grown, f"{name}:{seed}"

    def close(self) -> None:
        """Free the graphics card."""
        if self._renderer is not None:
            self._renderer.release()
            self._context.__exit__(None, None, None)
            self._renderer = None

    def _case(self, kind: Kind, seed: int) -> tuple[bool, bool]:
        """Whether it was refused, and whether it was drawn."""
        rng = np.random.default_rng([seed, sum(map(ord, kind.file))])
        if kind.file == "bundle":
            return self._bundle_case(kind.change(rng, self.bundle)), False
        broken = {kind.file: kind.change(rng, self.files[kind.file])}
        if kind.beside is not None:
            broken |= kind.beside(rng)
        with self._written(broken):
            try:
                pack = load_pack(self.base)
            except ArEffectsError as error:
                _check_words(error)
                if seed % (2 if kind.checks else 4) == 0:
                    self._agrees(str(error))
                return True, False
            if kind.checks or seed % 4 == 0:
                serious = [p for p in find_problems(self.base) if p.serious]
                assert not serious, f"it loads, and packs check says {serious[0]}"
            effect = Effect(pack)
            drawn = False
            try:
                for i, tracked in enumerate(self.frames[:FRAMES]):
                    draws = effect.draw_list(tracked)
                    if self._draws and seed % DRAW_EVERY == 0 and i == FRAMES - 1:
                        self._draw(tracked, draws)
                        drawn = True
            except ArEffectsError as error:
                _check_words(error)
            return False, drawn

    def _agrees(self, said: str) -> None:
        """`packs check` finds something wrong, too, and says it in words."""
        serious = [p for p in find_problems(self.base) if p.serious]
        assert serious, f"packs check finds nothing, and loading says {said}"
        for problem in serious:
            _check_words(problem.error)

    def _bundle_case(self, data: bytes) -> bool:
        path = self.packs.with_name("some.arfx")
        path.write_bytes(data)
        try:
            pack, _ = install_bundle(path, self.packs, replace=True, trust=True, older=True, shaders=True)
        except ArEffectsError as error:
            _check_words(error)
            return True
        assert pack.folder.parent == self.packs
        return False

    def _draw(self, tracked: TrackedFrame, draws: Any) -> None:
        from ar_effects.render.context import open_headless
        from ar_effects.render.renderer import Renderer

        if self._renderer is None:
            self._context = open_headless()
            self._renderer = Renderer(self._context.__enter__().ctx, SIZE)
        self._renderer.draw(tracked.frame.image, draws)
        self._renderer.read()
        self._renderer.take_warnings()
        self._draws_done += 1
        if self._draws_done % NEW_CONTEXT_EVERY == 0:
            self.close()

    def _take_off(self) -> None:
        """Draw the whole pack after it: what is kept of one that was taken off counts for later cases."""
        if self._renderer is not None:
            for _ in range(2):
                self._renderer.draw(self.frames[0].frame.image, self._another)
            self._renderer.read()

    @contextmanager
    def _written(self, files: dict[str, bytes]) -> Iterator[None]:
        for name, data in files.items():
            (self.base / name).write_bytes(data)
        try:
            yield
        finally:
            for name in files:
                if name in self.files:
                    (self.base / name).write_bytes(self.files[name])
                else:
                    (self.base / name).unlink()


def _check_words(error: ArEffectsError) -> None:
    text = str(error)
    assert text, "an error says something"
    assert "\n" not in text, "on one line"
    assert len(text) < 4000, "which a person can read"


def memory_mb(key: str = "VmRSS") -> float:
    """Of this process, from Linux's own account; VmHWM is the most that it ever was."""
    status = Path("/proc/self/status")
    for line in status.read_text(encoding="ascii").splitlines() if status.exists() else ():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024.0
    return 0.0


def give_back_free() -> None:
    """Have the C library give free memory back to the system: what it keeps would hide what a case takes."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def forget_peak() -> None:
    """Let the highest mark, VmHWM, begin anew; nothing where the system has none."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def cases(count: int, first: int = 0) -> Iterator[tuple[str, int]]:
    """Names of kinds with seeds, by the kinds' shares."""
    whole = sum(kind.fraction for kind in KINDS.values())
    done = 0
    for i, (name, kind) in enumerate(KINDS.items()):
        some = count - done if i == len(KINDS) - 1 else round(count * kind.fraction / whole)
        done += some
        yield from ((name, seed) for seed in range(first, first + some))


def report(fuzz: Fuzz, grown_mb: float, seconds: float) -> dict[str, Any]:
    """The figures, printed and given."""
    rows = [
        (
            name,
            t.cases,
            t.refused,
            t.cases - t.refused,
            t.drawn,
            len(t.failures),
            1e3 * t.slowest_s,
            t.largest_mb,
        )
        for name, t in fuzz.tallies.items()
    ]
    total = sum(t.cases for t in fuzz.tallies.values())
    header = ("kind", "cases", "refused", "loaded", "drawn", "failures", "slowest ms", "peak MB")
    print(table(f"{total} broken packs in {seconds:.0f} s", header, rows))
    print(f"memory: {grown_mb:.0f} MB over the base (bar {MEMORY_MB:.0f})")
    kinds = {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows}
    return {"cases": total, "seconds": seconds, "memory_over_base_mb": grown_mb, "kinds": kinds}


def main() -> int:
    """Run all cases."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        fuzz = Fuzz(Path(temporary), draws=not arguments.no_drawing)
        fuzz.warm_up()
        start = time.perf_counter()
        if arguments.case:
            name, seed = arguments.case.split(":")
            fuzz.run(name, int(seed))
        else:
            for name, seed in cases(arguments.cases, arguments.seed):
                fuzz.run(name, seed)
        grown = max(t.largest_mb for t in fuzz.tallies.values())
        figures = report(fuzz, grown, time.perf_counter() - start)
        fuzz.close()
    failures = [f for t in fuzz.tallies.values() for f in t.failures]
    for failure in failures[: arguments.show]:
        print(f"\n{failure}", file=sys.stderr)
    slow = [t.slowest for t in fuzz.tallies.values() if t.slowest_s > SLOWEST_S]
    large = [t.largest for t in fuzz.tallies.values() if t.largest_mb > MEMORY_MB]
    print(f"{len(failures)} failures; over {SLOWEST_S:.0f} s: {', '.join(slow) or 'none'}")
    print(f"over {MEMORY_MB:.0f} MB: {', '.join(large) or 'none'}")
    if not arguments.case:
        print(write_results("fuzz_packs", "python -m benchmarks.fuzz_packs", figures))
    return 2 if failures or slow or grown > MEMORY_MB else 0


def _arguments() -> argparse.Namespace:
    p = parser("fuzz_packs", __doc__)
    p.add_argument("--cases", type=int, default=20_400)
    p.add_argument("--seed", type=int, default=0, help="the first one")
    p.add_argument("--case", help="one case again, such as model:17")
    p.add_argument("--show", type=int, default=5, help="how many failures to print")
    p.add_argument("--no-drawing", action="store_true", help="without OpenGL")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(main())
