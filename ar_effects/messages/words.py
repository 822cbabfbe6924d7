"""The record that catalogues are made of."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """Templates of one message, for ``str.format`` with the message's facts.

    Attributes:
        what: the sentence or clause; of an error, what is wrong.
        expected: of an error, what should have been there.
        got: what was there instead.
        fix: what the person can do about it.
    """

    what: str
    expected: str = ""
    got: str = ""
    fix: str = ""


PARTS = Words._fields
