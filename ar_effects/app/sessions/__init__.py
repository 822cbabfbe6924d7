"""Recorded sessions, and the tracker run over them once more."""
