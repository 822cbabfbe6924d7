"""Starts AR Effects: ``python app.py --help``."""

from __future__ import annotations

import sys

from ar_effects.__main__ import run

if __name__ == "__main__":
    sys.exit(run())
