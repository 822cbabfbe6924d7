"""The moving average of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ar_effects.training.ema import MovingAverage


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def test_it_is_the_average_the_formula_gives():
    net = network()
    average = MovingAverage(net, decay=0.5)
    expected = net[0].weight.detach().clone()
    for step in range(1, 6):
        with torch.no_grad():
            net[0].weight += 1.0
        average.update(net)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * net[0].weight.detach()
    torch.testing.assert_close(average.weights["0.weight"], expected)


def test_whole_numbers_are_copied():
    net = network()
    average = MovingAverage(net)
    net(torch.randn(4, 3))
    average.update(net)
    assert average.weights["1.num_batches_tracked"] == 1


def test_the_network_has_its_own_weights_again_even_after_an_error():
    net = network()
    average = MovingAverage(net)
    with torch.no_grad():
        net[0].weight += 1.0
    own = net[0].weight.detach().clone()
    inside = None
    try:
        with average.applied(net):
            inside = net[0].weight.detach().clone()
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert inside is not None
    assert not torch.equal(inside, own)
    assert torch.equal(net[0].weight, own)


def test_it_goes_on_from_a_kept_state():
    net = network()
    one, other = MovingAverage(net), MovingAverage(network(), decay=0.1)
    one.update(net)
    other.load_state_dict(one.state_dict())
    for average in (one, other):
        average.update(net)
    assert other.updates == one.updates == 2
    assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)


def test_another_network_s_state_is_refused():
    with pytest.raises(KeyError):
        MovingAverage(network()).load_state_dict(MovingAverage(nn.Linear(3, 2)).state_dict())
