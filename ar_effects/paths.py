"""Where the files lie that the program ships with."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
ASSETS = ROOT / "assets"
EFFECTS = ROOT / "effects"
