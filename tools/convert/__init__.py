"""Turns MediaPipe's TFLite networks and EfficientNet-Lite into plain ONNX: ``python -m tools.convert``."""
