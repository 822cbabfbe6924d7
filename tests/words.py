"""Which tests test words, and words that are none: for running the others in a language that nobody speaks.

``AR_EFFECTS_MESSAGES=pseudo python -m pytest -m "not words"`` runs them so: whatever still passes then reads
no sentence. A test tests words where it is marked so, where it expects a pattern of an error's text
(``match=``), or where it compares with, or is given, a phrase of the English catalogue.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from string import Formatter

import pytest

VARIABLE, PSEUDO = "AR_EFFECTS_MESSAGES", "pseudo"
"""The environment variable of the messages, and what it says to tests instead of a file's name."""

_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA",
)


def pseudo(template: str) -> str:
    """A template with every word changed, and every placeholder as it was."""
    parts = []
    for literal, field, spec, conversion in Formatter().parse(template):
        parts.append(literal.translate(_LETTERS).replace("{", "{{").replace("}", "}}"))
        if field is not None:
            parts.append(
                "{" + field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
            )
    return "".join(parts)


def write_pseudo(path: Path) -> None:
    """A catalogue in which no message has a word of the English one."""
    from ar_effects.messages import catalogue

    entries = {
        identifier: {name: pseudo(part) for name, part in words._asdict().items()}
        for identifier, words in catalogue().items()
    }
    path.write_text(json.dumps(entries), encoding="utf-8")


@cache
def _phrases() -> tuple[str, frozenset[tuple[str, str]]]:
    """The catalogue's words in one text, and all pairs of neighbours in it."""
    from ar_effects.messages import catalogue

    texts = [
        literal.casefold()
        for words in catalogue().values()
        for part in words
        for literal, _, _, _ in Formatter().parse(part)
    ]
    return "\n".join(texts), frozenset(pair for text in texts for pair in _pairs(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    words = re.findall(r"[^\W\d_]+", text)
    return pairwise(word for word in words if len(word) > 1)


def is_phrase(text: str) -> bool:
    """Whether it is a word or more of the catalogue's, or has two of its neighbours beside each other."""
    text = text.strip(" .,:;()`'\"\n").casefold()
    everything, pairs = _phrases()
    if any(pair in pairs for pair in _pairs(text)):
        return True
    is_word = len(text) > 2 and any(c.isalpha() for c in text)
    return is_word and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", everything) is not None


@cache
def tests_words(function: object) -> bool:
    """Whether a test function compares with words of messages."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "match":
            return True
        if isinstance(node, ast.Assert | ast.Compare) and any(map(is_phrase, _texts(node))):
            return True
    return False


def _texts(node: ast.AST) -> list[str]:
    return [c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)]


def mark(items: list[pytest.Item]) -> None:
    """Mark the tests that test words."""
    for item in items:
        function = getattr(item, "function", None)
        given = getattr(getattr(item, "callspec", None), "params", {})
        if function is not None and (
            tests_words(inspect.unwrap(function)) or any(map(_holds_phrase, given.values()))
        ):
            item.add_marker(pytest.mark.words)


def _holds_phrase(value: object) -> bool:
    """Whether a test's parameter is, or holds, more than one word of the catalogue."""
    if isinstance(value, str):
        return " " in value.strip() and is_phrase(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return any(_holds_phrase(getattr(value, field.name)) for field in dataclasses.fields(value))
    return isinstance(value, list | tuple) and any(map(_holds_phrase, value))


def identifiers_in(node: ast.AST, tree: ast.Module) -> list[str]:
    """Of messages, in an expression and in what is assigned to the names in it anywhere in the module."""
    from ar_effects.messages import catalogue

    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    nodes = [node]
    for other in ast.walk(tree):
        if isinstance(other, ast.Assign):
            nodes += [other.value for t in other.targets if isinstance(t, ast.Name) and t.id in names]
    texts = [text for each in nodes for text in _texts(each)]
    return [text for text in texts if text in catalogue()]
