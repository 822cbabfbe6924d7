"""The one place that makes words: a message is an identifier and its facts, and becomes a sentence here.

Code says ``Message("file.missing", path=path)`` and nothing else: the sentence stands in a catalogue, by
identifier. The English one is :mod:`ar_effects.messages.english`, which every other falls back to; another is
put over it by `use`, or by a file that the environment variable ``AR_EFFECTS_MESSAGES`` names. Facts are data
(paths, numbers, other messages) and are formatted when somebody reads the sentence, by ``str.format`` as the
catalogue's template asks for it; nothing reads a sentence back.
docs/decisions/0026-messages.md has the reasons.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from ar_effects.messages.words import PARTS, Words

__all__ = ["ENVIRONMENT", "Catalogue", "Message", "Text", "Words", "catalogue", "read", "sentence", "use"]

ENVIRONMENT = "AR_EFFECTS_MESSAGES"
"""Names a file with another catalogue, as `read` takes it."""

Catalogue: TypeAlias = Mapping[str, Words]

_chosen: Catalogue | None = None


class Message:
    """What is to be said: which message, and the facts of which it tells.

    Args:
        identifier: of the catalogue; it stays the same whatever the words are.
        facts: for the template's placeholders, by name.
    """

    __slots__ = ("facts", "identifier")

    def __init__(self, identifier: str, /, **facts: object) -> None:
        self.identifier = identifier
        self.facts: Mapping[str, object] = facts

    def says(self, part: str) -> bool:
        """Whether it has words for a part: "expected", "got" or "fix"."""
        return bool(getattr(_english()[self.identifier], part))

    def with_facts(self, **facts: object) -> Message:
        """The same message with other or further facts."""
        return Message(self.identifier, **{**self.facts, **facts})

    @property
    def what(self) -> str:
        """The sentence, or what is wrong."""
        return self._part("what")

    @property
    def expected(self) -> str:
        """What should have been there; empty where the message does not say."""
        return self._part("expected")

    @property
    def got(self) -> str:
        """What was there instead; empty where the message does not say."""
        return self._part("got")

    @property
    def fix(self) -> str:
        """What to do about it; empty where the message does not say."""
        return self._part("fix")

    def _part(self, part: str) -> str:
        english = _english()[self.identifier]
        if _catalogue():
            words = _catalogue().get(self.identifier, english)
            try:
                return str(getattr(words, part).format_map(self.facts))
            except (LookupError, ValueError, AttributeError, TypeError):
                pass  # a translation that asks for another fact is as good as none
        return str(getattr(english, part).format_map(self.facts))

    def __str__(self) -> str:
        return self.what

    def __repr__(self) -> str:
        facts = "".join(f", {name}={value!r}" for name, value in self.facts.items())
        return f"Message({self.identifier!r}{facts})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.identifier, self.facts) == (other.identifier, other.facts)

    def __hash__(self) -> int:
        return hash(self.identifier)

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.identifier, dict(self.facts))


Text: TypeAlias = str | Message
"""What can be shown: a message, or text that is nobody's to translate (a title, another program's answer)."""


def _restored(identifier: str, facts: dict[str, object]) -> Message:
    return Message(identifier, **facts)


def sentence(identifier: str, /, **facts: object) -> str:
    """The sentence of a message, for what is shown at once and never looked at again."""
    return Message(identifier, **facts).what


def use(other: Catalogue | None) -> None:
    """Take the words of another catalogue, and English ones for what it lacks.

    Args:
        other: by identifier; None for what the environment names, which is English without it.
    """
    global _chosen  # noqa: PLW0603 - the language is the process's own, as gettext's is
    _chosen = other


def catalogue() -> Catalogue:
    """The English words of every message by its identifier: what translations are made from."""
    return _english()


def read(path: Path) -> Catalogue:
    """A catalogue from a JSON file: ``{"file.missing": {"what": "...", "fix": "..."}, ...}``.

    A message with nothing but a ``what`` may be written as that text alone. Entries of another shape are left
    out, and English words stand for them.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not JSON in UTF-8, or no table.
    """
    import json  # noqa: PLC0415 - for those who have a translation

    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError("no table of messages")  # noqa: TRY004 - what json raises for the rest
    found = {}
    for identifier, entry in data.items():
        parts = {"what": entry} if isinstance(entry, str) else entry
        if isinstance(parts, dict) and all(k in PARTS and isinstance(v, str) for k, v in parts.items()):
            found[str(identifier)] = Words(**{**dict.fromkeys(PARTS, ""), **parts})
    return found


def _english() -> Catalogue:
    global _ENGLISH  # noqa: PLW0603 - made when the first sentence is read
    if _ENGLISH is None:
        from ar_effects.messages.english import ENGLISH  # noqa: PLC0415 - most programs say little

        _ENGLISH = ENGLISH
    return _ENGLISH


_ENGLISH: Catalogue | None = None


def _catalogue() -> Catalogue:
    """The one chosen; of the environment where none was, and empty where that one cannot be read."""
    global _chosen  # noqa: PLW0603 - read once
    if _chosen is None:
        _chosen = {}
        name = os.environ.get(ENVIRONMENT)
        if name:
            try:
                _chosen = read(Path(name))
            except (OSError, ValueError) as error:
                complaint = sentence("messages.unreadable", path=name, reason=error)
                logging.getLogger(__name__).warning(complaint)
    return _chosen
