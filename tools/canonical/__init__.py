"""Derives the canonical face from the network's output over many faces: ``python -m tools.canonical FACES``."""
