"""What tables of files raise when they are checked: manifests of packs, and glTF's JSON."""

from __future__ import annotations

from ar_effects.messages import Message


class TableError(ValueError):
    """A table's own check failed: what one key allows depends on another.

    Args:
        message: what is wrong.
        key: inside of the table, such as "uniforms.size"; empty for the table itself.
    """

    def __init__(self, message: Message, key: str = "") -> None:
        super().__init__(f"{key}: {message}" if key else str(message))
        self.message, self.key = message, key
