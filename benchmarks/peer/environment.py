"""The peer's own Python: made once with pip under ``.cache/``, or one that is already there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ar_effects.errors import ArEffectsError
from ar_effects.paths import ROOT

ENVIRONMENT = ROOT / ".cache" / "peer-venv"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_DONE = "installed.txt"


def peer_python(given: Path | None = None) -> Path:
    """The Python that can import MediaPipe: ``given``, or that of ``.cache/peer-venv``, made on first use.

    Raises:
        ArEffectsError: it cannot be made, or ``given`` is not a Python with MediaPipe.
    """
    if given is not None:
        _check(given)
        return given
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = ENVIRONMENT / _DONE
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return python
    print(f"Installing the peer into {ENVIRONMENT} (once, about 600 MB) ...", file=sys.stderr)
    _call([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
    _call([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)])
    done.write_text(wanted, encoding="utf-8")
    return python


def _check(python: Path) -> None:
    """MediaPipe is looked for, not imported: that would take seconds."""
    code = "import importlib.util as u, sys; sys.exit(u.find_spec('mediapipe') is None)"
    _call([str(python), "-c", code])


def _call(command: list[str]) -> None:
    fix = "MediaPipe 0.10.21 needs Python 3.9 to 3.12; make such an environment and pass --peer-python PATH"
    try:
        result = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, text=True
        )
    except OSError as error:
        raise ArEffectsError(f"{command[0]} cannot be run", got=str(error), fix=fix) from error
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1:] or [f"exit status {result.returncode}"]
        raise ArEffectsError(f"`{' '.join(command[:4])} ...` failed", got=last[0], fix=fix)
