"""ResNeXt as published, EfficientNet-Lite as its package has it: sizes, costs, checkpoints by path."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ar_effects.errors import TrainingError
from ar_effects.training.networks.checkpoints import load_trained
from ar_effects.training.networks.counting import count, count_named
from ar_effects.training.networks.efficientnet_lite import EfficientNetLite
from ar_effects.training.networks.lite_plan import LITE_PLANS
from ar_effects.training.networks.resnext import RESNEXT_PLANS, SMALL, ResNeXt, ResNeXtPlan

TINY = ResNeXtPlan((1, 2), cardinality=4, width=2, base=8, side=32)


@pytest.mark.parametrize(
    ("width", "millions", "giga"), [(8, 88.79, 16), (16, 194.03, 36), (32, 468.53, 87), (48, 828.41, 153)]
)
def test_the_four_published_networks_have_their_size_and_cost(width, millions, giga):
    name = f"resnext101_32x{width}d"
    cost = count_named(name)
    assert round(cost.parameters / 1e6, 2) == millions
    assert int(cost.multiplications / 1e9) == giga
    assert RESNEXT_PLANS[name].depth == 101


def test_what_is_counted_is_what_is_computed():
    network = ResNeXt(TINY, classes=3).to("meta")
    cost = count(network, 32)
    stem = 3 * 49 * 8 * 16 * 16
    first = (8 * 8 + 2 * 9 * 8 + 8 * 32 + 8 * 32) * 8 * 8  # with its way past it
    second = (32 * 16) * 8 * 8 + (4 * 9 * 16 + 16 * 64 + 32 * 64) * 4 * 4
    third = (64 * 16 + 4 * 9 * 16 + 16 * 64) * 4 * 4
    assert cost.multiplications == stem + first + second + third + 64 * 3
    assert cost.parameters == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("at", "millions"), [(0, 4.652008), (1, 5.416680), (2, 6.092072)])
def test_the_lite_networks_have_the_size_of_their_packages(at, millions):
    assert count_named(f"efficientnet_lite{at}").parameters == round(millions * 1e6)


PUBLISHED_NAMES = {  # as in the files published with the paper, and torchvision's
    "conv1.weight": (64, 3, 7, 7),
    "bn1.running_var": (64,),
    "layer1.0.conv1.weight": (256, 64, 1, 1),
    "layer1.0.conv2.weight": (256, 8, 3, 3),
    "layer1.0.downsample.0.weight": (256, 64, 1, 1),
    "layer1.0.downsample.1.num_batches_tracked": (),
    "layer3.22.conv3.weight": (1024, 1024, 1, 1),
    "layer4.2.bn3.bias": (2048,),
    "fc.weight": (1000, 2048),
    "fc.bias": (1000,),
}


def test_names_and_shapes_are_those_of_the_published_weights():
    with torch.device("meta"):
        state = ResNeXt(RESNEXT_PLANS["resnext101_32x8d"]).state_dict()
    assert {name: tuple(state[name].shape) for name in PUBLISHED_NAMES} == PUBLISHED_NAMES
    assert len(state) == 626


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return ResNeXt(TINY, classes=1000).state_dict()


def test_a_checkpoint_is_read_by_path_and_gives_the_same_numbers(tmp_path, weights):
    torch.save(weights, tmp_path / "made.pth")
    trained = load_trained(tmp_path / "made.pth")
    assert (trained.plan.blocks, trained.plan.cardinality, trained.plan.width) == ((1, 2), 4, 2)
    assert trained.classes == 1000
    assert trained.notice is None, "nobody published such a network"
    network = ResNeXt(TINY, classes=1000).eval()
    network.load_state_dict(weights)
    pictures = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(trained.network(pictures), network(pictures))


def test_the_licence_of_the_published_weights_is_told(tmp_path, monkeypatch, weights):
    from ar_effects.training.networks import checkpoints

    monkeypatch.setattr(checkpoints, "LEARNT_FROM_HASHTAGS", (SMALL,))
    torch.save(ResNeXt(RESNEXT_PLANS[SMALL]).state_dict(), tmp_path / "made.pth")
    trained = load_trained(tmp_path / "made.pth")
    assert trained.name == SMALL
    assert trained.notice is not None
    assert trained.notice.identifier == "train.non-commercial"


def test_files_from_before_batches_were_counted_load(tmp_path, weights):
    old = {name: value for name, value in weights.items() if not name.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert load_trained(tmp_path / "old.pth").classes == 1000


@pytest.mark.parametrize(
    ("name", "shape", "identifier"),
    [
        ("layer2.1.conv2.weight", (16, 3, 3, 3), "train.checkpoint-of-another-network"),
        ("layer2.1.bn2.weight", None, "train.checkpoint-of-another-network"),
        ("layer9.0.extra", (1,), "train.checkpoint-of-another-network"),
        ("conv1.weight", None, "train.no-network-in-checkpoint"),
        ("fc.weight", None, "train.no-network-in-checkpoint"),
    ],
)
def test_another_shape_is_said_by_name(tmp_path, weights, name, shape, identifier):
    wrong = {**weights, name: torch.zeros(shape or ())}
    if shape is None:
        del wrong[name]
    torch.save(wrong, tmp_path / "wrong.pth")
    with pytest.raises(TrainingError) as caught:
        load_trained(tmp_path / "wrong.pth")
    assert caught.value.identifier == identifier
    if identifier.endswith("another-network"):
        assert caught.value.facts["name"] == name


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"no checkpoint at all"])
def test_what_is_no_checkpoint_is_said(tmp_path, content):
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(TrainingError) as caught:
        load_trained(tmp_path / "x.pth")
    assert caught.value.identifier == "train.checkpoint-damaged"


def test_computing_blocks_again_gives_the_same_gradients():
    found = []
    for checkpointed in (False, True):
        torch.manual_seed(0)
        network = ResNeXt(TINY, classes=5, checkpointed=checkpointed).double()
        network(torch.rand(4, 3, 32, 32, dtype=torch.float64)).square().sum().backward()
        found.append(torch.cat([p.grad.flatten() for p in network.parameters()]))
    assert torch.equal(*found)


def test_an_odd_pixel_of_padding_goes_to_the_bottom_and_right():
    """As TensorFlow does it, and so the weights expect it."""
    plan = LITE_PLANS["efficientnet_lite0"]
    assert plan.stem_pads == (0, 1)
    network = EfficientNetLite(plan).eval()
    kernel = torch.zeros(32, 3, 3, 3)
    kernel[:, :, 0, 0] = 1.0
    network._conv_stem.weight.data = kernel
    picture = torch.zeros(1, 3, 224, 224)
    picture[:, :, 2, 4] = 1.0
    found = np.argwhere(network._conv_stem(picture)[0, 0].detach().numpy())
    assert found.tolist() == [[1, 2]]
