"""Things that other packages add to the program, found by their entry points.

An installed package names what it adds in its ``pyproject.toml``, under one of the groups below
(https://packaging.python.org/en/latest/specifications/entry-points/)::

    [project.entry-points."ar_effects.triggers"]
    thumbs_up = "my_package:THUMBS_UP"

One that cannot be imported, or that claims a name that is taken, is left out and kept as a `PluginProblem`;
the program goes on without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

T = TypeVar("T")

PREFIX = "ar_effects."
"""What the names of our groups of entry points begin with."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plug-in that was left out.

    Attributes:
        group: of entry points, without "ar_effects.".
        name: what it wanted to be known by.
        package: the distribution that brings it; "" where that is not known.
        taken: another one has this name already; otherwise it could not be loaded.
        reason: what the import or the check raised; None where the name was taken.
    """

    group: str
    name: str
    package: str
    taken: bool
    reason: BaseException | None = None


class Registry(Generic[T]):
    """Things of one kind by name: our own, and those of plug-ins, which are looked for when first needed.

    Our own may be given as functions that make or import them, so that what nobody asks for costs nothing.

    Args:
        group: of entry points, without "ar_effects.": "layers", "triggers" ...
        own: our own by name, each made by a function that is called once.
        check: raises where a plug-in's thing is not of the kind; None lets all pass.
    """

    def __init__(
        self, group: str, own: dict[str, Callable[[], T]], check: Callable[[str, T], None] | None = None
    ) -> None:
        self.group = group
        self._makers = dict(own)
        self._made: dict[str, T] = {}
        self._check = check
        self._plugins: dict[str, EntryPoint] | None = None
        self._problems: list[PluginProblem] = []

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name that can be had. Plug-ins are only asked where we have none."""
        return isinstance(name, str) and self.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """All names: ours in their order, then the plug-ins' by name. Loads every plug-in of the group."""
        yield from self._makers
        yield from [name for name in sorted(self._found()) if self.find(name) is not None]

    def __getitem__(self, name: str) -> T:
        """The thing of this name. Raises KeyError where there is none."""
        thing = self.find(name)
        if thing is None:
            raise KeyError(name)
        return thing

    def find(self, name: str) -> T | None:
        """The thing of this name, or None; a plug-in is imported here, once."""
        if name in self._made:
            return self._made[name]
        if name in self._makers:
            thing = self._made[name] = self._makers[name]()
            return thing
        entry = self._found().get(name)
        if entry is None:
            return None
        try:
            thing = entry.load()
            if self._check is not None:
                self._check(name, thing)
        except (Exception, SystemExit) as error:  # whatever a stranger's module raises
            del self._found()[name]
            self._leave_out(entry, taken=False, reason=error)
            return None
        self._made[name] = thing
        return thing

    def problems(self) -> tuple[PluginProblem, ...]:
        """Plug-ins of this group that were left out, all of them tried first."""
        list(self)
        return tuple(self._problems)

    def _found(self) -> dict[str, EntryPoint]:
        """Plug-ins' entry points by name. Of two that claim one name the first by package's name has it."""
        if self._plugins is None:
            self._plugins = {}
            for entry in sorted(entry_points(group=PREFIX + self.group), key=lambda e: (e.name, _package(e))):
                if entry.name in self._makers or entry.name in self._plugins:
                    self._leave_out(entry, taken=True)
                else:
                    self._plugins[entry.name] = entry
        return self._plugins

    def _leave_out(self, entry: EntryPoint, *, taken: bool, reason: BaseException | None = None) -> None:
        problem = PluginProblem(self.group, entry.name, _package(entry), taken, reason)
        self._problems.append(problem)
        logger.warning(
            "The plug-in %s of %s for %s was left out: %s",
            problem.name,
            problem.package or "an unknown package",
            problem.group,
            "its name is taken" if taken else f"{type(reason).__name__}: {reason}",
        )


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else ""
