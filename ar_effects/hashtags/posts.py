"""Posts: pictures with the tags that people gave them, one JSON object a line.

``{"file": "a.jpg", "maker": "u7", "tags": ["dog", "Cute"], "time_s": 1700000000.0, "likes": 12}``; ``maker``,
``time_s`` and ``likes`` may be missing. A line that is no post is left out, counted and listed; it never ends
the reading.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ar_effects.errors import PostsError
from ar_effects.hashtags.words import MAX_TAG_LENGTH
from ar_effects.messages import Message
from ar_effects.writing import PartFile, write_error_message

MAX_LINE_BYTES = 1 << 20
"""A longer line is no post: it is passed over without being read into memory."""

MAX_LISTED = 100
"""Problems that are kept with their sentence; all are counted."""


@dataclass(frozen=True)
class Post:
    """One picture that somebody posted.

    Attributes:
        file: the picture's name, as the file of posts has it: relative to a folder that the reader knows.
        maker: who posted it; empty where nobody says.
        tags: as typed, without ``#``, each once, in order.
        time_s: seconds since 1970; None where nobody says.
        likes: how many people liked it.
    """

    file: str
    maker: str = ""
    tags: tuple[str, ...] = ()
    time_s: float | None = None
    likes: int = 0


@dataclass(frozen=True)
class PostProblem:
    """What is wrong in a line, which is left out, or with one of its tags, which is left out then.

    Attributes:
        line: from 1.
        message: what is wrong, with file and line.
        reason: the same without them, for programs.
        is_left_out: the whole line is.
    """

    line: int
    message: Message
    reason: Message
    is_left_out: bool

    def __str__(self) -> str:
        return str(self.message)


@dataclass
class ReadingReport:
    """What became of the lines.

    Attributes:
        posts: how many were read.
        lines_left_out: how many lines are no posts.
        tags_left_out: how many tags of posts are longer than a tag can be.
        problems: the first of them.
    """

    posts: int = 0
    lines_left_out: int = 0
    tags_left_out: int = 0
    problems: list[PostProblem] = field(default_factory=list)


class _NoPostError(Exception):
    """A line is no post, and why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.identifier)
        self.message = message


class PostReader:
    """The posts of a file, one after the other; iterate over it once.

    Args:
        path: JSON lines in UTF-8.

    Attributes:
        report: what became of the lines so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.report = ReadingReport()

    def __iter__(self) -> Iterator[Post]:
        """The posts in the file's order.

        Raises:
            PostsError: the file cannot be opened or read.
        """
        try:
            with self.path.open("rb") as file:
                for number, data in enumerate(_lines(file), 1):
                    if data is None or data.strip():
                        post = self._post(number, data)
                        if post is not None:
                            self.report.posts += 1
                            yield post
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PostsError(Message("posts.unreadable", path=self.path, reason=reason)) from error

    def _post(self, line: int, data: bytes | None) -> Post | None:
        try:
            if data is None:
                raise _NoPostError(Message("posts.too-long", limit=MAX_LINE_BYTES))
            fields = _fields(data)
            tags = _tags(fields)
            kept = tuple(tag for tag in tags if len(tag) <= MAX_TAG_LENGTH)
            post = Post(
                _text(fields, "file", needed=True),
                _text(fields, "maker"),
                tuple(dict.fromkeys(tag.removeprefix("#") for tag in kept if tag.strip("# "))),
                _time(fields),
                _likes(fields),
            )
        except _NoPostError as error:
            self.report.lines_left_out += 1
            self._list(line, error.message, is_left_out=True)
            return None
        for tag in tags:
            if len(tag) > MAX_TAG_LENGTH:
                self.report.tags_left_out += 1
                what = Message("posts.tag-too-long", limit=MAX_TAG_LENGTH, length=len(tag))
                self._list(line, what, is_left_out=False)
        return post

    def _list(self, line: int, problem: Message, *, is_left_out: bool) -> None:
        if len(self.report.problems) < MAX_LISTED:
            left_out = PostsError(problem, expected=problem.expected, got=problem.got)
            message = Message("posts.line", path=self.path, line=line, problem=left_out.one_line(stop=""))
            self.report.problems.append(PostProblem(line, message, problem, is_left_out))


def read_posts(path: Path) -> tuple[list[Post], ReadingReport]:
    """All posts of a file, and what became of its lines. PostsError: it cannot be read at all."""
    reader = PostReader(path)
    return list(reader), reader.report


def write_posts(path: Path, posts: Iterable[Post]) -> None:
    """Write posts, a line each, whole or not at all. SinkError."""
    part = PartFile(path)
    try:
        for post in posts:
            part.file.write(post_line(post).encode())
        part.finish()
    except OSError as error:
        raise write_error_message(part.target, error) from None
    finally:
        part.discard()


def post_line(post: Post) -> str:
    """One post as a line of JSON, with its end."""
    fields = {
        "file": post.file,
        "maker": post.maker,
        "tags": list(post.tags),
        "time_s": post.time_s,
        "likes": post.likes,
    }
    if post.time_s is None:
        del fields["time_s"]
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for one that is too long."""
    while data := file.readline(MAX_LINE_BYTES + 1):
        if len(data) <= MAX_LINE_BYTES:
            yield data
            continue
        while not data.endswith(b"\n") and data:
            data = file.readline(MAX_LINE_BYTES + 1)
        yield None


def _fields(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _NoPostError(Message("posts.not-utf8")) from None
    except (ValueError, RecursionError):
        raise _NoPostError(Message("posts.not-json", got=_short(data.decode(errors="replace")))) from None
    if not isinstance(fields, dict):
        raise _NoPostError(Message("posts.not-json", got=_short(fields)))
    return fields


def _text(fields: dict[str, Any], key: str, *, needed: bool = False) -> str:
    if key not in fields and needed:
        raise _NoPostError(Message("posts.missing", key=key))
    value = fields.get(key, "")
    if not isinstance(value, str) or (needed and not value.strip()) or not _is_encodable(value):
        raise _bad_value(key, "posts.wanted-text", value)
    return value


def _tags(fields: dict[str, Any]) -> list[str]:
    if "tags" not in fields:
        raise _NoPostError(Message("posts.missing", key="tags"))
    tags = fields["tags"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) and _is_encodable(tag) for tag in tags):
        raise _bad_value("tags", "posts.wanted-tags", tags)
    return tags


def _time(fields: dict[str, Any]) -> float | None:
    value = fields.get("time_s")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _bad_value("time_s", "posts.wanted-time", value)
    try:
        time_s = float(value)
    except OverflowError:
        time_s = math.inf
    if not math.isfinite(time_s):
        raise _bad_value("time_s", "posts.wanted-time", value)
    return time_s


def _likes(fields: dict[str, Any]) -> int:
    value = fields.get("likes", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise _bad_value("likes", "posts.wanted-likes", value)
    return value


def _is_encodable(text: str) -> bool:
    """Whether it has no half of a surrogate pair, which JSON can carry and no file can."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _bad_value(key: str, wanted: str, value: object) -> _NoPostError:
    return _NoPostError(Message("posts.bad-value", key=key, wanted=Message(wanted), got=_short(value)))


def _short(value: object) -> str:
    """A value as it stands in the file, cut to what fits a sentence."""
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except (ValueError, RecursionError):
        text = type(value).__name__
    text = " ".join(text.encode("ascii", "backslashreplace").decode().split())
    return text if len(text) <= 60 else text[:57] + "..."
