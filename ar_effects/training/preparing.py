"""From posts as people wrote them to what shards are written of: a vocabulary, and each picture's tags.

Tags are brought to one form, those that say nothing are left out, one maker's posts count for a tag up to a
limit, and what too few posts have is not learnt: in the way of Mahajan et al. (ECCV 2018), section 2, by
``ar_effects.hashtags``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ar_effects.errors import PostsError
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.posts import Post, ReadingReport, read_posts
from ar_effects.hashtags.usefulness import Usefulness, things_among
from ar_effects.hashtags.vocabulary import Vocabulary
from ar_effects.hashtags.words import normalise
from ar_effects.training.shards import Drop, Example


@dataclass(frozen=True, slots=True)
class VocabularyOptions:
    """Which tags are learnt.

    Attributes:
        minimum: posts a tag must have.
        per_maker: posts of one maker that count for one tag.
        largest: tags at most; None for all.
        with_parents: a dalmatian is a dog, too.
    """

    minimum: int = 5
    per_maker: int = 50
    largest: int | None = None
    with_parents: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """What shards are written of.

    Attributes:
        examples: a picture and its tags, of each post, in order.
        vocabulary: that the tags are numbered by.
        reading: what became of the lines.
        useless: canonical tags that say nothing or are bait, the most used first.
    """

    examples: list[Example]
    vocabulary: Vocabulary
    reading: ReadingReport
    useless: tuple[str, ...]


def prepare(
    posts_file: Path,
    options: VocabularyOptions | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    folder: Path | None = None,
) -> Prepared:
    """Read posts, and make or take a vocabulary.

    Args:
        posts_file: JSON lines.
        options: None for the usual ones.
        vocabulary: that of other shards, such as those learnt from; None to make one of these posts.
        folder: that pictures are named relative to; None for the posts' own.

    Raises:
        PostsError: the file cannot be read, or no tag is left.
        AssetError: the shipped table of words is damaged.
    """
    options = options or VocabularyOptions()
    posts, reading = read_posts(posts_file)
    used = Counter(plain for post in posts for tag in post.tags if (plain := normalise(tag)))
    canonicaliser = Canonicaliser(used)
    useless: tuple[str, ...] = ()
    if vocabulary is None:
        useless = _useless(posts, canonicaliser)
        vocabulary = Vocabulary.of_posts(
            posts,
            canonicaliser,
            minimum=options.minimum,
            per_maker=options.per_maker,
            largest=options.largest,
            left_out=useless,
            with_parents=options.with_parents,
        )
    base = posts_file.parent if folder is None else folder
    examples = list(_examples(posts, vocabulary, canonicaliser, options, base))
    return Prepared(examples, vocabulary, reading, useless)


def _useless(posts: Sequence[Post], canonicaliser: Canonicaliser) -> tuple[str, ...]:
    tags = [_canonical(post, canonicaliser) for post in posts]
    counts = Counter(tag for own in tags for tag in own)
    try:
        found = Usefulness(tags, things=things_among(counts, canonicaliser)).left_out()
    except PostsError:  # so few posts tell nothing of their tags
        return ()
    return tuple(sorted(found, key=lambda tag: (-counts[tag], tag)))


def _canonical(post: Post, canonicaliser: Canonicaliser) -> list[str]:
    tags = (canonicaliser.canonical(text).tag for text in post.tags)
    return [tag for tag in dict.fromkeys(tags) if tag]


def _examples(
    posts: Iterable[Post],
    vocabulary: Vocabulary,
    canonicaliser: Canonicaliser,
    options: VocabularyOptions,
    base: Path,
) -> Iterable[Example]:
    """Each post's picture; a tag that its maker used too often already is not learnt from it."""
    of_maker: Counter[tuple[str, int]] = Counter()
    for post in posts:
        places = vocabulary.places(post.tags, canonicaliser, with_parents=options.with_parents)
        kept = places
        if post.maker:
            kept = tuple(place for place in places if of_maker[post.maker, place] < options.per_maker)
            of_maker.update((post.maker, place) for place in kept)
        yield Example(base / post.file, kept, Drop.OVER_MAKER_LIMIT if places and not kept else None)
