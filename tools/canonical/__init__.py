"""Derives the canonical face from many tracked faces: ``python -m tools.canonical FACES``."""
