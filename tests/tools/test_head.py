"""The model of the head is what its script makes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.assets import make_head


def test_the_shipped_file_is_what_the_script_makes():
    dimensions = make_head.HeadDimensions()
    head, neck = make_head.head(dimensions), make_head.neck(dimensions)
    with np.load(make_head.OUTPUT) as file:
        for name, array in zip(("vertices_mm", "triangles"), head, strict=True):
            np.testing.assert_allclose(file[name], array, atol=1e-4)
        for name, array in zip(("neck_vertices_mm", "neck_triangles"), neck, strict=True):
            np.testing.assert_allclose(file[name], array, atol=1e-4)


def test_the_neck_is_closed_and_looks_outwards():
    vertices, triangles = make_head.neck(make_head.HeadDimensions())
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    there = {tuple(e) for e in edges.tolist()}
    assert len(there) == len(edges)
    assert all((b, a) in there for a, b in there)
    a, b, c = np.moveaxis(vertices[triangles].astype(float), 1, 0)
    assert (a * np.cross(b, c)).sum() > 0
