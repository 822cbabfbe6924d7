"""Turns published networks (MediaPipe's TFLite, EfficientNet-Lite for torch) into plain ONNX: ``python -m tools.convert``."""
