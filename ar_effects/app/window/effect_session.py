"""Which effect is worn: changing it, and changing with its files while a designer works on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ar_effects.app.window.file_watcher import FileWatcher
from ar_effects.effects.effect import Effect
from ar_effects.errors import ArEffectsError
from ar_effects.messages import Message, sentence
from ar_effects.packs.check import find_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.library import Library

NO_EFFECT = Message("effect.none")


class EffectSession:
    """The worn effect, and the packs there are to change to.

    Args:
        library: where packs are.
        effect: the pack to begin with; None for none.
        on_change: called from another thread when files of packs changed; then call ``refresh``.
        only: stay with this pack, as its preview does: there are no others to change to.
        notify: hears every problem with its file and line, and when all are gone; for a terminal.

    Attributes:
        effect: the worn one; a broken file leaves it as it was.
        refused: why the pack that was chosen last cannot be worn; empty where it is.

    Raises:
        PackError: the first effect cannot be loaded.
    """

    def __init__(
        self,
        library: Library,
        effect: str | None,
        on_change: Callable[[], None],
        *,
        only: bool = False,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.only = only
        self._notify = notify
        self._library = library
        self._chosen = effect
        self.effect = Effect(library.load(effect) if effect else None, with_candidates=True)
        self.refused = ""
        self._broken, self._undrawn = "", ""
        self._known = library.names()
        folders = {folder.resolve() for folder in library.folders if folder.is_dir()}
        if self.effect.pack is not None:
            worn = self.effect.pack.folder.resolve()
            folders |= set() if any(worn.is_relative_to(folder) for folder in folders) else {worn}
        self._file_watcher = FileWatcher(sorted(folders), on_change)
        self._file_watcher.start()

    @property
    def problem(self) -> str:
        """Why the worn pack's files cannot be used, or not all of it drawn; empty while nothing is wrong."""
        return self._broken or self._undrawn

    @property
    def title(self) -> str:
        """Of the effect that is worn."""
        return self.effect.pack.manifest.title if self.effect.pack else str(NO_EFFECT)

    @property
    def needs(self) -> frozenset[str]:
        """What must be measured for the worn effect."""
        return self.effect.pack.needs if self.effect.pack else frozenset()

    @property
    def name(self) -> str | None:
        """Of the pack that was chosen last."""
        return self._chosen

    def names(self) -> tuple[str, ...]:
        """The packs there are to change to."""
        return () if self.only else self._library.names()

    def change(self, step: int) -> str:
        """Go to the next or previous effect; gives what to say, as ``wear`` does."""
        if self.only:
            return sentence("effect.only-one", title=self.title)
        names: list[str | None] = [None, *self._library.names()]
        at = names.index(self._chosen) if self._chosen in names else 0
        return self.wear(names[(at + step) % len(names)])

    def wear(self, name: str | None) -> str:
        """Wear another pack, or none; gives what to say.

        A broken one is named and the worn one kept; the next ``change`` goes on from the broken one.
        """
        self._chosen = name
        try:
            pack = self._library.load(self._chosen) if self._chosen else None
            self.effect = Effect(pack, with_candidates=True)
        except ArEffectsError as error:
            self.refused = error.one_line()
            return self.refused
        self.refused = ""
        self._broken, self._undrawn = "", ""
        return self.title

    def drawn(self, warnings: Sequence[str]) -> None:
        """Keep what the renderer said of the worn effect; it tells of a bad shader only once."""
        if warnings:
            self._undrawn = warnings[-1]
            for warning in warnings:
                self._notify(warning)

    def refresh(self) -> str:
        """Take over what changed on the disk; gives what to say, empty when nothing did."""
        changed = self._file_watcher.changed()
        if not changed:
            return self._said_trouble()
        message = self._new_packs(changed)
        pack = self.effect.pack
        if pack is None:
            return message
        folder = pack.folder.resolve()
        inside = {p for p in changed if p.resolve().is_relative_to(folder) and not _is_passing(p)}
        if not inside:
            return message
        try:
            fresh = Effect(
                self._library.reload(self._chosen or str(pack.folder), inside), with_candidates=True
            )
        except ArEffectsError as error:
            self._broken, problems = _trouble(folder, error)
            for problem in problems:
                self._notify(problem)
            return message
        fresh.take_over(self.effect)
        self.effect = fresh
        was_broken, self._broken = bool(self._broken), ""
        if not {p.name for p in inside} <= {MANIFEST}:
            self._undrawn = ""  # layers were loaded anew, and are compiled and told of again
        if not was_broken:
            return message
        if self._undrawn:  # a shader, say, that is as wrong as it was
            return sentence("effect.readable-again", title=self.title)
        self._notify(sentence("effect.right-again", title=self.title))
        return sentence("effect.right-again", title=self.title)

    def close(self) -> None:
        """Stop watching."""
        self._file_watcher.close()

    def _new_packs(self, changed: set[Path]) -> str:
        """Packs that are not worn are read anew when they are asked for; new ones are announced."""
        worn = self.effect.pack.folder.resolve() if self.effect.pack else None
        for name in self._library.names():
            folder = (self._library.folder_of(name) or Path(name)).resolve()
            if folder != worn and any(p.resolve().is_relative_to(folder) for p in changed):
                self._library.forget(name)
        names = self._library.names()
        new = [name for name in names if name not in self._known]
        self._known = names
        return sentence("effect.new", names=", ".join(new)) if new else ""

    def _said_trouble(self) -> str:
        problem, self._file_watcher.problem = self._file_watcher.problem, ""
        return problem


def _trouble(folder: Path, error: ArEffectsError) -> tuple[str, list[str]]:
    """What is wrong with a pack: in one line, with how much more there is, and all of it, file and line."""
    serious = [problem for problem in find_problems(folder) if problem.serious]
    if not serious:  # mended in this very moment, or no fault of the manifest's
        return error.one_line(), [sentence("problem.error", place=folder, problem=error.one_line())]
    first = serious[0].beside(folder.parent)
    if len(serious) > 1:
        first = sentence("problem.and-more", problem=first, count=len(serious) - 1)
    return first, [str(problem) for problem in serious]


def _is_passing(path: Path) -> bool:
    """Files that editors write beside the one they save, and folders."""
    name = path.name
    return name != MANIFEST and (
        name.startswith((".", "#")) or name.endswith(("~", ".swp", ".tmp", ".part")) or path.is_dir()
    )
