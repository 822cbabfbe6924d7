"""A network's weights as a moving average of those it had while it learnt (Polyak and Juditsky, 1992)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn


class MovingAverage:
    """Exponential moving average of a network's floating-point parameters and buffers; the rest is copied.

    Args:
        network: whose weights are averaged; the average starts at those it has now.
        decay: how much of the average stays at each update. At the beginning less does,
            (1 + n) / (10 + n) after n updates, so that the first weights are soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float = 0.999) -> None:
        self.decay = decay
        self.updates = 0
        self.weights: dict[str, Tensor] = {
            name: value.detach().clone() for name, value in network.state_dict().items()
        }

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take the network's weights in; to be called after each step."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, value in network.state_dict().items():
            average = self.weights[name]
            if average.is_floating_point():
                average.lerp_(value.detach().to(average.dtype), 1.0 - decay)
            else:
                average.copy_(value)

    @contextlib.contextmanager
    def applied(self, network: nn.Module) -> Iterator[None]:
        """The network with the averaged weights inside of the block, and its own again after it."""
        own = {name: value.detach().clone() for name, value in network.state_dict().items()}
        network.load_state_dict(self.weights)
        try:
            yield
        finally:
            network.load_state_dict(own)

    def state_dict(self) -> dict[str, object]:
        """What `load_state_dict` takes."""
        return {"decay": self.decay, "updates": self.updates, "weights": dict(self.weights)}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from a kept state of the same network. KeyError, RuntimeError: it is of another."""
        weights = state["weights"]
        assert isinstance(weights, dict)
        if weights.keys() != self.weights.keys():
            raise KeyError("weights of another network")
        self.decay, self.updates = float(str(state["decay"])), int(str(state["updates"]))
        for name, value in weights.items():
            self.weights[name].copy_(value)
