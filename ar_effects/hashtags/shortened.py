"""Which tags are other tags cut short, learnt from posts: "niall" nearly never stands without "niallhoran".

People tag a name twice, in full and as it is called. So a short tag that hardly ever stands without a longer
one which begins or ends with it, or whose initials it is, is that one's short name. "fit" often stands
without "fitness", and is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

MINIMUM_USES = 30
"""Of a tag used more rarely, chance says too much."""

TOGETHER_SHARE = 0.9
"""Of its uses, how many a short name must share with the name."""

SHORTEST, SHORTEST_INITIALS = 3, 2
"""Letters of a short name: a part of the name, and its initials."""

_DIGITS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"}
_DIGITS |= {"eight": "8", "nine": "9", "ten": "10"}


def candidates(
    frequencies: Mapping[str, float],
    parts: Callable[[str], Sequence[str]],
    is_left: Callable[[str], bool],
) -> dict[str, set[str]]:
    """Longer tags that a short one may be the short name of, by spelling and how often they are used.

    Args:
        frequencies: posts with each plain tag.
        parts: the words of a joined tag.
        is_left: whether a tag stays what it is: a word with a meaning of its own is nobody's short name.

    Returns:
        For each short tag, those at least as frequent that begin or end with it, or have it as initials.
    """
    frequent = {tag for tag, uses in frequencies.items() if uses >= MINIMUM_USES}
    short = {tag for tag in frequent if len(tag) >= SHORTEST_INITIALS and not is_left(tag)}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for tag in frequent:
        halves = {tag[:i] for i in range(SHORTEST, len(tag))}
        halves |= {tag[i:] for i in range(1, len(tag) - SHORTEST + 1)}
        for name in (halves | _initials(parts(tag))) & short:
            if name != tag and frequencies[tag] >= frequencies[name]:
                found[name].add(tag)
    return dict(found)


def _initials(parts: Sequence[str]) -> set[str]:
    """Of "onedirection" they are "od", and "1d" as the first is a number."""
    if len(parts) < SHORTEST_INITIALS:
        return set()
    initials = "".join(part[0] for part in parts)
    return {initials, _DIGITS.get(parts[0], parts[0][0]) + initials[1:]}


def names_of_short(
    posts: Iterable[Collection[str]], frequencies: Mapping[str, float], longer: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """The full name of each short tag that is one.

    Args:
        posts: plain tags of each post, each once.
        frequencies: posts with each plain tag.
        longer: for each short tag those that may be its name (`candidates`).

    Returns:
        By short tag the name it shares most of its posts with; the longest name where one is short itself.
    """
    together: Counter[tuple[str, str]] = Counter()
    for tags in posts:
        own = set(tags)
        for tag in own & longer.keys():
            together.update((tag, name) for name in own.intersection(longer[tag]))
    best: dict[str, tuple[int, str]] = {}
    for (tag, name), posts_together in sorted(together.items()):
        if posts_together >= TOGETHER_SHARE * frequencies[tag]:
            best[tag] = max(best.get(tag, (0, "")), (posts_together, name))
    return {tag: _last(tag, best) for tag in best}


def _last(tag: str, best: Mapping[str, tuple[int, str]]) -> str:
    """Where the way from name to name ends: each is longer than the one before."""
    while tag in best:
        tag = best[tag][1]
    return tag
