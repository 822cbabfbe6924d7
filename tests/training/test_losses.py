"""Losses of pictures with several tags, against what the formulas say."""

from __future__ import annotations

import math

import pytest
import torch

from ar_effects.training.losses import LOSSES, multi_hot, scores, sigmoid_losses, softmax_losses

LOGITS = torch.tensor([[2.0, -1.0, 0.5, 0.0], [0.0, 3.0, 1.0, -2.0], [1.0, 1.0, 1.0, 1.0]])
TRUTH = multi_hot([[0], [1, 2], []], 4)


def test_a_tag_named_twice_counts_once():
    assert multi_hot([[1, 1, 3]], 4).tolist() == [[0, 1, 0, 1]]


def test_softmax_shares_one_target_among_the_k_tags():
    found = softmax_losses(LOGITS, TRUTH)
    total = sum(math.exp(x) for x in (0.0, 3.0, 1.0, -2.0))
    assert found[0] == pytest.approx(-2.0 + math.log(sum(math.exp(x) for x in (2.0, -1.0, 0.5, 0.0))))
    assert found[1] == pytest.approx(0.5 * (math.log(total) - 3.0) + 0.5 * (math.log(total) - 1.0))


def test_a_picture_without_tags_teaches_the_softmax_nothing():
    logits = LOGITS.clone().requires_grad_()
    softmax_losses(logits, TRUTH).sum().backward()
    assert softmax_losses(LOGITS, TRUTH)[2] == 0
    assert logits.grad is not None
    assert not logits.grad[2].any()
    assert logits.grad[:2].any(dim=1).all()


def test_sigmoid_sums_over_all_tags():
    found = sigmoid_losses(LOGITS, TRUTH)
    own = math.log1p(math.exp(-2.0))
    others = sum(math.log1p(math.exp(x)) for x in (-1.0, 0.5, 0.0))
    assert found[0] == pytest.approx(own + others)
    assert found[2] == pytest.approx(4 * math.log1p(math.e), abs=1e-5), "no tag is right: all four are wrong"


@pytest.mark.parametrize("name", LOSSES)
def test_logits_of_half_precision_are_summed_in_single(name):
    many = torch.zeros(1, 20_000, dtype=torch.float16)
    found = LOSSES[name](many, multi_hot([[3]], 20_000))
    expected = math.log(20_000) if name == "softmax" else 20_000 * math.log(2)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_steps_down_the_loss_find_the_tags(name):
    logits = torch.zeros(3, 4, requires_grad=True)
    truth = multi_hot([[0], [1, 2], [3]], 4)
    for _ in range(200):
        loss = LOSSES[name](logits, truth).sum()
        (slope,) = torch.autograd.grad(loss, logits)
        logits = (logits - slope).detach().requires_grad_()
    found = scores(logits, name)
    assert ((found > 0.3) == (truth > 0)).all()
    if name == "softmax":
        assert found[1, 1].item() == pytest.approx(0.5, abs=0.01), "two tags have half of it each"
        assert torch.allclose(found.sum(dim=1), torch.ones(3))
    else:
        assert found[1, 1].item() > 0.9
