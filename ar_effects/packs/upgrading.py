"""``packs upgrade``: a manifest of an older format rewritten in the newest, where it lies."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ar_effects.errors import PackError
from ar_effects.messages import Message
from ar_effects.packs.formats import FORMAT, SINCE_2, Change, as_newest, upgraded
from ar_effects.packs.manifest import read_toml
from ar_effects.writing import write_bytes

_BOM = "\ufeff"


def upgrade(path: Path) -> list[Change]:
    """Rewrite one ``effect.toml``, whole or not at all; gives the lines that changed, none where it is new.

    Comments, order, the ends of lines and a byte order mark stay.

    Raises:
        PackError: it cannot be read, or its keys are spelled in a way that is not looked for.
        SinkError: it cannot be written; it is as it was.
    """
    table = read_toml(path)
    text = path.read_bytes().decode("utf-8")
    bare = text.removeprefix(_BOM)
    newest, changes = upgraded(bare, table)
    if not changes:
        return []
    if tomllib.loads(newest) != as_newest(table):
        renamed = ", ".join(f"{r.before} -> {r.now}" for renames in SINCE_2.values() for r in renames)
        raise PackError(Message("upgrade.not-found", renamed=renamed, format=FORMAT), file=path)
    write_bytes(path, (_BOM + newest if text != bare else newest).encode())
    return sorted(changes, key=lambda change: change.line)
