"""Frames through tracking and drawing: live on threads, and from files into files."""
