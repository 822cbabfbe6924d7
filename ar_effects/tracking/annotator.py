"""Tracked frames get what the worn effect needs, and nothing else is computed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from ar_effects.messages import Message
from ar_effects.plugins import PluginProblem, Registry
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import TrackedFrame
from ar_effects.tracking.analyser import FACES, Analyser, AnalyserSetup
from ar_effects.tracking.analysers import ANALYSERS


class FrameAnnotator:
    """Runs the analysers that bring about what is needed. A context manager, which closes them.

    Each is loaded when it is first needed, runs after those it needs itself, and is reset when a frame comes
    for which nobody needs it. What an analyser of another package raises is told once (``problems``, and the
    log): it is left out from then on, and so is what needs its product. What ours raise is raised.

    Faces are in a tracked frame already: their analyser, ``FaceTracker``, is run by whoever makes it, since
    the frame shown may be a later one than the one tracked.

    Args:
        setup: for the analysers.
        times: clock of the stages, one for each product.
        analysers: to choose from.

    Attributes:
        problems: what was left out, in the order it happened.
    """

    def __init__(
        self,
        setup: AnalyserSetup,
        *,
        times: StageTimes | None = None,
        analysers: Registry[type[Analyser]] = ANALYSERS,
    ) -> None:
        self.problems: list[PluginProblem] = []
        self._setup = setup
        self._times = times or StageTimes()
        self._analysers = analysers
        self._loaded: dict[str, Analyser] = {}
        self._left_out: set[str] = set()
        self._orders: dict[frozenset[str], tuple[str, ...]] = {}
        self._running: tuple[str, ...] = ()

    def annotate(self, tracked: TrackedFrame, needs: Collection[str]) -> TrackedFrame:
        """The same tracked frame with the products that ``needs`` names, as far as they can be had.

        Raises:
            ArEffectsError: one of our own analysers cannot be loaded: a network's file is missing, say.
        """
        order = self.order(needs)
        for name in self._running:
            if name not in order and name in self._loaded:
                with self._leaving_out(name):
                    self._loaded[name].reset()
        self._running = order
        for name in order:
            if self._can_run(name):
                with self._leaving_out(name):
                    tracked = self._annotated(name, tracked)
        return tracked

    def order(self, needs: Collection[str]) -> tuple[str, ...]:
        """What runs for these needs, each after what it needs itself, the cheaper ones first."""
        wanted = frozenset(needs)
        if wanted not in self._orders:
            found: list[str] = []
            for name in self._cheapest_first(wanted):
                self._put_in_order(name, found, ())
            self._orders[wanted] = tuple(found)
        return self._orders[wanted]

    def allows_prediction(self, needs: Collection[str]) -> bool:
        """Whether all of it is of use in a frame whose faces are where they are expected, not seen."""
        found = [self._analysers.find(name) for name in self.order(needs)]
        return not any(analyser.exact_faces for analyser in found if analyser is not None)

    def close(self) -> None:
        """Give back what the analysers hold. May be called twice."""
        while self._loaded:
            name, analyser = self._loaded.popitem()
            with self._leaving_out(name):
                analyser.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put_in_order(self, name: str, order: list[str], path: tuple[str, ...]) -> bool:
        """Put an analyser behind those it needs; False where it cannot be had."""
        if name == FACES or name in order:
            return True
        if name in self._left_out:
            return False
        analyser = self._analysers.find(name)
        if analyser is None:
            self._leave_out(name, self._missing(name))
            return False
        if name in path:
            self._leave_out(
                name, RuntimeError(Message("analyser.needs-itself", path=" -> ".join((*path, name))))
            )
            return False
        for need in self._cheapest_first(analyser.needs):
            if not self._put_in_order(need, order, (*path, name)):
                if name not in self._left_out:
                    self._leave_out(name, LookupError(Message("analyser.need-missing", need=need)))
                return False
        order.append(name)
        return True

    def _cheapest_first(self, names: Collection[str]) -> list[str]:
        """By cost, then by name: the same order in every run."""

        def cost(name: str) -> tuple[float, str]:
            analyser = self._analysers.find(name)
            return (0.0 if analyser is None else analyser.cost_ms), name

        return sorted(names, key=cost)

    def _can_run(self, name: str) -> bool:
        """Whether it, and what it needs, has not been left out in this very frame."""
        lost = self._left_out & self._analysers[name].needs if self._left_out else None
        if lost and name not in self._left_out:
            self._leave_out(name, LookupError(Message("analyser.need-missing", need=min(lost))))
        return name not in self._left_out

    def _annotated(self, name: str, tracked: TrackedFrame) -> TrackedFrame:
        analyser = self._loaded.get(name)
        if analyser is None:
            analyser = self._loaded[name] = self._analysers[name].create(self._setup)
        with self._times.stage(name):
            found: object = analyser.annotate(tracked)
        if not isinstance(found, TrackedFrame):
            raise TypeError(Message("analyser.no-tracked-frame", kind=type(found).__name__))
        return found

    @contextmanager
    def _leaving_out(self, name: str) -> Iterator[None]:
        """What a stranger's analyser raises inside costs only its product; ours raise as ever."""
        try:
            yield
        except (Exception, SystemExit) as error:
            if self._analysers.is_own(name):
                raise
            self._leave_out(name, error)

    def _leave_out(self, name: str, error: BaseException) -> None:
        self._left_out.add(name)
        self._orders.clear()
        self._running = tuple(running for running in self._running if running != name)
        self.problems.append(self._analysers.leave_out(name, error))
        analyser = self._loaded.pop(name, None)
        if analyser is not None:
            with suppress(Exception, SystemExit):  # it has failed once, and is no news now
                analyser.close()

    def _missing(self, name: str) -> BaseException:
        """Why there is no analyser for it."""
        known = [p.reason for p in self._analysers.problems() if p.name == name and p.reason is not None]
        return known[-1] if known else LookupError(Message("analyser.none-measures-it"))
