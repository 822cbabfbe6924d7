"""Where the files lie that the program ships with, where a person's own packs lie, and how it is started.

What ships lies beside the package in a checkout, and in ``ar_effects/data`` of an installed one, be it by a
wheel or frozen into a program.
"""

from __future__ import annotations

import os
from pathlib import Path

from ar_effects.messages import Message

PACKAGE = Path(__file__).resolve().parent
_INSTALLED = PACKAGE / "data"
ROOT = _INSTALLED if _INSTALLED.is_dir() else PACKAGE.parent
MODELS = ROOT / "models"
ASSETS = ROOT / "assets"
EFFECTS = ROOT / "effects"

IS_INSTALLED = ROOT == _INSTALLED

RESTORE = Message("asset.reinstall" if IS_INSTALLED else "asset.check-out-again")
"""What to do where a file that ships is missing or damaged."""

COMMAND = os.environ.get("AR_EFFECTS_COMMAND") or ("ar-effects" if IS_INSTALLED else "python app.py")
"""What people type before a command, as ``run`` and ``run.bat`` tell; for help and advice."""

OWN_PACKS_VARIABLE = "AR_EFFECTS_PACKS"
"""Environment variable that names another folder for a person's own packs."""


def own_packs() -> Path:
    """Where a person's own packs lie, made and installed ones: never among the program's files.

    The folder need not exist.
    """
    given = os.environ.get(OWN_PACKS_VARIABLE)
    if given:
        return Path(given)
    from platformdirs import user_data_path  # noqa: PLC0415 - most uses of this module need no folder

    return user_data_path("ar-effects", appauthor=False) / "effects"
