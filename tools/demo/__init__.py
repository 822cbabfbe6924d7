"""Makes the built-in demo clip and its ground truth: ``python -m tools.demo``."""
