"""Things that other packages add to the program, found by their entry points.

An installed package names what it adds in its ``pyproject.toml``, under one of the groups below
(https://packaging.python.org/en/latest/specifications/entry-points/)::

    [project.entry-points."ar_effects.triggers"]
    thumbs_up = "my_package:ThumbsUp"

One that cannot be imported, or that claims a name that is taken, is left out and kept as a `PluginProblem`;
the program goes on without it. docs/how-to-add.md has an example of every kind.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ar_effects.messages import Message

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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

    @property
    def message(self) -> Message:
        """Which was left out, and why."""
        package = self.package or Message("plugin.unknown-package")
        if self.taken:
            return Message("plugin.name-taken", name=self.name, package=package, group=self.group)
        return Message(
            "plugin.left-out",
            name=self.name,
            package=package,
            group=self.group,
            kind=type(self.reason).__name__,
            reason=self.reason,
        )

    def __str__(self) -> str:
        return str(self.message)


class Registry(Generic[T]):
    """Things of one kind by name: our own, and those of plug-ins, which are looked for when first needed.

    Our own may be given as functions that make or import them, so that what nobody asks for costs nothing.
    May be used by several threads.

    Args:
        group: of entry points, without "ar_effects.": "layers", "triggers" ...
        own: our own by name, each made by a function that is called once.
        check: raises where a plug-in's thing is not of the kind; None lets all pass.
        reserved: names that no plug-in may have besides our own.
    """

    def __init__(
        self,
        group: str,
        own: Mapping[str, Callable[[], T]] | None = None,
        check: Callable[[str, T], None] | None = None,
        reserved: Collection[str] = (),
    ) -> None:
        self.group = group
        self._makers = dict(own or {})
        self._taken = {*self._makers, *reserved}
        self._made: dict[str, T] = {}
        self._check = check
        self._plugins: dict[str, EntryPoint] | None = None
        self._problems: list[PluginProblem] = []
        self._lock = threading.RLock()

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name that can be had. Plug-ins are only asked where we have none."""
        return isinstance(name, str) and self.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """All names: ours in their order, then the plug-ins' by name. Loads every plug-in of the group."""
        yield from self._makers
        yield from self.from_plugins()

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
        with self._lock:
            if name in self._makers:
                thing = self._made[name] = self._makers[name]()
                return thing
            if name in self._taken:
                return None
            entry = self._found().get(name)
            if entry is None or name in self._made:
                return self._made.get(name)
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

    def from_plugins(self) -> dict[str, str]:
        """The package of every plug-in that can be had, by the plug-in's name, sorted. Loads all of them."""
        with self._lock:
            names = [name for name in sorted(self._found()) if self.find(name) is not None]
            return {name: _package(self._found()[name]) for name in names}

    def problems(self) -> tuple[PluginProblem, ...]:
        """Plug-ins of this group that were left out, all of them tried first."""
        self.from_plugins()
        return tuple(self._problems)

    def problem(self, name: str) -> PluginProblem | None:
        """Why there is no plug-in of this name; None where nobody brought one, or all is well."""
        if self.find(name) is not None:
            return None
        return next((p for p in self._problems if p.name == name), None)

    def is_own(self, name: str) -> bool:
        """Whether it is one of ours."""
        return name in self._makers

    def leave_out(self, name: str, error: BaseException) -> PluginProblem:
        """A plug-in failed when it was used, or there is none of this name: keep and log that.

        It stays to be had by others, who may fare better: whoever calls this asks for it no more.
        """
        from importlib.metadata import EntryPoint  # noqa: PLC0415 - as in `_found`

        entry = self._found().get(name) or EntryPoint(name, "", PREFIX + self.group)
        return self._leave_out(entry, taken=False, reason=error)

    def _found(self) -> dict[str, EntryPoint]:
        """Plug-ins' entry points by name. Of two that claim one name the first by package's name has it."""
        if self._plugins is None:
            from importlib.metadata import entry_points  # noqa: PLC0415 - 30 ms, which few need

            self._plugins = {}
            for entry in sorted(entry_points(group=PREFIX + self.group), key=lambda e: (e.name, _package(e))):
                if entry.name in self._taken or entry.name in self._plugins:
                    self._leave_out(entry, taken=True)
                else:
                    self._plugins[entry.name] = entry
        return self._plugins

    def _leave_out(
        self, entry: EntryPoint, *, taken: bool, reason: BaseException | None = None
    ) -> PluginProblem:
        problem = PluginProblem(self.group, entry.name, _package(entry), taken, reason)
        self._problems.append(problem)
        logger.warning("%s", problem)
        return problem


def unknown_groups(known: Collection[str]) -> dict[str, list[str]]:
    """Packages that name a group which begins like ours and is none: a mistake that nobody else would tell.

    Args:
        known: groups that there are, without "ar_effects.".
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - as above

    found = entry_points()
    return {
        group.removeprefix(PREFIX): sorted({_package(entry) for entry in found.select(group=group)})
        for group in sorted(found.groups)
        if group.startswith(PREFIX) and group.removeprefix(PREFIX) not in known
    }


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else ""
