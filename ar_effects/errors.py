"""The one small tree of errors that people see.

Every error a user, designer or developer can cause or repair is one of these: it says what is
wrong, what was expected, what was found, and what to do. Errors of other libraries are mapped to
them at the place where that library is called; anything else is a defect of ours.

They carry facts, and the sentence is made of these when somebody reads it: programs ask for
``error.identifier``, ``PackError.key`` and the like, never for words.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from ar_effects.messages import Message, Text, sentence
from ar_effects.reasons import ProviderErrorReason, SourceErrorKind


class ArEffectsError(Exception):
    """What is wrong.

    Args:
        what: the message; or, from programs with sentences of their own, one that names the thing and the
            trouble.
        expected: what should have been there; where it is not given, as the message says it.
        got: what was there instead; likewise.
        fix: what the person can do about it; likewise.
    """

    def __init__(self, what: Text, *, expected: Text = "", got: Text = "", fix: Text = "") -> None:
        super().__init__(what)
        self.message = what
        self._parts: Mapping[str, Text] = {"expected": expected, "got": got, "fix": fix}

    @property
    def identifier(self) -> str:
        """Of the message, the same in every language; empty where the sentence is another program's."""
        return self.message.identifier if isinstance(self.message, Message) else ""

    @property
    def facts(self) -> Mapping[str, object]:
        """What the message tells of, by name."""
        return self.message.facts if isinstance(self.message, Message) else MappingProxyType({})

    @property
    def what(self) -> str:
        """What is wrong, in words."""
        return str(self.message)

    @property
    def expected(self) -> str:
        """What should have been there, in words; empty where that does not help."""
        return self._part("expected")

    @property
    def got(self) -> str:
        """What was there instead, in words; empty where that does not help."""
        return self._part("got")

    @property
    def fix(self) -> str:
        """What the person can do about it, in words; empty where nobody can do anything."""
        return self._part("fix")

    def one_line(self, *, stop: str = ".") -> str:
        """The whole message on one line, as the command line prints it.

        Args:
            stop: what ends it, unless it asks something; empty where it goes on.
        """
        return _one_line(self.what, self.expected, self.got, self.fix, stop)

    def _part(self, name: str) -> str:
        given = self._parts[name]
        if given or not isinstance(self.message, Message):
            return str(given)
        return str(getattr(self.message, name))

    def __str__(self) -> str:
        return self.one_line()


def _one_line(what: str, expected: str, got: str, fix: str, stop: str = ".") -> str:
    parts = [what.rstrip(".")]
    if expected:
        parts.append(sentence("error.expected", expected=expected))
    if got:
        parts.append(sentence("error.got", got=got))
    line = ", ".join(parts)
    if not fix:
        line += stop
    elif fix.endswith(("?", "!")):
        line += f". {fix}"
    else:
        line += f". {fix.rstrip('.')}{stop}"
    return " ".join(line.split())


class SourceError(ArEffectsError):
    """A camera, video or picture cannot be opened or read.

    Args:
        what: as of every error.
        kind: why; None for ``usual_kind``.
        expected: as of every error.
        got: as of every error.
        fix: as of every error.
    """

    usual_kind: ClassVar[SourceErrorKind] = SourceErrorKind.UNREADABLE

    def __init__(
        self,
        what: Text,
        *,
        kind: SourceErrorKind | None = None,
        expected: Text = "",
        got: Text = "",
        fix: Text = "",
    ) -> None:
        super().__init__(what, expected=expected, got=got, fix=fix)
        self.kind = self.usual_kind if kind is None else kind


class CameraLostError(SourceError):
    """A camera that worked stopped delivering; the app may reconnect."""

    usual_kind = SourceErrorKind.LOST


class SinkError(ArEffectsError):
    """A file cannot be written; nothing stands under the final name."""


class ModelError(ArEffectsError):
    """A network's file is missing, altered, or cannot be loaded."""


class ProviderError(ModelError):
    """An ONNX Runtime execution provider was asked for by name and cannot run.

    Args:
        what: as of every error.
        device: the provider's name, such as "cuda"; empty where none is concerned.
        reason: why.
        expected: as of every error.
        got: as of every error.
        fix: as of every error.
    """

    def __init__(
        self,
        what: Text,
        *,
        device: str = "",
        reason: ProviderErrorReason = ProviderErrorReason.FAILED,
        expected: Text = "",
        got: Text = "",
        fix: Text = "",
    ) -> None:
        super().__init__(what, expected=expected, got=got, fix=fix)
        self.device, self.reason = device, reason


class PackError(ArEffectsError):
    """An effect pack is broken.

    The message may ask for ``{file}``, ``{key}``, ``{line}`` and ``{place}``, which is file and key.

    Args:
        what: as of every error.
        file: in which it is: the manifest, or a file that this names; None where none is concerned.
        key: of the manifest or inside of the file, as a designer writes it: "layers[2].file"; empty for none.
        line: of the file, from 1; 0 where none is known.
        expected: as of every error.
        got: as of every error.
        fix: as of every error.
    """

    def __init__(
        self,
        what: Text,
        *,
        file: Path | None = None,
        key: str = "",
        line: int = 0,
        expected: Text = "",
        got: Text = "",
        fix: Text = "",
    ) -> None:
        self.file, self.key, self.line = file, key, line
        if isinstance(what, Message):
            place = _place("" if file is None else str(file), key)
            what = what.with_facts(**{"file": file, "key": key, "line": line, "place": place, **what.facts})
        super().__init__(what, expected=expected, got=got, fix=fix)

    def one_line_beside(self, file: Path) -> str:
        """The whole message on one line where the name of a file stands before it already."""
        if self.file != file or not isinstance(self.message, Message):
            return self.one_line()
        what = self.message.with_facts(file="", place=self.key).what
        return _one_line(what, self.expected, self.got, self.fix)


def _place(file: str, key: str) -> str:
    return ", ".join(filter(None, (file, key)))


class AssetError(ArEffectsError):
    """A file the program ships with is missing or damaged."""


class PostsError(ArEffectsError):
    """A file of posts, or a vocabulary made of them, cannot be read or holds nothing."""


class RenderError(ArEffectsError):
    """OpenGL is missing or refused something."""


class InputError(ArEffectsError):
    """A library caller passed an array or value of the wrong kind."""


class TrainingError(ArEffectsError):
    """Learning cannot start or go on; what was learnt until then is kept."""
