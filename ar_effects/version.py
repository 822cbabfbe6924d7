"""Which version of the program this is: its tag's, where it was installed or checked out from one."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from ar_effects.paths import IS_INSTALLED, ROOT

UNKNOWN = "0+unknown"

_DESCRIBED = re.compile(r"v?(?P<tag>\d+(?:\.\d+)*)-(?P<commits>\d+)-(?P<commit>g[0-9a-f]+)(?P<dirty>-dirty)?")


@lru_cache(maxsize=1)
def program_version() -> str:
    """As PEP 440 writes it. An installed package knows it; a checkout asks git; else ``UNKNOWN``."""
    if IS_INSTALLED:
        try:
            return version("ar-effects")
        except PackageNotFoundError:  # frozen without its metadata
            return UNKNOWN
    command = ("git", "describe", "--tags", "--long", "--dirty", "--match", "v[0-9]*", "--always")
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=5.0, check=False)
    except (OSError, subprocess.TimeoutExpired):  # no git here
        return UNKNOWN
    return of_description(done.stdout.strip())


def of_description(described: str) -> str:
    """What ``git describe --tags --long --dirty --always`` says, as a version.

    Commits after a tag come before the next one (setuptools-scm's scheme, which names the wheels).
    """
    found = _DESCRIBED.fullmatch(described)
    if found is None:  # before the first tag
        commit = re.fullmatch(r"([0-9a-f]{7,})(-dirty)?", described)
        return f"0.1.dev0+g{commit[1]}" if commit else UNKNOWN
    if found["commits"] == "0" and not found["dirty"]:
        return found["tag"]
    *first, last = found["tag"].split(".")
    return f"{'.'.join([*first, str(int(last) + 1)])}.dev{found['commits']}+{found['commit']}"
