"""On which line of a TOML file a key stands: parsers for people's own files give values, not places."""

from __future__ import annotations

import re

Location = tuple[int | str, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_SIMPLE_STRING = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*' """, re.VERBOSE)
_END_OF = {
    '"""': re.compile(r'(?<!\\)(?:\\\\)*"{3,5}'),
    "'''": re.compile("'{3,5}"),
}
"""Up to two more quotes belong to the string itself."""


class TomlLines:
    """The places of the keys and tables of a text that is, or nearly is, TOML."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Location, int] = {(): 1}
        self._counts: dict[Location, int] = {}
        table: Location = ()
        inside = ""  # what ends the string over several lines that we are in
        depth = 0
        for number, line in enumerate(text.splitlines(), start=1):
            if depth == 0 and not inside:
                header = _HEADER.match(line)
                if header:
                    table = self._table(_parts(header[2]), is_list=header[1] == "[[")
                    self._lines.setdefault(table, number)
                    continue
                key = _KEY.match(line)
                if key:
                    self._lines.setdefault(table + _parts(key[1]), number)
            inside, deeper = _after(line, inside)
            depth = max(depth + deeper, 0)

    def line_of(self, location: Location) -> int:
        """The line of a key, or of the nearest table or key around it; 1 where nothing fits."""
        for length in range(len(location), -1, -1):
            line = self._lines.get(location[:length])
            if line is not None:
                return line
        return 1

    def _table(self, names: Location, *, is_list: bool) -> Location:
        """The location a header opens: tables inside of a list belong to its last entry."""
        path: Location = ()
        for i, name in enumerate(names):
            path = (*path, name)
            if is_list and i == len(names) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        return path


def _after(line: str, inside: str) -> tuple[str, int]:
    """What ends the string over several lines that a line leaves open, and how many brackets it does.

    Args:
        line: without its end.
        inside: the same of the line before.
    """
    depth = at = 0
    while at < len(line):
        if inside:
            end = _END_OF[inside].search(line, at)
            if end is None:
                return inside, depth
            at, inside = end.end(), ""
        elif line[at] == "#":
            break
        elif line.startswith(tuple(_END_OF), at):
            inside, at = line[at : at + 3], at + 3
        elif line[at] in "\"'":
            string = _SIMPLE_STRING.match(line, at)
            at = string.end() if string else len(line)
        else:
            depth += (line[at] in "[{") - (line[at] in "]}")
            at += 1
    return inside, depth


def location_of(key: str) -> Location:
    """The key ``layers[2].file`` as ("layers", 2, "file")."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", key))


def _parts(dotted: str) -> Location:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
