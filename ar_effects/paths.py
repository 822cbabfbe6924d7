"""Where the files lie that the program ships with, and how it is started."""

from __future__ import annotations

import os
from pathlib import Path

COMMAND = os.environ.get("AR_EFFECTS_COMMAND") or "python app.py"
"""What people type before a command, as ``run`` and ``run.bat`` tell; for help and advice."""

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
ASSETS = ROOT / "assets"
EFFECTS = ROOT / "effects"
