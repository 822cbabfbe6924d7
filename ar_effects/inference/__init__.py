"""Runs the networks of ``models/`` on ONNX Runtime: checked files, honest providers, warm sessions."""
