"""Turns MediaPipe's TFLite networks into plain ONNX: ``python -m tools.convert``."""
