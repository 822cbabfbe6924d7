"""The three custom operators of the attention mesh in plain numpy, one point and pixel at a time.

Written from what they do (the docstring of tools/convert/attention.py), with angles and loops where the
ONNX graph has matrices, so that one cannot hide the other's mistake.
"""

from __future__ import annotations

import math

import numpy as np


def transform_matrix(points: np.ndarray, options: dict) -> tuple[np.ndarray, np.ndarray]:
    """(2, 2) A and (2,) c of T(p) = A (p - 8) + c, for one face's (n, >=2) points in feature pixels."""
    dx, dy = points[options["right_rotation_idx"], :2] - points[options["left_rotation_idx"], :2]
    angle = math.atan2(dy, dx)
    to_level = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    level = np.array([to_level @ points[i, :2] for i in options["subset_idxs"]])
    low, high = level.min(axis=0), level.max(axis=0)
    size = (high - low) * [options["scale_x"], options["scale_y"]]
    a = to_level.T @ np.diag(size / [options["output_width"], options["output_height"]])
    return a, to_level.T @ ((low + high) / 2)


def sample(features: np.ndarray, a: np.ndarray, c: np.ndarray, side: int = 16) -> np.ndarray:
    """(side, side, channels) patch of (h, w, channels) features; zero outside."""
    height, width, channels = features.shape
    patch = np.zeros((side, side, channels))
    for row in range(side):
        for column in range(side):
            x, y = a @ (np.array([column, row]) + 0.5 - side / 2) + c - 0.5
            x0, y0 = math.floor(x), math.floor(y)
            for xi, yi in ((x0, y0), (x0 + 1, y0), (x0, y0 + 1), (x0 + 1, y0 + 1)):
                if 0 <= xi < width and 0 <= yi < height:
                    patch[row, column] += (1 - abs(x - xi)) * (1 - abs(y - yi)) * features[yi, xi]
    return patch


def transform_landmarks(refined: np.ndarray, a: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(n, 2) points in quarters of a patch pixel -> pixels of the 192-pixel input."""
    return np.array([a @ (q - 32.0) + 4.0 * c for q in refined])
