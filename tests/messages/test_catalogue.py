"""Every message that the code names is there, with the facts that its words ask for, and none is idle."""

from __future__ import annotations

import ast
import json
import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import ar_effects
from ar_effects import errors, messages
from ar_effects.errors import ArEffectsError, PackError, SourceError
from ar_effects.messages import Message, Words, sentence
from ar_effects.messages.english import ENGLISH
from ar_effects.reasons import SourceErrorKind
from tests.words import identifiers_in

PACKAGE = Path(ar_effects.__file__).parent
TREES = {
    p.relative_to(PACKAGE).as_posix(): ast.parse(p.read_text(encoding="utf-8"))
    for p in sorted(PACKAGE.rglob("*.py"))
    if p.parent.name != "messages"
}
ERRORS = {name for name, c in vars(errors).items() if isinstance(c, type) and issubclass(c, ArEffectsError)}
PLACE = {"file", "key", "line", "place"}
"""Facts that a PackError adds to its message."""


@pytest.fixture(autouse=True)
def english():
    """The words of this process as they were."""
    yield
    messages.use(None)


def placeholders(words: Words) -> set[str]:
    """Names of the facts that any part of a message asks for."""
    fields = [field for part in words for _, field, _, _ in Formatter().parse(part) if field is not None]
    return {field.split(".")[0].split("[")[0] for field in fields}


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def made(tree: ast.Module) -> Iterator[tuple[ast.Call, list[str], set[str] | None]]:
    """Every message that is made: the call, the identifiers it may be of, and what a PackError adds to it."""
    around: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "PackError" and node.args:
            given = {k.arg for k in node.keywords if k.arg}
            what = node.args[0]
            for message in (what.body, what.orelse) if isinstance(what, ast.IfExp) else (what,):
                around[id(message)] = (given & PLACE) | ({"place"} if given & {"file", "key"} else set())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("Message", "sentence") and node.args:
            yield node, identifiers_in(node.args[0], tree), around.get(id(node))


def test_every_message_that_is_named_is_there():
    for path, tree in TREES.items():
        for call, found, _ in made(tree):
            if isinstance(call.args[0], ast.Constant):
                assert found, f"{path}:{call.lineno}: there is no message {call.args[0].value!r}"


def test_every_fact_that_words_ask_for_is_handed_over():
    seen = 0
    for path, tree in TREES.items():
        for call, found, around in made(tree):
            given = {k.arg for k in call.keywords if k.arg} | (around or set())
            if any(k.arg is None for k in call.keywords):  # **facts
                continue
            for identifier in found:
                asked = placeholders(ENGLISH[identifier]) - (PLACE if around is None else set())
                assert asked <= given, f"{path}:{call.lineno}: {identifier} lacks {sorted(asked - given)}"
                seen += 1
    assert seen > 400, "the walk finds them"


def test_no_fact_is_handed_over_for_nothing():
    """A misspelt one would be such a one."""
    for path, tree in TREES.items():
        for call, found, _ in made(tree):
            given = {k.arg for k in call.keywords if k.arg}
            asked = set().union(*(placeholders(ENGLISH[i]) for i in found)) if found else given
            assert given <= asked, f"{path}:{call.lineno}: nothing asks for {sorted(given - asked)}"


def test_no_message_is_idle():
    """Each is named somewhere, in whole or (those in one and many) by its beginning."""
    said = {c.value for t in TREES.values() for c in ast.walk(t) if isinstance(c, ast.Constant)}
    said |= {
        c.value
        for p in (PACKAGE / "messages").glob("__init__.py")
        for c in ast.walk(ast.parse(p.read_text("utf-8")))
        if isinstance(c, ast.Constant)
    }
    idle = [i for i in ENGLISH if i not in said and i.removesuffix("-one").removesuffix("-many") not in said]
    assert idle == []


class Anything:
    """Stands for every fact: has all attributes, and takes all formats."""

    def __getattr__(self, name: str) -> Anything:
        return self

    def __format__(self, spec: str) -> str:
        return "x"

    def __str__(self) -> str:
        return "x"


@pytest.mark.parametrize("identifier", ENGLISH)
def test_every_template_can_be_filled_in(identifier):
    words = ENGLISH[identifier]
    facts = dict.fromkeys(placeholders(words), Anything())
    for part in words:
        assert "{" not in part.format_map(facts) or "{{" in part
    assert words.what
    assert all(name.isidentifier() for name in facts)


