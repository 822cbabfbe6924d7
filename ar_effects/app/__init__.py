"""Puts the stages together: offline rendering and tracking, and the live window."""
