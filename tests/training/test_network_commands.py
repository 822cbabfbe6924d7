"""``train count`` and ``train export`` as people type them."""

from __future__ import annotations

import pytest
import torch
from click.testing import CliRunner

from ar_effects.cli.commands import app
from ar_effects.errors import TrainingError
from ar_effects.training.networks import checkpoints
from ar_effects.training.networks.resnext import ResNeXt, ResNeXtPlan
from ar_effects.training.trainable import begin_with, trainable

pytestmark = pytest.mark.words


def typed(*arguments: object):
    return CliRunner().invoke(app, ["train", *map(str, arguments)], standalone_mode=False)


def test_count_tells_what_the_largest_network_costs():
    done = typed("count", "resnext101_32x48d")
    assert done.exception is None, done.exception
    assert done.output == "resnext101_32x48d: 828.41 M parameters, 153.31 GFLOPs at 224x224\n"


def test_count_names_what_there_is():
    done = typed("count", "resnext9000")
    assert isinstance(done.exception, TrainingError)
    assert "resnext101_32x8d" in str(done.exception)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A small network as if it were one of those that were published."""
    plan = ResNeXtPlan((1, 1), cardinality=4, width=2, base=8, side=32)
    monkeypatch.setattr(checkpoints, "LEARNT_FROM_HASHTAGS", ("made",))
    monkeypatch.setattr(checkpoints, "known_plans", lambda: {"made": plan})
    monkeypatch.setattr(checkpoints, "RESNEXT_PLANS", {"made": plan})
    torch.save(ResNeXt(plan).state_dict(), tmp_path / "made.pth")
    return tmp_path / "made.pth"


def test_export_tells_the_licence_and_what_was_lost(published, tmp_path):
    done = typed("export", published, "-o", tmp_path / "made.onnx", "--precision", "float16")
    assert done.exception is None, done.exception
    assert "CC-BY-NC" in done.stderr
    assert "float16. On 4 pictures against torch: outputs within" in done.stdout
    assert (tmp_path / "made.onnx").is_file()


def test_fine_tuning_from_published_weights_tells_the_licence_too(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "LEARNT_FROM_HASHTAGS", ("resnext26_8x2d",))
    made = trainable("resnext26_8x2d", 1000, seed=1)
    state = {k: v for k, v in made.network.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "published.pth")
    told = []
    other = trainable("resnext26_8x2d", 5, seed=2)
    assert not begin_with(other, tmp_path / "published.pth", told.append), "its head is new"
    assert [message.identifier for message in told] == ["train.non-commercial"]
    assert torch.equal(other.network.conv1.weight, made.network.conv1.weight)
    assert other.network.fc.weight.shape == (5, made.network.fc.weight.shape[1])
