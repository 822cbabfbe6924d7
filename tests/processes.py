"""Programs that tests start, and wait for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.waiting import HANGS_S


def finished(
    command: Sequence[object], cwd: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The finished process, its output as text.

    Args:
        command: the program and its arguments.
        cwd: where it runs.
        environment: in place of this process's.
    """
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=dict(os.environ) if environment is None else environment,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