def bare_sentences(tree: ast.Module) -> list[int]:
    """Lines where an error of ours is made of words that stand in the code."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ERRORS:
            parts = [*node.args[:1], *(k.value for k in node.keywords if k.arg in ("expected", "got", "fix"))]
            found += [node.lineno for part in parts if _says(part)]
    return found


def _says(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _says(node.body) or _says(node.orelse)
    if isinstance(node, ast.BinOp | ast.BoolOp):
        return any(_says(n) for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr))
    texts = node.values if isinstance(node, ast.JoinedStr) else [node]
    literal = "".join(t.value for t in texts if isinstance(t, ast.Constant) and isinstance(t.value, str))
    return any(len(word) > 2 for word in "".join(c if c.isalpha() else " " for c in literal).split())


def test_no_error_is_made_of_words_in_the_code():
    for path, tree in TREES.items():
        assert bare_sentences(tree) == [], path
    for line in ('SinkError(f"{path} cannot be written")', 'raise PackError(m, fix="Save it" if a else "")'):
        assert bare_sentences(ast.parse(line)) == [1], "the walk finds them"
    assert bare_sentences(ast.parse('SinkError(Message("a.b"), got=f"{w}x{h}", fix=AGAIN)')) == []


# --- another catalogue ------------------------------------------------------------------------------------


def test_another_catalogue_says_the_same_facts_in_its_own_words():
    error = SourceError(Message("file.missing", path="a.mp4"), kind=SourceErrorKind.MISSING)
    before = str(error)
    messages.use({"file.missing": Words("{path} gibt es nicht", fix="Prüfe den Namen")})
    assert str(error) == "a.mp4 gibt es nicht. Prüfe den Namen."
    assert error.kind is SourceErrorKind.MISSING
    assert error.facts == {"path": "a.mp4"}
    assert sentence("file.empty", path="b", kind="video") == "b is empty", "English stands for what it lacks"
    messages.use(None)
    assert str(error) == before


@pytest.mark.parametrize("words", ["{way} fehlt", "{path.stem.x} fehlt", "{0} fehlt", "{path:q} fehlt", "{"])
def test_a_translation_that_asks_for_what_is_not_there_is_as_good_as_none(words):
    messages.use({"file.missing": Words(words)})
    assert sentence("file.missing", path="a.mp4") == "There is no file a.mp4"


def test_the_environment_names_a_file_of_words(tmp_path, monkeypatch):
    path = tmp_path / "de.json"
    entries = {
        "file.missing": {"what": "{path} fehlt", "fix": "Suche"},
        "got.none": "nichts",
        "x": 3,
        "y": {"z": ""},
    }
    path.write_text(json.dumps(entries), encoding="utf-8")
    assert messages.read(path).keys() == {"file.missing", "got.none"}
    monkeypatch.setenv(messages.ENVIRONMENT, str(path))
    messages.use(None)
    assert (sentence("got.none"), Message("file.missing", path=1).fix) == ("nichts", "Suche")


@pytest.mark.parametrize("text", [None, "{", "[]", "\xff"])
def test_a_file_of_words_that_cannot_be_read_is_named_and_left_out(tmp_path, monkeypatch, caplog, text):
    path = tmp_path / "broken.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    monkeypatch.setenv(messages.ENVIRONMENT, str(path))
    messages.use(None)
    with caplog.at_level(logging.WARNING):
        assert sentence("got.none") == "none"
        assert sentence("got.a-file") == "a file"
    (record,) = caplog.records
    assert "broken.json" in record.getMessage()


# --- facts ------------------------------------------------------------------------------------------------


def test_an_error_of_a_pack_carries_file_key_and_line():
    error = PackError(
        Message("manifest.key-missing", example="x"), file=Path("p/effect.toml"), key="x", line=3
    )
    assert (error.file, error.key, error.line) == (Path("p/effect.toml"), "x", 3)
    assert error.identifier == "manifest.key-missing"
    assert str(error) == f"{Path('p/effect.toml')} lacks the key x. Add x."
    assert error.one_line_beside(Path("p/effect.toml")) == "lacks the key x. Add x."
    assert error.one_line_beside(Path("other.toml")) == str(error)


def test_errors_and_messages_can_be_sent_to_another_process():
    error = PackError(Message("manifest.key-missing", example="x"), file=Path("effect.toml"), key="x", line=3)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(error, protocol))
        assert (str(back), back.file, back.key, back.line) == (str(error), error.file, "x", 3)
        assert back.message == error.message


def test_messages_are_equal_by_what_they_say():
    one, other = Message("got.none"), Message("got.none")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Message("got.none", a=1)
    assert one != "none"
    assert repr(Message("file.missing", path="a")) == "Message('file.missing', path='a')"
