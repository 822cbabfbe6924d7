"""Posts as JSON lines: whole ones are read, broken ones are counted and listed, and none ends the reading."""

from __future__ import annotations

import json

import pytest

from ar_effects.errors import PostsError, SinkError
from ar_effects.hashtags.posts import (
    MAX_LINE_BYTES,
    MAX_LISTED,
    Post,
    PostReader,
    read_posts,
    write_posts,
)
from ar_effects.hashtags.words import MAX_TAG_LENGTH

POSTS = [
    Post("a.jpg", "u1", ("dog", "Cute"), 1_700_000_000.0, 12),
    Post("b/ö.jpg", "", ("日本", "\N{DOG FACE}")),
    Post("c.jpg", "u2", (), 0.0, 0),
]
WHOLE = json.dumps({"file": "x.jpg", "tags": ["dog"]}).encode()


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "posts.jsonl"
    write_posts(path, POSTS)
    posts, report = read_posts(path)
    assert posts == POSTS
    assert (report.posts, report.lines_left_out, report.tags_left_out, report.problems) == (3, 0, 0, [])


@pytest.mark.parametrize(
    ("line", "identifier"),
    [
        (b"{", "posts.not-json"),
        (b"dog", "posts.not-json"),
        (b"[1, 2]", "posts.not-json"),
        (b"[" * 100_000, "posts.not-json"),
        (b'{"file": "\xff.jpg", "tags": []}', "posts.not-utf8"),
        (b'{"tags": ["dog"]}', "posts.missing"),
        (b'{"file": "x.jpg"}', "posts.missing"),
        (b'{"file": "", "tags": []}', "posts.bad-value"),
        (b'{"file": 7, "tags": []}', "posts.bad-value"),
        (b'{"file": "\\ud800", "tags": []}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": "dog"}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [1]}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": ["\\udc00"]}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "maker": 1}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "time_s": NaN}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "time_s": 1e999}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "time_s": "now"}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "time_s": ' + b"9" * 400 + b"}", "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "likes": -1}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "likes": true}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": [], "likes": 2.5}', "posts.bad-value"),
        (b'{"file": "x.jpg", "tags": ["' + b"a" * MAX_LINE_BYTES + b'"]}', "posts.too-long"),
    ],
)
def test_a_broken_line_is_left_out_and_listed(tmp_path, line, identifier):
    path = tmp_path / "posts.jsonl"
    path.write_bytes(WHOLE + b"\n" + line + b"\n\n" + WHOLE)
    posts, report = read_posts(path)
    assert len(posts) == report.posts == 2, "the lines around it"
    assert report.lines_left_out == 1
    (problem,) = report.problems
    assert (problem.line, problem.is_left_out) == (2, True)
    assert problem.message.facts["path"] == path
    assert len(str(problem)) < 400 + len(str(path))
    assert "\n" not in str(problem)
    assert problem.reason.identifier == identifier


def test_a_tag_that_is_too_long_leaves_its_post(tmp_path):
    path = tmp_path / "posts.jsonl"
    tags = ["dog", "x" * 10_000, "y" * MAX_TAG_LENGTH]
    path.write_text(json.dumps({"file": "x.jpg", "tags": tags}), encoding="utf-8")
    posts, report = read_posts(path)
    assert posts == [Post("x.jpg", "", ("dog", "y" * MAX_TAG_LENGTH))]
    assert (report.lines_left_out, report.tags_left_out) == (0, 1)
    assert not report.problems[0].is_left_out
    assert "x" * 100 not in str(report.problems[0])


def test_tags_are_without_their_sign_and_each_once(tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_text('{"file": "x.jpg", "tags": ["#dog", "dog", "#", " ", "cat"]}', encoding="utf-8")
    assert read_posts(path)[0][0].tags == ("dog", "cat")


def test_all_problems_are_counted_and_the_first_listed(tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"no\n" * 500)
    posts, report = read_posts(path)
    assert (posts, report.lines_left_out, len(report.problems)) == ([], 500, MAX_LISTED)


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(PostsError) as caught:
        read_posts(tmp_path / name)
    assert caught.value.identifier == "posts.unreadable"


def test_an_empty_file_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"")
    assert read_posts(path)[0] == []
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE + b"\r\n" + WHOLE)
    assert len(list(PostReader(path))) == 2


def test_writing_leaves_what_was_there_where_it_fails(tmp_path):
    path = tmp_path / "posts.jsonl"
    write_posts(path, POSTS)

    def broken():
        yield POSTS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(SinkError):
        write_posts(path, broken())
    assert read_posts(path)[0] == POSTS
    assert [p.name for p in tmp_path.iterdir()] == ["posts.jsonl"]
